// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"testing"
)

// interfaces gives the network interfaces that all nodes have, and the worker some of its own.
func interfaces(shared, own string) []string {
	edit := []string{"gateway: 10.1.10.1}", "gateway: 10.1.10.1, interfaces: [" + shared + "]}"}
	if own != "" {
		edit = append(edit, "address: 10.1.10.21}", "address: 10.1.10.21, interfaces: ["+own+"]}")
	}
	return edit
}

const (
	cards  = "{name: primary, device: eth0}, {name: left, device: eth1}, {name: right, device: eth2}"
	bonded = cards + ", {name: bond0, bond: {members: [left, right]}}"
)

func TestInterfaceRules(t *testing.T) {
	runRules(t, []ruleTest{
		{name: "a second card", edit: interfaces("{name: primary, device: eth0}, {name: storage, device: eth1, mtu: 9000}", "{name: storage, addresses: [10.50.0.21/24], routes: [{to: 10.60.0.0/16, via: 10.50.0.1}]}")},
		{name: "a bond with a VLAN", edit: interfaces(bonded+", {name: vlan10, vlan: {id: 10, link: bond0}, dhcp4: true}", "")},
		{
			name: "second card, and none told apart",
			edit: []string{"address: 10.1.10.21}", "address: 10.1.10.21, interfaces: [{name: storage, device: eth1}]}"},
			want: `
error: nodes[4].mac: node w1 has 2 cards, and nothing tells which of them is "primary"
  hint: add mac: with its MAC address, or device: with its name on the node
`,
		},
		{
			name: "two names for a card",
			edit: interfaces("{name: primary, device: eth0}, {name: storage, device: eth0}", ""),
			want: `
error: network.interfaces[0].device: eth0 is the card of "primary" and "storage"
error: network.interfaces[1].device: eth0 is the card of "storage" and "primary"
`,
		},
		{
			name: "device that is none",
			edit: interfaces("{name: primary, device: eth 0}", ""),
			want: `
error: network.interfaces[0].device: "eth 0" is not a card's name
  hint: as ip link shows it on the node, such as eth1 or enp2s0
`,
		},
		{
			name: "interface without a name",
			edit: interfaces("{name: primary, device: eth0}, {device: eth1}", ""),
			want: `
error: network.interfaces[1].name: the interface has no name
  hint: add name: with a word of yours, such as storage
`,
		},
		{
			name: "name that is too long",
			edit: interfaces("{name: primary, device: eth0}, {name: storage-network-2, device: eth1}", ""),
			want: `
error: network.interfaces[1].name: "storage-network-2" is not a name for an interface
  hint: at most 15 lower-case letters, digits, dots and dashes, as in storage or vlan10
`,
		},
		{
			name: "name that is there twice",
			edit: interfaces("{name: primary, device: eth0}, {name: primary, device: eth1}", ""),
			want: `
error: network.interfaces[1].name: the interface "primary" is there twice (network.interfaces[0] in line 4)
`,
		},
		{
			name: "VLAN with the name of a card",
			edit: interfaces("{name: primary, device: eth0}, {name: eth0.10, vlan: {id: 10, link: primary}}", ""),
			want: `
error: network.interfaces[1].name: "eth0.10" could be a card's name on the node, which begins with e
  hint: name a bond or VLAN otherwise, as in bond0 or vlan10
`,
		},
		{
			name: "VLAN with the name of Docker's bridge",
			edit: interfaces("{name: primary, device: eth0}, {name: docker0, vlan: {id: 10, link: primary}}", ""),
			want: `
error: network.interfaces[1].name: "docker0" could be an interface of another program, whose names begin with docker
  hint: as in bond0 or vlan10
`,
		},
		{
			name: "interface for the cluster that is not there",
			edit: []string{"gateway: 10.1.10.1}", "gateway: 10.1.10.1, interface: vlan10}", "address: 10.1.10.21}", "address: 10.1.10.21, interface: primary}"},
			want: `
error: network.interface: node lb has no interface "vlan10"
  hint: add it to interfaces
error: network.interface: node cp1 has no interface "vlan10"
  hint: add it to interfaces
error: network.interface: node cp2 has no interface "vlan10"
  hint: add it to interfaces
error: network.interface: node cp3 has no interface "vlan10"
  hint: add it to interfaces
`,
		},
		{
			name: "bond without members",
			edit: interfaces("{name: primary, device: eth0}, {name: bond0, bond: {mode: 802.3ad}}", ""),
			want: `
error: network.interfaces[1].bond: the bond "bond0" has no members
  hint: add members: with the names of cards
`,
		},
		{
			name: "bond of one card, which is not there",
			edit: interfaces(cards+", {name: bond0, bond: {members: [up]}}", ""),
			want: `
warning: network.interfaces[3].bond.members: the bond "bond0" has one member, and fails with it
  hint: add another card
error: network.interfaces[3].bond.members[0]: there is no card "up"
  hint: add it to interfaces
`,
		},
		{
			name: "bond of a card, twice",
			edit: interfaces(cards+", {name: bond0, bond: {members: [left, left]}}", ""),
			want: `
error: network.interfaces[3].bond.members[1]: "left" is in the bond twice
`,
		},
		{
			name: "card in two bonds",
			edit: interfaces(bonded+", {name: bond1, bond: {members: [left]}}", ""),
			want: `
error: network.interfaces[3].bond.members[0]: "left" is in the bond "bond1", too
  hint: a card is in one bond
warning: network.interfaces[4].bond.members: the bond "bond1" has one member, and fails with it
  hint: add another card
error: network.interfaces[4].bond.members[0]: "left" is in the bond "bond0", too
  hint: a card is in one bond
`,
		},
		{
			name: "member with an address",
			edit: interfaces(bonded, "{name: left, addresses: [10.50.0.21/24]}"),
			want: `
error: network.interfaces[3].bond.members[0]: "left" has addresses, routes or an MTU of its own
  hint: give them to the bond "bond0"; a member has none
`,
		},
		{
			name: "VLAN on a member",
			edit: interfaces(bonded+", {name: vlan10, vlan: {id: 10, link: left}}", ""),
			want: `
error: network.interfaces[4].vlan.link: "left" is in the bond "bond0"
  hint: write link: bond0
`,
		},
		{
			name: "way of bonding",
			edit: interfaces(cards+", {name: bond0, bond: {members: [left, right], mode: active-backups}}", ""),
			want: `
error: network.interfaces[3].bond.mode: "active-backups" is not a known way of bonding; known: balance-rr, active-backup, balance-xor, broadcast, 802.3ad, balance-tlb, balance-alb
  hint: did you mean "active-backup"?
`,
		},
		{
			name: "bond and VLAN at once",
			edit: interfaces(cards+", {name: bond0, bond: {members: [left, right]}, vlan: {id: 10, link: left}}", ""),
			want: `
error: network.interfaces[3].vlan: "bond0" is a bond and a VLAN at once
  hint: put the VLAN on the bond: an interface of its own, with link: bond0
`,
		},
		{
			name: "MAC address of a bond",
			edit: interfaces(bonded, `{name: bond0, mac: "00:15:5d:0a:01:21"}`),
			want: `
error: nodes[4].interfaces[0].mac: "bond0" is no card
  hint: give mac or device to the cards that it is made of
`,
		},
		{
			name: "VLAN that is none",
			edit: interfaces("{name: primary, device: eth0}, {name: vlan0, vlan: {id: 4095, link: up}}", ""),
			want: `
error: network.interfaces[1].vlan.id: 4095 is not the number of a VLAN
  hint: from 1 to 4094
error: network.interfaces[1].vlan.link: there is no interface "up"
  hint: add it to interfaces
`,
		},
		{
			name: "VLAN on nothing",
			edit: interfaces("{name: primary, device: eth0}, {name: vlan1, vlan: {id: 1}}", ""),
			want: `
error: network.interfaces[1].vlan: the VLAN "vlan1" is on nothing
  hint: add link: with the name of a card or bond
`,
		},
		{
			name: "VLAN on a VLAN, and the same twice",
			edit: interfaces("{name: primary, device: eth0}, {name: vlan1, vlan: {id: 1, link: primary}}, {name: vlan2, vlan: {id: 2, link: vlan1}}, {name: vlan3, vlan: {id: 1, link: primary}}", ""),
			want: `
error: network.interfaces[2].vlan.link: "vlan1" is a VLAN itself
  hint: name the card or bond below it
error: network.interfaces[3].vlan: VLAN 1 of "primary" is "vlan1" already
`,
		},
		{
			name: "VLAN with larger packets than its card",
			edit: interfaces("{name: primary, device: eth0}, {name: vlan1, vlan: {id: 1, link: primary}, mtu: 9000}", ""),
			want: `
error: network.interfaces[1].mtu: 9000 on a VLAN of "primary", whose packets have at most 1500 bytes
  hint: give "primary" mtu: 9000, too
`,
		},
		{
			name: "packets that are too small",
			edit: interfaces("{name: primary, device: eth0}, {name: storage, device: eth1, mtu: 1000}, {name: backup, device: eth2, mtu: 20}", "{name: storage, addresses: [fd00:50::21/64]}"),
			want: `
error: network.interfaces[1].mtu: 1000 is less than the 1280 bytes that IPv6 needs
error: network.interfaces[2].mtu: 20 is not a size of packets
  hint: usually 1500, and 9000 where every switch on the way takes it
`,
		},
		{
			name: "MAC address taken by another node's second card",
			edit: append(interfaces("", `{name: storage, mac: "00:15:5d:0a:01:0d"}`), "10.1.10.21,", `10.1.10.21, mac: "00:15:5d:0a:01:21",`, "10.1.10.13}", `10.1.10.13, mac: 00-15-5D-0A-01-0D}`),
			want: `
error: nodes[4].interfaces[0].mac: 00:15:5d:0a:01:0d is the MAC address of node cp3 already (nodes[3].mac in line 10)
`,
		},
		{
			name: "MAC address that is none",
			edit: interfaces("", "{name: primary, mac: 00155d0a01}"),
			want: `
error: nodes[4].interfaces[0].mac: "00155d0a01" is not a MAC address
  hint: six pairs of hexadecimal digits, as in 00:15:5d:0a:01:65
`,
		},
		{
			name: "addresses that are none, taken, in the nodes' network, among the pods",
			edit: interfaces("{name: primary, device: eth0}, {name: storage, device: eth1}", "{name: storage, addresses: [10.50.0.21, 10.50.0.300/24, 10.50.0.0/24, 10.1.10.13/24, 10.1.10.30/24, 10.244.3.1/24]}"),
			want: `
error: nodes[4].interfaces[0].addresses: 10.1.10.30/24 is in the network of "primary", too; answers would leave by either
  hint: one network for each interface; several cards to one network are a bond
error: nodes[4].interfaces[0].addresses: 10.244.3.0/24 overlaps 10.244.0.0/16, which pods or services have
error: nodes[4].interfaces[0].addresses[0]: "10.50.0.21" has no prefix length
  hint: as in 10.50.0.21/24
error: nodes[4].interfaces[0].addresses[1]: "10.50.0.300" is not an IPv4 address
  hint: four numbers from 0 to 255, as in 10.1.10.101
error: nodes[4].interfaces[0].addresses[2]: 10.50.0.0 is the network address of 10.50.0.0/24, which no machine can have
error: nodes[4].interfaces[0].addresses[3]: 10.1.10.13 is the address of node cp3 already (nodes[3].address in line 10)
`,
		},
		{
			name: "two cards to one network",
			edit: interfaces("{name: primary, device: eth0}, {name: storage, device: eth1}, {name: backup, device: eth2}", "{name: storage, addresses: [10.50.0.21/24]}, {name: backup, addresses: [10.50.0.22/24]}"),
			want: `
error: nodes[4].interfaces[1].addresses: 10.50.0.22/24 is in the network of "storage", too; answers would leave by either
  hint: one network for each interface; several cards to one network are a bond
`,
		},
		{
			name: "routes",
			edit: interfaces("{name: primary, device: eth0}", "{name: primary, routes: [{to: 0.0.0.0/0, via: 10.1.10.1}, {to: 10.60.0.0/16, via: 10.9.9.9}, {to: 10.61.0.0/16, via: fd00::1}, {to: 10.244.0.0/24, via: 10.1.10.2}, {to: 10.62.0.0/16, via: 10.1.10.21}, {to: 10.63.0.0/16, via: 10.1.10.2}, {to: 10.63.0.0/16, via: 10.1.10.3}, {to: 10.64.0.1/16, via: 10.1.10.3}]}"),
			want: `
error: nodes[4].interfaces[0].routes[0].to: 0.0.0.0/0 is the default route, of which there is one of each IP family
  hint: give it as network.gateway, or let DHCP bring it
error: nodes[4].interfaces[0].routes[1].via: 10.9.9.9 is outside 10.1.10.0/24, the interface's network
error: nodes[4].interfaces[0].routes[2].via: fd00::1 is of IPv6, and the route leads to 10.61.0.0/16
error: nodes[4].interfaces[0].routes[3].to: 10.244.0.0/24 overlaps podSubnet 10.244.0.0/16, which the cluster itself routes
error: nodes[4].interfaces[0].routes[4].via: 10.1.10.21 is the interface's own address
error: nodes[4].interfaces[0].routes[6].to: 10.63.0.0/16 has a route already
error: nodes[4].interfaces[0].routes[7].to: 10.64.0.1/16 is an address in a subnet, not the subnet
  hint: write 10.64.0.0/16
`,
		},
		{
			name: "route on an interface without an address",
			edit: interfaces("{name: primary, device: eth0}, {name: storage, device: eth1, routes: [{to: 10.60.0.0/16, via: 10.50.0.1}]}", ""),
			want: `
error: network.interfaces[1].routes[0].via: the interface has no address, so 10.50.0.1 cannot be reached by it
  hint: add addresses:
`,
		},
	})
}

func TestDHCPRules(t *testing.T) {
	runRules(t, []ruleTest{
		{name: "addresses by DHCP", edit: interfaces("{name: primary, device: eth0}, {name: office, device: eth1, dhcp4: true, dhcp6: true}", "")},
		{name: "default route by DHCP", edit: []string{", gateway: 10.1.10.1}", ", interfaces: [{name: primary, device: eth0}, {name: office, device: eth1, dhcp4: true}]}"}},
		{
			name: "DHCP for the node's own address",
			edit: interfaces("{name: primary, dhcp4: true}", ""),
			want: `
error: network.interfaces[0].dhcp4: "primary" has the node's addresses, which the inventory gives
  hint: leave it out; a DHCP server may know the same address, but nobody asks it
`,
		},
		{
			name: "one node without a default route",
			edit: []string{", gateway: 10.1.10.1}", ", interfaces: [{name: primary, device: eth0}, {name: office, device: eth1, dhcp4: true}]}", "address: 10.1.10.21}", "address: 10.1.10.21, interfaces: [{name: office, dhcp4: false}]}"},
			want: `
error: network.gateway: the default gateway is missing; without a default route no node reaches a service address
  hint: add it, even if nothing answers there, as in gateway: 10.1.10.1
`,
		},
		{
			name: "two default routes",
			edit: []string{", gateway: 10.1.10.1}", ", interfaces: [{name: primary, device: eth0}, {name: office, device: eth1, dhcp4: true}]}", "address: 10.1.10.21}", "address: 10.1.10.21, interfaces: [{name: lab, device: eth2, dhcp4: true}]}"},
			want: `
error: nodes[4]: node w1 gets a default route of IPv4 by DHCP on each of office, lab
  hint: leave DHCP to one of them, or give network.gateway
`,
		},
		{
			name: "second default route of IPv6",
			edit: with(dual, "gateway: [10.1.10.1, fd00:10::1]}", "gateway: [10.1.10.1, fd00:10::1], interfaces: [{name: primary, device: eth0}, {name: office, device: eth1, dhcp6: true}]}"),
			want: `
error: network.interfaces[1].dhcp6: the router that comes with it would be a second default route of IPv6 beside fd00:10::1
  hint: leave out dhcp6, or the gateway
`,
		},
		{
			name: "no nameserver",
			edit: with(six, "gateway: fd00:10::1", "gateway: fe80::1"),
			want: `
error: network: no nameserver is known: a link-local gateway is none
  hint: add nameservers: to network
`,
		},
	})
}

func TestHostsRules(t *testing.T) {
	runRules(t, []ruleTest{
		{name: "a registry", add: "hosts: [{address: 10.1.10.5, names: [registry.lan, registry]}, {address: fd00::5, names: [registry.lan]}]"},
		{
			name: "hosts",
			add:  "hosts: [{names: [a]}, {address: 10.1.10.5}, {address: 10.1.10.5, names: [cp1, Registry, b]}, {address: 10.1.10.6, names: [b, localhost]}, {address: 10.244.0.7, names: [c]}]",
			want: `
error: hosts[0].address: the entry has no address
  hint: add address:
error: hosts[1].names: 10.1.10.5 has no names
  hint: add names:
error: hosts[2].names[0]: "cp1" is a name that the hosts files have already
error: hosts[2].names[1]: "Registry" is not a lower-case DNS name
  hint: did you mean "registry"?
error: hosts[3].names[0]: "b" is the name of 10.1.10.5 already
error: hosts[3].names[1]: "localhost" is a name that the hosts files have already
error: hosts[4].address: 10.244.0.7 lies in podSubnet 10.244.0.0/16; nodes would look for it among the pods
`,
		},
	})
}
