// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"cmp"
	"fmt"
	"slices"
)

var bondModes = []string{"balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb"}

func named(all []givenInterface, name string) (givenInterface, bool) {
	i := slices.IndexFunc(all, func(g givenInterface) bool { return g.Name == name })
	if i < 0 {
		return givenInterface{}, false
	}
	return all[i], true
}

func (p *planner) planBond(g givenInterface, all []givenInterface) *Bond {
	bond := &Bond{Members: g.Bond.Members, Mode: cmp.Or(g.Bond.Mode, defaults.bondMode)}
	p.check(p.at(g, "bond.mode"), choice("way of bonding", bond.Mode, bondModes))
	path := p.at(g, "bond.members")
	if len(bond.Members) == 0 {
		p.refuse(p.at(g, "bond"), fmt.Sprintf("the bond %q has no members", g.Name), "add members: with the names of cards")
	}
	for i, name := range bond.Members {
		p.checkMember(itemPath(path, i), name, g, all)
		if slices.Contains(bond.Members[:i], name) {
			p.refuse(itemPath(path, i), fmt.Sprintf("%q is in the bond twice", name), "")
		}
	}
	if len(bond.Members) == 1 {
		p.warn(path, fmt.Sprintf("the bond %q has one member, and fails with it", g.Name), "add another card")
	}
	return bond
}

// checkMember: a member of a bond is a card that does nothing else.
func (p *planner) checkMember(path, name string, bond givenInterface, all []givenInterface) {
	member, found := named(all, name)
	if !found || !member.isCard() {
		p.refuse(path, fmt.Sprintf("there is no card %q", name), "add it to interfaces")
		return
	}
	busy := len(member.Addresses) > 0 || len(member.Routes) > 0 || isOn(member.DHCP4) || isOn(member.DHCP6) || member.MTU > 0
	for _, other := range all {
		switch {
		case other.isBond() && other.Name != bond.Name && slices.Contains(other.Bond.Members, name):
			p.refuse(path, fmt.Sprintf("%q is in the bond %q, too", name, other.Name), "a card is in one bond")
		case other.isVLAN() && other.VLAN.Link == name:
			p.refuse(p.at(other, "vlan.link"), fmt.Sprintf("%q is in the bond %q", name, bond.Name), "write link: "+bond.Name)
		}
	}
	if busy {
		p.refuse(path, fmt.Sprintf("%q has addresses, routes or an MTU of its own", name), fmt.Sprintf("give them to the bond %q; a member has none", bond.Name))
	}
}

func isOn(b *bool) bool { return b != nil && *b }

func (p *planner) planVLAN(g givenInterface, all []givenInterface) *VLAN {
	vlan := &VLAN{g.VLAN.ID, g.VLAN.Link}
	if vlan.ID < 1 || vlan.ID > 4094 {
		p.refuse(p.at(g, "vlan.id"), fmt.Sprintf("%d is not the number of a VLAN", vlan.ID), "from 1 to 4094")
	}
	link, found := named(all, vlan.Link)
	switch {
	case vlan.Link == "":
		p.refuse(p.at(g, "vlan"), fmt.Sprintf("the VLAN %q is on nothing", g.Name), "add link: with the name of a card or bond")
	case !found:
		p.refuse(p.at(g, "vlan.link"), fmt.Sprintf("there is no interface %q", vlan.Link), "add it to interfaces")
	case link.isVLAN():
		p.refuse(p.at(g, "vlan.link"), fmt.Sprintf("%q is a VLAN itself", vlan.Link), "name the card or bond below it")
	case g.MTU > cmp.Or(link.MTU, usualMTU):
		p.refuse(p.at(g, "mtu"), fmt.Sprintf("%d on a VLAN of %q, whose packets have at most %d bytes", g.MTU, link.Name, cmp.Or(link.MTU, usualMTU)), fmt.Sprintf("give %q mtu: %d, too", link.Name, g.MTU))
	}
	for _, other := range all {
		if other.isVLAN() && other.VLAN == g.VLAN && other.Name < g.Name {
			p.refuse(p.at(g, "vlan"), fmt.Sprintf("VLAN %d of %q is %q already", vlan.ID, vlan.Link, other.Name), "")
		}
	}
	return vlan
}

// usualMTU is what a card has when nobody says otherwise.
const usualMTU = 1500
