// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/hakube/hakube-seed/generator/bundle"
	"github.com/hakube/hakube-seed/seeds"
)

func (p *printer) bundleVerify(c *cli.Context) error {
	path, inventory := c.Args().Get(0), c.Args().Get(1)
	plan, diagnostics, err := planOf(inventory)
	if err != nil {
		return err
	}
	if err := p.judge(inventory, diagnostics, strictOf(c), ""); err != nil {
		return err
	}
	var base bundle.Base
	if c.IsSet("base") {
		if base, err = readBase(c, nil); err != nil {
			return err
		}
	}
	stored, err := openBundle(path)
	if err != nil {
		return err
	}
	defer stored.end()
	content, err := p.readBundle(c.Context, stored)
	if err != nil {
		return err
	}
	needs, err := bundle.NeedsOf(plan, content.CNIManifest(plan.CNI))
	if err != nil {
		return listed(err)
	}
	problems := bundle.Check(needs, content, base)
	for _, problem := range problems {
		p.notef("%s: %s %s", path, p.level("error"), problem)
	}
	if len(problems) > 0 {
		return failure{fmt.Errorf("%s in %s", count(len(problems), "error"), path), "hakube-seed bundle create " + inventory + " makes a new one; what is in the cache is not fetched again"}
	}
	p.resultf("%s: complete for cluster %q: Kubernetes %s, %s, %s, %s", path, plan.Name, needs.Version, needs.OS.Name,
		count(len(needs.Images), "image"), count(len(content.Files), "file"))
	return nil
}

// storedBundle is a bundle that can be read, until end is called.
type storedBundle struct {
	label string // of the volume, empty for a directory
	files []storedFile
	end   func()
}

// storedFile is a file of a bundle, on an ISO image or in a directory.
type storedFile struct {
	path string
	size int64
	open func() (readable, error)
}

// readable is what is in a file of a bundle.
type readable interface {
	io.ReadSeeker
	io.Closer
}

// openBundle opens the bundle at path, an ISO image or a directory.
func openBundle(path string) (storedBundle, error) {
	info, err := os.Stat(path)
	if err != nil {
		return storedBundle{}, fmt.Errorf("reading the bundle %s: %w", path, plainCause(err))
	}
	if info.IsDir() {
		files, err := filesBelow(path)
		return storedBundle{"", files, func() {}}, err
	}
	v, err := seeds.OpenVolume(path)
	if err != nil {
		return storedBundle{}, err
	}
	b := storedBundle{v.Label, nil, func() { v.Close() }}
	for _, f := range v.Files {
		b.files = append(b.files, storedFile{f.Path, f.Size, func() (readable, error) { return notClosed{f.Open()}, nil }})
	}
	return b, nil
}

// notClosed is a part of a file that others read, too.
type notClosed struct{ io.ReadSeeker }

func (notClosed) Close() error { return nil }

func filesBelow(dir string) (files []storedFile, err error) {
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		files = append(files, storedFile{filepath.ToSlash(name), info.Size(), func() (readable, error) { return os.Open(path) }})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the bundle %s: %w", dir, plainCause(err))
	}
	return files, nil
}

// readBundle reads everything that a check looks at, with all processors.
func (p *printer) readBundle(ctx context.Context, stored storedBundle) (bundle.Content, error) {
	read := bundle.Content{Label: stored.label, Files: map[string]bundle.Stored{}, Texts: map[string][]byte{}, Archives: map[string]bundle.Archive{}, Broken: map[string]string{}}
	var total int64
	for _, f := range stored.files {
		total += f.size
	}
	// The longest first, so that no processor is left with one of them at the end.
	slices.SortFunc(stored.files, func(a, b storedFile) int { return int(min(1, max(-1, b.size-a.size))) })
	meter := p.meter("checking", total)
	defer meter.end()
	var mu sync.Mutex
	reading, ctx := errgroup.WithContext(ctx)
	reading.SetLimit(runtime.NumCPU())
	for _, f := range stored.files {
		reading.Go(func() error {
			one, err := f.read(ctx, meter.add)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			read.Files[f.path] = one.Stored
			switch {
			case one.text != nil:
				read.Texts[f.path] = one.text
			case one.archive != nil:
				read.Archives[f.path] = *one.archive
			case one.broken != "":
				read.Broken[f.path] = one.broken
			}
			return nil
		})
	}
	return read, reading.Wait()
}

// readFile is what was read of one file.
type readFile struct {
	bundle.Stored
	text    []byte
	archive *bundle.Archive
	broken  string
}

// maxText is the longest text of a bundle, in bytes.
const maxText = 64 << 20

func (f storedFile) read(ctx context.Context, count func(int64)) (readFile, error) {
	one := readFile{Stored: bundle.Stored{Size: f.size}}
	c, err := f.open()
	if err != nil {
		return one, fmt.Errorf("reading %s: %w", f.path, plainCause(err))
	}
	defer c.Close()
	if one.SHA256, err = seeds.Sum(ctx, c, count); err != nil {
		return one, fmt.Errorf("reading %s: %w", f.path, plainCause(err))
	}
	if _, err := c.Seek(0, io.SeekStart); err != nil {
		return one, fmt.Errorf("reading %s: %w", f.path, plainCause(err))
	}
	switch {
	case slices.Contains(bundle.TextFiles(), f.path):
		one.text, err = io.ReadAll(io.LimitReader(c, maxText))
		if one.text == nil {
			one.text = []byte{}
		}
	case bundle.IsArchive(f.path):
		archive, broken := bundle.ReadArchive(c)
		if broken != nil {
			one.broken = broken.Error()
		} else {
			one.archive = &archive
		}
	}
	return one, err
}
