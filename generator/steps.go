// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hakube/hakube-seed/generator/cluster"
)

// step is one entry of a node's sequence.
type step struct {
	Name   string
	Source string // template of its script below usr/local/lib/hakube/steps
	Script string // the script itself, for commands of the user's
	Limit  int    // seconds after which it has failed
}

// The parts of the sequences; a {placeholder} in a source depends on the node.
var (
	prepareAll = []step{
		{Name: "preflight", Source: "preflight", Limit: 300},
		{Name: "identity", Source: "identity", Limit: 300},
		{Name: "hosts", Source: "hosts", Limit: 120},
	}
	prepareKubernetes = []step{
		{Name: "swap", Source: "swap", Limit: 120},
		{Name: "kernel", Source: "kernel", Limit: 120},
	}
	clock   = []step{{Name: "time", Source: "time", Limit: 180}}
	trust   = []step{{Name: "trust", Source: "trust", Limit: 120}}
	install = []step{{Name: "packages", Source: "packages-{software}", Limit: 3600}}
	// Behind the packages, which bring nft or ufw, and before the first program that answers to anybody.
	firewall = []step{{Name: "firewall", Source: "firewall-{firewall}", Limit: 300}}
	runtime  = []step{
		{Name: "runtime", Source: "runtime-{runtime}", Limit: 300},
		{Name: "images", Source: "images-{images}", Limit: 1800},
	}
	haproxy            = []step{{Name: "haproxy", Source: "haproxy", Limit: 120}}
	virtualIP          = []step{{Name: "keepalived", Source: "keepalived", Limit: 300}}
	verifyLoadBalancer = []step{{Name: "verify", Source: "verify-load-balancer", Limit: 60}}
	etcdMember         = []step{{Name: "etcd", Source: "etcd", Limit: 7200}, {Name: "verify", Source: "verify-etcd", Limit: 2700}}
	start              = []step{{Name: "init", Source: "init", Limit: 7200}}
	kubeVIP            = []step{{Name: "kube-vip", Source: "kube-vip", Limit: 600}}
	podNetwork         = []step{
		{Name: "cni", Source: "cni", Limit: 2400},
		{Name: "keeper", Source: "keeper", Limit: 60},
	}
	reachEtcd = []step{{Name: "wait-etcd", Source: "wait-etcd", Limit: 3900}}
	join      = []step{
		{Name: "wait", Source: "wait", Limit: 3900},
		{Name: "join", Source: "join", Limit: 7200},
	}
	kubeconfig = []step{{Name: "user-kubeconfig", Source: "user-kubeconfig", Limit: 60}}
	verify     = []step{{Name: "verify", Source: "verify", Limit: 2400}}
	finish     = []step{
		{Name: "scrub", Source: "scrub", Limit: 120},
		{Name: "eject", Source: "eject", Limit: 60},
	}
)

// commandLimit is how long a command of the user's may take, in seconds.
const commandLimit = 3600

// stepsOf returns the node's whole sequence, in order.
func (g *Generator) stepsOf(n cluster.Node) []step {
	var steps []step
	add := func(lists ...[]step) {
		for _, list := range lists {
			steps = append(steps, list...)
		}
	}
	clock := clock
	if len(g.cluster.CACertificates) > 0 {
		clock = slices.Concat(clock, trust)
	}
	runtime := runtime
	if g.cluster.ExternalEtcd() && n.Role == cluster.RoleControlPlane {
		runtime = slices.Concat(runtime, reachEtcd)
	}
	install := install
	if g.cluster.Firewall.Kind != "none" {
		install = slices.Concat(install, firewall)
	}
	before, after := commands("before", n.CommandsBefore), commands("after", n.CommandsAfter)
	balance, moveVIP := g.balancerSteps(n)
	switch {
	case n.Role == cluster.RoleLoadBalancer:
		add(prepareAll, clock, before, install, balance, verifyLoadBalancer)
	case n.Role == cluster.RoleEtcd:
		add(prepareAll, prepareKubernetes, clock, before, install, runtime, etcdMember)
	case g.first(n):
		add(prepareAll, prepareKubernetes, clock, before, install, runtime, balance, start, moveVIP, kubeconfig, podNetwork, verify)
	case n.Role == cluster.RoleControlPlane:
		add(prepareAll, prepareKubernetes, clock, before, install, runtime, balance, join, moveVIP, kubeconfig, verify)
	default:
		add(prepareAll, prepareKubernetes, clock, before, install, runtime, join, verify)
	}
	add(after, finish)
	images := "registry"
	if n.Software == cluster.SoftwareBundle {
		images = "bundle"
	}
	fill := strings.NewReplacer("{software}", string(n.Software), "{runtime}", n.Runtime, "{images}", images, "{firewall}", g.cluster.Firewall.Kind)
	for i := range steps {
		steps[i].Source = fill.Replace(steps[i].Source)
	}
	return steps
}

// balancerSteps returns what a node does for the endpoint before its own API server runs, and what after that.
func (g *Generator) balancerSteps(n cluster.Node) (before, after []step) {
	if g.cluster.RunsHAProxy(n) {
		before = append(before, haproxy...)
	}
	if g.cluster.VRRPPeers(n) != nil {
		before = append(before, virtualIP...)
	}
	if g.cluster.RunsKubeVIP(n) {
		after = kubeVIP
	}
	return before, after
}

// commands makes a step of each command line: the sequence stops at the one that fails, and the status names it.
func commands(when string, lines []string) []step {
	steps := make([]step, len(lines))
	for i, line := range lines {
		steps[i] = step{Name: fmt.Sprintf("%s-%d", when, i+1), Script: "set -e\n" + line + "\n", Limit: commandLimit}
	}
	return steps
}
