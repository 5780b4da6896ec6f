// SPDX-License-Identifier: Apache-2.0

package seeds

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kdomanski/iso9660"
)

// content is what an image holds.
type content struct {
	label   string
	sectors int64    // how many the primary volume descriptor declares
	files   []File   // those that belong to a seed, sorted by name
	others  []string // the names of what else is in the root directory
}

// The library's own words name its types, and quote names of files as they are.
var (
	errDescriptors = errors.New("the volume descriptors are damaged")
	errRoot        = errors.New("the root directory is damaged")
)

// readImage reads the seed's files in an image of the given size. The image may be damaged or hostile: what the library
// would trip over is turned away before it sees the image.
func readImage(r io.ReaderAt, size int64) (content, error) {
	primary, err := checkImage(image{r, size})
	if err != nil {
		return content{}, err
	}
	library, err := iso9660.OpenImage(r)
	if err != nil {
		return content{}, errDescriptors
	}
	root, err := library.RootDir()
	if err != nil {
		return content{}, errRoot
	}
	children, err := root.GetChildren()
	if err != nil {
		return content{}, errRoot
	}
	label, err := library.Label()
	if err != nil {
		return content{}, errDescriptors
	}
	c := content{label: strings.TrimRight(label, " \x00"), sectors: primary.sectors()}
	for _, child := range children {
		if child.IsDir() || !isSeedFile(child.Name()) {
			c.others = append(c.others, child.Name())
			continue
		}
		data, err := readChild(child)
		if err != nil {
			return content{}, fmt.Errorf("%s %w", child.Name(), err)
		}
		c.files = append(c.files, File{child.Name(), data})
	}
	slices.SortStableFunc(c.files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	for i := range c.files[min(1, len(c.files)):] {
		if c.files[i].Name == c.files[i+1].Name {
			return content{}, fmt.Errorf("%s is there twice", c.files[i].Name)
		}
	}
	return c, nil
}

func readChild(child *iso9660.File) ([]byte, error) {
	if child.Size() > maxFile {
		return nil, errTooLong(child.Size())
	}
	data := make([]byte, child.Size())
	if _, err := io.ReadFull(child.Reader(), data); err != nil {
		return nil, fmt.Errorf("could not be read: %w", err)
	}
	return data, nil
}

func errTooLong(n int64) error {
	return fmt.Errorf("has %d bytes; a seed's file may have %d", n, int64(maxFile))
}

func isSeedFile(name string) bool {
	return slices.ContainsFunc(Seed{}.Files(), func(f File) bool { return f.Name == name })
}

// image is an image that nothing is known about yet.
type image struct {
	io.ReaderAt
	size int64
}

const (
	maxDescriptors = 64
	maxDirectory   = 256 << 10 // bytes of the root directory, some thousand files
	maxFields      = 1 << 16   // Rock Ridge fields in all; a continuation may point to itself
)

var errTruncated = errors.New("the image is truncated; copy it again")

// at returns a part of the image. No part is larger than a limit that the caller has checked.
func (im image) at(offset, length int64) ([]byte, error) {
	if offset < 0 || length < 0 || offset > im.size || length > im.size-offset {
		return nil, errTruncated
	}
	b := make([]byte, length)
	if _, err := im.ReadAt(b, offset); err != nil {
		return nil, err
	}
	return b, nil
}

// checkImage returns the primary volume descriptor of an image that is whole and well-formed as far as its root directory.
func checkImage(im image) (descriptor, error) {
	var primary descriptor
	for i := int64(0); ; i++ {
		d, err := im.at((firstDescriptor+i)*sectorSize, sectorSize)
		switch {
		case i == 0 && (errors.Is(err, errTruncated) || err == nil && !descriptor(d).isValid()):
			return nil, errors.New("this is not an ISO 9660 image")
		case err != nil:
			return nil, err
		case !descriptor(d).isValid() || i == maxDescriptors:
			return nil, errors.New("the volume descriptors do not end")
		}
		if descriptor(d).kind() == kindTerminator {
			break
		}
		if r := descriptor(d).root(); isVolume(d) && (r[0] != 34 || r[32] != 1) {
			return nil, errRecord
		}
		if descriptor(d).kind() == kindPrimary && primary == nil {
			primary = d
		}
	}
	switch {
	case primary == nil:
		return nil, errors.New("there is no primary volume descriptor")
	case primary[128] != 0 || primary[129] != sectorSize>>8:
		return nil, fmt.Errorf("the sectors do not have %d bytes", sectorSize)
	case primary.sectors()*sectorSize > im.size:
		return nil, errTruncated
	}
	return primary, checkRoot(im, primary.root())
}

func isVolume(d descriptor) bool { return d.kind() == kindPrimary || d.kind() == kindSupplementary }

// checkRoot checks the records of the root directory and their Rock Ridge fields.
func checkRoot(im image, root record) error {
	if root.length() > maxDirectory {
		return fmt.Errorf("the root directory has %d bytes; a seed's may have %d", root.length(), maxDirectory)
	}
	directory, err := im.at(root.sector()*sectorSize, wholeSectors(root.length()))
	if err != nil {
		return err
	}
	all, err := records(directory)
	if err != nil {
		return err
	}
	if len(all) < 2 || !all[0].isDot() || !all[1].isDot() {
		return errors.New("the root directory does not begin with itself and its parent")
	}
	left := maxFields
	hasFields := bytes.HasPrefix(all[0].systemUse(), []byte("SP"))
	for i, r := range all {
		if (i < 2) != r.isDot() {
			return errRecord
		}
		if !r.isDirectory() && (r.sector()*sectorSize > im.size || r.length() > im.size-r.sector()*sectorSize) {
			return errTruncated
		}
		if i > 0 && !hasFields {
			continue // the library looks at the first record's all the same
		}
		if left, err = checkFields(im, r.systemUse(), left); err != nil {
			return err
		}
	}
	return nil
}

// checkFields follows a system use area as the library does and returns how many fields may still come.
func checkFields(im image, area []byte, left int) (int, error) {
	all, err := fields(area)
	if err != nil {
		return 0, err
	}
	for _, f := range all {
		if left--; left < 0 {
			return 0, errors.New("the Rock Ridge fields do not end")
		}
		switch f.signature() {
		case "SP":
			if f[6] != 0 {
				return 0, errors.New("the Rock Ridge fields do not begin where a record's name ends")
			}
		case "CE":
			c := f.continuation()
			if c.length > sectorSize {
				return 0, errField
			}
			next, err := im.at(c.sector*sectorSize+c.offset, c.length)
			if err != nil {
				return 0, err
			}
			if left, err = checkFields(im, next, left); err != nil {
				return 0, err
			}
		}
	}
	return left, nil
}
