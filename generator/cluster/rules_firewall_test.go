// SPDX-License-Identifier: Apache-2.0

package cluster

import "testing"

func TestFirewallRules(t *testing.T) {
	runRules(t, []ruleTest{
		{name: "a word is enough", add: "firewall: ufw"},
		{name: "none", add: "firewall: none"},
		{
			name: "an unknown firewall",
			add:  "firewall: nftable",
			want: `
error: firewall.kind: "nftable" is not a known firewall; known: none, nftables, ufw
  hint: did you mean "nftables"?
`,
		},
		{
			name: "openings without a firewall",
			add:  "firewall: {ssh: [10.0.0.0/8], allow: [{ports: 80}]}",
			want: `
error: firewall.ssh: has no meaning without a firewall
  hint: add kind: nftables or kind: ufw, or leave it out
error: firewall.allow: has no meaning without a firewall
  hint: add kind: nftables or kind: ufw, or leave it out
`,
		},
		{
			name: "sources",
			add:  "firewall: {kind: nftables, ssh: [10.1.10.7, 'fd00:10::/64', 10.1.10.7/24, office, 0.0.0.0/0, '::ffff:10.0.0.1']}",
			want: `
error: firewall.ssh[2]: 10.1.10.7/24 is an address in a network, not the network
  hint: write 10.1.10.0/24
error: firewall.ssh[3]: "office" is neither a network nor an address
  hint: as in 10.1.0.0/16, 10.1.10.7 or fd00:10::/64
error: firewall.ssh[4]: 0.0.0.0/0 is every address there is
  hint: leave the list out, which means all
error: firewall.ssh[5]: "::ffff:10.0.0.1" is neither a network nor an address
  hint: as in 10.1.0.0/16, 10.1.10.7 or fd00:10::/64
`,
		},
		{
			name: "ports",
			add: `firewall:
  kind: nftables
  allow:
    - {ports: 80}
    - {ports: 7000-7010, protocol: udp, from: [10.0.0.0/8], roles: [worker]}
    - {protocol: esp}
    - {ports: 0}
    - {ports: 70000}
    - {ports: 7010-7000}
    - {ports: http}
    - {protocol: udp}
    - {ports: 80, protocol: ipip}
    - {ports: 80, protocol: tpc}
    - {ports: 80, from: []}
    - {ports: 80, roles: [workers]}
`,
			want: `
error: firewall.allow[3].ports: "0" is neither a port nor a range of ports
  hint: numbers from 1 to 65535, as in 80 or 7000-7010
error: firewall.allow[4].ports: "70000" is neither a port nor a range of ports
  hint: numbers from 1 to 65535, as in 80 or 7000-7010
error: firewall.allow[5].ports: 7010-7000 begins after its end
  hint: write 7000-7010
error: firewall.allow[6].ports: "http" is neither a port nor a range of ports
  hint: numbers from 1 to 65535, as in 80 or 7000-7010
error: firewall.allow[7]: no ports are given
  hint: add ports: with a port or a range of ports
error: firewall.allow[8].ports: the protocol ipip has no ports
  hint: leave ports: out
error: firewall.allow[9].protocol: "tpc" is not a known protocol; known: tcp, udp, ipip, esp
error: firewall.allow[10].from: the list is empty, so nobody could use the port
  hint: leave from: out, which means all, or name networks
error: firewall.allow[11].roles[0]: "workers" is not a known role; known: control-plane, worker, load-balancer, etcd
  hint: did you mean "worker"?
`,
		},
		{
			name: "a pod network that is not known",
			add:  "cni: {name: manifest, manifest: {file: calico.yaml}}\nfirewall: nftables",
			want: `
warning: firewall.kind: which ports the pod network of cni.name manifest needs between nodes is not known here; they stay closed
  hint: list them, as in allow: [{ports: 8472, protocol: udp, from: [NETWORK]}], or write allow: [] if it needs none
`,
		},
		{
			name: "a pod network that needs nothing",
			add:  "cni: {name: none}\nfirewall: {kind: ufw, allow: []}",
		},
	})
}
