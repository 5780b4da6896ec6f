// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// planInterfaceNetworks plans what a node's interfaces are connected to: its own addresses and default routes on the one
// that carries them, and what else was given.
func (p *planner) planInterfaceNetworks(node int, given []givenInterface) {
	n := &p.cluster.Nodes[node]
	var targets []netip.Prefix
	for i, g := range given {
		planned := &n.Interfaces[i]
		if g.Name == n.Interface {
			p.carryNode(node, planned)
		}
		p.planInterfaceAddresses(node, planned, g)
		p.planDHCP(node, planned, g)
		p.checkMTU(planned, g)
	}
	for i, g := range given {
		targets = p.planRoutes(&n.Interfaces[i], g, targets)
	}
	p.checkApart(node, given)
}

// carryNode gives the node's addresses and default routes to the interface.
func (p *planner) carryNode(node int, planned *Interface) {
	for _, addr := range p.cluster.Nodes[node].Addresses {
		subnet, _ := p.cluster.Network.SubnetOf(addr)
		planned.Addresses = append(planned.Addresses, netip.PrefixFrom(addr, subnet.CIDR.Bits()))
		if subnet.Gateway.IsValid() {
			planned.Routes = append(planned.Routes, Route{everywhere(FamilyOf(addr)), subnet.Gateway})
		}
	}
}

// everywhere is where the default route of a family leads.
func everywhere(family Family) netip.Prefix {
	if family == IPv4 {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	return netip.PrefixFrom(netip.IPv6Unspecified(), 0)
}

func (p *planner) planInterfaceAddresses(node int, planned *Interface, g givenInterface) {
	list := p.at(g, "addresses")
	for i, text := range g.Addresses {
		path := itemPath(list, i)
		prefix, found := parseInterfaceAddress(text)
		if p.check(path, found) && p.notTaken(path, node, prefix.Addr()) {
			planned.Addresses = append(planned.Addresses, prefix)
		}
	}
}

// parseInterfaceAddress reads an address with the length of its network.
func parseInterfaceAddress(s string) (netip.Prefix, *problem) {
	host, _, hasLength := strings.Cut(s, "/")
	addr, found := parseAddress(host)
	if found != nil {
		return netip.Prefix{}, found
	}
	prefix, err := netip.ParsePrefix(s)
	if err != nil || !hasLength || prefix.Bits() < 1 {
		return netip.Prefix{}, &problem{fmt.Sprintf("%q has no prefix length", s), fmt.Sprintf("as in %s/%d", addr, map[Family]int{IPv4: 24, IPv6: 64}[FamilyOf(addr)])}
	}
	if prefix.Addr().BitLen()-prefix.Bits() >= 2 {
		found = hostAddress(addr, prefix.Masked())
	}
	return prefix, found
}

func (p *planner) checkMTU(planned *Interface, g givenInterface) {
	six := slices.ContainsFunc(planned.Addresses, func(a netip.Prefix) bool { return a.Addr().Is6() })
	switch {
	case g.MTU == 0:
	case g.MTU < 68 || g.MTU > 65535:
		p.refuse(p.at(g, "mtu"), fmt.Sprintf("%d is not a size of packets", g.MTU), "usually 1500, and 9000 where every switch on the way takes it")
	case six && g.MTU < 1280:
		p.refuse(p.at(g, "mtu"), fmt.Sprintf("%d is less than the 1280 bytes that IPv6 needs", g.MTU), "")
	}
}

// planRoutes adds static routes; targets are those of the node so far.
func (p *planner) planRoutes(planned *Interface, g givenInterface, targets []netip.Prefix) []netip.Prefix {
	list := p.at(g, "routes")
	for i, given := range g.Routes {
		path := itemPath(list, i)
		to, found := p.routeTarget(given.To)
		if !p.check(path+".to", found) {
			continue
		}
		via, found := parseGateway(given.Via)
		if found == nil {
			found = router(via, to, planned.Addresses)
		}
		if !p.check(path+".via", found) {
			continue
		}
		if slices.Contains(targets, to) {
			p.refuse(path+".to", fmt.Sprintf("%s has a route already", to), "")
			continue
		}
		targets = append(targets, to)
		planned.Routes = append(planned.Routes, Route{to, via})
	}
	return targets
}

// routeTarget reads where a static route leads.
func (p *planner) routeTarget(s string) (netip.Prefix, *problem) {
	if prefix, err := netip.ParsePrefix(s); err == nil && prefix.Bits() == 0 || s == "default" {
		return netip.Prefix{}, &problem{fmt.Sprintf("%s is the default route, of which there is one of each IP family", s), "give it as network.gateway, or let DHCP bring it"}
	}
	to, found := parsePrefix(s)
	if found != nil {
		return to, found
	}
	for _, own := range []struct {
		name    string
		subnets Subnets
	}{{"podSubnet", p.cluster.PodSubnets}, {"serviceSubnet", p.cluster.ServiceSubnets}} {
		for _, subnet := range own.subnets {
			if subnet.Overlaps(to) {
				return to, &problem{fmt.Sprintf("%s overlaps %s %s, which the cluster itself routes", to, own.name, subnet), ""}
			}
		}
	}
	return to, nil
}

// router checks that the next router of a route is on one of the interface's networks.
func router(via netip.Addr, to netip.Prefix, addresses []netip.Prefix) *problem {
	if FamilyOf(via) != FamilyOf(to.Addr()) {
		return &problem{fmt.Sprintf("%s is of %s, and the route leads to %s", via, FamilyOf(via), to), ""}
	}
	var networks []string
	for _, a := range addresses {
		if a.Addr() == via {
			return &problem{fmt.Sprintf("%s is the interface's own address", via), ""}
		}
		if a.Masked().Contains(via) || via.IsLinkLocalUnicast() {
			return nil
		}
		networks = append(networks, a.Masked().String())
	}
	if len(networks) == 0 {
		return &problem{fmt.Sprintf("the interface has no address, so %s cannot be reached by it", via), "add addresses:"}
	}
	return &problem{fmt.Sprintf("%s is outside %s, the interface's network", via, strings.Join(networks, ", ")), ""}
}

// checkApart: every interface has networks of its own, and none is the pods' or services'.
func (p *planner) checkApart(node int, given []givenInterface) {
	n := p.cluster.Nodes[node]
	for i, g := range given {
		for _, a := range n.Interfaces[i].Addresses {
			if slices.Contains(n.Addresses, a.Addr()) {
				continue
			}
			path := p.at(g, "addresses")
			p.checkNetwork(path, a.Masked())
			for j, other := range n.Interfaces {
				if i == j || j > i && other.Name != n.Interface {
					continue // of two that are equal, the later one is told
				}
				if slices.ContainsFunc(other.Addresses, a.Overlaps) {
					p.refuse(path, fmt.Sprintf("%s is in the network of %q, too; answers would leave by either", a, other.Name), "one network for each interface; several cards to one network are a bond")
				}
			}
		}
	}
}

// checkNetwork reports a network beside the nodes' whose machines nodes would look for among pods or services.
func (p *planner) checkNetwork(path string, network netip.Prefix) {
	for _, subnet := range slices.Concat(p.cluster.PodSubnets, p.cluster.ServiceSubnets) {
		if subnet.Overlaps(network) {
			p.refuse(path, fmt.Sprintf("%s overlaps %s, which pods or services have", network, subnet), "")
		}
	}
}
