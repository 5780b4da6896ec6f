// SPDX-License-Identifier: Apache-2.0

package vhdx

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// most is the largest disk that is read; media are far smaller.
const most = 256 * mib

// Is reports whether a file begins as a VHDX does.
func Is(r io.ReaderAt) bool {
	begin := make([]byte, 8)
	_, err := r.ReadAt(begin, 0)
	return err == nil && string(begin) == "vhdxfile"
}

// Unwrap returns the disk in a VHDX file, whole.
func Unwrap(r io.ReaderAt) ([]byte, error) {
	if err := checkHeaders(r); err != nil {
		return nil, err
	}
	regions, err := readRegions(r)
	if err != nil {
		return nil, err
	}
	disk, err := readMetadata(r, regions[metadataRegion])
	if err != nil {
		return nil, err
	}
	image := make([]byte, disk.size)
	perBitmap := uint64(1<<23) * sectorSize / disk.blockSize
	for block := range (disk.size + disk.blockSize - 1) / disk.blockSize {
		entry := make([]byte, 8)
		if _, err := r.ReadAt(entry, int64(regions[batRegion]+8*(block+block/perBitmap))); err != nil {
			return nil, fmt.Errorf("the table of blocks: %w", err)
		}
		value := little.Uint64(entry)
		if value&7 != blockPresent {
			continue
		}
		part := image[block*disk.blockSize : min((block+1)*disk.blockSize, disk.size)]
		if _, err := r.ReadAt(part, int64(value&^(mib-1))); err != nil {
			return nil, fmt.Errorf("block %d: %w", block, err)
		}
	}
	return image, nil
}

// checkHeaders wants one good header without a log.
func checkHeaders(r io.ReaderAt) error {
	var newest []byte
	for i := range int64(2) {
		h := make([]byte, headerSize)
		if _, err := r.ReadAt(h, headerAt+i*tableSize); err != nil {
			return fmt.Errorf("a header: %w", err)
		}
		if good(h, "head") && (newest == nil || little.Uint64(h[8:]) > little.Uint64(newest[8:])) {
			newest = h
		}
	}
	switch {
	case newest == nil:
		return errors.New("both headers are damaged")
	case !bytes.Equal(newest[48:64], make([]byte, 16)):
		return errors.New("it was not closed: a machine has it attached, or had when its host lost power")
	}
	return nil
}

// good reports whether a structure has its signature and the checksum that its bytes have.
func good(structure []byte, signature string) bool {
	text := bytes.Clone(structure)
	clear(text[4:8])
	return string(text[:4]) == signature && little.Uint32(structure[4:]) == crc32.Checksum(text, castagnoli)
}

func readRegions(r io.ReaderAt) (map[guid]uint64, error) {
	for i := range int64(2) {
		table := make([]byte, tableSize)
		if _, err := r.ReadAt(table, regionTableAt+i*tableSize); err != nil {
			return nil, fmt.Errorf("a table of regions: %w", err)
		}
		if !good(table, "regi") {
			continue
		}
		regions := map[guid]uint64{}
		for j := range min(little.Uint32(table[8:]), (tableSize-16)/32) {
			entry := table[16+32*j:]
			regions[guid(entry[:16])] = little.Uint64(entry[16:])
		}
		if regions[batRegion] != 0 && regions[metadataRegion] != 0 {
			return regions, nil
		}
	}
	return nil, errors.New("the table of regions is damaged")
}

// disk is what the metadata say.
type disk struct{ size, blockSize uint64 }

func readMetadata(r io.ReaderAt, at uint64) (disk, error) {
	var d disk
	table := make([]byte, tableSize)
	if _, err := r.ReadAt(table, int64(at)); err != nil || string(table[:8]) != "metadata" {
		return d, errors.New("the metadata are damaged")
	}
	for i := range min(int(little.Uint16(table[10:])), tableSize/32-1) {
		entry := table[32+32*i:]
		value := make([]byte, 8)
		if _, err := r.ReadAt(value, int64(at)+int64(little.Uint32(entry[16:]))); err != nil {
			return d, fmt.Errorf("the metadata: %w", err)
		}
		switch guid(entry[:16]) {
		case fileParameters:
			d.blockSize = uint64(little.Uint32(value))
			if little.Uint32(value[4:])&2 != 0 {
				return d, errors.New("it is a differencing disk")
			}
		case virtualDiskSize:
			d.size = little.Uint64(value)
		}
	}
	if d.size > most || d.blockSize < mib || d.blockSize > most || d.blockSize&(d.blockSize-1) != 0 {
		return d, fmt.Errorf("a disk of %d bytes in blocks of %d is no medium", d.size, d.blockSize)
	}
	return d, nil
}
