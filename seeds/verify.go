// SPDX-License-Identifier: Apache-2.0

package seeds

import (
	"bytes"
	"fmt"
)

// verify reads an image back and compares it with the seed. The Rock Ridge tree, which Linux reads, is read by
// kdomanski/iso9660, which shares no code with go-diskfs; that library knows no Joliet, so the Joliet tree, which
// Windows reads, is walked here.
func verify(image []byte, s Seed) error {
	c, err := readImage(bytes.NewReader(image), int64(len(image)))
	if err != nil {
		return err
	}
	if c.label != Label {
		return fmt.Errorf("the volume label is %q", c.label)
	}
	if c.sectors*sectorSize != int64(len(image)) {
		return fmt.Errorf("the image has %d bytes, and %d sectors are declared", len(image), c.sectors)
	}
	if err := sameFiles(c.files, s.Files()); err != nil {
		return err
	}
	if len(c.others) > 0 {
		return fmt.Errorf("it holds %q, too", c.others)
	}
	files, err := readJoliet(image)
	if err != nil {
		return fmt.Errorf("the Joliet tree: %w", err)
	}
	if err := sameFiles(files, s.Files()); err != nil {
		return fmt.Errorf("the Joliet tree: %w", err)
	}
	return nil
}

func sameFiles(got, want []File) error {
	if len(got) != len(want) {
		return fmt.Errorf("it holds %d files of %d", len(got), len(want))
	}
	for i := range want {
		if got[i].Name != want[i].Name {
			return fmt.Errorf("%s is named %q", want[i].Name, got[i].Name)
		}
		if !bytes.Equal(got[i].Content, want[i].Content) {
			return fmt.Errorf("%s differs from what was to be written", want[i].Name)
		}
	}
	return nil
}

// readJoliet returns the files in the root of the image's Joliet tree in the order of their names.
func readJoliet(image []byte) ([]File, error) {
	for at := firstDescriptor * sectorSize; at+sectorSize <= len(image); at += sectorSize {
		d := descriptor(image[at : at+sectorSize])
		if !d.isValid() || d.kind() == kindTerminator {
			break
		}
		if !d.isJoliet() {
			continue
		}
		if d.label() != Label {
			return nil, fmt.Errorf("the volume label is %q", d.label())
		}
		return readJolietTree(image, d.root())
	}
	return nil, fmt.Errorf("there is no such tree")
}

func readJolietTree(image []byte, root record) ([]File, error) {
	directory, err := slice(image, root.sector()*sectorSize, root.length())
	if err != nil {
		return nil, err
	}
	all, err := records(directory)
	if err != nil {
		return nil, err
	}
	var files []File
	for _, r := range all {
		if r.isDot() {
			continue
		}
		content, err := slice(image, r.sector()*sectorSize, r.length())
		if err != nil {
			return nil, err
		}
		files = append(files, File{ucs2(r.identifier()), content})
	}
	return files, nil
}
