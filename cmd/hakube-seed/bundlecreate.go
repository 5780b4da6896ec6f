// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/urfave/cli/v2"

	"github.com/hakube/hakube-seed/cmd/hakube-seed/download"
	"github.com/hakube/hakube-seed/generator/bundle"
	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/seeds"
)

// memoryLimit is from when on memory is given back eagerly, in bytes.
const memoryLimit = 140 << 20

func (p *printer) bundleCreate(c *cli.Context) error {
	path := c.Args().First()
	plan, diagnostics, err := planOf(path)
	if err != nil {
		return err
	}
	if err := p.judge(path, diagnostics, strictOf(c), "; nothing was written"); err != nil {
		return err
	}
	// A distribution lists up to 100,000 packages, which are garbage as soon as some dozens of them have been chosen.
	debug.SetMemoryLimit(memoryLimit)
	j, err := newBundleJob(c, p, plan)
	if err != nil {
		return err
	}
	defer p.clear()
	err = j.make(c, plan)
	if err != nil && c.Err() != nil {
		return failure{errors.New("interrupted: no bundle was written"), "run the same command again: what has been fetched is kept"}
	}
	if err != nil {
		return err
	}
	p.clear()
	return j.report(c.String("output"))
}

func (j *bundleJob) make(c *cli.Context, plan *cluster.Cluster) error {
	unlock, err := j.client.Cache.Lock(c.Context, func() { j.printer.notef("another bundle create uses the cache; waiting for it to end") })
	if err != nil {
		return err
	}
	defer unlock()
	if err := j.plan(c, plan); err != nil {
		return err
	}
	if err := j.fetch(c.Context); err != nil {
		return err
	}
	return j.write(c.Context, c.String("output"))
}

// bundleJob is a bundle in the making.
type bundleJob struct {
	printer *printer
	client  *download.Client
	extra   []seeds.VolumeFile // the user's files

	needs    bundle.Needs
	cni      []byte
	base     bundle.Base
	chosen   []bundle.Selected
	images   []download.Image
	archives []seeds.VolumeFile // of the images, in their order
	debs     []seeds.VolumeFile // of the packages, in their order
}

func newBundleJob(c *cli.Context, p *printer, plan *cluster.Cluster) (*bundleJob, error) {
	dir := c.String("cache")
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return nil, failure{errors.New("there is no directory for the cache"), "name one with --cache"}
		}
		dir = filepath.Join(user, "hakube-seed")
	}
	cache, err := download.OpenCache(dir)
	if err != nil {
		return nil, err
	}
	for _, given := range c.StringSlice("from-dir") {
		if err := cache.Use(c.Context, given); err != nil {
			return nil, err
		}
	}
	j := &bundleJob{printer: p, client: download.NewClient(cache)}
	registries, err := registriesOf(c, plan)
	if err != nil {
		return nil, err
	}
	j.client.Trust(registries, plan.CACertificates)
	if j.extra, err = extraFiles(c.StringSlice("file")); err != nil {
		return nil, err
	}
	return j, checkOutput(c.String("output"))
}

// extraFiles returns the user's files as the disk will have them.
func extraFiles(names []string) ([]seeds.VolumeFile, error) {
	var extra []seeds.VolumeFile
	for _, name := range names {
		info, err := os.Stat(name)
		if err == nil && !info.Mode().IsRegular() {
			err = errors.New("not a file")
		}
		if err == nil && info.Size() > seeds.MaxVolumeFile {
			err = fmt.Errorf("it has %d bytes, and a file on this disk may have %d; split it", info.Size(), int64(seeds.MaxVolumeFile))
		}
		if err != nil {
			return nil, fmt.Errorf("--file: reading %s: %w", name, plainCause(err))
		}
		extra = append(extra, seeds.VolumeFile{Path: bundle.FilesDir + filepath.Base(name), Source: name})
	}
	if err := (seeds.Volume{Files: extra}).CheckNames(); err != nil {
		return nil, failure{fmt.Errorf("--file: %w", err), "rename it"}
	}
	return extra, nil
}

// checkOutput returns an error when nothing can be written to path, before a gigabyte has been fetched for it.
func checkOutput(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("writing %s: it is a directory; name a file with --output", path)
	}
	_, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("writing %s: %s: %w; make it, or name another place with --output", path, filepath.Dir(path), plainCause(err))
	}
	return nil
}

// plan finds out what is to be fetched.
func (j *bundleJob) plan(c *cli.Context, plan *cluster.Cluster) (err error) {
	if j.cni, err = j.cniManifest(c.Context, plan); err != nil {
		return err
	}
	if j.needs, err = bundle.NeedsOf(plan, j.cni); err != nil {
		return err
	}
	for _, ref := range c.StringSlice("image") {
		j.needs.Images = append(j.needs.Images, bundle.Image{Ref: ref, Group: bundle.GroupNode, Needed: "--image"})
	}
	j.printer.phase("reading the package lists")
	index, err := j.index(c, plan.APT)
	if err != nil {
		return err
	}
	if j.base, err = readBase(c, index); err != nil {
		return err
	}
	if j.chosen, err = bundle.Resolve(index, j.base, j.needs.Packages); err != nil {
		return failure{err, "are the mirrors complete, and of this Kubernetes version and OS?"}
	}
	j.printer.phase("asking for the images")
	return j.resolveImages(c.Context)
}

// cniManifest returns the manifest of the pod network, nil for none.
func (j *bundleJob) cniManifest(ctx context.Context, plan *cluster.Cluster) ([]byte, error) {
	cni := plan.CNI
	if cni.Manifest != nil || cni.URL == "" {
		return cni.Manifest, nil
	}
	j.printer.phase("fetching the CNI manifest")
	path, err := j.client.Fetch(ctx, download.File{URL: cni.URL, SHA256: cni.SHA256, Size: -1})
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// readBase returns the packages of the VM image: the given ones, or those that every image has.
func readBase(c *cli.Context, index *bundle.Index) (bundle.Base, error) {
	name := c.String("base")
	if name == "" {
		return bundle.StockBase(index)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("--base: reading %s: %w", name, plainCause(err))
	}
	base, err := bundle.ReadBase(data)
	if err != nil {
		return nil, failure{fmt.Errorf("--base: %s: %w", name, err), "copy /var/lib/dpkg/status out of the VM image"}
	}
	if index != nil {
		base.Complete(index)
	}
	return base, nil
}
