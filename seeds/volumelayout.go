// SPDX-License-Identifier: Apache-2.0

package seeds

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path"
	"path/filepath"
)

const (
	modeVolumeFile      = 0o100444 // apt reads packages as a user of its own
	modeVolumeDirectory = 0o040555

	// longFile is how long a file is, in bytes, that begins at a multiple of as much: the kernel copies its large folios
	// half as fast again when they lie alike in both files.
	longFile = 64 << 10
)

// layOut returns the volume as far as its directories, and where the content of each file goes behind them. go-diskfs
// lays out stand-ins of one sector, which stay where they are; the records then point past them.
func (v Volume) layOut(sizes []int64) (head []byte, extents []extent, err error) {
	workspace, err := makeWorkspace()
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(workspace)
	root := filepath.Join(workspace, "volume")
	if err := os.Mkdir(root, 0o700); err != nil {
		return nil, nil, err
	}
	for _, f := range v.Files {
		name := filepath.Join(root, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return nil, nil, err
		}
		if err := os.WriteFile(name, make([]byte, sectorSize-1), 0o600); err != nil {
			return nil, nil, err
		}
	}
	m := new(memory)
	if err := layOut(m, root, v.Label); err != nil {
		return nil, nil, err
	}
	extents, err = v.finish(m, sizes)
	return m.data, extents, err
}

// finish points the records of both trees to where the files go, and sets what finish sets in a seed.
func (v Volume) finish(m *memory, sizes []int64) ([]extent, error) {
	if len(m.data) < (firstDescriptor+1)*sectorSize {
		return nil, errLayout
	}
	end := int64(descriptor(m.data[firstDescriptor*sectorSize:]).sectors()) * sectorSize
	m.grow(int(end))
	extents, places := make([]extent, len(v.Files)), make(map[string]extent, len(v.Files))
	for i, f := range v.Files {
		if sizes[i] >= longFile {
			end = (end + longFile - 1) / longFile * longFile
		}
		extents[i] = extent{end, sizes[i]}
		places[f.Path] = extents[i]
		end += wholeSectors(max(1, sizes[i]))
	}
	if end/sectorSize > 1<<32-1 {
		return nil, fmt.Errorf("it would have %d bytes, more than such a disk can have", end)
	}
	for at := firstDescriptor * sectorSize; at+sectorSize <= len(m.data); at += sectorSize {
		d := descriptor(m.data[at : at+sectorSize])
		blank := map[byte]string{kindPrimary: " ", kindSupplementary: "\x00 "}[d.kind()]
		switch {
		case d.kind() == kindTerminator:
			return extents, nil
		case blank == "":
			return nil, errLayout
		}
		finishDescriptor(d, blank)
		putBoth32(d[80:], uint32(end/sectorSize))
		if err := newTreeFinisher(m.data, d, places).finish(); err != nil {
			return nil, err
		}
	}
	return nil, errLayout
}

// treeFinisher goes through the directories that one descriptor leads to.
type treeFinisher struct {
	image  []byte
	d      descriptor
	places map[string]extent
	number uint32 // of the last file
	found  int    // files
}

func newTreeFinisher(image []byte, d descriptor, places map[string]extent) *treeFinisher {
	return &treeFinisher{image: image, d: d, places: places}
}

// place is where a directory is, and its number.
type place struct {
	sector, length int64
	attributes
}

func (t *treeFinisher) finish() error {
	var tables map[string]int64
	if t.d.isJoliet() {
		var err error
		if tables, err = pathTable(t.image, t.d); err != nil {
			return err
		}
	}
	root, err := t.place(t.d.root().sector(), t.d.root().length())
	if err != nil {
		return err
	}
	if err := t.directory("", root, root, tables); err != nil {
		return err
	}
	if t.found != len(t.places) {
		return errLayout
	}
	return nil
}

// directory sets the records of the directory at name, and of those below.
//
// go-diskfs 1.9.4 points the records of Joliet's subdirectories at the directories of the other tree; where they
// really are only its path table says.
func (t *treeFinisher) directory(name string, own, parent place, tables map[string]int64) error {
	content, err := slice(t.image, own.sector*sectorSize, own.length)
	if err != nil {
		return err
	}
	all, err := records(content)
	if err != nil || len(all) < 2 || !all[0].isDot() || !all[1].isDot() {
		return errLayout
	}
	for i, r := range all {
		if i < 2 {
			if err := t.setDirectory(r, []place{own, parent}[i]); err != nil {
				return err
			}
			continue
		}
		child, err := t.name(r)
		if err != nil {
			return err
		}
		if err := t.child(path.Join(name, child), r, own, tables); err != nil {
			return err
		}
	}
	return nil
}

func (t *treeFinisher) child(name string, r record, parent place, tables map[string]int64) error {
	if !r.isDirectory() {
		e, known := t.places[name]
		if !known {
			return errLayout
		}
		t.found++
		t.number++
		putBoth32(r[2:], uint32(e.at/sectorSize))
		putBoth32(r[10:], uint32(e.length))
		return t.setRecord(r, attributes{modeVolumeFile, 1, t.number})
	}
	sector, length := r.sector(), r.length()
	if t.d.isJoliet() {
		var known bool
		if sector, known = tables[name]; !known {
			return errLayout
		}
		first, err := slice(t.image, sector*sectorSize, sectorSize)
		if err != nil {
			return err
		}
		length = record(first).length()
	}
	own, err := t.place(sector, length)
	if err != nil {
		return err
	}
	if err := t.setDirectory(r, own); err != nil {
		return err
	}
	return t.directory(name, own, parent, tables)
}

// place numbers a directory and counts its links: its name, itself and each directory in it.
func (t *treeFinisher) place(sector, length int64) (place, error) {
	t.number++
	p := place{sector, wholeSectors(length), attributes{modeVolumeDirectory, 2, t.number}}
	content, err := slice(t.image, p.sector*sectorSize, p.length)
	if err != nil {
		return place{}, err
	}
	all, err := records(content)
	if err != nil || len(all) < 2 {
		return place{}, errLayout
	}
	for _, r := range all[2:] {
		if r.isDirectory() {
			p.links++
		}
	}
	return p, nil
}

func (t *treeFinisher) setDirectory(r record, p place) error {
	putBoth32(r[2:], uint32(p.sector))
	putBoth32(r[10:], uint32(p.length))
	return t.setRecord(r, p.attributes)
}

func (t *treeFinisher) setRecord(r record, a attributes) error {
	copy(r.date(), shortDate)
	if t.d.isJoliet() {
		return nil
	}
	return finishRockRidge(t.image, r.systemUse(), a)
}

// name returns what a record's file is called in this tree.
func (t *treeFinisher) name(r record) (string, error) {
	if t.d.isJoliet() {
		return ucs2(r.identifier()), nil
	}
	return rockRidgeName(image{bytes.NewReader(t.image), int64(len(t.image))}, r.systemUse())
}

// pathTable returns the sectors of the directories by their paths, as a Joliet descriptor's path table says.
func pathTable(image []byte, d descriptor) (map[string]int64, error) {
	length := int64(binary.LittleEndian.Uint32(d[132:]))
	at := int64(binary.LittleEndian.Uint32(d[140:]))
	table, err := slice(image, at*sectorSize, length)
	if err != nil {
		return nil, err
	}
	sectors, names := map[string]int64{}, []string{""}
	for i := 0; len(table) >= 8; i++ {
		n := int(table[0])
		parent := int(binary.LittleEndian.Uint16(table[6:]))
		if 8+n > len(table) || parent < 1 || parent > len(names) {
			return nil, errLayout
		}
		if i > 0 {
			names = append(names, path.Join(names[parent-1], ucs2(table[8:8+n])))
			sectors[names[i]] = int64(binary.LittleEndian.Uint32(table[2:]))
		}
		table = table[min(len(table), 8+n+n%2):]
	}
	return sectors, nil
}
