// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/hakube/hakube-seed/generator/cluster"
)

// Content is a finished bundle as it was read.
type Content struct {
	Label    string // of the volume, empty for a directory
	Files    map[string]Stored
	Texts    map[string][]byte // the files that Texts lists, as far as they are there
	Archives map[string]Archive
	Broken   map[string]string // archives that cannot be read, and why
}

// Stored is a file of a bundle.
type Stored struct {
	Size   int64  // bytes
	SHA256 string // in hex, of what was read; empty when it could not be read to its end
}

// TextFiles are the files whose content Check looks at.
func TextFiles() []string { return []string{SumsFile, ManifestFile, PackagesFile, CNIFile} }

// IsArchive reports whether a file of a bundle is a container image.
func IsArchive(path string) bool {
	return strings.HasPrefix(path, ImagesDir) && strings.HasSuffix(path, ".tar")
}

// CNIManifest returns the manifest of the pod network: the inventory's own, or the bundle's if that is the one that the
// inventory names.
func (c Content) CNIManifest(wanted cluster.CNI) []byte {
	if wanted.Manifest == nil && c.Files[CNIFile].SHA256 == wanted.SHA256 {
		return c.Texts[CNIFile]
	}
	return wanted.Manifest
}

// Check returns, in words, everything that is wrong with a bundle whose nodes have the needs: damage, and what is missing
// with who needs it. base is the VM image's package list; nil means the one that the bundle was made for.
func Check(needs Needs, content Content, base Base) []string {
	c := &checker{needs: needs, content: content, base: base}
	if content.Label != "" && content.Label != needs.Label {
		c.reportf("the disk is labelled %s, and the nodes look for one labelled %s", content.Label, needs.Label)
	}
	c.sums()
	if c.manifestIsReadable() {
		c.versions()
		counted := BaseOf(c.manifest.Base)
		if c.base == nil {
			c.base = counted
		}
		c.base.Complete(counted.index())
		c.images()
		c.records()
	}
	c.cni()
	c.packages()
	return c.problems
}

type checker struct {
	needs    Needs
	content  Content
	base     Base
	manifest Manifest
	damaged  map[string]bool // files that have been reported
	problems []string
}

func (c *checker) reportf(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

// reportFile reports a file unless it has been reported.
func (c *checker) reportFile(path, format string, args ...any) {
	if !c.damaged[path] {
		c.reportf(format, args...)
	}
	c.damaged[path] = true
}

// sums compares every file with SHA256SUMS.
func (c *checker) sums() {
	c.damaged = map[string]bool{}
	text, there := c.content.Texts[SumsFile]
	if !there {
		c.reportf("%s is missing: this is not a bundle, or only part of one", SumsFile)
		return
	}
	sums, err := ReadSums(text)
	if err != nil {
		c.reportf("%s: %v", SumsFile, err)
		return
	}
	for _, path := range keys(sums) {
		stored, there := c.content.Files[path]
		switch {
		case !there:
			c.reportFile(path, "%s is missing; %s lists it%s", path, SumsFile, c.neededBy(path))
		case stored.SHA256 != sums[path]:
			c.reportFile(path, "%s is damaged: its SHA-256 is not the one in %s", path, SumsFile)
		}
	}
	for _, path := range keys(c.content.Files) {
		if _, listed := sums[path]; !listed && path != SumsFile {
			c.reportFile(path, "%s is not listed in %s", path, SumsFile)
		}
	}
}

// neededBy says who needs a file, as the manifest says it.
func (c *checker) neededBy(path string) string {
	m, err := ReadManifest(c.content.Texts[ManifestFile])
	if err != nil {
		return ""
	}
	for _, p := range m.Packages {
		if p.File == path {
			return "; needed by " + strings.Join(p.NeededBy, ", ")
		}
	}
	for _, i := range m.Images {
		if i.File == path {
			return "; needed by " + i.NeededBy
		}
	}
	return ""
}

func keys[V any](m map[string]V) []string {
	all := make([]string, 0, len(m))
	for key := range m {
		all = append(all, key)
	}
	slices.Sort(all)
	return all
}

func (c *checker) manifestIsReadable() bool {
	text, there := c.content.Texts[ManifestFile]
	if !there {
		c.reportFile(ManifestFile, "%s is missing", ManifestFile)
		return false
	}
	m, err := ReadManifest(text)
	if err != nil {
		c.reportFile(ManifestFile, "%s: %v", ManifestFile, err)
		return false
	}
	c.manifest = m
	return true
}

func (c *checker) versions() {
	if want := c.needs.Version.String(); c.manifest.Kubernetes != want {
		c.reportf("the bundle is for Kubernetes %s, the inventory wants %s", c.manifest.Kubernetes, want)
	}
	if c.manifest.OS != c.needs.OS.ID {
		c.reportf("the bundle is for %s, the inventory's nodes run %s", c.manifest.OS, c.needs.OS.ID)
	}
	if c.manifest.Architecture != Architecture {
		c.reportf("the bundle is for %s, the nodes are %s", c.manifest.Architecture, Architecture)
	}
}

// cni looks for the manifest of the pod network.
func (c *checker) cni() {
	if c.needs.CNI.Name == "none" {
		return
	}
	want := c.needs.CNI.SHA256
	if c.needs.CNI.Manifest != nil {
		sum := sha256.Sum256(c.needs.CNI.Manifest)
		want = hex.EncodeToString(sum[:])
	}
	switch stored, there := c.content.Files[CNIFile]; {
	case !there:
		c.reportFile(CNIFile, "%s is missing; needed by the first control plane", CNIFile)
	case stored.SHA256 != want:
		c.reportFile(CNIFile, "%s is not the CNI manifest that the inventory names: its SHA-256 is %s and not %s", CNIFile, stored.SHA256, want)
	}
}

// images looks for every image that somebody needs, where its node looks for it.
func (c *checker) images() {
	for _, image := range c.needs.Images {
		names, err := ImageNames(image.Ref)
		if err != nil {
			c.reportf("%v; needed by %s", err, image.Needed)
			continue
		}
		i := slices.IndexFunc(c.manifest.Images, func(r ImageRecord) bool {
			return r.Image == image.Ref && (strings.HasPrefix(r.File, ImagesDir+image.Group+"/") || strings.HasPrefix(r.File, ImagesDir+GroupNode+"/"))
		})
		if i < 0 {
			c.reportf("the image %s is missing from %s%s; needed by %s", image.Ref, ImagesDir, image.Group, image.Needed)
			continue
		}
		record := c.manifest.Images[i]
		if archive, ok := c.archive(record); ok && !archive.Has(names) {
			c.reportFile(record.File, "%s holds %s and not %s; needed by %s", record.File, strings.Join(archive.Names, ", "), image.Ref, image.Needed)
		}
	}
}

// archive returns the archive of a record; one that is not there or broken has been reported then.
func (c *checker) archive(r ImageRecord) (Archive, bool) {
	a, there := c.content.Archives[r.File]
	switch why, broken := c.content.Broken[r.File]; {
	case broken:
		c.reportFile(r.File, "%s, the image %s: %s; needed by %s", r.File, r.Image, why, r.NeededBy)
	case !there:
		c.reportFile(r.File, "%s, the image %s, is missing; needed by %s", r.File, r.Image, r.NeededBy)
	}
	return a, there
}

// records compares what the manifest says with what is there. Nodes import every archive, known or not.
func (c *checker) records() {
	listed := map[string]bool{}
	for _, r := range c.manifest.Images {
		listed[r.File] = true
		if a, ok := c.archive(r); ok && a.Manifest.Digest != r.Digest {
			c.reportFile(r.File, "%s holds the image %s, %s says %s", r.File, a.Manifest.Digest, ManifestFile, r.Digest)
		}
	}
	for _, path := range keys(c.content.Files) {
		if IsArchive(path) && !listed[path] {
			c.reportFile(path, "%s is an image that %s does not list; nodes would import it", path, ManifestFile)
		}
	}
	for _, p := range c.manifest.Packages {
		switch stored, there := c.content.Files[p.File]; {
		case !there:
			c.reportFile(p.File, "%s is missing; needed by %s", p.File, strings.Join(p.NeededBy, ", "))
		case stored.SHA256 != p.SHA256:
			c.reportFile(p.File, "%s is not the package that %s says: its SHA-256 is another", p.File, ManifestFile)
		}
	}
}

// packages compares the repository's index with its files, and looks whether everything that they need is there.
func (c *checker) packages() {
	text, there := c.content.Texts[PackagesFile]
	if !there {
		if len(c.needs.Packages) > 0 {
			c.reportFile(PackagesFile, "%s is missing; apt on every node needs it", PackagesFile)
		}
		return
	}
	var carried []*Package
	listed := map[string]bool{PackagesFile: true}
	err := ReadPackages(bytes.NewReader(text), func(p *Package) {
		path := DebsDir + strings.TrimPrefix(p.Filename, "./")
		listed[path] = true
		switch stored, there := c.content.Files[path]; {
		case !there:
			c.reportFile(path, "%s is missing; %s lists it%s", path, PackagesFile, c.neededBy(path))
			return
		case stored.Size != p.Size || stored.SHA256 != p.SHA256:
			c.reportFile(path, "%s is not the %s %s that %s lists", path, p.Name, p.Version, PackagesFile)
			return
		}
		carried = append(carried, p)
	})
	if err != nil {
		c.reportFile(PackagesFile, "%s: %v", PackagesFile, err)
		return
	}
	for _, path := range keys(c.content.Files) {
		if strings.HasPrefix(path, DebsDir) && !listed[path] {
			c.reportFile(path, "%s is not listed in %s: apt does not see it", path, PackagesFile)
		}
	}
	for _, problem := range Unmet(carried, c.base, c.needs.Packages) {
		c.reportf("%s", problem)
	}
}
