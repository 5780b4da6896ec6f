// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"encoding/json"
	"net/netip"
	"strconv"
	"strings"
)

// calicoPools are the settings of the pools of all families.
func (p *planner) calicoPools() env {
	var settings env
	for i, size := range p.cluster.CNI.BlockSizes {
		settings = append(settings, calicoPool(p.cluster.PodSubnets[i], size)...)
	}
	if !p.cluster.PodSubnets.Has(IPv4) {
		// without an IPv4 address there is nothing to make a router's number of
		settings = append(settings, variable{"IP", "none"}, variable{"CALICO_ROUTER_ID", "hash"})
	}
	return settings
}

func calicoPool(subnet netip.Prefix, blockSize int) env {
	if subnet.Addr().Is4() {
		return env{
			{"CALICO_IPV4POOL_CIDR", subnet.String()},
			{"CALICO_IPV4POOL_BLOCK_SIZE", strconv.Itoa(blockSize)},
			{"IP_AUTODETECTION_METHOD", "kubernetes-internal-ip"},
		}
	}
	return env{
		{"CALICO_IPV6POOL_CIDR", subnet.String()},
		{"CALICO_IPV6POOL_BLOCK_SIZE", strconv.Itoa(blockSize)},
		{"CALICO_IPV6POOL_NAT_OUTGOING", "true"}, // pods have addresses that only the cluster knows, as with IPv4
		{"IP6", "autodetect"},
		{"IP6_AUTODETECTION_METHOD", "kubernetes-internal-ip"},
		{"FELIX_IPV6SUPPORT", "true"},
	}
}

// calicoCNIConfig gives pods addresses of the cluster's families; by itself Calico gives them IPv4 only, and has no other
// setting for it than the whole CNI configuration. Calico fills in what stands between underscores.
func (p *planner) calicoCNIConfig() string {
	type m = map[string]any
	assign := func(family Family) string { return strconv.FormatBool(p.cluster.PodSubnets.Has(family)) }
	text, _ := json.MarshalIndent(m{"name": "k8s-pod-network", "cniVersion": "0.3.1", "plugins": []m{
		{
			"type": "calico", "log_level": "info", "log_file_path": "/var/log/calico/cni/cni.log", "datastore_type": "kubernetes",
			"nodename": "__KUBERNETES_NODE_NAME__", "mtu": "__CNI_MTU__",
			"ipam":       m{"type": "calico-ipam", "assign_ipv4": assign(IPv4), "assign_ipv6": assign(IPv6)},
			"policy":     m{"type": "k8s"},
			"kubernetes": m{"kubeconfig": "__KUBECONFIG_FILEPATH__"},
		},
		{"type": "portmap", "snat": true, "capabilities": m{"portMappings": true}},
		{"type": "bandwidth", "capabilities": m{"bandwidth": true}},
	}}, "", "  ") // strings, maps and truth values always encode
	return strings.Replace(string(text), `"__CNI_MTU__"`, "__CNI_MTU__", 1) // what comes there is a number
}
