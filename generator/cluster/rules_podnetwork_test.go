// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"bytes"
	"testing"
)

// brokenManifests are manifests of test/manifests with something changed, and texts that are none.
func brokenManifests() {
	with := func(name, from string, old ...string) {
		content := testFiles[from]
		for i := 0; i < len(old); i += 2 {
			content = bytes.ReplaceAll(content, []byte(old[i]), []byte(old[i+1]))
		}
		testFiles[name] = content
	}
	with("wireguard.yaml", "flannel-v0.28.yaml", "vxlan", "wireguard")
	with("cilium-lost.yaml", "cilium-v1.18.yaml", "KUBERNETES_SERVICE_HOST", "ELSEWHERE")
	with("cilium-eni.yaml", "cilium-v1.12.yaml", "cluster-pool\"", "eni\"")
	with("cilium-kubernetes.yaml", "cilium-v1.12.yaml", "cluster-pool\"", "kubernetes\"")
	testFiles["broken.yaml"] = []byte("kind: A\n---\nkind: B\n  name: c\n")
	testFiles["list.yaml"] = []byte("kind: A\n---\n- kind: B\n")
	testFiles["comments.yaml"] = []byte("# kind: A\n---\n# kind: B\n")
}

func TestPodNetworkRules(t *testing.T) {
	brokenManifests()
	runRules(t, []ruleTest{
		{
			name: "Calico by a manifest, settings in place",
			add:  `cni: {name: calico, encapsulation: none, typha: true, manifest: {file: calico-typha-v3.25.yaml}}`,
			want: `
warning: cni.typha: Typha pays off above 50 nodes; with 4 it is one more thing that must run before pods have a network
  hint: leave it out
`,
		},
		{
			name: "Calico by a manifest of something else",
			add:  `cni: {name: calico, manifest: {file: flannel-v0.28.yaml}}`,
			want: `
error: cni.manifest.file: there is no DaemonSet calico-node in "flannel-v0.28.yaml", where settings of calico belong
  hint: use a manifest of calico itself, or name: manifest, which applies any as it is
`,
		},
		{
			name: "Typha that the manifest lacks",
			add:  `cni: {name: calico, typha: true, manifest: {file: calico-v3.32.yaml}}`,
			want: `
error: cni.typha: there is no Deployment calico-typha in "calico-v3.32.yaml"
  hint: use the manifest that Calico publishes as calico-typha.yaml, or leave typha out
warning: cni.typha: Typha pays off above 50 nodes; with 4 it is one more thing that must run before pods have a network
  hint: leave it out
`,
		},
		{
			name: "no Typha, although the manifest has it",
			add:  `cni: {name: calico, typha: false, manifest: {file: calico-typha-v3.25.yaml}}`,
		},
		{
			name: "an encapsulation that Calico does not know",
			add:  `cni: {encapsulation: geneve}`,
			want: `
error: cni.encapsulation: "geneve" is not a known encapsulation of calico; known: vxlan, ipip, none
`,
		},
		{
			name: "flannel in IPIP",
			add:  `cni: {name: flannel, encapsulation: ipip}`,
			want: `
error: cni.encapsulation: "ipip" is not a known encapsulation of flannel; known: vxlan, none
`,
		},
		{
			name: "flannel",
			add:  `cni: {name: flannel}`,
		},
		{
			name: "unknown flannel",
			add:  `cni: {name: flannel, version: 0.28.9}`,
			want: `
error: cni.version: the manifest of flannel "0.28.9" is not known by checksum; known: v0.28.9, v0.27.4, v0.26.7
  hint: did you mean "v0.28.9"?
`,
		},
		{
			name: "flannel with Typha",
			add:  `cni: {name: flannel, typha: true}`,
			want: `
error: cni.typha: has no meaning with cni.name flannel
  hint: leave it out
`,
		},
		{
			name: "flannel without node CIDRs",
			add: `cni: {name: flannel}
controllerManager: {extraArgs: {allocate-node-cidrs: "false"}}`,
			want: `
error: controllerManager.extraArgs.allocate-node-cidrs: flannel gives pods addresses of the parts of podSubnet that nodes get here
  hint: leave it out
`,
		},
		{
			name: "flannel by a manifest",
			add:  `cni: {name: flannel, manifest: {file: flannel-v0.20.yaml}}`,
		},
		{
			name: "flannel by a manifest of something else",
			add:  `cni: {name: flannel, manifest: {file: cilium-v1.18.yaml}}`,
			want: `
error: cni.manifest.file: there is no ConfigMap kube-flannel-cfg with a JSON text net-conf.json in "cilium-v1.18.yaml", where settings of flannel belong
  hint: use a manifest of flannel itself, or name: manifest, which applies any as it is
`,
		},
		{
			name: "flannel with a backend that is not known",
			add:  `cni: {name: flannel, manifest: {file: wireguard.yaml}}`,
			want: `
error: cni.manifest.file: the backend of flannel is "wireguard"; this program knows vxlan and host-gw
  hint: choose one by cni.encapsulation: vxlan or none, or use name: manifest, which applies any manifest as it is
`,
		},
		{
			name: "flannel with a backend that is not known, and another wanted",
			add:  `cni: {name: flannel, encapsulation: none, manifest: {file: wireguard.yaml}}`,
		},
		{
			name: "packets of flannel's without encapsulation",
			add:  `cni: {name: flannel, encapsulation: none, mtu: 1400}`,
			want: `
error: cni.mtu: flannel without encapsulation takes the network card's own
  hint: leave it out
`,
		},
		{
			name: "flannel without kube-proxy",
			add: `cni: {name: flannel}
kubeProxy: {mode: none}`,
			want: `
error: kubeProxy.mode: flannel needs kube-proxy; without one no pod reaches a service
  hint: use iptables, or cni.name: cilium with a manifest that replaces kube-proxy
`,
		},
		{
			name: "Calico without kube-proxy",
			add:  `kubeProxy: {mode: none}`,
			want: `
error: kubeProxy.mode: calico needs kube-proxy; without one no pod reaches a service
  hint: use iptables, or cni.name: cilium with a manifest that replaces kube-proxy
`,
		},
		{
			name: "no kube-proxy, but settings for it",
			add: `cni: {name: none}
kubeProxy: {mode: none, config: {metricsBindAddress: "0.0.0.0:10249"}}`,
			want: `
error: kubeProxy.config: has no meaning with kubeProxy.mode none
  hint: leave it out
`,
		},
		{
			name: "Cilium without a manifest",
			add:  `cni: {name: cilium}`,
			want: `
error: cni: name: cilium needs a manifest
  hint: render one with helm template cilium cilium/cilium --namespace kube-system, and add manifest: with file:
`,
		},
		{
			name: "Cilium beside kube-proxy",
			add:  `cni: {name: cilium, manifest: {file: cilium-v1.12.yaml}}`,
		},
		{
			name: "Cilium and kube-proxy for the same services",
			add:  `cni: {name: cilium, manifest: {file: cilium-v1.18.yaml}}`,
			want: `
warning: cni.manifest.file: this Cilium replaces kube-proxy, and kube-proxy runs beside it
  hint: add kubeProxy: {mode: none}
`,
		},
		{
			name: "Cilium that looks for another cluster",
			add: `cni: {name: cilium, manifest: {file: cilium-v1.18.yaml}}
kubeProxy: {mode: none}`,
			want: `
error: cni.manifest.file: Cilium looks for the API at k8s-lb:6443, and this cluster has it at lb:6443
  hint: render the manifest with --set k8sServiceHost=lb --set k8sServicePort=6443
`,
		},
		{
			name: "Cilium that does not know where the API is",
			add: `cni: {name: cilium, manifest: {file: cilium-lost.yaml}}
kubeProxy: {mode: none}`,
			want: `
error: cni.manifest.file: without kube-proxy, Cilium must be told where the API is
  hint: render the manifest with --set k8sServiceHost=lb --set k8sServicePort=6443
`,
		},
		{
			name: "neither kube-proxy nor Cilium serves services",
			add: `cni: {name: cilium, manifest: {file: cilium-v1.12.yaml}}
kubeProxy: {mode: none}`,
			want: `
error: kubeProxy.mode: the Cilium of "cilium-v1.12.yaml" does not replace kube-proxy; nothing would serve services
  hint: render the manifest with --set kubeProxyReplacement=true, or leave the mode out
`,
		},
		{
			name: "Cilium with addresses from elsewhere",
			add:  `cni: {name: cilium, manifest: {file: cilium-eni.yaml}}`,
			want: `
warning: cni.manifest.file: with ipam eni, pods get their addresses elsewhere than from podSubnet
  hint: render the manifest with --set ipam.mode=cluster-pool or kubernetes
`,
		},
		{
			name: "Cilium with Kubernetes' addresses, which nodes do not get",
			add: `cni: {name: cilium, manifest: {file: cilium-kubernetes.yaml}}
controllerManager: {extraArgs: {allocate-node-cidrs: "false"}}`,
			want: `
error: controllerManager.extraArgs.allocate-node-cidrs: Cilium with ipam kubernetes gives pods addresses of the parts of podSubnet that nodes get here
  hint: leave it out
`,
		},
		{
			name: "Cilium by a manifest of something else",
			add:  `cni: {name: cilium, manifest: {file: calico-v3.32.yaml}}`,
			want: `
error: cni.manifest.file: there is no ConfigMap cilium-config and DaemonSet cilium in "calico-v3.32.yaml", where settings of cilium belong
  hint: use a manifest of cilium itself, or name: manifest, which applies any as it is
`,
		},
		{
			name: "Cilium's encapsulation",
			add:  `cni: {name: cilium, encapsulation: vxlan, manifest: {file: cilium-v1.12.yaml}}`,
			want: `
error: cni.encapsulation: has no meaning with cni.name cilium
  hint: leave it out
`,
		},
		{
			name: "a known manifest as it is",
			add:  `cni: {name: manifest, manifest: {file: flannel-v0.28.yaml}}`,
			want: `
warning: cni.name: this is a manifest of flannel, and nothing in it is fitted to this cluster, its pod addresses neither
  hint: use name: flannel
`,
		},
		{
			name: "packets larger than the network card's",
			add:  `cni: {mtu: 1500}`,
			want: `
warning: cni.mtu: packets of 1500 bytes do not fit into the 1500 of the nodes' network, of which ipip takes 20
  hint: leave it out, or use at most 1480 unless all network cards and switches take more
`,
		},
		{
			name: "packets larger than the network card's, without encapsulation",
			add:  `cni: {encapsulation: none, mtu: 9000}`,
			want: `
warning: cni.mtu: packets of 9000 bytes do not fit into the 1500 of the nodes' network
  hint: leave it out, or use at most 1500 unless all network cards and switches take more
`,
		},
		{
			name: "large packets in a network that takes them",
			edit: []string{"network: {", "network: {interfaces: [{name: primary, mtu: 9000}], "},
			add:  `cni: {encapsulation: vxlan, mtu: 8950}`,
		},
		{
			name: "packets that no network has",
			add:  `cni: {mtu: 100}`,
			want: `
error: cni.mtu: 100 is no size of a packet; it is 1280 to 65535 bytes
  hint: leave it out: each node finds what fits its network card
`,
		},
		{
			name: "a manifest that is no YAML",
			add:  `cni: {name: manifest, manifest: {file: broken.yaml}}`,
			want: `
error: cni.manifest.file: "broken.yaml" is no manifest: line 4: mapping values are not allowed in this context
`,
		},
		{
			name: "a manifest that is a list",
			add:  `cni: {name: manifest, manifest: {file: list.yaml}}`,
			want: `
error: cni.manifest.file: "list.yaml" is no manifest: the document that ends in line 3 is no object of Kubernetes
`,
		},
		{
			name: "a manifest of comments",
			add:  `cni: {name: manifest, manifest: {file: comments.yaml}}`,
			want: `
error: cni.manifest.file: "comments.yaml" is no manifest: there is no object of Kubernetes in it
`,
		},
	})
}
