// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"net/netip"
	"slices"
)

// planDHCP: the node's own addresses are fixed, and a default route comes either from network.gateway or from DHCP.
func (p *planner) planDHCP(node int, planned *Interface, g givenInterface) {
	for _, dhcp := range []struct {
		on     *bool
		field  string
		family Family
	}{{g.DHCP4, "dhcp4", IPv4}, {g.DHCP6, "dhcp6", IPv6}} {
		if !isOn(dhcp.on) {
			continue
		}
		gateway := p.gatewayOf(node, dhcp.family)
		switch {
		case g.Name == p.cluster.Nodes[node].Interface:
			p.refuse(p.at(g, dhcp.field), fmt.Sprintf("%q has the node's addresses, which the inventory gives", g.Name), "leave it out; a DHCP server may know the same address, but nobody asks it")
			continue
		case dhcp.family == IPv6 && gateway.IsValid():
			// old netplans cannot take addresses of a router and leave its default route
			p.refuse(p.at(g, dhcp.field), fmt.Sprintf("the router that comes with it would be a second default route of IPv6 beside %s", gateway), "leave out dhcp6, or the gateway")
			continue
		}
		planned.DHCP = append(planned.DHCP, dhcp.family)
		if !gateway.IsValid() {
			planned.DHCPDefault = append(planned.DHCPDefault, dhcp.family)
		}
	}
}

// gatewayOf is the gateway that network.gateway gives a node for a family, invalid when there is none.
func (p *planner) gatewayOf(node int, family Family) netip.Addr {
	for _, addr := range p.cluster.Nodes[node].Addresses {
		if FamilyOf(addr) == family {
			subnet, _ := p.cluster.Network.SubnetOf(addr)
			return subnet.Gateway
		}
	}
	return netip.Addr{}
}

// routedByDHCP tells whether every node of a network, and there are some, learns its default route by DHCP.
func (p *planner) routedByDHCP(cidr netip.Prefix) bool {
	nodes := 0
	for _, n := range p.cluster.Nodes {
		if !slices.ContainsFunc(n.Addresses, cidr.Contains) {
			continue
		}
		nodes++
		if !slices.ContainsFunc(n.Interfaces, func(i Interface) bool { return slices.Contains(i.DHCPDefault, FamilyOf(cidr.Addr())) }) {
			return false
		}
	}
	return nodes > 0
}
