// SPDX-License-Identifier: Apache-2.0

package seeds

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
)

// readBack compares the volume at path with what was to be written. As with a seed, it is read by
// other code than wrote it, kdomanski/iso9660 as far as that goes.
func (v Volume) readBack(ctx context.Context, path string, sizes []int64) error {
	opened, err := OpenVolume(path)
	if err != nil {
		return err
	}
	defer opened.Close()
	if opened.Label != v.Label {
		return fmt.Errorf("the volume label is %q", opened.Label)
	}
	wanted := make([]entry, len(v.Files))
	for i, f := range v.Files {
		wanted[i] = entry{f.Path, extent{0, sizes[i]}}
	}
	if err := sameEntries("Linux", wanted, opened.entries()); err != nil {
		return err
	}
	if err := opened.checkJoliet(v.Label); err != nil {
		return fmt.Errorf("the Joliet tree: %w", err)
	}
	hashing, ctx := errgroup.WithContext(ctx)
	hashing.SetLimit(runtime.NumCPU())
	for i, f := range v.Files {
		hashing.Go(func() error {
			want := f.SHA256
			if f.Source == "" {
				sum := sha256.Sum256(f.Content)
				want = hex.EncodeToString(sum[:])
			}
			got, err := opened.Files[i].Sum(ctx, v.OnCheck)
			if err == nil && want != "" && got != want {
				err = fmt.Errorf("%s differs from what was to be written", f.Path)
			}
			return err
		})
	}
	return hashing.Wait()
}

// Sum returns the SHA-256 of the file's content in hex. onRead, if it is not nil, is told of every part that was read.
func (f StoredFile) Sum(ctx context.Context, onRead func(bytes int64)) (string, error) {
	sum, err := Sum(ctx, f.Open(), onRead)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", f.Path, err)
	}
	return sum, nil
}

// Sum returns the SHA-256 of what r reads in hex, and its error, or the context's cause. onRead, if it is not nil, is
// told of every part that was read.
func Sum(ctx context.Context, r io.Reader, onRead func(bytes int64)) (string, error) {
	hash, buffer := sha256.New(), make([]byte, 1<<20)
	for {
		if err := context.Cause(ctx); err != nil {
			return "", err
		}
		n, err := r.Read(buffer)
		hash.Write(buffer[:n])
		if onRead != nil {
			onRead(int64(n))
		}
		if errors.Is(err, io.EOF) {
			return hex.EncodeToString(hash.Sum(nil)), nil
		}
		if err != nil {
			return "", err
		}
	}
}

// checkJoliet compares the Joliet tree with the files: the same names at the same places.
func (v *OpenedVolume) checkJoliet(label string) error {
	info, err := v.file.Stat()
	if err != nil {
		return err
	}
	im := image{v.file, info.Size()}
	for i := int64(firstDescriptor); i < firstDescriptor+maxDescriptors; i++ {
		sector, err := im.at(i*sectorSize, sectorSize)
		if err != nil {
			return err
		}
		d := descriptor(sector)
		if d.kind() == kindTerminator {
			break
		}
		if !d.isJoliet() {
			continue
		}
		if d.label() != label {
			return fmt.Errorf("the volume label is %q", d.label())
		}
		w := walk{image: im, name: func(r record) (string, error) { return ucs2(r.identifier()), nil }}
		if err := w.directory("", d.root(), 1); err != nil {
			return err
		}
		if err := sameEntries("Windows", v.entries(), w.found); err != nil {
			return err
		}
		if !slices.Equal(v.entries(), sorted(w.found)) {
			return errors.New("a file is elsewhere than in the Rock Ridge tree")
		}
		return nil
	}
	return errors.New("there is no such tree")
}

func (v *OpenedVolume) entries() []entry {
	all := make([]entry, len(v.Files))
	for i, f := range v.Files {
		all[i] = f.entry()
	}
	return all
}
