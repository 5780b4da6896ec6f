// SPDX-License-Identifier: Apache-2.0

// Package vhdx puts the image of a disk into a VHDX file, which Hyper-V attaches as a disk, and takes it out again.
//
// In goes the whole image, at most some 64 MiB; out comes a file as in [MS-VHDX], dynamic, with blocks of 1 MiB, closed
// properly (there is no log to replay). Its identifiers follow from the image: the same image gives the same bytes. The
// reader takes files that are laid out otherwise, too, as far as they need no log and no parent.
package vhdx

import (
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"unicode/utf16"
)

// Where things are, in bytes; everything but the headers is aligned to mib, as the format wants it.
const (
	mib = 1 << 20

	headerAt      = 64 << 10 // and a second one after it
	regionTableAt = 192 << 10
	tableSize     = 64 << 10 // distance of the four, size of a region table
	headerSize    = 4 << 10

	logAt      = 1 * mib
	metadataAt = 2 * mib
	batAt      = 3 * mib
	payloadAt  = 4 * mib
	itemsAt    = 64 << 10 // from the beginning of the metadata

	blockSize      = 1 * mib
	sectorSize     = 512
	leastDisk      = 4 * mib // Hyper-V makes no smaller ones
	blockPresent   = 6
	required       = 4 // flags of a metadata item
	ofDisk         = 2
	regionRequired = 1
)

// guid is an identifier as it stands in the file: its first three parts are little-endian.
type guid [16]byte

var (
	batRegion      = guid{0x66, 0x77, 0xc2, 0x2d, 0x23, 0xf6, 0x00, 0x42, 0x9d, 0x64, 0x11, 0x5e, 0x9b, 0xfd, 0x4a, 0x08}
	metadataRegion = guid{0x06, 0xa2, 0x7c, 0x8b, 0x90, 0x47, 0x9a, 0x4b, 0xb8, 0xfe, 0x57, 0x5f, 0x05, 0x0f, 0x88, 0x6e}

	fileParameters     = guid{0x37, 0x67, 0xa1, 0xca, 0x36, 0xfa, 0x43, 0x4d, 0xb3, 0xb6, 0x33, 0xf0, 0xaa, 0x44, 0xe7, 0x6b}
	virtualDiskSize    = guid{0x24, 0x42, 0xa5, 0x2f, 0x1b, 0xcd, 0x76, 0x48, 0xb2, 0x11, 0x5d, 0xbe, 0xd8, 0x3b, 0xf4, 0xb8}
	virtualDiskID      = guid{0xab, 0x12, 0xca, 0xbe, 0xe6, 0xb2, 0x23, 0x45, 0x93, 0xef, 0xc3, 0x09, 0xe0, 0x00, 0xc7, 0x46}
	logicalSectorSize  = guid{0x1d, 0xbf, 0x41, 0x81, 0x6f, 0xa9, 0x09, 0x47, 0xba, 0x47, 0xf2, 0x33, 0xa8, 0xfa, 0xab, 0x5f}
	physicalSectorSize = guid{0xc7, 0x48, 0xa3, 0xcd, 0x5d, 0x44, 0x71, 0x44, 0x9c, 0xc9, 0xe9, 0x88, 0x52, 0x51, 0xc5, 0x56}
)

var (
	little     = binary.LittleEndian
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

// Wrap returns a VHDX file with the image at the beginning of its disk and zeros after it.
func Wrap(image []byte) []byte {
	blocks := (len(image) + blockSize - 1) / blockSize
	size := max(blocks*blockSize, leastDisk)
	file := make([]byte, payloadAt+blocks*blockSize)
	writeIdentifier(file)
	for i := range 2 {
		writeHeader(file[headerAt+i*tableSize:][:headerSize], image, uint64(i+1))
		writeRegions(file[regionTableAt+i*tableSize:][:tableSize])
	}
	writeMetadata(file[metadataAt:batAt], image, uint64(size))
	for i := range blocks {
		little.PutUint64(file[batAt+8*i:], uint64(payloadAt+i*blockSize)|blockPresent)
	}
	copy(file[payloadAt:], image)
	return file
}

func writeIdentifier(file []byte) {
	copy(file, "vhdxfile")
	for i, unit := range utf16.Encode([]rune("hakube-seed")) {
		little.PutUint16(file[8+2*i:], unit)
	}
}

// writeHeader: of two good headers the one with the higher number counts.
func writeHeader(h, image []byte, number uint64) {
	copy(h, "head")
	little.PutUint64(h[8:], number)
	put(h[16:], identifier("file", image))
	put(h[32:], identifier("data", image))
	little.PutUint16(h[66:], 1) // version; the identifier of a log, before it, is zero: nothing to replay
	little.PutUint32(h[68:], mib)
	little.PutUint64(h[72:], logAt)
	little.PutUint32(h[4:], crc32.Checksum(h, castagnoli))
}

func writeRegions(table []byte) {
	copy(table, "regi")
	little.PutUint32(table[8:], 2)
	for i, region := range []struct {
		id guid
		at uint64
	}{{batRegion, batAt}, {metadataRegion, metadataAt}} {
		entry := table[16+32*i:]
		put(entry, region.id)
		little.PutUint64(entry[16:], region.at)
		little.PutUint32(entry[24:], mib)
		little.PutUint32(entry[28:], regionRequired)
	}
	little.PutUint32(table[4:], crc32.Checksum(table, castagnoli))
}

func writeMetadata(metadata, image []byte, size uint64) {
	copy(metadata, "metadata")
	id := identifier("disk", image)
	items := []struct {
		id    guid
		flags uint32
		value []byte
	}{
		{fileParameters, required, little.AppendUint64(nil, blockSize)}, // no flags: no parent, blocks where they are needed
		{virtualDiskSize, required | ofDisk, little.AppendUint64(nil, size)},
		{virtualDiskID, required | ofDisk, id[:]},
		{logicalSectorSize, required | ofDisk, little.AppendUint32(nil, sectorSize)},
		{physicalSectorSize, required | ofDisk, little.AppendUint32(nil, 4096)},
	}
	little.PutUint16(metadata[10:], uint16(len(items)))
	at := itemsAt
	for i, item := range items {
		entry := metadata[32+32*i:]
		put(entry, item.id)
		little.PutUint32(entry[16:], uint32(at))
		little.PutUint32(entry[20:], uint32(len(item.value)))
		little.PutUint32(entry[24:], item.flags)
		at += copy(metadata[at:], item.value)
	}
}

func put(to []byte, id guid) { copy(to, id[:]) }

// identifier makes a version 8 GUID (RFC 9562) of what is identified.
func identifier(kind string, image []byte) guid {
	sum := sha256.Sum256(append([]byte("hakube-seed vhdx "+kind+"\x00"), image...))
	id := guid(sum[:16])
	id[7] = id[7]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}
