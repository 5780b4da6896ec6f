// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
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
	if mask := p.cluster.NodeCIDRMask; mask > 0 {
		cni.BlockSize = min(max(mask, 20), 32) // the sizes that Calico takes
	}
	switch {
	case hasManifest && p.inv.CNI.Version != "":
		p.refuse("cni.version", "version and manifest both choose a manifest", "keep one of them")
	case !hasManifest:
		p.planCalicoRelease()
	}
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
	cni.URL, cni.SHA256 = release.manifest(cni.Typha)
	p.warnDownload(path)
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

var sumPattern = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)

func (p *planner) planManifest() {
	given, cni := p.inv.CNI.Manifest, &p.cluster.CNI
	if given.SHA256 != "" && !sumPattern.MatchString(given.SHA256) {
		p.refuse("cni.manifest.sha256", fmt.Sprintf("%q is not a SHA-256 checksum", given.SHA256), "64 hexadecimal digits, as sha256sum prints")
		given.SHA256 = ""
	}
	sum := strings.ToLower(given.SHA256)
	switch {
	case given.File != "" && given.URL != "":
		p.refuse("cni.manifest", "file and url are both given", "keep one of them")
	case given.File != "":
		cni.Manifest = p.manifestFile(given.File, sum)
	case given.URL == "":
		p.refuse("cni.manifest", "neither file nor url is given", "add file:, or url: with its sha256:")
	default:
		if p.check("cni.manifest.url", parseURL(given.URL)) && !p.inv.Has("cni.manifest.sha256") {
			p.refuse("cni.manifest", "a manifest that is downloaded needs its checksum", "add sha256: with what sha256sum prints for it")
		}
		cni.URL, cni.SHA256 = given.URL, sum
		p.warnDownload("cni.manifest.url")
	}
}

func (p *planner) manifestFile(name, wanted string) []byte {
	content, found := p.file("cni.manifest.file", name)
	sum := sha256.Sum256(content)
	switch got := hex.EncodeToString(sum[:]); {
	case !found: // reported
	case len(strings.TrimSpace(string(content))) == 0:
		p.refuse("cni.manifest.file", fmt.Sprintf("the file %q is empty", name), "")
	case wanted != "" && got != wanted:
		p.refuse("cni.manifest.sha256", fmt.Sprintf("the file %q has the checksum %s", name, got), "")
	}
	return content
}

func parseURL(s string) *problem {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || strings.ContainsAny(s, " \t\n\r"):
		return &problem{"this is not a URL", "as in https://example.com/cni.yaml"}
	case u.User != nil:
		return &problem{"the URL holds a login, which every reader of the medium could see", "use an address that needs none, or file:"}
	case u.Scheme != "https" && u.Scheme != "http":
		return &problem{fmt.Sprintf("the first control plane downloads over https or http, not %s", u.Scheme), ""}
	}
	return nil
}

// warnDownload warns when a control plane that gets its software without a network would need one for the manifest.
func (p *planner) warnDownload(path string) {
	for _, node := range p.cluster.Nodes {
		if node.Role != RoleControlPlane {
			continue
		}
		if node.Software == SoftwareBundle {
			p.warn(path, fmt.Sprintf("%s takes its software from a bundle, but downloads the manifest of the pod network and its images", node.Name), "without internet, give the manifest as cni.manifest.file and put its images into the bundle")
		}
		return
	}
}
