// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"slices"
	"strings"
)

// cniRelease is a release of a pod network whose manifests are known by their checksums.
type cniRelease struct {
	version          string
	oldest           int    // Kubernetes minors that the release is tested with,
	newest           int    // from and to; 0: it does not depend on one
	minKernel        string // lowest kernel that the release supports
	plain, withTypha string // SHA-256 of its manifests
}

func (r cniRelease) testedWith(minor int) bool {
	return r.oldest <= minor && (r.newest == 0 || minor <= r.newest)
}

// cniReleases are those of one pod network, newest first.
type cniReleases struct {
	name string // for people
	list []cniRelease
}

// newestFor returns the newest release that is tested with a Kubernetes minor, else the newest.
func (k cniReleases) newestFor(minor int) cniRelease {
	for _, r := range k.list {
		if r.testedWith(minor) {
			return r
		}
	}
	return k.list[0]
}

func (k cniReleases) index(version string) int {
	return slices.IndexFunc(k.list, func(r cniRelease) bool { return r.version == version })
}

// check tells what is wrong with the version of a release.
func (k cniReleases) check(version string) *problem {
	if k.index(version) >= 0 {
		return nil
	}
	var versions []string
	for _, r := range k.list {
		versions = append(versions, r.version)
	}
	found := &problem{
		message: fmt.Sprintf("the manifest of %s %q is not known by checksum; known: %s", k.name, version, strings.Join(versions, ", ")),
		hint:    "give it as cni.manifest, as a file or with url and sha256",
	}
	if k.index("v"+version) >= 0 {
		found.hint = fmt.Sprintf("did you mean %q?", "v"+version)
	}
	return found
}

// planRelease chooses a known release, unless the user has a manifest; path is where the choice was made.
func (p *planner) planRelease(known cniReleases) (r cniRelease, path string, chosen bool) {
	version := p.inv.CNI.Version
	switch {
	case p.hasManifest() && version != "":
		p.refuse("cni.version", "version and manifest both choose a manifest", "keep one of them")
	case p.hasManifest():
	case version == "":
		return known.newestFor(p.cluster.Version.Minor), "cni", true
	case p.check("cni.version", known.check(version)):
		return known.list[known.index(version)], "cni.version", true
	}
	return cniRelease{}, "", false
}
