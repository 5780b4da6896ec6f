// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// timeout is one of kubeadm's timeouts; early says that its v1beta3 configuration has it too.
type timeout struct {
	name  string
	early bool
	field func(*Timeouts) *time.Duration
}

var timeouts = []timeout{
	{"controlPlaneComponentHealthCheck", true, func(t *Timeouts) *time.Duration { return &t.ControlPlaneComponentHealthCheck }},
	{"kubeletHealthCheck", false, func(t *Timeouts) *time.Duration { return &t.KubeletHealthCheck }},
	{"kubernetesAPICall", false, func(t *Timeouts) *time.Duration { return &t.KubernetesAPICall }},
	{"etcdAPICall", false, func(t *Timeouts) *time.Duration { return &t.EtcdAPICall }},
	{"tlsBootstrap", false, func(t *Timeouts) *time.Duration { return &t.TLSBootstrap }},
	{"discovery", true, func(t *Timeouts) *time.Duration { return &t.Discovery }},
	{"upgradeManifests", false, func(t *Timeouts) *time.Duration { return &t.UpgradeManifests }},
}

func planTimeouts(p *planner) {
	plan := defaults.timeouts
	var names []string
	for _, t := range timeouts {
		names = append(names, t.name)
	}
	for _, name := range sortedKeys(p.inv.Kubeadm.Timeouts) {
		path := "kubeadm.timeouts." + name
		if !p.check(path, choice("timeout of kubeadm", name, names)) {
			continue
		}
		known := timeouts[slices.Index(names, name)]
		d, found := parseTimeout(p.inv.Kubeadm.Timeouts[name])
		p.check(path, found)
		*known.field(&plan) = d
		if p.cluster.Release.ConfigAPI == v1beta3 && !known.early {
			p.warn(path, fmt.Sprintf("has no effect: kubeadm takes this timeout from 1.31 on, and this is %s", p.cluster.Version), "")
		}
	}
	p.cluster.Kubeadm.Timeouts = plan
}

var preflightPattern = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

func planPreflight(p *planner) {
	for i, check := range p.inv.Kubeadm.IgnorePreflightErrors {
		path := itemPath("kubeadm.ignorePreflightErrors", i)
		switch {
		case strings.EqualFold(check, "all"):
			p.refuse(path, `"all" would hide what keeps a node from working`, "name the checks, as in SystemVerification; kubeadm prints the name of each that fails")
		case !preflightPattern.MatchString(check):
			p.refuse(path, fmt.Sprintf("%q is not the name of a preflight check", check), "a name as kubeadm prints it, such as SystemVerification or Port-10250")
		default:
			p.cluster.Kubeadm.IgnorePreflightErrors = append(p.cluster.Kubeadm.IgnorePreflightErrors, check)
		}
	}
}

// patchTargets is what kubeadm patches, and since which minor.
var patchTargets = []struct {
	name  string
	since int
}{
	{"kube-apiserver", 22},
	{"kube-controller-manager", 22},
	{"kube-scheduler", 22},
	{"etcd", 22},
	{"kubeletconfiguration", 25},
	{"corednsdeployment", 32},
	{"kubeproxydaemonset", 37},
}

func planPatches(p *planner) {
	for i, given := range p.inv.Kubeadm.Patches {
		path := itemPath("kubeadm.patches", i)
		kind := given.Type
		if kind == "" {
			kind = defaults.patchType
		}
		p.check(path+".target", p.patchTarget(given.Target))
		if given.Target == "etcd" && p.cluster.ExternalEtcd() {
			p.warn(path+".target", "has no effect: kubeadm patches the etcd that it starts itself, and this one runs on nodes of its own", "etcd.extraArgs sets the arguments of any etcd")
		}
		typeOK := p.check(path+".type", choice("type of patch", kind, []string{"strategic", "merge", "json"}))
		content := p.content(path, given.Content, given.File)
		if content != nil && typeOK {
			p.check(path, parsePatch(content, kind))
		}
		// kubeadm applies patches in the order of their file names.
		name := fmt.Sprintf("%s%03d+%s.yaml", given.Target, i, kind)
		p.cluster.Kubeadm.Patches = append(p.cluster.Kubeadm.Patches, Patch{FileName: name, Content: content})
	}
}

func (p *planner) patchTarget(target string) *problem {
	var names []string
	for _, t := range patchTargets {
		names = append(names, t.name)
		if t.name == target && !p.versionUnclear() && p.cluster.Version.Minor < t.since {
			return &problem{fmt.Sprintf("kubeadm patches %s from 1.%d on, and this is %s", target, t.since, p.cluster.Version), ""}
		}
	}
	if target == "" {
		return &problem{"the patch has no target", "add target: with one of " + strings.Join(names, ", ")}
	}
	return choice("patch target", target, names)
}

// parsePatch checks that kubeadm will be able to read a patch: on the node it would be too late.
func parsePatch(content []byte, kind string) *problem {
	var patch yaml.Node
	if err := yaml.Unmarshal(content, &patch); err != nil {
		return &problem{"the patch is not YAML", ""}
	}
	if len(patch.Content) == 0 {
		return &problem{"the patch is empty", ""}
	}
	switch isList := patch.Content[0].Kind == yaml.SequenceNode; {
	case kind == "json" && !isList:
		return &problem{"a patch of type json is a list of operations", "for a part of the manifest, use type: strategic"}
	case kind != "json" && patch.Content[0].Kind != yaml.MappingNode:
		return &problem{fmt.Sprintf("a patch of type %s is a part of the manifest", kind), "for a list of operations, use type: json"}
	}
	return nil
}

func planCertSANs(p *planner) {
	for i, name := range p.inv.Kubeadm.CertSANs {
		path := itemPath("kubeadm.certSANs", i)
		var found *problem
		if looksLikeAddress(name) {
			_, found = parseSANAddress(name)
		} else {
			found = parseDomain(strings.TrimPrefix(name, "*."))
		}
		if p.check(path, found) {
			p.cluster.Kubeadm.CertSANs = append(p.cluster.Kubeadm.CertSANs, name)
		}
	}
}

var repositoryPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$`)

func planImageRepository(p *planner) {
	const path = "kubeadm.imageRepository"
	repository := p.inv.Kubeadm.ImageRepository
	if repository == "" {
		repository = defaults.imageRepository
	}
	switch {
	case strings.Contains(repository, "://"):
		_, rest, _ := strings.Cut(repository, "://")
		p.refuse(path, fmt.Sprintf("%q is a URL; image names begin with the host", repository), fmt.Sprintf("write %s", strings.TrimRight(rest, "/")))
	case !repositoryPattern.MatchString(repository):
		p.refuse(path, fmt.Sprintf("%q is not a place for images", repository), "a host, optionally :port and a path, as in registry.k8s.io or mirror.example.com:5000/k8s")
	case repository == "k8s.gcr.io":
		p.warn(path, "k8s.gcr.io has been frozen since April 2023", "use registry.k8s.io")
	}
	p.cluster.Kubeadm.ImageRepository = repository
}
