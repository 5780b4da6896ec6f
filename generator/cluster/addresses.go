// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"net/netip"
)

func planAddresses(p *planner) {
	first := make(map[netip.Addr]int, len(p.inv.Nodes))
	for i := range p.inv.Nodes {
		given := p.inv.Nodes[i].Address
		if given == "" {
			p.refuse(nodePath(i, "address"), fmt.Sprintf("%s has no address", p.called(i)), "add address: with an address of network.cidr")
			continue
		}
		addr, found := parseAddress(given)
		if found != nil {
			p.check(nodePath(i, "address"), found)
			continue
		}
		if found := p.nodeAddress(addr); found != nil {
			p.refuse(nodePath(i, "address"), p.called(i)+": "+found.message, found.hint)
			continue
		}
		if earlier, taken := first[addr]; taken {
			p.refuse(nodePath(i, "address"), fmt.Sprintf("%s is the address of %s already (%s)", addr, p.called(earlier), p.place(nodePath(earlier, "address"))), "")
			continue
		}
		first[addr] = i
		p.cluster.Nodes[i].Address = addr
	}
}

func (p *planner) nodeAddress(addr netip.Addr) *problem {
	if addr == p.cluster.Network.Gateway {
		return &problem{fmt.Sprintf("%s is the gateway's address", addr), ""}
	}
	return p.inNetwork(addr)
}

// called is what a message calls a node.
func (p *planner) called(i int) string {
	if name := p.inv.Nodes[i].Name; name != "" {
		return "node " + name
	}
	return "the node"
}

func planMACs(p *planner) {
	first := make(map[[6]byte]int, len(p.inv.Nodes))
	for i := range p.inv.Nodes {
		given := p.inv.Nodes[i].MAC
		if given == "" {
			continue
		}
		mac, found := parseMAC(given)
		if found != nil {
			p.check(nodePath(i, "mac"), found)
			continue
		}
		if earlier, taken := first[[6]byte(mac)]; taken {
			p.refuse(nodePath(i, "mac"), fmt.Sprintf("%s is the MAC address of %s already (%s)", mac, p.called(earlier), p.place(nodePath(earlier, "mac"))), "")
			continue
		}
		first[[6]byte(mac)] = i
		p.cluster.Nodes[i].MAC = mac
	}
}
