// SPDX-License-Identifier: Apache-2.0

package cluster

import "testing"

func TestComponentsRules(t *testing.T) {
	runRules(t, []ruleTest{
		{
			name: "argument with dashes",
			add:  `apiServer: {extraArgs: {"--audit-log-path": "-"}}`,
			want: `
error: apiServer.extraArgs.--audit-log-path: "--audit-log-path" is not the name of an argument
  hint: write audit-log-path
`,
		},
		{
			name: "argument with an underscore",
			add:  "etcd: {extraArgs: {heartbeat_interval: 250}}",
			want: `
error: etcd.extraArgs.heartbeat_interval: "heartbeat_interval" is not the name of an argument
  hint: write heartbeat-interval
`,
		},
		{
			name: "argument that is none",
			add:  `scheduler: {extraArgs: {"V=4": 4}}`,
			want: `
error: scheduler.extraArgs.V=4: "V=4" is not the name of an argument
  hint: lower-case letters, digits and dashes, without leading dashes
`,
		},
		{
			name: "argument of several lines",
			add:  `apiServer: {extraArgs: {audit-log-path: "a\nb"}}`,
			want: `
error: apiServer.extraArgs.audit-log-path: the value of audit-log-path is more than one line
`,
		},
		{
			name: "node mask as an argument",
			add:  "controllerManager: {extraArgs: {node-cidr-mask-size-ipv4: 27}}",
			want: `
error: controllerManager.extraArgs.node-cidr-mask-size-ipv4: node-cidr-mask-size-ipv4 follows from nodeCIDRMask
  hint: leave it out
`,
		},
		{
			name: "service subnet as an argument",
			add:  "apiServer: {extraArgs: {service-cluster-ip-range: 10.96.0.0/16}}",
			want: `
error: apiServer.extraArgs.service-cluster-ip-range: service-cluster-ip-range follows from serviceSubnet
  hint: leave it out
`,
		},
		{
			name: "data directory as an argument",
			add:  "etcd: {extraArgs: {data-dir: /data}}",
			want: `
error: etcd.extraArgs.data-dir: data-dir follows from kubeadm, which looks for it in /var/lib/etcd
  hint: leave it out
`,
		},
		{
			name: "node address as an argument",
			edit: []string{"address: 10.1.10.21", "address: 10.1.10.21, kubelet: {extraArgs: {node-ip: 10.1.10.22}}"},
			want: `
error: nodes[4].kubelet.extraArgs.node-ip: node-ip follows from the node's address
  hint: leave it out
`,
		},
		{
			name: "cgroup driver as a field",
			add:  "kubelet: {config: {cgroupDriver: cgroupfs}}",
			want: `
error: kubelet.config.cgroupDriver: cgroupDriver follows from the container runtime, which is set to systemd
  hint: leave it out
`,
		},
		{
			name: "field in upper case",
			add:  "kubelet: {config: {FailSwapOn: false}}",
			want: `
error: kubelet.config.FailSwapOn: "FailSwapOn" is not the name of a field
  hint: did you mean "failSwapOn"?
`,
		},
		{
			name: "field that is none",
			add:  `kubeProxy: {config: {"metrics.address": a}}`,
			want: `
error: kubeProxy.config.metrics.address: "metrics.address" is not the name of a field
  hint: letters and digits, beginning in lower case, as in maxPods
`,
		},
		{
			name: "field that came later",
			edit: []string{"1.36.3", "1.30.14"},
			add:  "kubelet: {config: {failCgroupV1: false}}",
			want: `
warning: kubernetesVersion: Kubernetes 1.30 is out of upstream support; packages still exist but get no fixes
error: kubelet.config.failCgroupV1: failCgroupV1 is there from Kubernetes 1.31 on, and this is 1.30.14
  hint: leave it out
`,
		},
		{
			name: "mode as a field",
			add:  "kubeProxy: {config: {mode: ipvs}}",
			want: `
error: kubeProxy.config.mode: mode follows from kubeProxy.mode
  hint: leave it out
`,
		},
		{
			name: "unknown mode",
			add:  "kubeProxy: {mode: iptable}",
			want: `
error: kubeProxy.mode: "iptable" is not a known mode of kube-proxy; known: iptables, nftables, ipvs, none
  hint: did you mean "iptables"?
`,
		},
		{
			name: "ipvs deprecated",
			add:  "kubeProxy: {mode: ipvs}",
			want: `
warning: kubeProxy.mode: ipvs is deprecated since Kubernetes 1.35
  hint: use iptables or nftables
`,
		},
		{
			name: "nftables too early",
			edit: []string{"1.36.3", "1.30.14"},
			add:  "kubeProxy: {mode: nftables}",
			want: `
warning: kubernetesVersion: Kubernetes 1.30 is out of upstream support; packages still exist but get no fixes
error: kubeProxy.mode: nftables is there from Kubernetes 1.31 on, and this is 1.30.14
  hint: use iptables
`,
		},
		{
			name: "nftables on an old kernel",
			edit: []string{"1.36.3", "1.31.14"},
			add: `kubeProxy: {mode: nftables}
os: ubuntu-20.04
software: image`,
			want: `
warning: kubernetesVersion: Kubernetes 1.31 is out of upstream support; packages still exist but get no fixes
error: kubeProxy.mode: nftables needs kernel 5.13 or later, and Ubuntu 20.04 has 5.4
  hint: use iptables, or ubuntu-22.04 or later
`,
		},
		{
			name: "label that is none",
			edit: []string{"address: 10.1.10.21", `address: 10.1.10.21, labels: {"-disk": ssd}`},
			want: `
error: nodes[4].labels.-disk: "-disk" is not a label key
  hint: at most 63 letters, digits, -, _ and ., with a letter or digit at either end, as in disk or example.com/disk
`,
		},
		{
			name: "label of a domain that is none",
			edit: []string{"address: 10.1.10.21", "address: 10.1.10.21, labels: {Example_com/disk: ssd}"},
			want: `
error: nodes[4].labels.Example_com/disk: the part before the slash of "Example_com/disk" is not a lower-case DNS name
  hint: as in example.com/rack
`,
		},
		{
			name: "label value",
			edit: []string{"address: 10.1.10.21", `address: 10.1.10.21, labels: {disk: "very fast"}`},
			want: `
error: nodes[4].labels.disk: "very fast" is not a label value
  hint: at most 63 letters, digits, -, _ and ., with a letter or digit at either end
`,
		},
		{
			name: "label that a kubelet may not set",
			edit: []string{"address: 10.1.10.21", `address: 10.1.10.21, labels: {node-role.kubernetes.io/worker: ""}`},
			want: `
error: nodes[4].labels.node-role.kubernetes.io/worker: a kubelet may not give itself the label node-role.kubernetes.io/worker and would not start
  hint: set it with kubectl label when the cluster is up, or use a domain of your own
`,
		},
		{
			name: "taint without an effect",
			edit: []string{"address: 10.1.10.21", "address: 10.1.10.21, taints: [dedicated=db]"},
			want: `
error: nodes[4].taints[0]: "dedicated=db" is not a taint
  hint: key=value:Effect, as in dedicated=db:NoSchedule
`,
		},
		{
			name: "taint with an unknown effect",
			edit: []string{"address: 10.1.10.21", `address: 10.1.10.21, taints: ["dedicated=db:NoSchedul"]`},
			want: `
error: nodes[4].taints[0]: "NoSchedul" is not a known taint effect; known: NoSchedule, PreferNoSchedule, NoExecute
  hint: did you mean "NoSchedule"?
`,
		},
		{
			name: "taint twice",
			edit: []string{"address: 10.1.10.21", `address: 10.1.10.21, taints: ["a=b:NoSchedule", "a=c:NoSchedule"]`},
			want: `
error: nodes[4].taints[1]: there is another taint a with NoSchedule
`,
		},
	})
}
