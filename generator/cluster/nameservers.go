// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"net/netip"
	"slices"
)

func planNameservers(p *planner) {
	network := &p.cluster.Network
	if p.inv.Network.Nameservers == nil {
		network.Nameservers = p.gatewaysOfNetwork() // none: DHCP brings them with the default route
	}
	if given := p.inv.Network.Nameservers; given != nil && len(given) == 0 {
		p.refuse("network.nameservers", "the list is empty; CoreDNS does not start on a node without a nameserver", "name one, even if nothing answers there, or leave the list out to use the gateway")
	}
	seen := map[netip.Addr]bool{}
	for i, s := range p.inv.Network.Nameservers {
		path := itemPath("network.nameservers", i)
		addr, found := parseAddress(s)
		if a, err := netip.ParseAddr(s); err == nil && a.IsLoopback() {
			found = &problem{fmt.Sprintf("%s is a loopback address; CoreDNS would ask itself without end", s), "name the server that the machine's own resolver asks"}
		}
		if !p.check(path, found) || !p.checkNotInside(path, addr) {
			continue
		}
		if seen[addr] {
			p.warn(path, fmt.Sprintf("nameserver %s is in the list twice", addr), "")
			continue
		}
		seen[addr] = true
		if family := FamilyOf(addr); !slices.Contains(p.networkFamilies(), family) {
			p.warn(path, fmt.Sprintf("nodes have no %s address by which they could ask %s", family, addr), "")
		}
		network.Nameservers = append(network.Nameservers, addr)
	}
	if n := len(network.Nameservers); n > 3 {
		p.warn("network.nameservers", fmt.Sprintf("%d nameservers; resolvers ask the first three only", n), "")
	}
}

// gatewaysOfNetwork are the gateways of network.gateway that can be asked from anywhere: no link-local ones.
func (p *planner) gatewaysOfNetwork() []netip.Addr {
	var gateways []netip.Addr
	for _, s := range p.cluster.Network.Subnets[:min(len(p.inv.Network.CIDR), len(p.cluster.Network.Subnets))] {
		if s.Gateway.IsValid() && !s.Gateway.IsLinkLocalUnicast() {
			gateways = append(gateways, s.Gateway)
		}
	}
	return gateways
}

func planSearchAndNTP(p *planner) {
	for i, domain := range p.inv.Network.Search {
		if p.check(itemPath("network.search", i), parseDomain(domain)) {
			p.cluster.Network.Search = append(p.cluster.Network.Search, domain)
		}
	}
	for i, server := range p.inv.Network.NTP {
		path := itemPath("network.ntp", i)
		if looksLikeAddress(server) {
			addr, found := parseAddress(server)
			if !p.check(path, found) || !p.checkNotInside(path, addr) {
				continue
			}
		} else if !p.check(path, parseDomain(server)) {
			continue
		}
		p.cluster.Network.NTP = append(p.cluster.Network.NTP, server)
	}
}

// checkNotInside reports an address of a server outside the cluster that nodes would look for among pods or services.
func (p *planner) checkNotInside(path string, addr netip.Addr) bool {
	if p.onNodeNetwork(addr) {
		return true // what overlaps the nodes' network is reported as a whole
	}
	inside := func(name, what string, subnets Subnets) bool {
		for _, subnet := range subnets {
			if subnet.Contains(addr) {
				p.refuse(path, fmt.Sprintf("%s lies in %s %s; nodes would look for it among the %s", addr, name, subnet, what), "")
				return true
			}
		}
		return false
	}
	return !inside("podSubnet", "pods", p.cluster.PodSubnets) && !inside("serviceSubnet", "services", p.cluster.ServiceSubnets)
}
