// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"net/netip"
	"slices"
)

func planAddresses(p *planner) {
	for i := range p.inv.Nodes {
		path := nodePath(i, "address")
		if len(p.inv.Nodes[i].Address) == 0 {
			p.refuse(path, fmt.Sprintf("%s has no address", p.called(i)), "add address: with an address of network.cidr")
			continue
		}
		var addresses []netip.Addr
		for j, given := range p.inv.Nodes[i].Address {
			if addr, ok := p.nodeAddress(p.familyPath(path, j), i, given); ok && p.notTaken(p.familyPath(path, j), i, addr) {
				addresses = append(addresses, addr)
			}
		}
		if len(addresses) == len(p.inv.Nodes[i].Address) && p.checkFamilies(path, "address", addressFamilies(addresses)) {
			p.cluster.Nodes[i].Addresses, p.cluster.Nodes[i].Address = addresses, addresses[0]
		}
	}
}

func addressFamilies(addresses []netip.Addr) []Family {
	families := make([]Family, len(addresses))
	for i, addr := range addresses {
		families[i] = FamilyOf(addr)
	}
	return families
}

// nodeAddress reads an address of a node's.
func (p *planner) nodeAddress(path string, node int, given string) (netip.Addr, bool) {
	addr, found := parseAddress(given)
	if found != nil {
		return addr, p.check(path, found)
	}
	if subnet, on := p.cluster.Network.SubnetOf(addr); on && addr == subnet.Gateway {
		found = &problem{fmt.Sprintf("%s is the gateway's address", addr), ""}
	} else {
		found = p.inNetwork(addr)
	}
	if found != nil {
		p.refuse(path, p.called(node)+": "+found.message, found.hint)
	}
	return addr, found == nil
}

// notTaken gives an address to a node, unless another one has it.
func (p *planner) notTaken(path string, node int, addr netip.Addr) bool {
	if earlier, taken := p.addresses[addr]; taken {
		p.refuse(path, fmt.Sprintf("%s is the address of %s already (%s)", addr, p.called(earlier.node), p.place(earlier.path)), "")
		return false
	}
	p.addresses[addr] = owner{node, path}
	return true
}

// checkNodeFamilies: pods of a family need nodes with an address of that family.
func checkNodeFamilies(p *planner) {
	for i, node := range p.cluster.Nodes {
		if !node.Role.InKubernetes() || len(node.Addresses) == 0 {
			continue
		}
		families := addressFamilies(node.Addresses)
		for _, subnet := range p.cluster.PodSubnets {
			if family := FamilyOf(subnet.Addr()); !slices.Contains(families, family) {
				p.refuse(nodePath(i, "address"), fmt.Sprintf("%s has no %s address, and pods get one of %s", p.called(i), family, subnet),
					fmt.Sprintf("give it one beside %s, or give podSubnet without %s", node.Address, family))
			}
		}
	}
}

// called is what a message calls a node.
func (p *planner) called(i int) string {
	if name := p.inv.Nodes[i].Name; name != "" {
		return "node " + name
	}
	return "the node"
}
