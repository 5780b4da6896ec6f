// SPDX-License-Identifier: Apache-2.0

package generator

import (
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

// calicoNodePatch sets what Calico's manifest leaves to guesses: the pool, its blocks, and which address is the node's
// (by default the first one found, which on a machine with two cards is often the wrong one).
func calicoNodePatch(c *cluster.Cluster) any {
	env := []envVar{
		{"CALICO_IPV4POOL_CIDR", c.PodSubnet.String()},
		{"CALICO_IPV4POOL_BLOCK_SIZE", strconv.Itoa(c.CNI.BlockSize)},
		{"IP_AUTODETECTION_METHOD", "kubernetes-internal-ip"},
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
