// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"net"
	"net/netip"
)

// Network is the nodes' network.
type Network struct {
	Subnets     []Subnet // first those of network.cidr, one of each family of the cluster, the primary one first
	Nameservers []netip.Addr
	Search      []string
	NTP         []string
}

// Subnet is a network that nodes are on.
type Subnet struct {
	CIDR    netip.Prefix
	Gateway netip.Addr // invalid: DHCP brings the default route
}

// SubnetOf returns the network that an address of a node's is of.
func (n Network) SubnetOf(addr netip.Addr) (Subnet, bool) {
	for _, s := range n.Subnets {
		if s.CIDR.Contains(addr) {
			return s, true
		}
	}
	return Subnet{}, false
}

// Interface is a network interface of a node: a card, a bond of cards, or a VLAN on one of them.
type Interface struct {
	Name      string
	Card      *Card
	Bond      *Bond
	VLAN      *VLAN
	Addresses []netip.Prefix // with the lengths of their networks
	Routes    []Route        // the default routes first
	DHCP      []Family       // families that a server gives it an address of
	MTU       int            // 0: the card's

	DHCPDefault []Family // of those the ones whose default route, and nameservers, come with the address
}

// Card is how a network card is found.
type Card struct {
	Device string           // its name on the node, maybe with a star
	MAC    net.HardwareAddr // nil: any
}

// Bond is several cards that work as one.
type Bond struct {
	Members []string // names of cards
	Mode    string
}

// VLAN is a tagged network on the card or bond named Link.
type VLAN struct {
	ID   int
	Link string
}

// Route is a static route.
type Route struct {
	To  netip.Prefix
	Via netip.Addr
}

// Host is an address with its names.
type Host struct {
	Address netip.Addr
	Names   []string
}
