// SPDX-License-Identifier: Apache-2.0

package seeds

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Volume is a disk of many and large files in directories, such as the bundle: ISO 9660 with Rock Ridge and Joliet,
// like a seed, but written in a stream, readable by everybody, and of any size.
type Volume struct {
	Label string // at most 16 upper-case letters, digits, _ and -
	Files []VolumeFile

	// OnWrite and OnCheck, where they are set, are told how many more bytes have been written and read back. OnCheck
	// is called from several goroutines.
	OnWrite, OnCheck func(bytes int64)
}

// VolumeFile is a file of a volume.
type VolumeFile struct {
	Path    string // below the root: debs/Packages
	Source  string // the file that holds its content; empty: Content does
	Content []byte
	SHA256  string // in hex, what is read back must have it
}

// MaxVolumeFile is the longest file of a volume, in bytes: a directory record has 32 bits for it.
const MaxVolumeFile = 1<<32 - 1

// maxVolumeName is the longest name, in characters, that fits a Joliet record of every reader.
const maxVolumeName = 64

var volumePath = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9+._~-]*(/[A-Za-z0-9][A-Za-z0-9+._~-]*)*$`)

// Write writes the volume to path and reads it back; memory use does not depend on what it holds. The same volume
// gives the same bytes. After an error path is untouched.
func (v Volume) Write(ctx context.Context, path string) error {
	if err := v.write(ctx, path); err != nil {
		return advise(path, err)
	}
	return nil
}

func (v Volume) write(ctx context.Context, path string) (err error) {
	v.Files = slices.Clone(v.Files)
	slices.SortFunc(v.Files, func(a, b VolumeFile) int { return strings.Compare(a.Path, b.Path) })
	sizes, err := v.sizes()
	if err != nil {
		return err
	}
	head, extents, err := v.layOut(sizes)
	if err != nil {
		return fmt.Errorf("laying out the volume: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if _, err := f.Write(head); err != nil {
		return err
	}
	for i := range v.Files {
		if err := v.copy(ctx, f, v.Files[i], extents[i]); err != nil {
			return err
		}
	}
	end := int64(descriptor(head[firstDescriptor*sectorSize:]).sectors()) * sectorSize
	if err := errors.Join(f.Truncate(end), f.Chmod(0o644)); err != nil {
		return err
	}
	// Both take about as long as the copying did, one waiting for the disk and the other computing.
	flushed := make(chan error, 1)
	go func() { flushed <- f.Sync() }()
	err = v.readBack(ctx, f.Name(), sizes)
	if flushing := <-flushed; flushing != nil {
		return flushing
	}
	if err != nil {
		return fmt.Errorf("reading the volume back: %w", err)
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return replaceError{cause(err)}
	}
	return nil
}

// CheckNames returns an error for all names of files that a volume cannot hold. Windows and macOS do not tell capitals
// from small letters.
func (v Volume) CheckNames() error {
	var wrong []error
	taken := map[string]string{}
	for _, f := range v.Files {
		small := strings.ToLower(f.Path)
		other, twice := taken[small]
		taken[small] = f.Path
		switch {
		case !volumePath.MatchString(f.Path):
			wrong = append(wrong, fmt.Errorf("%q is not a name for a file on this disk: it may have A-Z, a-z, 0-9 and, not in front, + . _ ~ -", f.Path))
		case len(path.Base(f.Path)) > maxVolumeName:
			wrong = append(wrong, fmt.Errorf("%s has a name of %d characters, and %d is the most", f.Path, len(path.Base(f.Path)), maxVolumeName))
		case twice && other == f.Path:
			wrong = append(wrong, fmt.Errorf("%s is there twice", f.Path))
		case twice:
			wrong = append(wrong, fmt.Errorf("%s and %s differ in capitals alone", other, f.Path))
		}
	}
	return errors.Join(wrong...)
}

// sizes returns the length of each file in bytes. All names and lengths that a volume cannot hold are reported.
func (v Volume) sizes() ([]int64, error) {
	sizes := make([]int64, len(v.Files))
	wrong := []error{v.CheckNames()}
	for i, f := range v.Files {
		sizes[i] = int64(len(f.Content))
		if f.Source != "" {
			info, err := os.Stat(f.Source)
			if err != nil {
				wrong = append(wrong, err)
				continue
			}
			sizes[i] = info.Size()
		}
		if sizes[i] > MaxVolumeFile {
			wrong = append(wrong, fmt.Errorf("%s has %d bytes, and a file on this disk may have %d", f.Path, sizes[i], int64(MaxVolumeFile)))
		}
	}
	return sizes, errors.Join(wrong...)
}

// extent is where a file's content is, in bytes from the beginning of the volume.
type extent struct{ at, length int64 }

// copyStep is how many bytes are copied before somebody is told, or may end it.
const copyStep = 16 << 20

// copy writes a file's content where its extent is. From file to file the kernel copies by itself.
func (v Volume) copy(ctx context.Context, to *os.File, f VolumeFile, e extent) error {
	if _, err := to.Seek(e.at, io.SeekStart); err != nil {
		return err
	}
	if f.Source == "" {
		_, err := to.Write(f.Content)
		v.wrote(e.length)
		return err
	}
	from, err := os.Open(f.Source)
	if err != nil {
		return err
	}
	defer from.Close()
	for left := e.length; left > 0; {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		n, err := io.CopyN(to, from, min(left, copyStep))
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("%s became shorter while it was copied", f.Source)
		}
		if err != nil {
			return err
		}
		left -= n
		v.wrote(n)
	}
	return nil
}

func (v Volume) wrote(n int64) {
	if v.OnWrite != nil {
		v.OnWrite(n)
	}
}
