// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"net/netip"
)

func planNetwork(p *planner) {
	const cidrPath, gatewayPath = "network.cidr", "network.gateway"
	network := &p.cluster.Network
	if p.inv.Network.CIDR == "" {
		p.refuse(cidrPath, "the nodes' network is missing", "add it, as in cidr: 10.1.10.0/24")
	} else {
		prefix, found := parsePrefix(p.inv.Network.CIDR)
		if found == nil && prefix.Bits() > 30 {
			prefix, found = netip.Prefix{}, &problem{fmt.Sprintf("%s has no room for machines", prefix), ""}
		}
		p.check(cidrPath, found)
		network.CIDR = prefix
	}
	if p.inv.Network.Gateway == "" {
		p.refuse(gatewayPath, "the default gateway is missing; without a default route no node reaches a service address", "add it, even if nothing answers there, as in gateway: 10.1.10.1")
		return
	}
	gateway, found := parseAddress(p.inv.Network.Gateway)
	if found == nil {
		found = p.inNetwork(gateway)
	}
	if p.check(gatewayPath, found) {
		network.Gateway = gateway
	}
}

// inNetwork checks that an address can belong to a machine on the nodes' network.
func (p *planner) inNetwork(addr netip.Addr) *problem {
	network := p.cluster.Network.CIDR
	switch {
	case !network.IsValid():
		return nil
	case !network.Contains(addr):
		return &problem{fmt.Sprintf("%s is outside network.cidr %s", addr, network), ""}
	case addr == network.Addr():
		return &problem{fmt.Sprintf("%s is the network address of %s, which no machine can have", addr, network), ""}
	case addr == lastAddress(network):
		return &problem{fmt.Sprintf("%s is the broadcast address of %s, which no machine can have", addr, network), ""}
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

func planNameservers(p *planner) {
	network := &p.cluster.Network
	if p.inv.Network.Nameservers == nil && network.Gateway.IsValid() {
		network.Nameservers = []netip.Addr{network.Gateway}
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
		network.Nameservers = append(network.Nameservers, addr)
	}
	if n := len(network.Nameservers); n > 3 {
		p.warn("network.nameservers", fmt.Sprintf("%d nameservers; resolvers ask the first three only", n), "")
	}
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
	if p.cluster.Network.CIDR.IsValid() && p.cluster.Network.CIDR.Contains(addr) {
		return true // what overlaps the nodes' network is reported as a whole
	}
	inside := func(name, what string, subnet netip.Prefix) bool {
		if !subnet.IsValid() || !subnet.Contains(addr) {
			return false
		}
		p.refuse(path, fmt.Sprintf("%s lies in %s %s; nodes would look for it among the %s", addr, name, subnet, what), "")
		return true
	}
	return !inside("podSubnet", "pods", p.cluster.PodSubnet) && !inside("serviceSubnet", "services", p.cluster.ServiceSubnet)
}
