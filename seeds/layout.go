// SPDX-License-Identifier: Apache-2.0

package seeds

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/diskfs/go-diskfs/backend"
	"github.com/diskfs/go-diskfs/filesystem/iso9660"
)

// standIns makes dir with one file of zeros for each file, from which go-diskfs takes names and sizes.
//
// A stand-in fills the sectors of its file but for one byte, because go-diskfs 1.9.4 writes a whole sector of zeros
// behind a file that ends on a sector boundary, empty ones included, and behind the last file lies the Joliet root
// directory. An empty file gets a sector, too. finish sets the true lengths.
func standIns(dir string, files []File) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	for _, f := range files {
		path := filepath.Join(dir, f.Name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			return err
		}
		if err := os.Truncate(path, standIn(f)); err != nil {
			return err
		}
	}
	return nil
}

// standIn is the length in bytes of a file's stand-in.
func standIn(f File) int64 { return wholeSectors(max(1, int64(len(f.Content)))) - 1 }

// wholeSectors rounds a length up to the end of its last sector.
func wholeSectors(n int64) int64 {
	return (n + sectorSize - 1) / sectorSize * sectorSize
}

// layOut writes an image of the files in dir to m. When it succeeds, go-diskfs has removed dir.
func layOut(m *memory, dir, label string) error {
	m.reset()
	fsys, err := iso9660.Create(m, 0, 0, sectorSize, dir)
	if err != nil {
		return err
	}
	return fsys.Finalize(iso9660.FinalizeOptions{RockRidge: true, Joliet: true, VolumeIdentifier: label})
}

// memory is the disk that go-diskfs writes to. It ignores errors of most of its writes, and a write to memory has none.
type memory struct{ data []byte }

var (
	_            backend.Storage = (*memory)(nil)
	errWriteOnly                 = errors.New("this disk is only written to")
)

// reset empties m. Nothing of the last image, which may hold another node's keys, stays in the buffer.
func (m *memory) reset() {
	clear(m.data[:cap(m.data)])
	m.data = m.data[:0]
}

// grow makes m at least n bytes long.
func (m *memory) grow(n int) {
	if n > cap(m.data) {
		bigger := make([]byte, len(m.data), max(n, 2*cap(m.data)))
		copy(bigger, m.data)
		m.data = bigger
	}
	m.data = m.data[:max(n, len(m.data))]
}

// WriteAt implements backend.WritableFile.
func (m *memory) WriteAt(p []byte, at int64) (int, error) {
	m.grow(int(at) + len(p))
	return copy(m.data[at:], p), nil
}

// Writable implements backend.Storage.
func (m *memory) Writable() (backend.WritableFile, error) { return m, nil }

// Sys implements backend.Storage; there is no file of the operating system.
func (m *memory) Sys() (*os.File, error) { return nil, backend.ErrNotSuitable }

// Path implements backend.Storage.
func (m *memory) Path() string { return "" }

// Close implements backend.Storage.
func (m *memory) Close() error { return nil }

// Stat implements backend.Storage.
func (m *memory) Stat() (fs.FileInfo, error) { return nil, errWriteOnly }

// Read implements backend.Storage.
func (m *memory) Read([]byte) (int, error) { return 0, errWriteOnly }

// ReadAt implements backend.Storage.
func (m *memory) ReadAt([]byte, int64) (int, error) { return 0, errWriteOnly }

// Seek implements backend.Storage.
func (m *memory) Seek(int64, int) (int64, error) { return 0, errWriteOnly }
