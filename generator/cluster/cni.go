// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"strings"

	"github.com/hakube/hakube-seed/generator/inventory"
	"github.com/hakube/hakube-seed/generator/manifest"
)

const (
	cniCalico   = "calico"
	cniFlannel  = "flannel"
	cniCilium   = "cilium"
	cniManifest = "manifest"
	cniNone     = "none"
)

// NoKubeProxy is the mode of a kube-proxy that is not there.
const NoKubeProxy = "none"

func planCNI(p *planner) {
	given, cni := p.inv.CNI, &p.cluster.CNI
	cni.Name = given.Name
	if cni.Name == "" {
		cni.Name = defaults.cni
		if p.hasManifest() {
			p.refuse("cni.manifest", "a manifest needs a name beside it", "add name: calico, flannel or cilium (its settings are fitted to this cluster), or name: manifest (applied as it is)")
		}
	}
	if !p.check("cni.name", p.cniName(cni.Name)) {
		return
	}
	p.checkUnusedCNI()
	var m *manifest.Manifest
	if p.hasManifest() && cni.Name != cniNone {
		m = p.planManifest()
		if m == nil && given.Manifest.File != "" {
			return // reported
		}
	}
	p.checkPodMTU()
	switch cni.Name {
	case cniCalico:
		p.planCalico(m)
	case cniFlannel:
		p.planFlannel(m)
	case cniCilium:
		p.planCilium(m)
	case cniManifest:
		p.planOwnManifest(m)
	}
	p.warnLargePackets()
	if name := cni.Name; p.cluster.KubeProxyMode == NoKubeProxy && (name == cniCalico || name == cniFlannel) {
		p.refuse("kubeProxy.mode", fmt.Sprintf("%s needs kube-proxy; without one no pod reaches a service", name), "use iptables, or cni.name: cilium with a manifest that replaces kube-proxy")
	}
}

// hasManifest tells whether the user has a manifest instead of a known release.
func (p *planner) hasManifest() bool { return p.inv.CNI.Manifest != inventory.Manifest{} }

func (p *planner) cniName(name string) *problem {
	found := choice("pod network", name, []string{cniCalico, cniFlannel, cniCilium, cniManifest, cniNone})
	switch strings.ToLower(name) {
	case "weave", "canal", "antrea", "kube-router":
		found.hint = fmt.Sprintf("use name: manifest, with the manifest of %s that you have rendered", name)
	}
	return found
}

// checkUnusedCNI reports keys that the chosen pod network does not look at.
func (p *planner) checkUnusedCNI() {
	name, given := p.cluster.CNI.Name, p.inv.CNI
	for _, key := range []struct {
		path  string
		given bool
		users string
	}{
		{"cni.version", given.Version != "", "calico flannel"},
		{"cni.encapsulation", given.Encapsulation != "", "calico flannel"},
		{"cni.mtu", given.MTU != 0, "calico flannel cilium"},
		{"cni.typha", given.Typha != nil, "calico"},
		{"cni.manifest", p.hasManifest(), "calico flannel cilium manifest"},
	} {
		if key.given && !strings.Contains(" "+key.users+" ", " "+name+" ") {
			p.refuse(key.path, fmt.Sprintf("has no meaning with cni.name %s", name), "leave it out")
		}
	}
}

// planOwnManifest applies a manifest as it is.
func (p *planner) planOwnManifest(m *manifest.Manifest) {
	if !p.hasManifest() {
		p.refuse("cni", "name: manifest needs a manifest", "add manifest: with file:, or with url: and sha256:")
	}
	if m == nil {
		return
	}
	for _, known := range []struct{ name, config, agent string }{
		{cniCalico, calicoConfig, calicoNode},
		{cniFlannel, flannelConfig, flannelNode},
		{cniCilium, ciliumConfig, ciliumNode},
	} {
		if m.Has("ConfigMap", known.config) && m.Has("DaemonSet", known.agent) {
			p.warn("cni.name", fmt.Sprintf("this is a manifest of %s, and nothing in it is fitted to this cluster, its pod addresses neither", known.name), fmt.Sprintf("use name: %s", known.name))
		}
	}
}

// fit puts settings into the manifest; into one that is downloaded, the first control plane does.
func (p *planner) fit(m *manifest.Manifest, patches ...manifest.Patch) {
	cni := &p.cluster.CNI
	if m == nil {
		cni.Patches = patches
		return
	}
	hint := fmt.Sprintf("use a manifest of %s itself, or name: manifest, which applies any as it is", cni.Name)
	if err := m.Edit(patches); err != nil {
		p.refuse("cni.manifest.file", fmt.Sprintf("%s in %q, where settings of %s belong", err, p.inv.CNI.Manifest.File, cni.Name), hint)
		return
	}
	fitted, err := m.Bytes()
	if err != nil {
		p.refuse("cni.manifest.file", fmt.Sprintf("%q cannot be edited: %s", p.inv.CNI.Manifest.File, err), "")
	}
	cni.Fitted = fitted
}
