// SPDX-License-Identifier: Apache-2.0

// Package seeds writes and reads NoCloud seeds: the four files that cloud-init reads on a node's first boot.
//
// In goes a Seed of plain bytes; out comes a directory, an ISO 9660 image, or that image as a VHDX. All carry the same four files, and the
// same seed gives the same bytes whenever, wherever and by whomever it is written.
//
// A Volume is the other kind of ISO 9660 image: a disk of large files in directories, for the bundle.
package seeds

// Label is the volume label by which cloud-init's NoCloud finds a medium; lower case, because cloud-init before 19.1
// (Ubuntu 18.04) does not accept CIDATA.
const Label = "cidata"

// VHDXEnding ends the name of a medium that is a disk; .vhdx alone ends those of VM images, too.
const VHDXEnding = ".seed.vhdx"

// Seed is what one node's medium carries.
type Seed struct {
	Node          string // node name, the medium's file name without .iso
	MetaData      []byte
	UserData      []byte
	NetworkConfig []byte
	VendorData    []byte
	Secrets       []string // which secrets user-data holds, in words and each once; not on the medium, nil when read back
}

// File is one file of a seed.
type File struct {
	Name    string
	Content []byte
}

// Files returns the seed's files in the order in which they are written.
func (s Seed) Files() []File {
	return []File{
		{"meta-data", s.MetaData},
		{"network-config", s.NetworkConfig},
		{"user-data", s.UserData},
		{"vendor-data", s.VendorData},
	}
}
