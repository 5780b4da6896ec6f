// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/hakube/hakube-seed/generator/inventory"
)

func planNetwork(p *planner) {
	network := p.inv.Network
	p.planNodeSubnets("network", network.CIDR, network.Gateway)
	for i, more := range network.Subnets {
		p.planNodeSubnets(itemPath("network.subnets", i), more.CIDR, more.Gateway)
	}
}

// planNodeSubnets plans the networks that are given at one place, one of each family, with their gateways.
func (p *planner) planNodeSubnets(path string, cidrs, gateways inventory.PerFamily[string]) {
	if len(cidrs) == 0 {
		p.refuse(path+".cidr", "the nodes' network is missing", "add it, as in cidr: 10.1.10.0/24")
	}
	var subnets []Subnet
	var families []Family
	for i, given := range cidrs {
		prefix, found := parsePrefix(given)
		if found == nil {
			prefix, found = p.nodeSubnet(prefix)
		}
		p.check(p.familyPath(path+".cidr", i), found)
		subnets = append(subnets, Subnet{CIDR: prefix})
		if prefix.IsValid() {
			families = append(families, FamilyOf(prefix.Addr()))
		}
	}
	if !p.checkFamilies(path+".cidr", "network", families) {
		return
	}
	p.planGateways(path+".gateway", gateways, subnets)
	p.cluster.Network.Subnets = append(p.cluster.Network.Subnets, subnets...)
}

// nodeSubnet checks a network that nodes are to be on.
func (p *planner) nodeSubnet(prefix netip.Prefix) (netip.Prefix, *problem) {
	if prefix.Addr().BitLen()-prefix.Bits() < 2 {
		return netip.Prefix{}, &problem{fmt.Sprintf("%s has no room for machines", prefix), ""}
	}
	for _, other := range p.cluster.Network.Subnets {
		if other.CIDR.IsValid() && other.CIDR.Overlaps(prefix) {
			return netip.Prefix{}, &problem{fmt.Sprintf("%s overlaps %s, another network of the nodes", prefix, other.CIDR), ""}
		}
	}
	return prefix, nil
}

func (p *planner) planGateways(path string, gateways inventory.PerFamily[string], subnets []Subnet) {
	var families []Family
	for i, given := range gateways {
		gateway, found := parseGateway(given)
		if found == nil {
			found = setGateway(subnets, gateway, strings.TrimSuffix(path, "gateway")+"cidr")
		}
		if p.check(p.familyPath(path, i), found) {
			families = append(families, FamilyOf(gateway))
		}
	}
	if !p.checkFamilies(path, "gateway", families) || len(families) < len(gateways) {
		return
	}
	for _, s := range subnets {
		if s.CIDR.IsValid() && !slices.Contains(families, FamilyOf(s.CIDR.Addr())) {
			p.gatewayless = append(p.gatewayless, gatewayless{path, s.CIDR, len(families) > 0})
		}
	}
}

// setGateway gives the gateway to the subnet of its family. Routers of IPv6 often have a link-local address only.
func setGateway(subnets []Subnet, gateway netip.Addr, called string) *problem {
	for i, s := range subnets {
		switch {
		case !s.CIDR.IsValid(): // reported
			return nil
		case FamilyOf(s.CIDR.Addr()) != FamilyOf(gateway):
			continue
		case !gateway.IsLinkLocalUnicast():
			if found := inSubnets(gateway, subnets, called); found != nil {
				return found
			}
		}
		subnets[i].Gateway = gateway
		return nil
	}
	return inSubnets(gateway, subnets, called)
}

// inNetwork checks that an address can belong to a machine on one of the nodes' networks.
func (p *planner) inNetwork(addr netip.Addr) *problem {
	return inSubnets(addr, p.cluster.Network.Subnets, "network.cidr")
}

func inSubnets(addr netip.Addr, subnets []Subnet, called string) *problem {
	var ofFamily []string
	var all []string
	for _, s := range subnets {
		switch {
		case !s.CIDR.IsValid():
			return nil
		case s.CIDR.Contains(addr):
			return hostAddress(addr, s.CIDR)
		case FamilyOf(s.CIDR.Addr()) == FamilyOf(addr):
			ofFamily = append(ofFamily, s.CIDR.String())
		}
		all = append(all, s.CIDR.String())
	}
	switch {
	case len(subnets) == 0:
		return nil
	case len(ofFamily) == 0:
		return &problem{
			fmt.Sprintf("%s is an %s address, and %s is %s", addr, FamilyOf(addr), called, strings.Join(all, ", ")),
			fmt.Sprintf("give %s an %s network also, as in cidr: [10.1.10.0/24, fd00:10::/64]", called, FamilyOf(addr)),
		}
	}
	return &problem{fmt.Sprintf("%s is outside %s %s", addr, called, strings.Join(ofFamily, ", ")), ""}
}

func (p *planner) onNodeNetwork(addr netip.Addr) bool {
	_, on := p.cluster.Network.SubnetOf(addr)
	return on
}

// hostAddress checks that a machine can have the address of a subnet.
func hostAddress(addr netip.Addr, subnet netip.Prefix) *problem {
	switch {
	case addr == subnet.Addr():
		return &problem{fmt.Sprintf("%s is the network address of %s, which no machine can have", addr, subnet), ""}
	case addr.Is4() && addr == lastAddress(subnet):
		return &problem{fmt.Sprintf("%s is the broadcast address of %s, which no machine can have", addr, subnet), ""}
	}
	return nil
}

func lastAddress(prefix netip.Prefix) netip.Addr {
	bytes := prefix.Addr().As4()
	for bit := prefix.Bits(); bit < 32; bit++ {
		bytes[bit/8] |= 0x80 >> (bit % 8)
	}
	return netip.AddrFrom4(bytes)
}
