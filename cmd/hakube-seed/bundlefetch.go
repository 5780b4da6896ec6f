// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/hakube/hakube-seed/cmd/hakube-seed/download"
	"github.com/hakube/hakube-seed/generator/bundle"
	"github.com/hakube/hakube-seed/seeds"
)

// fetchesAtOnce is how many files are fetched at a time; mirrors do not like to be asked for more.
const fetchesAtOnce = 6

// resolveImages asks the registries what the images are.
func (j *bundleJob) resolveImages(ctx context.Context) error {
	j.images = make([]download.Image, len(j.needs.Images))
	failures := make([]error, len(j.images))
	var asking errgroup.Group
	asking.SetLimit(fetchesAtOnce)
	for i, image := range j.needs.Images {
		asking.Go(func() error {
			j.images[i], failures[i] = j.client.Image(ctx, image.Ref)
			return nil
		})
	}
	_ = asking.Wait() // every image that cannot be had is named
	return listed(errors.Join(failures...))
}

// fetch fetches packages and images.
func (j *bundleJob) fetch(ctx context.Context) error {
	var files []download.File
	j.debs = make([]seeds.VolumeFile, len(j.chosen))
	for _, s := range j.chosen {
		files = append(files, download.File{URL: s.Filename, SHA256: s.SHA256, Size: s.Size})
	}
	for _, image := range j.images {
		files = append(files, image.Blobs...)
	}
	var total int64
	wanted := map[string]bool{}
	files = slices.DeleteFunc(files, func(f download.File) bool {
		twice := wanted[f.SHA256]
		wanted[f.SHA256] = true
		if !twice {
			total += f.Size
		}
		return twice
	})
	meter := j.printer.meter("fetching", total)
	j.client.OnBytes = meter.add
	fetching, all := errgroup.WithContext(ctx)
	fetching.SetLimit(fetchesAtOnce)
	for _, f := range files {
		fetching.Go(func() error {
			_, err := j.client.Fetch(all, f)
			return err
		})
	}
	err := fetching.Wait()
	meter.end()
	if err != nil {
		return failure{err, "run the same command again: what has been fetched is kept"}
	}
	return j.collect(ctx)
}

// collect finds the packages in the cache and makes the archives of the images.
func (j *bundleJob) collect(ctx context.Context) error {
	for i, s := range j.chosen {
		path, there := j.client.Cache.Lookup(ctx, s.SHA256)
		if !there {
			return cmp.Or(context.Cause(ctx), fmt.Errorf("%s has gone from the cache", s.DebName()))
		}
		j.debs[i] = seeds.VolumeFile{Path: bundle.DebsDir + s.DebName(), Source: path, SHA256: s.SHA256}
	}
	var total int64
	for _, image := range j.images {
		total += image.Size()
	}
	meter := j.printer.meter("packing images", total)
	defer meter.end()
	j.client.OnBytes = meter.add
	names := j.archiveNames()
	j.archives = make([]seeds.VolumeFile, len(j.images))
	packing, all := errgroup.WithContext(ctx)
	packing.SetLimit(runtime.NumCPU())
	for i, image := range j.images {
		packing.Go(func() error {
			sum, path, err := j.client.Make(all, image)
			j.archives[i] = seeds.VolumeFile{Path: names[i], Source: path, SHA256: sum}
			return err
		})
	}
	return packing.Wait()
}

// archiveNames returns where the images will be on the disk. Many readers do not tell capitals from small letters.
func (j *bundleJob) archiveNames() []string {
	names, taken := make([]string, len(j.images)), map[string]int{}
	for i, image := range j.images {
		name := bundle.ImagesDir + j.needs.Images[i].Group + "/" + bundle.ArchiveName(image.Ref)
		small := strings.ToLower(name)
		if taken[small]++; taken[small] > 1 {
			name = fmt.Sprintf("%s-%d.tar", name[:len(name)-len(".tar")], taken[small])
		}
		names[i] = name
	}
	return names
}
