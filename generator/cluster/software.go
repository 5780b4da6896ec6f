// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

var softwareSources = []string{string(SoftwareAPT), string(SoftwareBundle), string(SoftwareImage)}

func planSoftware(p *planner) {
	whole := defaults.software
	if given := p.inv.Software; given != "" {
		whole = p.softwareSource("software", given)
	}
	for i := range p.inv.Nodes {
		p.cluster.Nodes[i].Software = whole
		if own := p.inv.Nodes[i].Software; own != "" {
			p.cluster.Nodes[i].Software = p.softwareSource(nodePath(i, "software"), own)
		}
	}
}

func (p *planner) softwareSource(path, given string) Software {
	if !p.check(path, choice("software source", given, softwareSources)) {
		return ""
	}
	return Software(given)
}

const (
	runtimeContainerd = "containerd"
	runtimeDocker     = "docker"
)

// withoutDocker says of a software source why Kubernetes cannot get to Docker with it.
var withoutDocker = map[Software]string{
	SoftwareBundle: "the bundle does not hold",
}

func planRuntime(p *planner) {
	runtime := p.inv.Runtime
	if runtime == "" {
		runtime = defaults.runtime
	}
	if !p.check("runtime", choice("container runtime", runtime, []string{runtimeContainerd, runtimeDocker})) {
		return
	}
	reported := false
	for i := range p.cluster.Nodes {
		node := &p.cluster.Nodes[i]
		node.Runtime = runtime
		why, without := withoutDocker[node.Software]
		if runtime == runtimeDocker && without && !reported && node.Role.RunsKubelet() {
			reported = true
			p.refuse("runtime", fmt.Sprintf("Kubernetes talks to Docker through cri-dockerd only, which %s (software: %s)", why, node.Software),
				"use containerd, software: apt with apt.criDockerd, or software: image with a VM image that holds Docker and cri-dockerd")
		}
	}
}

var volumePattern = regexp.MustCompile(`^[A-Z0-9_-]{1,16}$`)

func planBundle(p *planner) {
	bundle := defaults.bundle
	if given := p.inv.Bundle.Path; given != "" && p.check("bundle.path", parseGuestPath(given)) {
		bundle.Path = given
	}
	if given := p.inv.Bundle.Label; given != "" && p.check("bundle.label", parseVolumeLabel(given)) {
		bundle.Label = given
	}
	used := false
	for i := range p.cluster.Nodes {
		p.cluster.Nodes[i].Bundle = bundle
		used = used || p.cluster.Nodes[i].Software == SoftwareBundle
	}
	if p.inv.Bundle.Path+p.inv.Bundle.Label != "" && !used {
		p.warn("bundle", "no node takes its software from a bundle", "add software: bundle")
	}
}

func parseVolumeLabel(label string) *problem {
	switch {
	case strings.EqualFold(label, "cidata"):
		return &problem{fmt.Sprintf("%q is the label of the media that this program makes; cloud-init would take the bundle for one", label), fmt.Sprintf("leave it out to use %s", defaults.bundle.Label)}
	case len(label) > 16:
		return &problem{fmt.Sprintf("%q has %d characters; a volume label has at most 16", label, len(label)), ""}
	case volumePattern.MatchString(label):
		return nil
	}
	found := &problem{fmt.Sprintf("%q is not a volume label of upper-case letters, digits, _ and -", label), ""}
	if upper := strings.ToUpper(label); volumePattern.MatchString(upper) {
		found.hint = fmt.Sprintf("did you mean %q?", upper)
	}
	return found
}

// parseGuestPath checks the name of a file or directory on a node.
func parseGuestPath(s string) *problem {
	clean := path.Clean("/" + s)
	switch {
	case strings.ContainsAny(s, "\n\r\t\x00"):
		return &problem{fmt.Sprintf("%q holds a control character", s), ""}
	case clean == "/":
		return &problem{fmt.Sprintf("%q is the root of the file system", s), ""}
	case !strings.HasPrefix(s, "/"):
		return &problem{fmt.Sprintf("%q is not an absolute path", s), fmt.Sprintf("did you mean %q?", clean)}
	case s != clean:
		return &problem{fmt.Sprintf("%q is not in its shortest form", s), fmt.Sprintf("write %s", clean)}
	}
	return nil
}
