// SPDX-License-Identifier: Apache-2.0

package cluster

import "testing"

func TestTopologyRules(t *testing.T) {
	runRules(t, []ruleTest{
		{
			name: "node without a role",
			edit: []string{"role: worker, ", ""},
			want: `
error: nodes[4].role: the node has no role
  hint: add role: with one of control-plane, worker, load-balancer, etcd
`,
		},
		{
			name: "role master",
			edit: []string{"role: control-plane, address: 10.1.10.11", "role: master, address: 10.1.10.11"},
			want: `
error: nodes[1].role: "master" is not a known role; known: control-plane, worker, load-balancer, etcd
  hint: did you mean "control-plane"?
`,
		},
		{
			name: "role mistyped",
			edit: []string{"role: worker", "role: workr"},
			want: `
error: nodes[4].role: "workr" is not a known role; known: control-plane, worker, load-balancer, etcd
  hint: did you mean "worker"?
`,
		},
		{
			name: "role in other words",
			edit: []string{"role: worker", "role: etcd-member"},
			want: `
error: nodes[4].role: "etcd-member" is not a known role; known: control-plane, worker, load-balancer, etcd
  hint: did you mean "etcd"?
`,
		},
		{
			name: "no control plane",
			edit: []string{"control-plane", "worker"},
			want: `
error: nodes: no node has the role control-plane
  hint: give one, three or five nodes role: control-plane
`,
		},
		{
			name: "two control planes",
			edit: []string{"cp3, role: control-plane", "cp3, role: worker"},
			want: `
warning: nodes: 2 control planes tolerate 0 failures, no more than 1 would
  hint: use 1 or 3
`,
		},
		{
			name: "eight control planes",
			edit: []string{"cp3, role: control-plane", "cp3, role: control-plane", "  - {name: w1", moreNodes(5, RoleControlPlane) + "  - {name: w1"},
			want: `
warning: nodes: 8 control planes are more etcd members than the 7 up to which etcd gains from them
  hint: use 3 or 5
`,
		},
		{
			name: "no worker",
			edit: []string{"role: worker", "role: control-plane", "name: cp2, role: control-plane", `name: cp2, role: control-plane, taints: ["a:NoSchedule"]`},
			want: `
warning: nodes: 4 control planes tolerate 1 failure, no more than 3 would
  hint: use 3 or 5
warning: nodes: there is no worker; only pods that tolerate the control planes' taint will run
  hint: add a node with role: worker, or give a control plane taints: []
`,
		},
		{
			name: "no load balancer",
			edit: []string{"lb, role: load-balancer", "lb, role: worker"},
			want: `
error: nodes: 3 control planes need a load balancer in front of them, and there is none
  hint: add a node with role: load-balancer, or two of them and a virtualIP; or a virtualIP with loadBalancer: control-planes or kube-vip; or set endpoint to the address of a load balancer of your own
`,
		},
		{
			name: "settings for a kubelet on a load balancer",
			edit: []string{"10.1.10.10}", `10.1.10.10, labels: {a: b}, taints: ["a:NoSchedule"], kubelet: {extraArgs: {v: 2}}}`},
			want: `
warning: nodes[0].labels: has no effect: lb is a load balancer and no Kubernetes node
warning: nodes[0].taints: has no effect: lb is a load balancer and no Kubernetes node
warning: nodes[0].kubelet: has no effect: lb is a load balancer and no Kubernetes node
`,
		},
		{
			name: "no worker, but a control plane for any pod",
			edit: []string{
				"role: worker, address: 10.1.10.21", "role: control-plane, address: 10.1.10.21, taints: []", "name: cp3, role: control-plane", "name: lb2, role: control-plane",
				"lb, role: load-balancer", "lb, role: control-plane",
			},
			add: "endpoint: 10.1.10.5",
		},
	})
}
