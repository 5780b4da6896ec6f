// SPDX-License-Identifier: Apache-2.0

package cluster

import "testing"

// withEtcd adds etcd nodes to the plain inventory.
func withEtcd(n int) []string {
	return []string{"  - {name: w1", moreNodes(n, RoleEtcd) + "  - {name: w1"}
}

func TestEtcdRules(t *testing.T) {
	runRules(t, []ruleTest{
		{name: "three etcd nodes", edit: withEtcd(3)},
		{name: "five etcd nodes", edit: withEtcd(5)},
		{
			name: "one etcd node",
			edit: withEtcd(1),
			want: `
warning: nodes: one etcd node is all that the cluster's state is on; while it is down, the cluster can change nothing
  hint: use 3 or 5
`,
		},
		{
			name: "four etcd nodes",
			edit: withEtcd(4),
			want: `
error: nodes: 4 etcd nodes tolerate 1 failure, no more than 3 would, and there is one more to fail
  hint: use 3 or 5
`,
		},
		{
			name: "seven etcd nodes",
			edit: withEtcd(7),
			want: `
warning: nodes: each write waits for 4 of the 7 etcd nodes
  hint: use 3 or 5
`,
		},
		{
			name: "two control planes are as good as three when etcd is elsewhere",
			edit: append(withEtcd(3), "cp3, role: control-plane", "cp3, role: worker"),
		},
		{
			name: "settings for a Kubernetes node on an etcd node",
			edit: []string{"  - {name: w1", moreNodes(2, RoleEtcd) + `  - {name: e3, role: etcd, address: 10.1.10.33, labels: {a: b}, taints: ["a:NoSchedule"], kubelet: {extraArgs: {v: 2}}}` + "\n  - {name: w1"},
			want: `
warning: nodes[6].labels: has no effect: e3 is an etcd node and no Kubernetes node
warning: nodes[6].taints: has no effect: e3 is an etcd node and no Kubernetes node
warning: nodes[6].kubelet: has no effect: e3 is an etcd node and no Kubernetes node
`,
		},
		{
			name: "the endpoint is an etcd node",
			edit: withEtcd(3),
			add:  "endpoint: more1",
			want: `
error: endpoint: more1 is an etcd node (nodes[5] in line 13); the endpoint is where requests to all API servers go
  hint: write endpoint: lb, or leave it out
`,
		},
		{
			name: "arguments that follow from the nodes",
			edit: withEtcd(3),
			add:  `etcd: {extraArgs: {heartbeat-interval: "250", initial-cluster: "a=b", peer-key-file: /tmp/key}}`,
			want: `
error: etcd.extraArgs.initial-cluster: initial-cluster follows from the nodes with role: etcd
  hint: leave it out
error: etcd.extraArgs.peer-key-file: peer-key-file follows from the cluster's secrets
  hint: leave it out
`,
		},
		{
			name: "the same arguments of kubeadm's etcd",
			add:  `etcd: {extraArgs: {initial-cluster-token: mine}}`,
		},
		{
			name: "a patch for the etcd that kubeadm does not start",
			edit: withEtcd(3),
			add:  `kubeadm: {patches: [{target: etcd, content: "spec: {priority: 5}"}]}`,
			want: `
warning: kubeadm.patches[0].target: has no effect: kubeadm patches the etcd that it starts itself, and this one runs on nodes of its own
  hint: etcd.extraArgs sets the arguments of any etcd
`,
		},
		{
			name: "Docker on an etcd node from a bundle",
			edit: []string{"  - {name: w1", moreNodes(2, RoleEtcd) + "  - {name: e3, role: etcd, address: 10.1.10.33, software: bundle}\n  - {name: w1"},
			add:  "runtime: docker\nsoftware: image",
			want: `
error: runtime: Kubernetes talks to Docker through cri-dockerd only, which the bundle does not hold (software: bundle)
  hint: use containerd, software: apt with apt.criDockerd, or software: image with a VM image that holds Docker and cri-dockerd
`,
		},
	})
}

func TestEtcdMembers(t *testing.T) {
	for name, tt := range map[string]struct {
		rule ruleTest
		want []string
	}{
		"on the control planes": {ruleTest{}, []string{"cp1", "cp2", "cp3"}},
		"on nodes of their own": {ruleTest{edit: withEtcd(3)}, []string{"more0", "more1", "more2"}},
	} {
		c := planned(t, tt.rule)
		var got []string
		for _, n := range c.EtcdMembers() {
			got = append(got, n.Name)
		}
		if len(got) != len(tt.want) || got[0] != tt.want[0] || got[2] != tt.want[2] || c.ExternalEtcd() != (got[0] == "more0") {
			t.Errorf("etcd %s: %q, external %v", name, got, c.ExternalEtcd())
		}
	}
}

// What kubeadm of each minor passes, read from its source; etcd does not start with an argument that it does not know.
func TestEtcdSafetyArgsFollowTheEtcd(t *testing.T) {
	for minor, want := range map[int]string{24: "experimental-initial-corrupt-check", 33: "experimental-initial-corrupt-check", 34: "feature-gates", 37: "feature-gates"} {
		release, _ := releaseOf(Version{1, minor, 99})
		if got := release.EtcdSafetyArgs()[0].Name; got != want {
			t.Errorf("1.%d with etcd %s: %s, want %s", minor, release.EtcdTag, got, want)
		}
	}
}
