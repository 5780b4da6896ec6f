// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"strings"

	"github.com/hakube/hakube-seed/generator/inventory"
)

const (
	cniCalico   = "calico"
	cniManifest = "manifest"
	cniNone     = "none"
)

func planCNI(p *planner) {
	given, cni := p.inv.CNI, &p.cluster.CNI
	hasManifest := given.Manifest != inventory.Manifest{}
	cni.Name = given.Name
	if cni.Name == "" {
		cni.Name = defaults.cni
		if hasManifest {
			p.refuse("cni.manifest", "a manifest needs a name beside it", "add name: calico (its settings are fitted to this cluster) or name: manifest (applied as it is)")
		}
	}
	if !p.check("cni.name", p.cniName(cni.Name)) {
		return
	}
	if hasManifest && cni.Name != cniNone {
		p.planManifest()
	}
	switch {
	case cni.Name == cniCalico:
		p.planCalico(hasManifest)
	case cni.Name == cniManifest && !hasManifest:
		p.refuse("cni", "name: manifest needs a manifest", "add manifest: with file:, or with url: and sha256:")
	}
	p.checkUnusedCNI(hasManifest)
}

func (p *planner) cniName(name string) *problem {
	found := choice("pod network", name, []string{cniCalico, cniManifest, cniNone})
	switch strings.ToLower(name) {
	case "flannel", "cilium", "weave", "canal", "antrea", "kube-router":
		found.hint = fmt.Sprintf("use name: manifest, with the manifest of %s that you have rendered", name)
	}
	return found
}

// checkUnusedCNI reports keys that the chosen pod network does not look at.
func (p *planner) checkUnusedCNI(hasManifest bool) {
	name, given := p.cluster.CNI.Name, p.inv.CNI
	for _, key := range []struct {
		path          string
		given, unused bool
	}{
		{"cni.version", given.Version != "", name != cniCalico},
		{"cni.typha", given.Typha != nil, name != cniCalico},
		{"cni.manifest", hasManifest, name == cniNone},
	} {
		if key.given && key.unused {
			p.refuse(key.path, fmt.Sprintf("has no meaning with cni.name %s", name), "leave it out")
		}
	}
}

func (p *planner) planCalico(hasManifest bool) {
	cni := &p.cluster.CNI
	nodes := p.kubernetesNodes()
	cni.Typha = nodes > defaults.typhaAbove
	if typha := p.inv.CNI.Typha; typha != nil {
		cni.Typha = *typha
		p.checkTypha(nodes)
	}
	cni.BlockSizes = p.blockSizes()
	switch {
	case hasManifest && p.inv.CNI.Version != "":
		p.refuse("cni.version", "version and manifest both choose a manifest", "keep one of them")
	case !hasManifest:
		p.planCalicoRelease()
	}
}

// blockSizes are the nodes' parts of the pod subnets as far as Calico takes them: /20 to /32, and /116 to /128.
func (p *planner) blockSizes() []int {
	var sizes []int
	for i, mask := range p.cluster.NodeCIDRMasks {
		length := p.cluster.PodSubnets[i].Addr().BitLen()
		sizes = append(sizes, min(max(mask, length-12), length))
	}
	return sizes
}

func (p *planner) checkTypha(nodes int) {
	typha := *p.inv.CNI.Typha
	switch {
	case p.rolesUnclear:
	case typha && nodes < defaults.typhaAbove:
		p.warn("cni.typha", fmt.Sprintf("Typha pays off above %d nodes; with %d it is one more thing that must run before pods have a network", defaults.typhaAbove, nodes), "leave it out")
	case !typha && nodes > defaults.typhaAbove:
		p.warn("cni.typha", fmt.Sprintf("without Typha, %d nodes ask the API server for every change of the network", nodes), "leave it out to have Typha")
	}
}

func (p *planner) planCalicoRelease() {
	minor := p.cluster.Version.Minor
	release, path := calicoFor(minor), "cni"
	if version := p.inv.CNI.Version; version != "" {
		path = "cni.version"
		if !p.check(path, p.calicoVersion(version)) {
			return
		}
		release, _ = calicoNamed(version)
	}
	if !p.versionUnclear() && !release.testedWith(minor) {
		p.warn(path, fmt.Sprintf("Calico %s is tested with Kubernetes 1.%d-1.%d, not with %s", release.version, release.oldest, release.newest, p.cluster.Version), betterCalico(release, minor))
	}
	for _, g := range p.guests(anyNode) {
		if older(g.Kernel, release.minKernel) {
			p.warn(path, fmt.Sprintf("Calico %s wants kernel %s or later, and %s has %s", release.version, release.minKernel, g.Name, g.Kernel), "")
		}
	}
	cni := &p.cluster.CNI
	cni.Version = release.version
	cni.URL, cni.SHA256 = release.url("calico.yaml"), release.plain
	if cni.Typha {
		cni.URL, cni.SHA256 = release.url("calico-typha.yaml"), release.withTypha
	}
}

func betterCalico(release calicoRelease, minor int) string {
	switch better := calicoFor(minor); {
	case better.testedWith(minor):
		return fmt.Sprintf("use %s", better.version)
	case better.version == release.version:
		return "it is the newest one known; a newer manifest can be given as cni.manifest"
	default:
		return fmt.Sprintf("%s is the newest one known", better.version)
	}
}

func (p *planner) calicoVersion(version string) *problem {
	if _, known := calicoNamed(version); known {
		return nil
	}
	found := &problem{
		message: fmt.Sprintf("the manifest of Calico %q is not known by checksum; known: %s", version, strings.Join(calicoVersions(), ", ")),
		hint:    "give it as cni.manifest, as a file or with url and sha256",
	}
	if _, known := calicoNamed("v" + version); known {
		found.hint = fmt.Sprintf("did you mean %q?", "v"+version)
	}
	return found
}
