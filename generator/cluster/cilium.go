// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hakube/hakube-seed/generator/manifest"
)

// The objects of Cilium's manifest that have settings.
const (
	ciliumConfig = "cilium-config"
	ciliumNode   = "cilium"
)

// ciliumKernel is the lowest kernel that Cilium 1.18 and later run on.
const ciliumKernel = "5.10"

func (p *planner) planCilium(m *manifest.Manifest) {
	if !p.hasManifest() {
		p.refuse("cni", "name: cilium needs a manifest", "render one with helm template cilium cilium/cilium --namespace kube-system, and add manifest: with file:")
		return
	}
	for _, g := range p.guests(anyNode) {
		if older(g.Kernel, ciliumKernel) {
			p.warn("cni.name", fmt.Sprintf("Cilium 1.18 and later want kernel %s or later, and %s has %s", ciliumKernel, g.Name, g.Kernel), "")
		}
	}
	if m == nil { // only the nodes will see it
		p.fit(nil, p.ciliumPatch(ciliumPool))
		return
	}
	const path = "cni.manifest.file"
	if !m.Has("ConfigMap", ciliumConfig) || !m.Has("DaemonSet", ciliumNode) {
		p.refuse(path, fmt.Sprintf("there is no ConfigMap %s and DaemonSet %s in %q, where settings of cilium belong", ciliumConfig, ciliumNode, p.inv.CNI.Manifest.File), "use a manifest of cilium itself, or name: manifest, which applies any as it is")
		return
	}
	config := func(key string) string { return m.Text("ConfigMap", ciliumConfig, "data", key) }
	p.cluster.CNI.Encapsulation = ciliumEncapsulation(config)
	p.checkCiliumProxy(m, config("kube-proxy-replacement"))
	switch ipam := config("ipam"); ipam {
	case "cluster-pool", "cluster-pool-v2beta", "":
	case "kubernetes":
		p.checkNodeCIDRs("Cilium with ipam kubernetes")
	default:
		p.warn(path, fmt.Sprintf("with ipam %s, pods get their addresses elsewhere than from podSubnet", ipam), "render the manifest with --set ipam.mode=cluster-pool or kubernetes")
	}
	p.fit(m, p.ciliumPatch(config("ipam")))
}

const ciliumPool = "cluster-pool"

// ciliumPatch sets the addresses of the pods where Cilium itself cuts them into parts for the nodes. Elsewhere, it does not
// look at these keys.
func (p *planner) ciliumPatch(ipam string) manifest.Patch {
	data := manifest.Fields{}
	if strings.HasPrefix(ipam, ciliumPool) {
		if !p.cluster.PodSubnets.Has(IPv4) {
			data["enable-ipv4"] = "false"
		}
		for i, subnet := range p.cluster.PodSubnets {
			family := map[Family]string{IPv4: "ipv4", IPv6: "ipv6"}[FamilyOf(subnet.Addr())]
			data["cluster-pool-"+family+"-cidr"] = subnet.String()
			data["enable-"+family] = "true"
			if i < len(p.cluster.NodeCIDRMasks) {
				data["cluster-pool-"+family+"-mask-size"] = strconv.Itoa(p.cluster.NodeCIDRMasks[i])
			}
		}
	}
	if mtu := p.cluster.CNI.MTU; mtu > 0 {
		data["mtu"] = strconv.Itoa(mtu)
	}
	return configMap("kube-system", ciliumConfig, data)
}

// ciliumEncapsulation reads what was chosen when the manifest was rendered: since 1.14 in two keys, before in one.
func ciliumEncapsulation(config func(string) string) string {
	mode, tunnel := config("routing-mode"), config("tunnel-protocol")
	if old := config("tunnel"); old != "" {
		mode, tunnel = "tunnel", old
	}
	switch {
	case mode == "native" || tunnel == "disabled":
		return encapsulationNone
	case tunnel == "geneve":
		return encapsulationGeneve
	}
	return encapsulationVXLAN
}

// checkCiliumProxy checks that services are served once: by kube-proxy or by Cilium.
func (p *planner) checkCiliumProxy(m *manifest.Manifest, replacement string) {
	replaces := replacement == "true" || replacement == "strict"
	absent := p.cluster.KubeProxyMode == NoKubeProxy
	switch {
	case replaces && !absent:
		p.warn("cni.manifest.file", "this Cilium replaces kube-proxy, and kube-proxy runs beside it", "add kubeProxy: {mode: none}")
	case absent && !replaces:
		p.refuse("kubeProxy.mode", fmt.Sprintf("the Cilium of %q does not replace kube-proxy; nothing would serve services", p.inv.CNI.Manifest.File), "render the manifest with --set kubeProxyReplacement=true, or leave the mode out")
	case absent:
		p.checkCiliumAPI(m)
	}
}

// checkCiliumAPI checks that Cilium knows where the API is: without kube-proxy, the service's address leads there only
// when Cilium runs already.
func (p *planner) checkCiliumAPI(m *manifest.Manifest) {
	value := func(name string) string {
		return m.Text("DaemonSet", ciliumNode, "spec", "template", "spec", "containers", "cilium-agent", "env", name, "value")
	}
	endpoint := p.cluster.Endpoint
	if endpoint.Name == "" {
		return // reported
	}
	hint := fmt.Sprintf("render the manifest with --set k8sServiceHost=%s --set k8sServicePort=%d", endpoint.Name, endpoint.Port)
	switch host, port := value("KUBERNETES_SERVICE_HOST"), value("KUBERNETES_SERVICE_PORT"); {
	case host == "":
		p.refuse("cni.manifest.file", "without kube-proxy, Cilium must be told where the API is", hint)
	case host != endpoint.Name && host != endpoint.Address.String() || port != strconv.Itoa(int(endpoint.Port)):
		p.refuse("cni.manifest.file", fmt.Sprintf("Cilium looks for the API at %s:%s, and this cluster has it at %s:%d", host, port, endpoint.Name, endpoint.Port), hint)
	}
}
