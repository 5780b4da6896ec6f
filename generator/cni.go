// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/seeds"
)

// kustomization is the file by which kubectl edits the parsed manifest; one that is downloaded stays as it was published,
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

// cniFiles lists the pod network's files of the first control plane: none for cni: none.
func cniFiles(c *cluster.Cluster) ([]seeds.GuestFile, error) {
	if c.CNI.Name == "none" {
		return nil, nil
	}
	k := kustomization{APIVersion: "kustomize.config.k8s.io/v1beta1", Kind: "Kustomization", Resources: []string{"manifest.yaml"}}
	var files []seeds.GuestFile
	if c.CNI.Fitted != nil {
		files = append(files, seeds.GuestFile{Path: cniDir + "manifest.yaml", Mode: 0o644, Content: c.CNI.Fitted})
	}
	for _, patch := range c.CNI.Patches {
		text, err := encode(patch)
		if err != nil {
			return nil, err
		}
		name := patch.Name + ".yaml"
		k.Patches = append(k.Patches, kustomizePatch{name})
		files = append(files, seeds.GuestFile{Path: cniDir + name, Mode: 0o644, Content: text})
	}
	text, err := encode(k)
	return append(files, seeds.GuestFile{Path: cniDir + "kustomization.yaml", Mode: 0o644, Content: text}), err
}
