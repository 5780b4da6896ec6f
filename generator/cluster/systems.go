// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"slices"
	"strings"
)

func planSystems(p *planner) {
	byID := make(map[string]OS, len(systems))
	var known []string
	for _, system := range systems {
		byID[system.ID] = system
		known = append(known, system.ID)
	}
	whole := byID[defaults.os]
	if given := p.inv.OS; given != "" {
		whole = byID[given] // the zero OS, of which nothing is asked, when it is not known
		p.check("os", choice("operating system", given, known))
	}
	for i := range p.inv.Nodes {
		p.cluster.Nodes[i].OS = whole
		if own := p.inv.Nodes[i].OS; own != "" {
			p.cluster.Nodes[i].OS = byID[own]
			p.check(nodePath(i, "os"), choice("operating system", own, known))
		}
	}
}

// guest is an operating system in use, and where the inventory says so first.
type guest struct {
	OS
	path string
}

// guests returns the operating systems of those nodes that run a kubelet, each once.
func (p *planner) guests(wanted func(Node) bool) []guest {
	var guests []guest
	for i, node := range p.cluster.Nodes {
		seen := slices.ContainsFunc(guests, func(g guest) bool { return g.ID == node.OS.ID })
		if seen || node.OS.ID == "" || !node.Role.RunsKubelet() || !wanted(node) {
			continue
		}
		path := "os"
		if p.inv.Nodes[i].OS != "" {
			path = nodePath(i, "os")
		}
		guests = append(guests, guest{node.OS, path})
	}
	return guests
}

func anyNode(Node) bool { return true }

// checkSystems holds the operating systems against Kubernetes.
func checkSystems(p *planner) {
	if p.versionUnclear() {
		return
	}
	for _, g := range p.guests(anyNode) {
		if g.CgroupV1 {
			p.checkCgroup(g)
		}
		p.checkKernel(g)
	}
}

// preflightIgnored tells whether the user has taken over what kubeadm's SystemVerification checks: kernel and cgroups.
func (p *planner) preflightIgnored() bool {
	return slices.ContainsFunc(p.inv.Kubeadm.IgnorePreflightErrors, func(s string) bool {
		return strings.EqualFold(s, "SystemVerification")
	})
}

// cgroupV1Allowed tells whether the user has told kubelet and kubeadm to go on all the same.
func (p *planner) cgroupV1Allowed() bool {
	return p.inv.Kubelet.Config["failCgroupV1"] == false && p.preflightIgnored()
}

func (p *planner) checkCgroup(g guest) {
	version := p.cluster.Version
	switch allowed := p.cgroupV1Allowed(); {
	case p.cluster.Release.CgroupV1 == Refused && !allowed:
		p.refuse(g.path, fmt.Sprintf("%s boots cgroup v1; kubelet 1.35 and later refuses to start there, and this is %s", g.Name, version), "use ubuntu-22.04 or later, or Kubernetes 1.34 or earlier")
	case p.cluster.Release.CgroupV1 == Refused:
		p.warn(g.path, fmt.Sprintf("%s boots cgroup v1, which Kubernetes %s no longer supports; failCgroupV1: false makes it start all the same", g.Name, version), "")
	case p.cluster.Release.CgroupV1 == Warned:
		p.warn(g.path, fmt.Sprintf("%s boots cgroup v1, which Kubernetes %s warns about and 1.35 refuses", g.Name, version), "use ubuntu-22.04 or later")
	}
}

func (p *planner) checkKernel(g guest) {
	least := p.cluster.Release.MinKernel
	if !older(g.Kernel, least) {
		return
	}
	message := fmt.Sprintf("%s has kernel %s; kubeadm %s rejects kernels before %s", g.Name, g.Kernel, p.cluster.Version, least)
	if p.preflightIgnored() {
		p.warn(g.path, message+" unless told to ignore SystemVerification, as here", "")
		return
	}
	p.refuse(g.path, message, "use ubuntu-20.04 or later, or Kubernetes 1.31 or earlier; for an image with a newer kernel, add SystemVerification to kubeadm.ignorePreflightErrors")
}

// checkContainerd holds the operating systems' own containerd against what Kubernetes is tested with.
func checkContainerd(p *planner) {
	if p.versionUnclear() {
		return
	}
	minor, least := p.cluster.Version.Minor, p.cluster.Release.MinContainerd
	for _, g := range p.guests(func(n Node) bool { return n.Software == SoftwareAPT && n.Runtime == runtimeContainerd }) {
		switch {
		case minor >= 38 && older(g.Containerd, "2"):
			p.refuse(g.path, fmt.Sprintf("%s has containerd %s; kubelet 1.38 and later needs containerd 2", g.Name, g.Containerd), "use ubuntu-22.04 or later, Kubernetes 1.37 or earlier, or another software source")
		case older(g.Containerd, least) && older(g.Containerd, "2") && minor >= 36:
			p.warn(g.path, fmt.Sprintf("%s has containerd %s, which works up to Kubernetes 1.37 with warnings, and not with 1.38; Kubernetes %s is tested with %s and later", g.Name, g.Containerd, p.cluster.Version, least), "")
		case older(g.Containerd, least):
			p.warn(g.path, fmt.Sprintf("%s has containerd %s; Kubernetes %s is tested with %s and later", g.Name, g.Containerd, p.cluster.Version, least), "")
		}
	}
}
