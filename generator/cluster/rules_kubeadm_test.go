// SPDX-License-Identifier: Apache-2.0

package cluster

import "testing"

func TestKubeadmRules(t *testing.T) {
	runRules(t, []ruleTest{
		{
			name: "unknown timeout",
			add:  "kubeadm: {timeouts: {kubernetesApiCall: 3m}}",
			want: `
error: kubeadm.timeouts.kubernetesApiCall: "kubernetesApiCall" is not a known timeout of kubeadm; known: controlPlaneComponentHealthCheck, kubeletHealthCheck, kubernetesAPICall, etcdAPICall, tlsBootstrap, discovery, upgradeManifests
  hint: did you mean "kubernetesAPICall"?
`,
		},
		{
			name: "timeout without a unit",
			add:  `kubeadm: {timeouts: {discovery: "900"}}`,
			want: `
error: kubeadm.timeouts.discovery: "900" is not a duration
  hint: write 900s for seconds or 900m for minutes
`,
		},
		{
			name: "timeout that is no duration",
			add:  "kubeadm: {timeouts: {discovery: soon}}",
			want: `
error: kubeadm.timeouts.discovery: "soon" is not a duration
  hint: a number with its unit, as in 90s, 10m or 1h30m
`,
		},
		{
			name: "timeout too short",
			add:  "kubeadm: {timeouts: {discovery: 0s}}",
			want: `
error: kubeadm.timeouts.discovery: 0s is too short; a timeout has at least a second
`,
		},
		{
			name: "timeout of a later kubeadm",
			edit: []string{"1.36.3", "1.30.14"},
			add:  "kubeadm: {timeouts: {etcdAPICall: 5m, discovery: 20m}}",
			want: `
warning: kubernetesVersion: Kubernetes 1.30 is out of upstream support; packages still exist but get no fixes
warning: kubeadm.timeouts.etcdAPICall: has no effect: kubeadm takes this timeout from 1.31 on, and this is 1.30.14
`,
		},
		{
			name: "all preflight checks",
			add:  "kubeadm: {ignorePreflightErrors: [ALL]}",
			want: `
error: kubeadm.ignorePreflightErrors[0]: "all" would hide what keeps a node from working
  hint: name the checks, as in SystemVerification; kubeadm prints the name of each that fails
`,
		},
		{
			name: "preflight check",
			add:  `kubeadm: {ignorePreflightErrors: ["Swap, Mem"]}`,
			want: `
error: kubeadm.ignorePreflightErrors[0]: "Swap, Mem" is not the name of a preflight check
  hint: a name as kubeadm prints it, such as SystemVerification or Port-10250
`,
		},
		{
			name: "unknown patch target",
			add:  `kubeadm: {patches: [{target: kubelet, content: "a: b"}]}`,
			want: `
error: kubeadm.patches[0].target: "kubelet" is not a known patch target; known: kube-apiserver, kube-controller-manager, kube-scheduler, etcd, kubeletconfiguration, corednsdeployment, kubeproxydaemonset
`,
		},
		{
			name: "no patch target",
			add:  `kubeadm: {patches: [{content: "a: b"}]}`,
			want: `
error: kubeadm.patches[0].target: the patch has no target
  hint: add target: with one of kube-apiserver, kube-controller-manager, kube-scheduler, etcd, kubeletconfiguration, corednsdeployment, kubeproxydaemonset
`,
		},
		{
			name: "patch target of a later kubeadm",
			add:  `kubeadm: {patches: [{target: kubeproxydaemonset, content: "a: b"}]}`,
			want: `
error: kubeadm.patches[0].target: kubeadm patches kubeproxydaemonset from 1.37 on, and this is 1.36.3
`,
		},
		{
			name: "unknown patch type",
			add:  `kubeadm: {patches: [{target: etcd, type: jsonpatch, content: "a: b"}]}`,
			want: `
error: kubeadm.patches[0].type: "jsonpatch" is not a known type of patch; known: strategic, merge, json
`,
		},
		{
			name: "patch without content",
			add:  "kubeadm: {patches: [{target: etcd}]}",
			want: `
error: kubeadm.patches[0]: neither content nor file is given
  hint: add content: with the text, or file: with a file beside the inventory
`,
		},
		{
			name: "patch that is empty",
			add:  `kubeadm: {patches: [{target: etcd, content: ""}]}`,
			want: `
error: kubeadm.patches[0]: the patch is empty
`,
		},
		{
			name: "patch that is not YAML",
			add:  `kubeadm: {patches: [{target: etcd, content: "{"}]}`,
			want: `
error: kubeadm.patches[0]: the patch is not YAML
`,
		},
		{
			name: "list as a strategic patch",
			add:  `kubeadm: {patches: [{target: etcd, content: "- a"}]}`,
			want: `
error: kubeadm.patches[0]: a patch of type strategic is a part of the manifest
  hint: for a list of operations, use type: json
`,
		},
		{
			name: "mapping as a json patch",
			add:  `kubeadm: {patches: [{target: etcd, type: json, content: "a: b"}]}`,
			want: `
error: kubeadm.patches[0]: a patch of type json is a list of operations
  hint: for a part of the manifest, use type: strategic
`,
		},
		{
			name: "name in the certificate",
			add:  `kubeadm: {certSANs: [API.example.com, "*.example.com"]}`,
			want: `
error: kubeadm.certSANs[0]: "API.example.com" is not a lower-case DNS name
  hint: did you mean "api.example.com"?
`,
		},
		{
			name: "address in the certificate",
			add:  "kubeadm: {certSANs: [10.1.10.300, 127.0.0.1]}",
			want: `
error: kubeadm.certSANs[0]: "10.1.10.300" is neither an address nor a DNS name
`,
		},
		{
			name: "image repository that is an URL",
			add:  "kubeadm: {imageRepository: https://mirror.example.com/k8s/}",
			want: `
error: kubeadm.imageRepository: "https://mirror.example.com/k8s/" is a URL; image names begin with the host
  hint: write mirror.example.com/k8s
`,
		},
		{
			name: "image repository",
			add:  "kubeadm: {imageRepository: Mirror.example.com/k8s}",
			want: `
error: kubeadm.imageRepository: "Mirror.example.com/k8s" is not a place for images
  hint: a host, optionally :port and a path, as in registry.k8s.io or mirror.example.com:5000/k8s
`,
		},
		{
			name: "frozen image repository",
			add:  "kubeadm: {imageRepository: k8s.gcr.io}",
			want: `
warning: kubeadm.imageRepository: k8s.gcr.io has been frozen since April 2023
  hint: use registry.k8s.io
`,
		},
	})
}
