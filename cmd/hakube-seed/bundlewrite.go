// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"slices"

	"github.com/hakube/hakube-seed/generator/bundle"
	"github.com/hakube/hakube-seed/seeds"
)

// write writes the ISO image.
func (j *bundleJob) write(ctx context.Context, path string) error {
	files, err := j.files()
	if err != nil {
		return err
	}
	var total int64
	for _, f := range files {
		total += int64(len(f.Content))
		if info, err := os.Stat(f.Source); f.Source != "" && err == nil {
			total += info.Size()
		}
	}
	writing := j.printer.meter("writing", total)
	checking := j.printer.meter("reading back", total)
	err = seeds.Volume{Label: j.needs.Label, Files: files, OnWrite: writing.add, OnCheck: checking.add}.Write(ctx, path)
	checking.end()
	return err
}

// files lists everything that the bundle holds.
func (j *bundleJob) files() ([]seeds.VolumeFile, error) {
	m := bundle.Manifest{
		Format: bundle.Format, Kubernetes: j.needs.Version.String(), OS: j.needs.OS.ID, Architecture: bundle.Architecture,
		Packages: bundle.PackageRecords(j.chosen), Base: j.base.Records(),
	}
	for i, image := range j.images {
		m.Images = append(m.Images, bundle.ImageRecord{
			Image: image.Ref, Digest: image.Archive.Manifest.Digest, File: j.archives[i].Path, NeededBy: j.needs.Images[i].Needed,
		})
	}
	packages := make([]*bundle.Package, len(j.chosen))
	for i, s := range j.chosen {
		packages[i] = s.Package
	}
	files := slices.Concat(j.debs, j.archives, []seeds.VolumeFile{content(bundle.PackagesFile, bundle.EncodePackages(packages))})
	if j.cni != nil {
		files = append(files, content(bundle.CNIFile, j.cni))
	}
	text, err := m.Encode()
	if err != nil {
		return nil, err
	}
	files = append(files, content(bundle.ManifestFile, text))
	for _, f := range j.extra {
		if f.SHA256, err = sumOfFile(f.Source); err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	sums := map[string]string{}
	for _, f := range files {
		sums[f.Path] = f.SHA256
	}
	return append(files, content(bundle.SumsFile, bundle.EncodeSums(sums))), nil
}

func content(path string, data []byte) seeds.VolumeFile {
	sum := sha256.Sum256(data)
	return seeds.VolumeFile{Path: path, Content: data, SHA256: hex.EncodeToString(sum[:])}
}

// report says what was written.
func (j *bundleJob) report(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	j.printer.resultf("%s: Kubernetes %s for %s, %s, %s, %s", path, j.needs.Version, j.needs.OS.Name,
		count(len(j.chosen), "package"), count(len(j.images), "image"), bytesOf(info.Size()))
	j.printer.notef("\nAttach it to every machine as a second CD or DVD, beside its medium; one bundle serves them all.")
	return nil
}
