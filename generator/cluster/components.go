// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// owned maps arguments or fields that follow from the inventory to where it says so: given twice, they would differ.
type owned map[string]string

var (
	ownedAPIServer = owned{
		"advertise-address":        "the node's address",
		"service-cluster-ip-range": "serviceSubnet",
		"secure-port":              "endpoint, at a load balancer",
	}
	ownedControllerManager = owned{
		"cluster-cidr":             "podSubnet",
		"cluster-name":             "cluster",
		"node-cidr-mask-size":      "nodeCIDRMask",
		"node-cidr-mask-size-ipv4": "nodeCIDRMask",
		"service-cluster-ip-range": "serviceSubnet",
	}
	ownedEtcd = owned{
		"name":                  "the node's name",
		"listen-client-urls":    "the node's address",
		"listen-peer-urls":      "the node's address",
		"advertise-client-urls": "the node's address",
		"data-dir":              "kubeadm, which looks for it in /var/lib/etcd",
	}
	ownedExternalEtcd = owned{
		"initial-advertise-peer-urls": "the node's address",
		"initial-cluster":             "the nodes with role: etcd",
		"initial-cluster-state":       "what the other etcd nodes answer",
		"initial-cluster-token":       "the cluster and its secrets",
		"listen-metrics-urls":         "this program, which asks there whether etcd is well",
		"cert-file":                   "the cluster's secrets",
		"key-file":                    "the cluster's secrets",
		"trusted-ca-file":             "the cluster's secrets",
		"client-cert-auth":            "the cluster's secrets",
		"peer-cert-file":              "the cluster's secrets",
		"peer-key-file":               "the cluster's secrets",
		"peer-trusted-ca-file":        "the cluster's secrets",
		"peer-client-cert-auth":       "the cluster's secrets",
	}
	ownedKubelet = owned{
		"config":                     "kubelet.config",
		"container-runtime-endpoint": "runtime",
		"hostname-override":          "the node's name",
		"node-ip":                    "the node's address",
		"node-labels":                "the node's labels",
		"register-with-taints":       "the node's taints",
	}
	ownedKubeletConfig = owned{
		"apiVersion":               "the Kubernetes version",
		"kind":                     "the Kubernetes version",
		"cgroupDriver":             "the container runtime, which is set to systemd",
		"clusterDNS":               "serviceSubnet",
		"clusterDomain":            "dnsDomain",
		"containerRuntimeEndpoint": "runtime",
		"registerWithTaints":       "the node's taints",
		"staticPodPath":            "kubeadm, which writes the control plane there",
	}
	ownedKubeProxyConfig = owned{
		"apiVersion":  "the Kubernetes version",
		"kind":        "the Kubernetes version",
		"clusterCIDR": "podSubnet",
		"mode":        "kubeProxy.mode",
	}
)

var (
	argPattern   = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	fieldPattern = regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)
)

func planComponents(p *planner) {
	p.cluster.APIServerArgs = p.args("apiServer.extraArgs", p.inv.APIServer.ExtraArgs, ownedAPIServer)
	p.cluster.ControllerManagerArgs = p.args("controllerManager.extraArgs", p.inv.ControllerManager.ExtraArgs, ownedControllerManager)
	p.cluster.SchedulerArgs = p.args("scheduler.extraArgs", p.inv.Scheduler.ExtraArgs, nil)
	elsewhere := maps.Clone(ownedEtcd)
	if p.cluster.ExternalEtcd() {
		maps.Copy(elsewhere, ownedExternalEtcd) // kubeadm, which sets these on control planes, lets them be set
	}
	p.cluster.EtcdArgs = p.args("etcd.extraArgs", p.inv.Etcd.ExtraArgs, elsewhere)
}

// args returns a table as arguments in the order of their names: equal tables make equal media.
func (p *planner) args(path string, table map[string]string, elsewhere owned) []Arg {
	var args []Arg
	for _, name := range sortedKeys(table) {
		if p.check(path+"."+name, parseArg(name, table[name], elsewhere)) {
			args = append(args, Arg{name, table[name]})
		}
	}
	return args
}

func parseArg(name, value string, elsewhere owned) *problem {
	source, isOwned := elsewhere[name]
	switch {
	case isOwned:
		return &problem{fmt.Sprintf("%s follows from %s", name, source), "leave it out"}
	case !argPattern.MatchString(name):
		found := &problem{fmt.Sprintf("%q is not the name of an argument", name), "lower-case letters, digits and dashes, without leading dashes"}
		if corrected := strings.Trim(strings.ReplaceAll(name, "_", "-"), "-"); argPattern.MatchString(corrected) {
			found.hint = fmt.Sprintf("write %s", corrected)
		}
		return found
	case strings.ContainsAny(value, "\n\r"):
		return &problem{fmt.Sprintf("the value of %s is more than one line", name), ""}
	}
	return nil
}

func planKubelet(p *planner) {
	const path = "kubelet.config"
	p.cluster.KubeletConfig = p.fields(path, p.inv.Kubelet.Config, ownedKubeletConfig)
	// the one field that this program itself speaks of, and that earlier versions stop at as they do at any unknown field
	if _, given := p.inv.Kubelet.Config["failCgroupV1"]; given && p.cluster.Version.Minor < 31 && !p.versionUnclear() {
		p.refuse(path+".failCgroupV1", fmt.Sprintf("failCgroupV1 is there from Kubernetes 1.31 on, and this is %s", p.cluster.Version), "leave it out")
	}
}

// fields checks the names of a configuration's fields; what they hold is for kubeadm to check.
func (p *planner) fields(path string, table map[string]any, elsewhere owned) map[string]any {
	for _, name := range sortedKeys(table) {
		source, isOwned := elsewhere[name]
		switch {
		case isOwned:
			p.refuse(path+"."+name, fmt.Sprintf("%s follows from %s", name, source), "leave it out")
		case !fieldPattern.MatchString(name):
			p.check(path+"."+name, notAField(name))
		}
	}
	return maps.Clone(table)
}

func notAField(name string) *problem {
	found := &problem{fmt.Sprintf("%q is not the name of a field", name), "letters and digits, beginning in lower case, as in maxPods"}
	if name != "" {
		if corrected := strings.ToLower(name[:1]) + name[1:]; fieldPattern.MatchString(corrected) {
			found.hint = fmt.Sprintf("did you mean %q?", corrected)
		}
	}
	return found
}

func planKubeletArgs(p *planner) {
	whole := p.args("kubelet.extraArgs", p.inv.Kubelet.ExtraArgs, ownedKubelet)
	for i := range p.inv.Nodes {
		node := &p.cluster.Nodes[i]
		node.KubeletArgs = whole
		if own := p.inv.Nodes[i].Kubelet.ExtraArgs; len(own) > 0 {
			node.KubeletArgs = overlayArgs(whole, p.args(nodePath(i, "kubelet.extraArgs"), own, ownedKubelet))
		}
		if node.Role != "" && !node.Role.InKubernetes() {
			p.checkNoKubernetes(i)
		}
	}
}

// overlayArgs is the cluster's arguments and the node's, which win, in the order of their names.
func overlayArgs(whole, own []Arg) []Arg {
	merged := map[string]string{}
	for _, arg := range slices.Concat(whole, own) {
		merged[arg.Name] = arg.Value
	}
	var args []Arg
	for _, name := range sortedKeys(merged) {
		args = append(args, Arg{name, merged[name]})
	}
	return args
}

// checkNoKubernetes warns of settings for a node of Kubernetes on one that is none.
func (p *planner) checkNoKubernetes(i int) {
	given := p.inv.Nodes[i]
	for _, field := range []struct {
		name  string
		given bool
	}{{"labels", len(given.Labels) > 0}, {"taints", len(given.Taints) > 0}, {"kubelet", len(given.Kubelet.ExtraArgs) > 0}} {
		if field.given {
			p.warn(nodePath(i, field.name), fmt.Sprintf("has no effect: %s is %s and no Kubernetes node", given.Name, p.cluster.Nodes[i].Role.inWords()), "")
		}
	}
}

// nftablesKernel is the lowest kernel on which kube-proxy's mode nftables runs.
const nftablesKernel = "5.13"

func planKubeProxy(p *planner) {
	const path = "kubeProxy.mode"
	mode := p.inv.KubeProxy.Mode
	if mode == "" {
		mode = defaults.proxyMode
	}
	p.cluster.KubeProxyMode = mode
	p.cluster.KubeProxyConfig = p.fields("kubeProxy.config", p.inv.KubeProxy.Config, ownedKubeProxyConfig)
	if !p.check(path, choice("mode of kube-proxy", mode, []string{"iptables", "nftables", "ipvs", NoKubeProxy})) || p.versionUnclear() {
		return
	}
	minor := p.cluster.Version.Minor
	switch {
	case mode == NoKubeProxy && len(p.inv.KubeProxy.Config) > 0:
		p.refuse("kubeProxy.config", "has no meaning with kubeProxy.mode none", "leave it out")
	case mode == "ipvs" && minor >= 35:
		p.warn(path, "ipvs is deprecated since Kubernetes 1.35", "use iptables or nftables")
	case mode == "nftables" && minor < 31:
		p.refuse(path, fmt.Sprintf("nftables is there from Kubernetes 1.31 on, and this is %s", p.cluster.Version), "use iptables")
	}
	for _, g := range p.guests(anyNode) {
		if mode == "nftables" && older(g.Kernel, nftablesKernel) {
			p.refuse(path, fmt.Sprintf("nftables needs kernel %s or later, and %s has %s", nftablesKernel, g.Name, g.Kernel), "use iptables, or ubuntu-22.04 or later")
		}
	}
}

func sortedKeys[V any](table map[string]V) []string {
	return slices.Sorted(maps.Keys(table))
}
