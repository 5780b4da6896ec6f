// SPDX-License-Identifier: Apache-2.0

package seeds

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/kdomanski/iso9660"
)

// OpenedVolume is a volume on this disk, whoever made it.
type OpenedVolume struct {
	Label string
	Files []StoredFile // sorted by path

	file *os.File
}

// StoredFile is a file of an opened volume.
type StoredFile struct {
	Path string
	Size int64 // bytes

	content *io.SectionReader
}

// Open returns the file's content.
func (f StoredFile) Open() *io.SectionReader { return io.NewSectionReader(f.content, 0, f.Size) }

func (f StoredFile) entry() entry {
	_, at, _ := f.content.Outer()
	return entry{f.Path, extent{at, f.Size}}
}

// Close closes the volume.
func (v *OpenedVolume) Close() error { return v.file.Close() }

const (
	maxVolumeDirectories = 1000
	maxDepth             = 8 // ECMA-119 allows no more
)

// OpenVolume opens the volume in the ISO image at path. The image may be damaged: its directories are looked through
// here before the library reads them.
func OpenVolume(path string) (*OpenedVolume, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, cause(err))
	}
	v, err := openVolume(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return v, nil
}

func openVolume(f *os.File) (*OpenedVolume, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	im := image{f, info.Size()}
	primary, err := checkImage(im)
	if err != nil {
		return nil, err
	}
	w := walk{image: im, name: func(r record) (string, error) {
		if _, err := checkFields(im, r.systemUse(), maxFields); err != nil || r.isDot() {
			return "", err
		}
		return rockRidgeName(im, r.systemUse())
	}}
	if err := w.directory("", primary.root(), 1); err != nil {
		return nil, err
	}
	v := &OpenedVolume{Label: primary.label(), file: f}
	for _, e := range sorted(w.found) {
		v.Files = append(v.Files, StoredFile{e.path, e.length, io.NewSectionReader(f, e.at, e.length)})
	}
	return v, v.checkRoot(primary.root())
}

// checkRoot compares what the library sees in the root directory with what was found here. It cannot be asked for
// more: v0.4.0 reads all sectors of a directory into one buffer that the records already read still point into, so it
// gives the names of one-sector directories only.
func (v *OpenedVolume) checkRoot(own record) error {
	library, err := iso9660.OpenImage(v.file)
	if err != nil {
		return errDescriptors
	}
	root, err := library.RootDir()
	if err != nil {
		return errRoot
	}
	if own.length() > sectorSize {
		return nil
	}
	children, err := root.GetChildren()
	if err != nil {
		return errRoot
	}
	var seen, wanted []entry
	for _, child := range children {
		if !child.IsDir() {
			seen = append(seen, entry{child.Name(), extent{0, child.Size()}})
		}
	}
	for _, f := range v.Files {
		if !strings.Contains(f.Path, "/") {
			wanted = append(wanted, entry{f.Path, extent{0, f.Size}})
		}
	}
	return sameEntries("the library", wanted, seen)
}

// entry is a file as a directory record has it; at and length are in bytes.
type entry struct {
	path string
	extent
}

// walk goes through the directories of one tree.
type walk struct {
	image
	name        func(record) (string, error) // also asked for what is wrong with the first two records
	directories int
	found       []entry
}

func (w *walk) directory(name string, own record, depth int) error {
	w.directories++
	switch {
	case w.directories > maxVolumeDirectories || depth > maxDepth:
		return errors.New("the directories do not end")
	case own.length() > 16*maxDirectory:
		return fmt.Errorf("the directory %q has %d bytes; it may have %d", name, own.length(), 16*maxDirectory)
	}
	content, err := w.at(own.sector()*sectorSize, wholeSectors(own.length()))
	if err != nil {
		return err
	}
	all, err := records(content)
	if err != nil {
		return err
	}
	if len(all) < 2 || !all[0].isDot() || !all[1].isDot() {
		return errRecord
	}
	for i, r := range all {
		child, err := w.name(r)
		if err != nil {
			return err
		}
		if (i < 2) != r.isDot() {
			return errRecord
		}
		if r.isDot() {
			continue
		}
		child = path.Join(name, child)
		if r.isDirectory() {
			err = w.directory(child, r, depth+1)
		} else if r.sector()*sectorSize > w.size || r.length() > w.size-r.sector()*sectorSize {
			err = fmt.Errorf("%s: %w", child, errTruncated)
		}
		if err != nil {
			return err
		}
		if !r.isDirectory() {
			w.found = append(w.found, entry{child, extent{r.sector() * sectorSize, r.length()}})
		}
	}
	return nil
}

// rockRidgeName returns the name in a system use area and where it continues.
func rockRidgeName(im image, area []byte) (string, error) {
	name := ""
	for range maxDepth {
		all, err := fields(area)
		if err != nil {
			return "", err
		}
		area = nil
		for _, f := range all {
			switch f.signature() {
			case "NM":
				name += string(f[5:])
			case "CE":
				c := f.continuation()
				if c.length > sectorSize {
					return "", errField
				}
				if area, err = im.at(c.sector*sectorSize+c.offset, c.length); err != nil {
					return "", err
				}
			}
		}
		if area == nil {
			break
		}
	}
	if name == "" || strings.ContainsAny(name, "/\x00") || name == "." || name == ".." {
		return "", errors.New("a file has no name that this program reads; make the disk with Rock Ridge")
	}
	return name, nil
}

func sorted(found []entry) []entry {
	return slices.SortedFunc(slices.Values(found), func(a, b entry) int { return strings.Compare(a.path, b.path) })
}

// sameEntries compares the files that a reader sees with those that are wanted.
func sameEntries(who string, wanted, seen []entry) error {
	wanted, seen = sorted(wanted), sorted(seen)
	if len(wanted) != len(seen) {
		return fmt.Errorf("%s sees %d files of %d", who, len(seen), len(wanted))
	}
	for i, w := range wanted {
		if s := seen[i]; s.path != w.path || s.length != w.length {
			return fmt.Errorf("%s sees %s of %d bytes as %s of %d", who, w.path, w.length, s.path, s.length)
		}
	}
	return nil
}
