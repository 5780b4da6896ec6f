// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"strings"
)

func planVersion(p *planner) {
	const path = "kubernetesVersion"
	given := p.inv.KubernetesVersion
	if given == "" {
		p.refuse(path, "the Kubernetes version is missing", "nodes made next year must run the same version: write an exact one, such as 1.37.2")
		return
	}
	version, ok := ParseVersion(given)
	switch {
	case !ok:
		p.check(path, notAVersion(given))
		return
	case version.Major != 1:
		p.refuse(path, fmt.Sprintf("there is no Kubernetes %s; this program knows %s", version, knownReleases()), "")
		return
	case version.Minor < oldestRelease.Minor:
		p.refuse(path, fmt.Sprintf("Kubernetes %s is of the dockershim era; this program knows %s", version, knownReleases()), "")
		return
	}
	release, known := releaseOf(version)
	p.cluster.Version, p.cluster.Release = version, release
	switch {
	case !known:
		_, api, _ := strings.Cut(release.ConfigAPI, "/")
		p.warn(path, fmt.Sprintf("Kubernetes %s is newer than this program knows (%s); the facts of 1.%d and config API %s are assumed", version, knownReleases(), release.Minor, api), "")
	case !release.Supported:
		p.warn(path, fmt.Sprintf("Kubernetes 1.%d is out of upstream support; packages still exist but get no fixes", version.Minor), "")
	}
}

func notAVersion(given string) *problem {
	hint := "three numbers, as in 1.37.2"
	plain := strings.TrimPrefix(given, "v")
	if _, ok := ParseVersion(plain); ok {
		hint = fmt.Sprintf("write %s", plain)
	} else if _, ok := ParseVersion(plain + ".0"); ok {
		hint = fmt.Sprintf("write the patch release too, as in %s.2", plain)
	}
	return &problem{fmt.Sprintf("%q is not an exact Kubernetes version", given), hint}
}

func knownReleases() string {
	return fmt.Sprintf("1.%d-1.%d", oldestRelease.Minor, newestRelease.Minor)
}

// versionUnclear tells whether there is no version to hold anything against.
func (p *planner) versionUnclear() bool { return p.cluster.Version == Version{} }
