// SPDX-License-Identifier: Apache-2.0

package seeds

import (
	"bytes"
	"encoding/binary"
	"errors"
	"unicode/utf16"
)

// The parts of ECMA-119 (ISO 9660) and of SUSP that this package itself has to look into: the writer to set what
// go-diskfs leaves to chance, the reader to look at a foreign image before a library does.

const (
	sectorSize      = 2048
	firstDescriptor = 16 // the sectors before it belong to boot loaders

	kindPrimary       = 1
	kindSupplementary = 2
	kindTerminator    = 255
)

// descriptor is a volume descriptor, one sector as it lies in the image.
type descriptor []byte

func (d descriptor) isValid() bool  { return string(d[1:6]) == "CD001" }
func (d descriptor) kind() byte     { return d[0] }
func (d descriptor) sectors() int64 { return int64(binary.LittleEndian.Uint32(d[80:])) }
func (d descriptor) root() record   { return record(d[156:190]) }

// isJoliet reports whether the descriptor is a supplementary one with one of the three UCS-2 escape sequences.
func (d descriptor) isJoliet() bool {
	return d.kind() == kindSupplementary && d[88] == '%' && d[89] == '/' && bytes.IndexByte([]byte("@CE"), d[90]) >= 0
}

// label returns the volume label without padding, which is blanks by the standard and NULs by some writers.
func (d descriptor) label() string {
	if d.isJoliet() {
		return string(bytes.TrimRight([]byte(ucs2(d[40:72])), " \x00"))
	}
	return string(bytes.TrimRight(d[40:72], " \x00"))
}

// record is a directory record as it lies in the image.
type record []byte

const recordHeader = 33 // the bytes of a record before its identifier

func (r record) sector() int64      { return int64(binary.LittleEndian.Uint32(r[2:])) }
func (r record) length() int64      { return int64(binary.LittleEndian.Uint32(r[10:])) }
func (r record) date() []byte       { return r[18:25] }
func (r record) isDirectory() bool  { return r[25]&2 != 0 }
func (r record) identifier() []byte { return r[recordHeader : recordHeader+int(r[32])] }

// isDot reports whether the record is one of the first two of a directory, itself and its parent.
func (r record) isDot() bool { return r[32] == 1 && r[recordHeader] <= 1 }

// systemUse returns what follows the identifier and its padding to an even length.
func (r record) systemUse() []byte {
	return r[recordHeader+(int(r[32])|1):]
}

var errRecord = errors.New("a directory record does not fit its directory")

// records splits a directory into its records, none of which crosses a sector.
func records(directory []byte) ([]record, error) {
	var all []record
	for len(directory) > 0 {
		sector := directory[:min(sectorSize, len(directory))]
		directory = directory[len(sector):]
		for len(sector) > 0 && sector[0] != 0 {
			n := int(sector[0])
			if n <= recordHeader || n > len(sector) || recordHeader+(int(sector[32])|1) > n {
				return nil, errRecord
			}
			all = append(all, record(sector[:n]))
			sector = sector[n:]
		}
	}
	return all, nil
}

// field is one field of a record's system use area (SUSP, Rock Ridge).
type field []byte

func (f field) signature() string { return string(f[:2]) }

// shortest gives, for the fields that are looked into, the bytes that they must have at least.
var shortest = map[string]int{"CE": 28, "SP": 7, "ER": 8, "NM": 5, "PX": 36, "TF": 5}

var errField = errors.New("a Rock Ridge field does not fit its record")

// fields splits a system use area into its fields. Fewer than four bytes at the end are padding.
func fields(area []byte) ([]field, error) {
	var all []field
	for len(area) >= 4 {
		n := int(area[2])
		if n < 4 || n > len(area) || n < shortest[string(area[:2])] {
			return nil, errField
		}
		all = append(all, field(area[:n]))
		area = area[n:]
	}
	return all, nil
}

// continuation is where a CE field says that the system use area goes on.
type continuation struct{ sector, offset, length int64 }

func (f field) continuation() continuation {
	at := func(i int) int64 { return int64(binary.LittleEndian.Uint32(f[i:])) }
	return continuation{sector: at(4), offset: at(12), length: at(20)}
}

// ucs2 decodes the big-endian two-byte characters of Joliet.
func ucs2(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.BigEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// putBoth32 writes v little-endian and then big-endian, as ECMA-119 section 7.3.3 wants it.
func putBoth32(b []byte, v uint32) {
	binary.LittleEndian.PutUint32(b, v)
	binary.BigEndian.PutUint32(b[4:], v)
}
