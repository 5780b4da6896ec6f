// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hakube/hakube-seed/generator/inventory"
)

// planVirtualCards puts the cards of all machines on switches.
func (p *planner) planVirtualCards() {
	for i, given := range p.inv.HyperV.Cards {
		p.checkHostCard(itemPath("hyperv.cards", i), given)
	}
	for i := range p.cluster.Nodes {
		node := &p.cluster.Nodes[i]
		vlan, at := onHost(i, "vlan", p.inv.Nodes[i].HyperV.VLAN, p.inv.HyperV.VLAN)
		p.checkTag(at, vlan)
		for j := range node.VM.Cards {
			card := &node.VM.Cards[j]
			card.Switch, card.VLAN = p.cluster.HyperV.Switch, vlan
			if k := slices.IndexFunc(p.inv.HyperV.Cards, func(c inventory.HyperVCard) bool { return c.Name == card.Name }); k >= 0 {
				given := p.inv.HyperV.Cards[k]
				card.Switch, card.VLAN = cmp.Or(given.Switch, card.Switch), given.VLAN
			}
			card.carry(node.Interfaces)
		}
	}
}

func (p *planner) checkHostCard(path string, given inventory.HyperVCard) {
	var cards []string
	for _, n := range p.cluster.Nodes {
		for _, c := range n.VM.Cards {
			if !slices.Contains(cards, c.Name) {
				cards = append(cards, c.Name)
			}
		}
	}
	p.check(path+".name", choice("card of the nodes", given.Name, cards))
	p.check(path+".switch", hostText(given.Switch))
	p.checkTag(path+".vlan", given.VLAN)
}

func (p *planner) checkTag(path string, vlan int) {
	if vlan < 0 || vlan > 4094 {
		p.refuse(path, fmt.Sprintf("%d is not the number of a VLAN", vlan), "from 1 to 4094")
	}
}

// carry notes what the node builds on the card, which a switch must be told: bonds, and VLANs on either.
func (c *VirtualCard) carry(interfaces []Interface) {
	below := []string{c.Name}
	for _, i := range interfaces {
		switch {
		case i.Bond != nil && slices.Contains(i.Bond.Members, c.Name):
			c.Bonded = true
			below = append(below, i.Name)
		case i.VLAN != nil && slices.Contains(below, i.VLAN.Link):
			c.Tagged = append(c.Tagged, i.VLAN.ID)
		}
	}
}
