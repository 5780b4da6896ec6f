// SPDX-License-Identifier: Apache-2.0

package inventory

import "fmt"

// FileReference is a file that an inventory names. File is relative to the inventory, Path is where it is named.
type FileReference struct{ Path, File string }

// FileReferences returns all files that the inventory names, in the order of the schema.
func (inv *Inventory) FileReferences() []FileReference {
	var refs []FileReference
	add := func(file, format string, args ...any) {
		if file != "" {
			refs = append(refs, FileReference{fmt.Sprintf(format, args...), file})
		}
	}
	add(inv.CNI.Manifest.File, "cni.manifest.file")
	add(inv.APT.MirrorKeyFile, "apt.mirrorKeyFile")
	add(inv.APT.KeyFile, "apt.keyFile")
	for i, r := range inv.Registries {
		add(r.CAFile, "registries[%d].caFile", i)
		add(r.PasswordFile, "registries[%d].passwordFile", i)
	}
	for i, file := range inv.CACertificates {
		add(file, "caCertificates[%d]", i)
	}
	for i, p := range inv.Kubeadm.Patches {
		add(p.File, "kubeadm.patches[%d].file", i)
	}
	for i, f := range inv.Files {
		add(f.File, "files[%d].file", i)
	}
	for n, node := range inv.Nodes {
		for i, f := range node.Files {
			add(f.File, "nodes[%d].files[%d].file", n, i)
		}
	}
	return refs
}
