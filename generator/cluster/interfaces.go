// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"cmp"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"

	"github.com/hakube/hakube-seed/generator/inventory"
)

// givenInterface is an interface of one node as the inventory has it: what all nodes have of it, and what this one adds.
type givenInterface struct {
	inventory.Interface
	shared, own string // the paths of the two; empty where there is none
	macPath     string
}

// at is the path of a field, where it was given.
func (p *planner) at(given givenInterface, field string) string {
	if field == "mac" && given.macPath != "" {
		return given.macPath
	}
	if given.shared == "" || given.own != "" && p.inv.Has(given.own+"."+field) {
		return given.own + "." + field
	}
	return given.shared + "." + field
}

func (g givenInterface) isBond() bool { return len(g.Bond.Members) > 0 || g.Bond.Mode != "" }
func (g givenInterface) isVLAN() bool { return g.VLAN != inventory.VLAN{} }
func (g givenInterface) isCard() bool { return !g.isBond() && !g.isVLAN() }

// kind orders interfaces so that what others are made of comes first.
func (g givenInterface) kind() int {
	switch {
	case g.isVLAN():
		return 2
	case g.isBond():
		return 1
	}
	return 0
}

func planInterfaces(p *planner) {
	var shared []inventory.Interface
	for _, s := range p.inv.Network.Interfaces {
		shared = append(shared, s.Interface())
	}
	p.checkInterfaceNames("network.interfaces", shared)
	for i := range p.inv.Nodes {
		p.checkInterfaceNames(nodePath(i, "interfaces"), p.inv.Nodes[i].Interfaces)
		if given, ok := p.givenInterfaces(i); ok {
			p.planInterfacesOf(i, given)
		}
	}
	p.checkGateways()
}

var interfacePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)

// othersInterfaces begin the names that programs give to interfaces of their own.
var othersInterfaces = []string{"cali", "cilium", "cni", "docker", "flannel", "kube-", "lo", "tunl", "veth", "vxlan."}

func (p *planner) checkInterfaceNames(path string, interfaces []inventory.Interface) {
	first := map[string]int{}
	for i, given := range interfaces {
		at := itemPath(path, i) + ".name"
		earlier, taken := first[given.Name]
		first[given.Name] = i
		switch {
		case given.Name == "":
			p.refuse(at, "the interface has no name", "add name: with a word of yours, such as storage")
		case !interfacePattern.MatchString(given.Name) || len(given.Name) > 15:
			p.refuse(at, fmt.Sprintf("%q is not a name for an interface", given.Name), "at most 15 lower-case letters, digits, dots and dashes, as in storage or vlan10")
		case taken:
			p.refuse(at, fmt.Sprintf("the interface %q is there twice (%s)", given.Name, p.place(itemPath(path, earlier))), "")
		case (givenInterface{Interface: given}).isCard(): // its name stays in this file
		case strings.HasPrefix(given.Name, "e"):
			p.refuse(at, fmt.Sprintf("%q could be a card's name on the node, which begins with e", given.Name), "name a bond or VLAN otherwise, as in bond0 or vlan10")
		default:
			for _, prefix := range othersInterfaces {
				if strings.HasPrefix(given.Name, prefix) {
					p.refuse(at, fmt.Sprintf("%q could be an interface of another program, whose names begin with %s", given.Name, prefix), "as in bond0 or vlan10")
				}
			}
		}
	}
}

// givenInterfaces are all interfaces of a node, in the order in which they are built on each other. Without any, a node
// has the one that carries its addresses: its only card.
func (p *planner) givenInterfaces(node int) ([]givenInterface, bool) {
	var all []givenInterface
	for i, shared := range p.inv.Network.Interfaces {
		all = append(all, givenInterface{Interface: shared.Interface(), shared: itemPath("network.interfaces", i)})
	}
	inv := p.inv.Nodes[node]
	for i, own := range inv.Interfaces {
		path := itemPath(nodePath(node, "interfaces"), i)
		if same := slices.IndexFunc(all, func(g givenInterface) bool { return g.Name == own.Name }); same >= 0 {
			all[same].Interface, all[same].own = overlay(all[same].Interface, own), path
		} else {
			all = append(all, givenInterface{Interface: own, own: path})
		}
	}
	carrier, at := cmp.Or(inv.Interface, p.inv.Network.Interface, defaults.primary), "network.interface"
	if inv.Interface != "" {
		at = nodePath(node, "interface")
	}
	i := slices.IndexFunc(all, func(g givenInterface) bool { return g.Name == carrier })
	switch {
	case i < 0 && carrier != defaults.primary:
		p.refuse(at, fmt.Sprintf("%s has no interface %q", p.called(node), carrier), "add it to interfaces")
		return nil, false
	case i < 0:
		all = append(all, givenInterface{Interface: inventory.Interface{Name: carrier}, own: strings.TrimSuffix(nodePath(node, ""), ".")})
		i = len(all) - 1
	}
	p.cluster.Nodes[node].Interface = carrier
	if inv.MAC != "" {
		all[i].MAC, all[i].macPath = inv.MAC, nodePath(node, "mac")
	}
	slices.SortStableFunc(all, func(a, b givenInterface) int { return a.kind() - b.kind() })
	return all, true
}

// overlay is what all nodes have of an interface with what one node gives instead. A MAC address stands in place of the
// name that the card has on other nodes.
func overlay(shared, own inventory.Interface) inventory.Interface {
	if own.MAC != "" || own.Device != "" {
		shared.MAC, shared.Device = own.MAC, own.Device
	}
	if own.Bond.Members != nil {
		shared.Bond.Members = own.Bond.Members
	}
	shared.Bond.Mode = cmp.Or(own.Bond.Mode, shared.Bond.Mode)
	shared.VLAN.ID, shared.VLAN.Link = cmp.Or(own.VLAN.ID, shared.VLAN.ID), cmp.Or(own.VLAN.Link, shared.VLAN.Link)
	if own.Addresses != nil {
		shared.Addresses = own.Addresses
	}
	shared.DHCP4, shared.DHCP6 = cmp.Or(own.DHCP4, shared.DHCP4), cmp.Or(own.DHCP6, shared.DHCP6)
	shared.MTU = cmp.Or(own.MTU, shared.MTU)
	if own.Routes != nil {
		shared.Routes = own.Routes
	}
	return shared
}

func (p *planner) planInterfacesOf(node int, given []givenInterface) {
	planned := make([]Interface, len(given))
	for i, g := range given {
		planned[i].Name, planned[i].MTU = g.Name, g.MTU
		switch {
		case g.isBond() && g.isVLAN():
			p.refuse(p.at(g, "vlan"), fmt.Sprintf("%q is a bond and a VLAN at once", g.Name), "put the VLAN on the bond: an interface of its own, with link: "+g.Name)
		case g.isBond():
			planned[i].Bond = p.planBond(g, given)
		case g.isVLAN():
			planned[i].VLAN = p.planVLAN(g, given)
		default:
			planned[i].Card = p.planCard(node, g, given)
		}
		if !g.isCard() && (g.MAC != "" || g.Device != "") {
			p.refuse(p.at(g, "mac"), fmt.Sprintf("%q is no card", g.Name), "give mac or device to the cards that it is made of")
		}
	}
	p.cluster.Nodes[node].Interfaces = planned
	p.planInterfaceNetworks(node, given)
}

var devicePattern = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,14}$`)

// planCard plans a network card. A node with several must say which is which.
func (p *planner) planCard(node int, g givenInterface, all []givenInterface) *Card {
	card := &Card{Device: cmp.Or(g.Device, defaults.device)}
	if g.MAC != "" {
		mac, found := parseMAC(g.MAC)
		if p.check(p.at(g, "mac"), found) {
			p.ownMAC(p.at(g, "mac"), node, mac)
			card.MAC = mac
		}
	}
	if g.Device != "" && !devicePattern.MatchString(g.Device) {
		p.refuse(p.at(g, "device"), fmt.Sprintf("%q is not a card's name", g.Device), "as ip link shows it on the node, such as eth1 or enp2s0")
	}
	cards := 0
	for _, other := range all {
		if !other.isCard() {
			continue
		}
		cards++
		if other.Name != g.Name && g.Device != "" && other.Device == g.Device {
			p.refuse(p.at(g, "device"), fmt.Sprintf("%s is the card of %q and %q", g.Device, g.Name, other.Name), "")
		}
	}
	if cards > 1 && g.MAC == "" && g.Device == "" && !p.inv.Has("hyperv") {
		p.refuse(p.at(g, "mac"), fmt.Sprintf("%s has %d cards, and nothing tells which of them is %q", p.called(node), cards, g.Name), "add mac: with its MAC address, or device: with its name on the node")
	}
	return card
}

func (p *planner) ownMAC(path string, node int, mac net.HardwareAddr) {
	key := [6]byte(mac)
	if earlier, taken := p.macs[key]; taken {
		p.refuse(path, fmt.Sprintf("%s is the MAC address of %s already (%s)", mac, p.called(earlier.node), p.place(earlier.path)), "")
		return
	}
	p.macs[key] = owner{node, path}
}
