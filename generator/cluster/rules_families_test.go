// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"testing"
)

// dual makes the plain inventory one of two IP families.
var dual = []string{
	"cidr: 10.1.10.0/24", "cidr: [10.1.10.0/24, fd00:10::/64]", "gateway: 10.1.10.1}", "gateway: [10.1.10.1, fd00:10::1]}",
	"address: 10.1.10.10}", "address: [10.1.10.10, fd00:10::10]}", "address: 10.1.10.11}", "address: [10.1.10.11, fd00:10::11]}",
	"address: 10.1.10.12}", "address: [10.1.10.12, fd00:10::12]}", "address: 10.1.10.13}", "address: [10.1.10.13, fd00:10::13]}",
	"address: 10.1.10.21}", "address: [10.1.10.21, fd00:10::21]}",
}

// six makes it one of IPv6 alone.
var six = []string{"10.1.10.0/24", "fd00:10::/64", "10.1.10.", "fd00:10::"}

func with(base []string, more ...string) []string {
	return append(append([]string(nil), base...), more...)
}

func TestFamilies(t *testing.T) {
	for _, tt := range []struct {
		name, add, want string
		edit            []string
	}{
		{"IPv4", "", "10.244.0.0/16 10.96.0.0/16 [24] [24] 10.1.10.11 [10.1.10.11]", nil},
		{"dual", "", "10.244.0.0/16,fd00:10:244::/56 10.96.0.0/16,fd00:10:96::/112 [24 64] [24 116] 10.1.10.11 [10.1.10.11 fd00:10::11]", dual},
		{"IPv6", "", "fd00:10:244::/56 fd00:10:96::/112 [64] [116] fd00:10::11 [fd00:10::11]", six},
		{"as kubeadm writes it", "podSubnet: 10.240.0.0/16,fd00:10:40::/56\nnodeCIDRMask: [25, 65]", "10.240.0.0/16,fd00:10:40::/56 10.96.0.0/16,fd00:10:96::/112 [25 65] [25 116] 10.1.10.11 [10.1.10.11 fd00:10::11]", dual},
		{"only pods' IPv4 on nodes of both", "podSubnet: 10.240.0.0/16", "10.240.0.0/16 10.96.0.0/16 [24] [24] 10.1.10.11 [10.1.10.11 fd00:10::11]", dual},
		{"services of the primary family", "serviceSubnet: 10.97.0.0/16", "10.244.0.0/16,fd00:10:244::/56 10.97.0.0/16 [24 64] [24 116] 10.1.10.11 [10.1.10.11 fd00:10::11]", dual},
		{"one mask for two subnets", "nodeCIDRMask: 25", "10.244.0.0/16,fd00:10:244::/56 10.96.0.0/16,fd00:10:96::/112 [25 64] [25 116] 10.1.10.11 [10.1.10.11 fd00:10::11]", dual},
	} {
		c := planned(t, ruleTest{edit: tt.edit, add: tt.add})
		n := c.FirstControlPlane()
		if got := fmt.Sprint(c.PodSubnets, " ", c.ServiceSubnets, " ", c.NodeCIDRMasks, " ", c.CNI.BlockSizes, " ", n.Address, " ", n.Addresses); got != tt.want {
			t.Errorf("%s: %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func TestFamilyRules(t *testing.T) {
	runRules(t, []ruleTest{
		{name: "dual stack", edit: dual, want: ""},
		{name: "IPv6 alone", edit: six, want: ""},
		{name: "endpoint of the second family", edit: with(dual), add: `endpoint: "[fd00:10::10]:6443"`, want: ""},
		{name: "link-local gateway", edit: with(dual, "fd00:10::1]}", "fe80::1]}"), want: ""},
		{
			name: "endpoint of a family that nodes do not have",
			edit: []string{"  - {name: lb, role: load-balancer, address: 10.1.10.10}\n", ""},
			add:  `endpoint: "[fd00::5]:6443"`,
			want: `
error: endpoint: fd00::5 is an IPv6 address, and nodes have none
  hint: give network.cidr a network of that family also, or write another address
`,
		},
		{
			name: "two networks of one family",
			edit: []string{"cidr: 10.1.10.0/24", "cidr: [10.1.10.0/24, 10.1.11.0/24]"},
			want: `
error: network.cidr[1]: a second IPv4 network; there is one of each IP family
`,
		},
		{
			name: "families in another order",
			edit: dual,
			add:  "podSubnet: [fd00:10:40::/56, 10.240.0.0/16]",
			want: `
error: podSubnet: the first subnet is of IPv6, and the cluster's first family is that of network.cidr, IPv4
  hint: write the IPv4 subnet first
`,
		},
		{
			name: "pods of the second family only",
			edit: dual,
			add:  "podSubnet: fd00:10:40::/56",
			want: `
error: podSubnet: only an IPv6 subnet, and the cluster's first family is that of network.cidr, IPv4
  hint: give one of each family, or change the order of network.cidr
`,
		},
		{
			name: "services without pods",
			edit: dual,
			add:  "podSubnet: 10.240.0.0/16\nserviceSubnet: [10.96.0.0/16, fd00:10:96::/112]",
			want: `
error: serviceSubnet[1]: fd00:10:96::/112 is of IPv6, and podSubnet 10.240.0.0/16 is not: no pod could serve it
  hint: add an IPv6 subnet to podSubnet
`,
		},
		{
			name: "services of IPv6 too large",
			edit: dual,
			add:  "serviceSubnet: [10.96.0.0/16, fd00:10:96::/64]",
			want: `
error: serviceSubnet[1]: fd00:10:96::/64 is larger than /108, the most that kube-apiserver takes
  hint: a /112 has 65,535 services
`,
		},
		{
			name: "services of IPv6 too small",
			edit: six,
			add:  "serviceSubnet: fd00:10:96::/125",
			want: `
error: serviceSubnet: fd00:10:96::/125 is smaller than /124; kubeadm needs ten addresses of it
  hint: a /120 has 254 services
`,
		},
		{
			name: "pods of IPv6 on nodes",
			edit: dual,
			add:  "podSubnet: [10.244.0.0/16, fd00:10::/56]",
			want: `
error: podSubnet[1]: fd00:10::/56 overlaps network.cidr fd00:10::/64
  hint: write podSubnet: fd00:10:244::/56, which is free here
`,
		},
		{
			name: "pods of IPv6 without room",
			edit: dual,
			add:  "podSubnet: [10.244.0.0/16, fd00:10:40::/122]",
			want: `
error: podSubnet[1]: fd00:10:40::/122 has no room for 4 nodes of at least 12 pods each
  hint: a podSubnet of /61 or larger gives every node a /64
`,
		},
		{
			name: "mask of IPv6 too far away",
			edit: dual,
			add:  "podSubnet: [10.244.0.0/16, fd00:10:40::/56]\nnodeCIDRMask: [24, 80]",
			want: `
error: nodeCIDRMask[1]: /80 is more than 16 bits away from podSubnet fd00:10:40::/56, the most that kubeadm takes
  hint: use nodeCIDRMask: 64
`,
		},
		{
			name: "more masks than subnets",
			add:  "nodeCIDRMask: [24, 64]",
			want: `
error: nodeCIDRMask: 2 prefix lengths for podSubnet 10.244.0.0/16
  hint: give one for each of its subnets, in the same order
`,
		},
		{
			name: "node without IPv6",
			edit: with(dual, "address: [10.1.10.21, fd00:10::21]}", "address: 10.1.10.21}"),
			want: `
error: nodes[4].address: node w1 has no IPv6 address, and pods get one of fd00:10:244::/56
  hint: give it one beside 10.1.10.21, or give podSubnet without IPv6
`,
		},
		{name: "load balancer without IPv6", edit: with(dual, "address: [10.1.10.10, fd00:10::10]}", "address: 10.1.10.10}"), want: ""},
		{
			name: "node with IPv6 alone",
			edit: with(dual, "address: [10.1.10.21, fd00:10::21]}", "address: fd00:10::21}"),
			want: `
error: nodes[4].address: only an IPv6 address, and the cluster's first family is that of network.cidr, IPv4
  hint: give one of each family, or change the order of network.cidr
`,
		},
		{
			name: "node with its addresses in another order",
			edit: with(dual, "address: [10.1.10.21, fd00:10::21]}", "address: [fd00:10::21, 10.1.10.21]}"),
			want: `
error: nodes[4].address: the first address is of IPv6, and the cluster's first family is that of network.cidr, IPv4
  hint: write the IPv4 address first
`,
		},
		{
			name: "node with two addresses of a family",
			edit: with(dual, "address: [10.1.10.21, fd00:10::21]}", "address: [10.1.10.21, 10.1.10.22]}"),
			want: `
error: nodes[4].address[1]: a second IPv4 address; there is one of each IP family
`,
		},
		{
			name: "second address taken",
			edit: with(dual, "fd00:10::21", "fd00:10::13"),
			want: `
error: nodes[4].address[1]: fd00:10::13 is the address of node cp3 already (nodes[3].address[1] in line 10)
`,
		},
		{
			name: "gateway of one family",
			edit: with(dual, "gateway: [10.1.10.1, fd00:10::1]", "gateway: 10.1.10.1"),
			want: `
error: network.gateway: fd00:10::/64 has no gateway; without a default route no node reaches a service address of IPv6
  hint: add it to the list, even if nothing answers there
`,
		},
		{
			name: "gateway of IPv6 for a network of IPv4",
			edit: []string{"gateway: 10.1.10.1", "gateway: fd00:10::1"},
			want: `
error: network.gateway: fd00:10::1 is an IPv6 address, and network.cidr is 10.1.10.0/24
  hint: give network.cidr an IPv6 network also, as in cidr: [10.1.10.0/24, fd00:10::/64]
`,
		},
		{
			name: "address of IPv6 with a card",
			edit: with(dual, "fd00:10::21", "fe80::21%eth0"),
			want: `
error: nodes[4].address[1]: fe80::21%eth0 names a network card of one machine
  hint: write fe80::21
`,
		},
		{
			name: "address of IPv4 in IPv6",
			edit: []string{"10.1.10.21", `"::ffff:10.1.10.21"`},
			want: `
error: nodes[4].address: ::ffff:10.1.10.21 is an IPv4 address written as one of IPv6
  hint: write 10.1.10.21
`,
		},
		{
			name: "address of IPv6 that is none",
			edit: with(dual, "fd00:10::21", "fd00:10::g1"),
			want: `
error: nodes[4].address[1]: "fd00:10::g1" is not an IPv6 address
  hint: groups of hexadecimal digits, as in fd00:10::101
`,
		},
		{
			name: "network address of IPv6",
			edit: with(dual, "fd00:10::21", "fd00:10::"),
			want: `
error: nodes[4].address[1]: node w1: fd00:10:: is the network address of fd00:10::/64, which no machine can have
`,
		},
	})
}

func TestNodesInDifferentSubnets(t *testing.T) {
	subnets := []string{"gateway: 10.1.10.1}", "gateway: 10.1.10.1, subnets: [{cidr: 10.1.20.0/24, gateway: 10.1.20.1}]}", "10.1.10.21", "10.1.20.21"}
	runRules(t, []ruleTest{
		{name: "worker in another subnet", edit: subnets, want: ""},
		{
			name: "worker in a third one",
			edit: with(subnets, "10.1.20.21", "10.1.30.21"),
			want: `
error: nodes[4].address: node w1: 10.1.30.21 is outside network.cidr 10.1.10.0/24, 10.1.20.0/24
`,
		},
		{
			name: "gateway of another subnet",
			edit: with(subnets, "gateway: 10.1.20.1}", "gateway: 10.1.10.1}"),
			want: `
error: network.subnets[0].gateway: 10.1.10.1 is outside network.subnets[0].cidr 10.1.20.0/24
`,
		},
		{
			name: "worker at the other subnet's gateway",
			edit: with(subnets, "10.1.20.21", "10.1.20.1"),
			want: `
error: nodes[4].address: node w1: 10.1.20.1 is the gateway's address
`,
		},
		{
			name: "subnets that overlap",
			edit: with(subnets, "10.1.20.0/24", "10.1.0.0/16"),
			want: `
error: network.subnets[0].cidr: 10.1.0.0/16 overlaps 10.1.10.0/24, another network of the nodes
`,
		},
		{
			name: "subnet without a gateway",
			edit: with(subnets, ", gateway: 10.1.20.1", ""),
			want: `
error: network.subnets[0].gateway: the default gateway is missing; without a default route no node reaches a service address
  hint: add it, even if nothing answers there, as in gateway: 10.1.10.1
`,
		},
		{
			name: "subnet among the pods",
			edit: with(subnets, "10.1.20.", "10.244.20."),
			want: `
error: network.subnets[0].cidr: podSubnet 10.244.0.0/16 (the default) overlaps 10.244.20.0/24
  hint: write podSubnet: 10.112.0.0/16, which is free here
`,
		},
	})
}
