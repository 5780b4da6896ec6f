// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"net/netip"
	"strconv"

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
	if c.CNI.Name == "calico" {
		patch, err := encode(calicoNodePatch(c))
		if err != nil {
			return nil, err
		}
		k.Patches = []kustomizePatch{{"calico-node.yaml"}}
		files = append(files, seeds.GuestFile{Path: cniDir + "calico-node.yaml", Mode: 0o644, Content: patch})
	}
	text, err := encode(k)
	return append(files, seeds.GuestFile{Path: cniDir + "kustomization.yaml", Mode: 0o644, Content: text}), err
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
