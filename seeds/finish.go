// SPDX-License-Identifier: Apache-2.0

package seeds

import (
	"bytes"
	"errors"
	"slices"
)

// The date of everything in an image, 2000-01-01 00:00:00 UTC, in the two forms of ECMA-119 (8.4.26.1 and 9.1.5), and
// the first form's way of saying that there is no date.
var (
	longDate  = []byte("2000010100000000\x00")
	shortDate = []byte{100, 1, 1, 0, 0, 0, 0}
	noDate    = []byte("0000000000000000\x00")
)

const (
	modeFile      = 0o100400
	modeDirectory = 0o040500
)

var errLayout = errors.New("the image is not laid out as go-diskfs 1.9.4 lays it out")

// finish turns the layout in m into the image of the files: it puts their content in place and sets whatever go-diskfs
// takes from the clock, the user and the workspace, or leaves short of the standard.
func finish(m *memory, files []File) error {
	if len(m.data) < (firstDescriptor+1)*sectorSize {
		return errLayout
	}
	// go-diskfs ends where the last path table ends; 7-Zip and optical drives want all the sectors that are declared.
	m.grow(int(descriptor(m.data[firstDescriptor*sectorSize:]).sectors()) * sectorSize)

	for at := firstDescriptor * sectorSize; at+sectorSize <= len(m.data); at += sectorSize {
		d := descriptor(m.data[at : at+sectorSize])
		switch d.kind() {
		case kindPrimary:
			finishDescriptor(d, " ")
		case kindSupplementary:
			finishDescriptor(d, "\x00 ")
		case kindTerminator:
			return nil
		}
		if err := finishTree(m.data, d, files); err != nil {
			return err
		}
	}
	return errLayout
}

// finishDescriptor sets the dates and pads the identifiers with blanks, which go-diskfs pads with NULs.
func finishDescriptor(d descriptor, blank string) {
	for _, identifier := range [][]byte{
		d[8:40], d[40:72], d[190:318], d[318:446], d[446:574], d[574:702], d[702:739], d[739:776], d[776:813],
	} {
		used := len(bytes.TrimRight(identifier, "\x00"))
		for i := used; i+len(blank) <= len(identifier); i += len(blank) {
			copy(identifier[i:], blank)
		}
	}
	copy(d[813:], slices.Concat(longDate, longDate, noDate, noDate))
	copy(d.root().date(), shortDate)
	putBoth32(d.root()[10:], uint32(wholeSectors(d.root().length())))
}

// finishTree sets the records of the root directory that d points to.
func finishTree(image []byte, d descriptor, files []File) error {
	directory, err := slice(image, d.root().sector()*sectorSize, d.root().length())
	if err != nil {
		return err
	}
	all, err := records(directory)
	if err != nil {
		return err
	}
	if len(all) != len(files)+2 {
		return errLayout
	}
	for i, r := range all {
		copy(r.date(), shortDate)
		if !d.isJoliet() {
			if err := finishRockRidge(image, r.systemUse(), seedAttributes(max(1, i))); err != nil {
				return err
			}
		}
		if i < 2 {
			putBoth32(r[10:], uint32(wholeSectors(r.length())))
			continue
		}
		content := files[i-2].Content // both trees are in the order of Files
		putBoth32(r[10:], uint32(len(content)))
		extent, err := slice(image, r.sector()*sectorSize, r.length())
		if err != nil {
			return err
		}
		copy(extent, content)
	}
	return nil
}

// attributes is what a Rock Ridge PX field says of a file. Everything belongs to root.
type attributes struct{ mode, links, number uint32 }

// seedAttributes returns the attributes of a seed's files, readable by root alone; number 1 is the root directory.
func seedAttributes(number int) attributes {
	if number == 1 {
		return attributes{modeDirectory, 2, 1}
	}
	return attributes{modeFile, 1, uint32(number)}
}

// finishRockRidge sets owner, mode, file number and dates in a system use area and where it continues.
func finishRockRidge(image, area []byte, a attributes) error {
	all, err := fields(area)
	if err != nil {
		return err
	}
	for _, f := range all {
		switch f.signature() {
		case "PX":
			for i, v := range []uint32{a.mode, a.links, 0, 0, a.number} {
				if 4+8*i+8 <= len(f) {
					putBoth32(f[4+8*i:], v)
				}
			}
		case "TF":
			for at := 5; at+len(shortDate) <= len(f); at += len(shortDate) {
				copy(f[at:], shortDate)
			}
		case "ER":
			// go-diskfs writes IEEE_P1282, of the same length; kdomanski/iso9660 decodes only the older name, and
			// Linux takes any.
			if len(f) < 18 || f[4] != 10 {
				return errLayout
			}
			copy(f[8:18], "RRIP_1991A")
		case "CE":
			c := f.continuation()
			next, err := slice(image, c.sector*sectorSize+c.offset, c.length)
			if err != nil {
				return err
			}
			if err := finishRockRidge(image, next, a); err != nil {
				return err
			}
		}
	}
	return nil
}

// slice returns a part of the image.
func slice(image []byte, at, length int64) ([]byte, error) {
	if at > int64(len(image)) || length > int64(len(image))-at {
		return nil, errLayout
	}
	return image[at : at+length], nil
}
