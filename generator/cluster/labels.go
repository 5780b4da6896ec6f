// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	labelNamePattern = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$`)
	taintEffects     = []string{"NoSchedule", "PreferNoSchedule", "NoExecute"}
	// kubeletLabels are the labels of Kubernetes's own domains that a kubelet may give its node; it does not start with others.
	kubeletLabels = []string{
		"kubernetes.io/hostname", "kubernetes.io/os", "kubernetes.io/arch",
		"beta.kubernetes.io/os", "beta.kubernetes.io/arch", "beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type",
		"topology.kubernetes.io/zone", "topology.kubernetes.io/region",
		"failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region",
	}
)

func planLabels(p *planner) {
	for i := range p.inv.Nodes {
		given := p.inv.Nodes[i].Labels
		for _, key := range sortedKeys(given) {
			path := nodePath(i, "labels."+key)
			keyOK := p.check(path, parseLabelKey(key)) && p.check(path, kubeletMaySet(key))
			if p.check(path, parseLabelValue(given[key])) && keyOK {
				p.cluster.Nodes[i].Labels = append(p.cluster.Nodes[i].Labels, Arg{key, given[key]})
			}
		}
	}
}

// parseLabelKey checks the key of a label or a taint.
func parseLabelKey(key string) *problem {
	name := key
	if prefix, rest, hasPrefix := strings.Cut(key, "/"); hasPrefix {
		if !isDomain(prefix) {
			return &problem{fmt.Sprintf("the part before the slash of %q is not a lower-case DNS name", key), "as in example.com/rack"}
		}
		name = rest
	}
	if len(name) > 63 || !labelNamePattern.MatchString(name) {
		return &problem{fmt.Sprintf("%q is not a label key", key), "at most 63 letters, digits, -, _ and ., with a letter or digit at either end, as in disk or example.com/disk"}
	}
	return nil
}

func parseLabelValue(value string) *problem {
	if value == "" || len(value) <= 63 && labelNamePattern.MatchString(value) {
		return nil
	}
	return &problem{fmt.Sprintf("%q is not a label value", value), "at most 63 letters, digits, -, _ and ., with a letter or digit at either end"}
}

// kubeletMaySet checks a label against those that a kubelet refuses to give its own node.
func kubeletMaySet(key string) *problem {
	domain, _, hasDomain := strings.Cut(key, "/")
	within := func(of string) bool { return domain == of || strings.HasSuffix(domain, "."+of) }
	switch {
	case !hasDomain || !within("kubernetes.io") && !within("k8s.io"):
		return nil
	case within("kubelet.kubernetes.io") || within("node.kubernetes.io") || slices.Contains(kubeletLabels, key):
		return nil
	}
	return &problem{fmt.Sprintf("a kubelet may not give itself the label %s and would not start", key), "set it with kubectl label when the cluster is up, or use a domain of your own"}
}

// planTaints keeps the difference between no taints given (nil: kubeadm's own) and an empty list (none at all).
func planTaints(p *planner) {
	for i := range p.inv.Nodes {
		given := p.inv.Nodes[i].Taints
		if given == nil {
			continue
		}
		taints := make([]Taint, 0, len(given))
		for j, s := range given {
			path := itemPath(nodePath(i, "taints"), j)
			taint, found := parseTaint(s)
			if !p.check(path, found) {
				continue
			}
			if slices.ContainsFunc(taints, func(t Taint) bool { return t.Key == taint.Key && t.Effect == taint.Effect }) {
				p.refuse(path, fmt.Sprintf("there is another taint %s with %s", taint.Key, taint.Effect), "")
				continue
			}
			taints = append(taints, taint)
		}
		p.cluster.Nodes[i].Taints = taints
	}
}

func parseTaint(s string) (Taint, *problem) {
	keyValue, effect, hasEffect := strings.Cut(s, ":")
	key, value, _ := strings.Cut(keyValue, "=")
	if !hasEffect {
		return Taint{}, &problem{fmt.Sprintf("%q is not a taint", s), "key=value:Effect, as in dedicated=db:NoSchedule"}
	}
	for _, found := range []*problem{parseLabelKey(key), parseLabelValue(value), choice("taint effect", effect, taintEffects)} {
		if found != nil {
			return Taint{}, found
		}
	}
	return Taint{key, value, effect}, nil
}
