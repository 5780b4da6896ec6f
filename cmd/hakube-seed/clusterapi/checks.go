// SPDX-License-Identifier: Apache-2.0

package clusterapi

import (
	"fmt"
	"slices"
	"strings"
)

const (
	roleControlPlane = "control-plane"
	roleWorker       = "worker"
	roleEtcd         = "etcd"
	roleUnknown      = "not in the inventory"
)

// systemNamespaces are where Kubernetes and the pod networks keep what runs on every node; what users run is their concern.
var systemNamespaces = []string{"kube-system", "calico-system", "kube-flannel", "cilium"}

// nodeVerdicts judges every node of the inventory, in its order, and then those that are in none.
func (f *Facts) nodeVerdicts(want Expected) []NodeVerdict {
	found := map[string]*node{}
	for i := range f.nodes {
		found[f.nodes[i].Metadata.Name] = &f.nodes[i]
	}
	verdicts := []NodeVerdict{}
	judge := func(names []string, role string) {
		for _, name := range names {
			verdicts = append(verdicts, judgeNode(found[name], NodeVerdict{Name: name, Role: role}, "v"+want.Version))
			delete(found, name)
		}
	}
	judge(want.ControlPlanes, roleControlPlane)
	judge(want.Workers, roleWorker)
	for _, n := range f.nodes {
		if _, left := found[n.Metadata.Name]; left {
			state := n.state()
			verdicts = append(verdicts, NodeVerdict{n.Metadata.Name, roleUnknown, state.Ready, state.Version, "is not in the inventory"})
		}
	}
	return verdicts
}

// judgeNode completes the verdict on a node of the inventory that has been found, or not: nil.
func judgeNode(n *node, v NodeVerdict, wanted string) NodeVerdict {
	if n == nil {
		v.Problem = "has not joined"
		return v
	}
	state := n.state()
	v.Ready, v.Version = state.Ready, state.Version
	_, labelled := n.Metadata.Labels["node-role.kubernetes.io/control-plane"]
	switch {
	case !state.Ready:
		v.Problem = "is not Ready"
		if state.Message != "" {
			v.Problem += " (" + state.Message + ")"
		}
	case state.Version != wanted:
		v.Problem = fmt.Sprintf("is at %s, the inventory wants %s", state.Version, wanted)
	case labelled != (v.Role == roleControlPlane):
		v.Problem = "is not the " + strings.ReplaceAll(v.Role, "-", " ") + " that the inventory wants"
	}
	return v
}

// staticPods checks that every node has a Ready pod of every component.
func (f *Facts) staticPods(what string, nodes, components []string) Check {
	var wrong []string
	for _, name := range nodes {
		for _, component := range components {
			if !f.readyPod(component + "-" + name) {
				wrong = append(wrong, component+" of "+name+" is not Ready")
			}
		}
	}
	return passedIf(wrong, what, fmt.Sprintf("%d of %d with Ready %s", len(nodes), len(nodes), strings.Join(components, ", ")))
}

func (f *Facts) readyPod(name string) bool {
	return slices.ContainsFunc(f.pods, func(p pod) bool { return p.Metadata.Name == name && p.ready() })
}

// etcd on machines of its own is seen by the API server alone, whose readiness tells whether it reaches it.
func (f *Facts) etcd(want Expected) Check {
	if !want.ExternalEtcd {
		return f.staticPods("etcd", want.ControlPlanes, []string{"etcd"})
	}
	var wrong []string
	if slices.Contains(f.unready, "etcd") {
		wrong = []string{"the API server does not reach it"}
	}
	return passedIf(wrong, "etcd", "on machines of its own; the API server reaches it")
}

// dns checks that names go on when a node dies: where there are two nodes, its pods are on two.
func (f *Facts) dns(nodes int) Check {
	var wrong []string
	i := slices.IndexFunc(f.deployments, func(d deployment) bool { return d.Metadata.Name == "coredns" })
	if i < 0 || is(f.deployments[i].Status.Conditions, "Available").Status != "True" {
		wrong = []string{"coredns is not available"}
	}
	var on []string
	for _, p := range f.pods {
		if p.Metadata.Labels["k8s-app"] == "kube-dns" && p.ready() {
			on = append(on, p.Spec.NodeName)
		}
	}
	slices.Sort(on)
	on = slices.Compact(on)
	if wrong == nil && len(on) < min(2, nodes) {
		wrong = []string{"coredns runs on " + strings.Join(on, ", ") + " alone"}
	}
	return passedIf(wrong, "DNS", "coredns on "+strings.Join(on, ", "))
}

// daemons checks what runs on every node: kube-proxy, and the pod network by whatever name.
func (f *Facts) daemons() Check {
	var wrong, names []string
	for _, d := range f.daemonSets {
		name := d.Metadata.Name
		if !slices.Contains(systemNamespaces, d.Metadata.Namespace) {
			continue
		}
		names = append(names, name)
		if d.Status.Ready < d.Status.Desired {
			wrong = append(wrong, fmt.Sprintf("%s is Ready on %d of %d nodes", name, d.Status.Ready, d.Status.Desired))
		}
	}
	if len(names) == 0 {
		wrong = []string{"there is neither kube-proxy nor a pod network"}
	}
	return passedIf(wrong, "on every node", strings.Join(names, ", "))
}

func (f *Facts) podRanges() Check {
	var wrong []string
	for _, n := range f.nodes {
		if n.Spec.PodCIDR == "" {
			wrong = append(wrong, n.Metadata.Name+" has no addresses for pods")
		}
	}
	return passedIf(wrong, "pod addresses", "every node has a range")
}

// pending checks that no kubelet waits for a certificate.
func (f *Facts) pending() Check {
	var wrong []string
	for _, r := range f.requests {
		if len(r.Status.Conditions) == 0 {
			wrong = append(wrong, r.Metadata.Name+" waits for an approval")
		}
	}
	return passedIf(wrong, "certificate requests", "none waits")
}

func (f *Facts) uploadedCertificates() Check {
	var wrong []string
	if f.certsThere {
		wrong = []string{"the uploaded certificates are still there: the first control plane deletes them when every node has joined"}
	}
	return passedIf(wrong, "join credentials", "the uploaded certificates are deleted")
}
