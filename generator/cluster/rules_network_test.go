// SPDX-License-Identifier: Apache-2.0

package cluster

import "testing"

func TestNetworkRules(t *testing.T) {
	runRules(t, []ruleTest{
		{
			name: "no network",
			edit: []string{"{cidr: 10.1.10.0/24, gateway", "{gateway"},
			want: `
error: network.cidr: the nodes' network is missing
  hint: add it, as in cidr: 10.1.10.0/24
`,
		},
		{
			name: "network that is not a subnet",
			edit: []string{"10.1.10.0/24", "10.1.10.0"},
			want: `
error: network.cidr: "10.1.10.0" is not a subnet
  hint: add the prefix length, as in 10.1.10.0/24
`,
		},
		{
			name: "network with an address in it",
			edit: []string{"10.1.10.0/24", "10.1.10.5/24"},
			want: `
error: network.cidr: 10.1.10.5/24 is an address in a subnet, not the subnet
  hint: write 10.1.10.0/24
`,
		},
		{
			name: "network of one machine",
			edit: []string{"10.1.10.0/24", "10.1.10.0/31"},
			want: `
error: network.cidr: 10.1.10.0/31 has no room for machines
`,
		},
		{
			name: "network too large",
			edit: []string{"10.1.10.0/24", "0.0.0.0/0"},
			want: `
error: network.cidr: 0.0.0.0/0 is larger than /8, more than any network of one's own
`,
		},
		{
			name: "network of IPv4 in IPv6",
			edit: []string{"10.1.10.0/24", `"::ffff:10.1.10.0/120"`},
			want: `
error: network.cidr: ::ffff:10.1.10.0/120 is an IPv4 subnet written as one of IPv6
  hint: write 10.1.10.0
`,
		},
		{
			name: "loopback network",
			edit: []string{"10.1.10.0/24", "127.0.0.0/8"},
			want: `
error: network.cidr: 127.0.0.0/8 is a loopback address
  hint: use a private network, such as 10.1.10.0/24
`,
		},
		{
			name: "no gateway",
			edit: []string{", gateway: 10.1.10.1}", "}"},
			want: `
error: network.gateway: the default gateway is missing; without a default route no node reaches a service address
  hint: add it, even if nothing answers there, as in gateway: 10.1.10.1
`,
		},
		{
			name: "gateway outside the network",
			edit: []string{"gateway: 10.1.10.1", "gateway: 10.1.11.1"},
			want: `
error: network.gateway: 10.1.11.1 is outside network.cidr 10.1.10.0/24
`,
		},
		{
			name: "gateway that is the network",
			edit: []string{"gateway: 10.1.10.1", "gateway: 10.1.10.0"},
			want: `
error: network.gateway: 10.1.10.0 is the network address of 10.1.10.0/24, which no machine can have
`,
		},
		{
			name: "gateway that is no address",
			edit: []string{"gateway: 10.1.10.1", "gateway: router"},
			want: `
error: network.gateway: "router" is not an IPv4 address
  hint: four numbers from 0 to 255, as in 10.1.10.101
`,
		},
		{
			name: "empty list of nameservers",
			edit: []string{"gateway: 10.1.10.1}", "gateway: 10.1.10.1, nameservers: []}"},
			want: `
error: network.nameservers: the list is empty; CoreDNS does not start on a node without a nameserver
  hint: name one, even if nothing answers there, or leave the list out to use the gateway
`,
		},
		{
			name: "nameserver that is a loop",
			edit: []string{"gateway: 10.1.10.1}", "gateway: 10.1.10.1, nameservers: [127.0.0.53]}"},
			want: `
error: network.nameservers[0]: 127.0.0.53 is a loopback address; CoreDNS would ask itself without end
  hint: name the server that the machine's own resolver asks
`,
		},
		{
			name: "nameserver among the pods",
			edit: []string{"gateway: 10.1.10.1}", "gateway: 10.1.10.1, nameservers: [10.244.0.53]}"},
			want: `
error: network.nameservers[0]: 10.244.0.53 lies in podSubnet 10.244.0.0/16; nodes would look for it among the pods
`,
		},
		{
			name: "nameserver twice",
			edit: []string{"gateway: 10.1.10.1}", "gateway: 10.1.10.1, nameservers: [9.9.9.9, 9.9.9.9]}"},
			want: `
warning: network.nameservers[1]: nameserver 9.9.9.9 is in the list twice
`,
		},
		{
			name: "nameservers more than three",
			edit: []string{"gateway: 10.1.10.1}", "gateway: 10.1.10.1, nameservers: [9.9.9.9, 1.1.1.1, 8.8.8.8, 8.8.4.4]}"},
			want: `
warning: network.nameservers: 4 nameservers; resolvers ask the first three only
`,
		},
		{
			name: "nameserver of IPv6",
			edit: []string{"gateway: 10.1.10.1}", `gateway: 10.1.10.1, nameservers: ["2620:fe::fe"]}`},
			want: `
warning: network.nameservers[0]: nodes have no IPv6 address by which they could ask 2620:fe::fe
`,
		},
		{
			name: "search domain",
			edit: []string{"gateway: 10.1.10.1}", "gateway: 10.1.10.1, search: [Example.com]}"},
			want: `
error: network.search[0]: "Example.com" is not a lower-case DNS name
  hint: did you mean "example.com"?
`,
		},
		{
			name: "time server that is no address",
			edit: []string{"gateway: 10.1.10.1}", "gateway: 10.1.10.1, ntp: [10.1.10.300]}"},
			want: `
error: network.ntp[0]: "10.1.10.300" is not an IPv4 address
  hint: four numbers from 0 to 255, as in 10.1.10.101
`,
		},
		{
			name: "time server that is no name",
			edit: []string{"gateway: 10.1.10.1}", "gateway: 10.1.10.1, ntp: [time_example]}"},
			want: `
error: network.ntp[0]: "time_example" is not a lower-case DNS name
  hint: did you mean "time-example"?
`,
		},
		{
			name: "time server among the services",
			edit: []string{"gateway: 10.1.10.1}", "gateway: 10.1.10.1, ntp: [10.96.0.1]}"},
			want: `
error: network.ntp[0]: 10.96.0.1 lies in serviceSubnet 10.96.0.0/16; nodes would look for it among the services
`,
		},
		{
			name: "time zone",
			add:  "timezone: Seoul time",
			want: `
error: timezone: "Seoul time" is not the name of a time zone
  hint: a name as timedatectl list-timezones shows, such as Asia/Seoul
`,
		},
		{
			name: "time zone of a node",
			edit: []string{"address: 10.1.10.21", "address: 10.1.10.21, timezone: ../etc/shadow"},
			want: `
error: nodes[4].timezone: "../etc/shadow" is not the name of a time zone
  hint: a name as timedatectl list-timezones shows, such as Asia/Seoul
`,
		},
	})
}
