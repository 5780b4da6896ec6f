// SPDX-License-Identifier: Apache-2.0

package cluster

import "testing"

func TestSubnetsRules(t *testing.T) {
	runRules(t, []ruleTest{
		{
			name: "pods overlap nodes",
			add:  "podSubnet: 10.1.0.0/16",
			want: `
error: podSubnet: 10.1.0.0/16 overlaps network.cidr 10.1.10.0/24
  hint: write podSubnet: 10.244.0.0/16, which is free here
`,
		},
		{
			name: "default services overlap nodes",
			edit: []string{"10.1.10.0/24", "10.96.10.0/24", "gateway: 10.1.10.1", "gateway: 10.96.10.1", "address: 10.1.10.", "address: 10.96.10."},
			want: `
error: network.cidr: serviceSubnet 10.96.0.0/16 (the default) overlaps 10.96.10.0/24
  hint: write serviceSubnet: 10.112.0.0/16, which is free here
`,
		},
		{
			name: "pods overlap services",
			add:  "podSubnet: 10.96.0.0/12",
			want: `
error: podSubnet: 10.96.0.0/12 overlaps serviceSubnet 10.96.0.0/16 (the default); kubeadm would accept this
  hint: write podSubnet: 10.244.0.0/16, which is free here
`,
		},
		{
			name: "both given and the same",
			add: `podSubnet: 10.112.0.0/16
serviceSubnet: 10.112.0.0/16`,
			want: `
error: podSubnet: 10.112.0.0/16 overlaps serviceSubnet 10.112.0.0/16; kubeadm would accept this
  hint: write podSubnet: 10.244.0.0/16, which is free here
`,
		},
		{
			name: "pods with an address in them",
			add:  "podSubnet: 10.244.1.0/16",
			want: `
error: podSubnet: 10.244.1.0/16 is an address in a subnet, not the subnet
  hint: write 10.244.0.0/16
`,
		},
		{
			name: "pods that are no subnet",
			add:  "podSubnet: 10.244.0.0",
			want: `
error: podSubnet: "10.244.0.0" is not a subnet
  hint: add the prefix length, as in 10.244.0.0/24
`,
		},
		{
			name: "services too large",
			add:  "serviceSubnet: 11.0.0.0/8",
			want: `
error: serviceSubnet: 11.0.0.0/8 is larger than /12, the most that kube-apiserver takes
  hint: a /16 has 65,534 services
`,
		},
		{
			name: "services too small",
			add:  "serviceSubnet: 10.96.0.0/29",
			want: `
error: serviceSubnet: 10.96.0.0/29 is smaller than /28; kubeadm needs ten addresses of it
  hint: a /24 has 254 services
`,
		},
		{
			name: "pods where Docker is",
			add:  "podSubnet: 172.17.0.0/16",
			want: `
warning: podSubnet: 172.17.0.0/16 overlaps 172.17.0.0/16, which Docker takes for docker0 wherever it is installed
`,
		},
		{
			name: "services where the Default Switch is",
			add:  "serviceSubnet: 172.20.0.0/16",
			want: `
warning: serviceSubnet: 172.20.0.0/16 overlaps 172.16.0.0/12, of which Hyper-V's Default Switch takes another part at every start of the host
`,
		},
		{
			name: "pod subnet of the document",
			add:  "podSubnet: 192.168.1.0/24",
			want: `
warning: podSubnet: 192.168.1.0/24 is cut into 8 parts of /27 for 4 nodes instead of parts of /24: at most 28 pods run on a node, and no more than 8 nodes fit in the cluster
  hint: a podSubnet of /21 or larger gives every node a /24
`,
		},
		{
			name: "pod subnet without room",
			add:  "podSubnet: 192.168.1.0/26",
			want: `
error: podSubnet: 192.168.1.0/26 has no room for 4 nodes of at least 12 pods each
  hint: a podSubnet of /21 or larger gives every node a /24
`,
		},
		{
			name: "mask without room",
			add: `podSubnet: 192.168.1.0/24
nodeCIDRMask: 24`,
			want: `
error: nodeCIDRMask: podSubnet 192.168.1.0/24 has 1 part of /24, and the inventory has 4 nodes
  hint: use nodeCIDRMask: 27
`,
		},
		{
			name: "mask without a spare",
			add: `podSubnet: 192.168.0.0/22
nodeCIDRMask: 24`,
			want: `
warning: nodeCIDRMask: podSubnet 192.168.0.0/22 has exactly as many parts of /24 as there are nodes; without a spare one a node may wait for its part
  hint: use nodeCIDRMask: 25
`,
		},
		{
			name: "mask shorter than the pods'",
			add:  "nodeCIDRMask: 12",
			want: `
error: nodeCIDRMask: /12 is no part of podSubnet 10.244.0.0/16
  hint: use nodeCIDRMask: 24
`,
		},
		{
			name: "mask for four pods",
			add:  "nodeCIDRMask: 29",
			want: `
error: nodeCIDRMask: /29 leaves a node 4 pods; a control plane alone runs eight
  hint: use nodeCIDRMask: 24
`,
		},
		{
			name: "mask that is no prefix length",
			add:  "nodeCIDRMask: 40",
			want: `
error: nodeCIDRMask: /40 is no part of podSubnet 10.244.0.0/16
  hint: use nodeCIDRMask: 24
`,
		},
		{
			name: "mask too far away",
			add: `podSubnet: 11.0.0.0/8
nodeCIDRMask: 25`,
			want: `
error: nodeCIDRMask: /25 is more than 16 bits away from podSubnet 11.0.0.0/8, the most that kubeadm takes
  hint: use nodeCIDRMask: 24
`,
		},
		{
			name: "more pods than addresses",
			add: `podSubnet: 192.168.0.0/20
nodeCIDRMask: 26
kubelet: {config: {maxPods: 110}}`,
			want: `
warning: kubelet.config.maxPods: 110 pods on a node, but its part of podSubnet has addresses for 60
  hint: lower maxPods, or give the nodes larger parts
`,
		},
		{
			name: "maxPods that is no number",
			add:  "kubelet: {config: {maxPods: many}}",
			want: `
error: kubelet.config.maxPods: "many" is not a number of pods
`,
		},
		{
			name: "pods that are a name",
			add:  "podSubnet: pods",
			want: `
error: podSubnet: "pods" is not a subnet
  hint: an address and a prefix length, as in 10.1.10.0/24
`,
		},
		{
			name: "nothing free to propose",
			edit: []string{"10.1.10.0/24", "10.0.0.0/8"},
			add:  "podSubnet: 192.168.0.0/16\nserviceSubnet: 192.168.0.0/16",
			want: `
error: podSubnet: 192.168.0.0/16 overlaps serviceSubnet 192.168.0.0/16; kubeadm would accept this
`,
		},
		{
			name: "too many nodes for the default",
			edit: []string{"10.1.10.0/24", "10.1.0.0/16", "  - {name: w1", moreNodes(300, RoleWorker) + "  - {name: w1"},
			want: `
warning: nodes: podSubnet 10.244.0.0/16 (the default) is cut into 512 parts of /25 for 304 nodes instead of parts of /24: at most 110 pods run on a node, and no more than 512 nodes fit in the cluster
  hint: a podSubnet of /15 or larger gives every node a /24
`,
		},
	})
}
