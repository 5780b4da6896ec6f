// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"strconv"

	"github.com/hakube/hakube-seed/generator/manifest"
)

// The objects of Calico's manifest that have settings.
const (
	calicoConfig = "calico-config"
	calicoNode   = "calico-node"
	calicoTypha  = "calico-typha"
)

// calicoEncapsulations is what Calico calls each encapsulation: who makes the routes between nodes, and the two modes of
// its address pool.
var calicoEncapsulations = []struct{ encapsulation, backend, ipip, vxlan string }{
	{encapsulationIPIP, "bird", "Always", "Never"},
	{encapsulationVXLAN, "vxlan", "Never", "Always"},
	{encapsulationNone, "bird", "Never", "Never"},
}

// calicoPatches sets what Calico's manifest leaves to guesses: the pools, their blocks, and which address is the node's (by
// default the first one found, which on a machine with two cards or a virtual IP is often the wrong one; the kubelet was
// told the node's address in the nodes' network).
func (p *planner) calicoPatches(t typha) []manifest.Patch {
	cni := p.cluster.CNI
	node := p.calicoPools()
	container := manifest.Fields{"name": calicoNode}
	config := manifest.Fields{}
	for _, e := range calicoEncapsulations {
		if e.encapsulation == cni.Encapsulation {
			config["calico_backend"] = e.backend
			node = append(node, variable{"CALICO_IPV4POOL_IPIP", e.ipip}, variable{"CALICO_IPV4POOL_VXLAN", e.vxlan})
			if p.cluster.PodSubnets.Has(IPv6) {
				node = append(node, variable{"CALICO_IPV6POOL_VXLAN", e.vxlan}) // there is no IPIP for it
			}
		}
	}
	if cni.Encapsulation == encapsulationVXLAN {
		// without BGP there is no BIRD that could be alive
		container["livenessProbe"] = calicoProbe("-felix-live")
		container["readinessProbe"] = calicoProbe("-felix-ready")
	}
	if p.cluster.PodSubnets.Has(IPv6) {
		config["cni_network_config"] = p.calicoCNIConfig()
	}
	if cni.MTU > 0 {
		config["veth_mtu"] = strconv.Itoa(cni.MTU)
	}
	container["env"] = node.fields()
	patches := []manifest.Patch{daemonSet("kube-system", calicoNode, container)}
	if t.service != "" {
		config["typha_service_name"] = t.service
	}
	if len(config) > 0 {
		patches = append(patches, configMap("kube-system", calicoConfig, config))
	}
	if t.replicas != nil {
		patches = append(patches, manifest.Patch{
			APIVersion: "apps/v1", Kind: "Deployment", Namespace: "kube-system", Name: calicoTypha,
			Fields: manifest.Fields{"spec": manifest.Fields{"replicas": *t.replicas}},
		})
	}
	return patches
}

// calicoEncapsulation is what a manifest of the user's has.
func calicoEncapsulation(m *manifest.Manifest) string {
	mode := func(name string) bool {
		value := m.Text("DaemonSet", calicoNode, "spec", "template", "spec", "containers", calicoNode, "env", name, "value")
		return value != "" && value != "Never" && value != "Off"
	}
	switch {
	case mode("CALICO_IPV4POOL_VXLAN"):
		return encapsulationVXLAN
	case mode("CALICO_IPV4POOL_IPIP"):
		return encapsulationIPIP
	}
	return encapsulationNone
}

func calicoProbe(check string) manifest.Fields {
	return manifest.Fields{"exec": manifest.Fields{"command": []string{"/bin/calico-node", check}}}
}
