// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"bufio"
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// Base is what the VM image has, by name.
type Base map[string]*Installed

// Installed is a package of the VM image. Which of the versions from Low to High it is, is not known before the image
// is; they are the same when its package list was given.
type Installed struct {
	*Package
	Low, High string
}

// ReadBase reads the list of an image's packages: its /var/lib/dpkg/status, or what dpkg-query -W prints.
func ReadBase(data []byte) (Base, error) {
	base := Base{}
	if !bytes.Contains(data, []byte("\nVersion:")) {
		return readList(data)
	}
	err := ReadPackages(bytes.NewReader(data), func(p *Package) {
		if p.Status == "" || strings.HasSuffix(p.Status, " installed") {
			base[p.Name] = &Installed{p, p.Version, p.Version}
		}
	})
	return base, err
}

var listLine = regexp.MustCompile(`^([a-z0-9][a-z0-9+.-]+)(?::([a-z0-9]+))?[ \t]+([0-9][A-Za-z0-9.+:~-]*)$`)

// readList reads lines of a name and a version. What the packages provide only an index knows: see Complete.
func readList(data []byte) (Base, error) {
	base := Base{}
	lines := bufio.NewScanner(bytes.NewReader(data))
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		words := listLine.FindStringSubmatch(line)
		if words == nil {
			return nil, fmt.Errorf("line %d: %.60q is not a package and its version", number, line)
		}
		if words[2] == "" || words[2] == Architecture || words[2] == "all" {
			base[words[1]] = &Installed{&Package{Name: words[1], Version: words[3]}, words[3], words[3]}
		}
	}
	return base, lines.Err()
}

// Complete takes from the index what the base's packages provide, where their list did not say.
func (b Base) Complete(index *Index) {
	for name, installed := range b {
		if candidates := index.byName[name]; installed.Architecture == "" && len(candidates) > 0 {
			known := *candidates[0]
			known.Version = installed.High
			installed.Package = &known
		}
	}
}

// index returns the base's packages as an index.
func (b Base) index() *Index {
	var packages []*Package
	for _, name := range b.names() {
		packages = append(packages, b[name].Package)
	}
	return NewIndex(packages)
}

// StockBase returns what every image of the distribution has for certain: the packages that are essential or required, and
// what those need without a choice. Packages of priority important are carried, because images are made without nftables
// or adduser, too, and apt passes over what is there already. An image may be older than the index: of each package it
// has a version between the release's first and the index's.
func StockBase(index *Index) (Base, error) {
	base := Base{}
	for name, versions := range index.byName {
		p := versions[0]
		if p.Essential == "yes" || p.Priority == "required" {
			if err := base.add(index, name); err != nil {
				return nil, err
			}
		}
	}
	return base, nil
}

// add takes a package and what it needs without a choice into a stock base.
func (b Base) add(index *Index, name string) error {
	versions := index.byName[name]
	if b[name] != nil || len(versions) == 0 {
		return nil
	}
	low := releaseVersion(versions[0].Version)
	for _, p := range versions[1:] {
		if v := releaseVersion(p.Version); compareVersions(v, low) < 0 {
			low = v
		}
	}
	b[name] = &Installed{versions[0], low, versions[0].Version}
	needs, err := versions[0].depends()
	if err != nil {
		return err
	}
	for _, need := range needs {
		if len(need.Possibilities) == 1 {
			if err := b.add(index, need.Possibilities[0].Name); err != nil {
				return err
			}
		}
	}
	return nil
}

var stableUpdate = regexp.MustCompile(`^(.*?)([+~])deb[0-9]+u[0-9]+.*$`)

// releaseVersion returns a version that is not newer than the one the release began with: 2.36-9 for 2.36-9+deb12u14.
// A ~deb12u1 is of a later upstream release, of the same series.
func releaseVersion(v string) string {
	parts := stableUpdate.FindStringSubmatch(v)
	if parts == nil {
		return v
	}
	if parts[2] == "+" {
		return parts[1]
	}
	series, _, _ := strings.Cut(parts[1], ".")
	series, _, _ = strings.Cut(series, "-")
	return series
}
