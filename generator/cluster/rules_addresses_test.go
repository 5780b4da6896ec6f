// SPDX-License-Identifier: Apache-2.0

package cluster

import "testing"

func TestAddressesRules(t *testing.T) {
	runRules(t, []ruleTest{
		{
			name: "node without an address",
			edit: []string{", address: 10.1.10.21", ""},
			want: `
error: nodes[4].address: node w1 has no address
  hint: add address: with an address of network.cidr
`,
		},
		{
			name: "address with a number above 255",
			edit: []string{"10.1.10.21", "10.1.10.300"},
			want: `
error: nodes[4].address: "10.1.10.300" is not an IPv4 address
  hint: four numbers from 0 to 255, as in 10.1.10.101
`,
		},
		{
			name: "address with leading zeros",
			edit: []string{"10.1.10.21", "10.1.10.021"},
			want: `
error: nodes[4].address: "10.1.10.021" is not an IPv4 address
  hint: write 10.1.10.21; some programs read numbers with leading zeros as octal
`,
		},
		{
			name: "address with a prefix length",
			edit: []string{"10.1.10.21", "10.1.10.21/24"},
			want: `
error: nodes[4].address: "10.1.10.21/24" is not an IPv4 address
  hint: write 10.1.10.21; the prefix length stands in network.cidr
`,
		},
		{
			name: "address of IPv6",
			edit: []string{"address: 10.1.10.21", `address: "fd00::21"`},
			want: `
error: nodes[4].address: node w1: fd00::21 is an IPv6 address, and network.cidr is 10.1.10.0/24
  hint: give network.cidr an IPv6 network also, as in cidr: [10.1.10.0/24, fd00:10::/64]
`,
		},
		{
			name: "address outside the network",
			edit: []string{"10.1.10.21", "192.168.2.12"},
			want: `
error: nodes[4].address: node w1: 192.168.2.12 is outside network.cidr 10.1.10.0/24
`,
		},
		{
			name: "network address",
			edit: []string{"10.1.10.21", "10.1.10.0"},
			want: `
error: nodes[4].address: node w1: 10.1.10.0 is the network address of 10.1.10.0/24, which no machine can have
`,
		},
		{
			name: "broadcast address",
			edit: []string{"10.1.10.21", "10.1.10.255"},
			want: `
error: nodes[4].address: node w1: 10.1.10.255 is the broadcast address of 10.1.10.0/24, which no machine can have
`,
		},
		{
			name: "gateway's address",
			edit: []string{"10.1.10.21", "10.1.10.1"},
			want: `
error: nodes[4].address: node w1: 10.1.10.1 is the gateway's address
`,
		},
		{
			name: "loopback address",
			edit: []string{"10.1.10.21", "127.0.0.1"},
			want: `
error: nodes[4].address: 127.0.0.1 is a loopback address; no machine can be reached at it
`,
		},
		{
			name: "link-local address",
			edit: []string{"10.1.10.21", "169.254.1.1"},
			want: `
error: nodes[4].address: 169.254.1.1 is a link-local address; no machine can be reached at it
`,
		},
		{
			name: "multicast address",
			edit: []string{"10.1.10.21", "224.0.0.1"},
			want: `
error: nodes[4].address: 224.0.0.1 is a multicast address; no machine can be reached at it
`,
		},
		{
			name: "reserved address",
			edit: []string{"10.1.10.21", "255.255.255.255"},
			want: `
error: nodes[4].address: 255.255.255.255 is in the reserved range 240.0.0.0/4; no machine can be reached at it
`,
		},
		{
			name: "unspecified address",
			edit: []string{"10.1.10.21", "0.0.0.0"},
			want: `
error: nodes[4].address: 0.0.0.0 is in 0.0.0.0/8, which means this network; no machine can be reached at it
`,
		},
		{
			name: "address taken",
			edit: []string{"10.1.10.21", "10.1.10.12"},
			want: `
error: nodes[4].address: 10.1.10.12 is the address of node cp2 already (nodes[2].address in line 9)
`,
		},
		{
			name: "MAC address that is none",
			edit: []string{"10.1.10.21", "10.1.10.21, mac: 00155d0a01"},
			want: `
error: nodes[4].mac: "00155d0a01" is not a MAC address
  hint: six pairs of hexadecimal digits, as in 00:15:5d:0a:01:65
`,
		},
		{
			name: "MAC address of multicast",
			edit: []string{"10.1.10.21", `10.1.10.21, mac: "01:00:5e:00:00:01"`},
			want: `
error: nodes[4].mac: 01:00:5e:00:00:01 is a multicast address; a network card has a unicast one
  hint: the second digit must be even, as in 00:15:5d:0a:01:65
`,
		},
		{
			name: "MAC address of zeros",
			edit: []string{"10.1.10.21", "10.1.10.21, mac: 000000000000"},
			want: `
error: nodes[4].mac: 00:00:00:00:00:00 is no card's address
  hint: leave mac out to take the machine's only card
`,
		},
		{
			name: "MAC address taken, written another way",
			edit: []string{"10.1.10.13}", `10.1.10.13, mac: "00:15:5d:0a:01:0d"}`, "10.1.10.21", "10.1.10.21, mac: 00-15-5D-0A-01-0D"},
			want: `
error: nodes[4].mac: 00:15:5d:0a:01:0d is the MAC address of node cp3 already (nodes[3].mac in line 10)
`,
		},
		{
			name: "nodes without names at one address",
			edit: []string{"{name: cp3, ", "{", "{name: w1, ", "{", "10.1.10.21", "10.1.10.13"},
			want: `
error: nodes[3].name: the node has no name
  hint: add name: with lower-case letters, digits and dashes, such as k8s-worker1
error: nodes[4].name: the node has no name
  hint: add name: with lower-case letters, digits and dashes, such as k8s-worker1
error: nodes[4].address: 10.1.10.13 is the address of the node already (nodes[3].address in line 10)
`,
		},
	})
}
