// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"encoding/json"
	"net/netip"
	"path"
	"strconv"
	"strings"

	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/seeds"
)

// kustomization is the file by which kubectl edits the parsed manifest; the manifest itself stays as it was published,
// so its checksum can be checked on the guest.
type kustomization struct {
	APIVersion string           `yaml:"apiVersion"`
	Kind       string           `yaml:"kind"`
	Resources  []string         `yaml:"resources"`
	Patches    []kustomizePatch `yaml:"patches,omitempty"`
}

type kustomizePatch struct {
	Path string `yaml:"path"`
}

// envVar is an entry of a container's environment.
type envVar struct {
	Name  string `yaml:"name"`
	Value string `yaml:"value"`
}

// cniFiles lists the pod network's files of the first control plane: none for cni: none.
func cniFiles(c *cluster.Cluster) ([]seeds.GuestFile, error) {
	if c.CNI.Name == "none" {
		return nil, nil
	}
	k := kustomization{APIVersion: "kustomize.config.k8s.io/v1beta1", Kind: "Kustomization", Resources: []string{"manifest.yaml"}}
	var files []seeds.GuestFile
	if c.CNI.Manifest != nil {
		files = append(files, seeds.GuestFile{Path: cniDir + "manifest.yaml", Mode: 0o644, Content: c.CNI.Manifest})
	}
	patches, err := calicoPatches(c)
	if err != nil {
		return nil, err
	}
	for _, patch := range patches {
		k.Patches = append(k.Patches, kustomizePatch{path.Base(patch.Path)})
		files = append(files, patch)
	}
	text, err := encode(k)
	return append(files, seeds.GuestFile{Path: cniDir + "kustomization.yaml", Mode: 0o644, Content: text}), err
}

// calicoPatches lists the patches of Calico's manifest.
func calicoPatches(c *cluster.Cluster) ([]seeds.GuestFile, error) {
	if c.CNI.Name != "calico" {
		return nil, nil
	}
	type patch struct {
		name   string
		object any
	}
	patches := []patch{{"calico-node.yaml", calicoNodePatch(c)}}
	if c.PodSubnets.Has(cluster.IPv6) {
		patches = append(patches, patch{"calico-config.yaml", calicoConfigPatch(c)})
	}
	var files []seeds.GuestFile
	for _, p := range patches {
		text, err := encode(p.object)
		if err != nil {
			return nil, err
		}
		files = append(files, seeds.GuestFile{Path: cniDir + p.name, Mode: 0o644, Content: text})
	}
	return files, nil
}

// calicoConfigPatch gives pods addresses of the cluster's families; by itself Calico gives them IPv4 only, and has no other
// setting for it than the whole CNI configuration. Calico fills in what stands between underscores.
func calicoConfigPatch(c *cluster.Cluster) any {
	type m = map[string]any
	assign := func(family cluster.Family) string { return strconv.FormatBool(c.PodSubnets.Has(family)) }
	text, _ := json.MarshalIndent(m{"name": "k8s-pod-network", "cniVersion": "0.3.1", "plugins": []m{
		{
			"type": "calico", "log_level": "info", "log_file_path": "/var/log/calico/cni/cni.log", "datastore_type": "kubernetes",
			"nodename": "__KUBERNETES_NODE_NAME__", "mtu": "__CNI_MTU__",
			"ipam":       m{"type": "calico-ipam", "assign_ipv4": assign(cluster.IPv4), "assign_ipv6": assign(cluster.IPv6)},
			"policy":     m{"type": "k8s"},
			"kubernetes": m{"kubeconfig": "__KUBECONFIG_FILEPATH__"},
		},
		{"type": "portmap", "snat": true, "capabilities": m{"portMappings": true}},
		{"type": "bandwidth", "capabilities": m{"bandwidth": true}},
	}}, "", "  ") // strings, maps and truth values always encode
	config := strings.Replace(string(text), `"__CNI_MTU__"`, "__CNI_MTU__", 1) // what comes there is a number
	return m{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": m{"name": "calico-config", "namespace": "kube-system"},
		"data": m{"cni_network_config": config},
	}
}

// calicoPool are the settings of one family's pool.
func calicoPool(subnet netip.Prefix, blockSize int) []envVar {
	if subnet.Addr().Is4() {
		return []envVar{
			{"CALICO_IPV4POOL_CIDR", subnet.String()},
			{"CALICO_IPV4POOL_BLOCK_SIZE", strconv.Itoa(blockSize)},
			{"IP_AUTODETECTION_METHOD", "kubernetes-internal-ip"},
		}
	}
	return []envVar{
		{"CALICO_IPV6POOL_CIDR", subnet.String()},
		{"CALICO_IPV6POOL_BLOCK_SIZE", strconv.Itoa(blockSize)},
		{"CALICO_IPV6POOL_NAT_OUTGOING", "true"}, // pods have addresses that only the cluster knows, as with IPv4
		{"IP6", "autodetect"},
		{"IP6_AUTODETECTION_METHOD", "kubernetes-internal-ip"},
		{"FELIX_IPV6SUPPORT", "true"},
	}
}

// calicoNodePatch sets what Calico's manifest leaves to guesses: the pool, its blocks, and which address is the node's
// (by default the first one found, which on a machine with two cards is often the wrong one).
func calicoNodePatch(c *cluster.Cluster) any {
	var env []envVar
	for i, subnet := range c.PodSubnets {
		env = append(env, calicoPool(subnet, c.CNI.BlockSizes[i])...)
	}
	if !c.PodSubnets.Has(cluster.IPv4) {
		// without an IPv4 address there is nothing to make a router's number of
		env = append(env, envVar{"IP", "none"}, envVar{"CALICO_ROUTER_ID", "hash"})
	}
	type m = map[string]any
	return m{
		"apiVersion": "apps/v1",
		"kind":       "DaemonSet",
		"metadata":   m{"name": "calico-node", "namespace": "kube-system"},
		"spec": m{"template": m{"spec": m{"containers": []m{
			{"name": "calico-node", "env": env},
		}}}},
	}
}
