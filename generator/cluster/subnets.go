// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"net/netip"
)

// subnet is one of the three address ranges of a cluster, with what a message calls it.
type subnet struct {
	path   string
	prefix netip.Prefix
	given  bool
}

func (s subnet) String() string {
	if s.given {
		return fmt.Sprintf("%s %s", s.path, s.prefix)
	}
	return fmt.Sprintf("%s %s (the default)", s.path, s.prefix)
}

// at is what a message at a path calls the subnet: the path stands in front of it.
func (s subnet) at(path string) string {
	if s.path == path {
		return s.prefix.String()
	}
	return s.String()
}

func planSubnets(p *planner) {
	nodes := subnet{"network.cidr", p.cluster.Network.CIDR, true}
	pods := p.parseSubnet("podSubnet", p.inv.PodSubnet, defaults.podSubnet)
	services := p.parseSubnet("serviceSubnet", p.inv.ServiceSubnet, defaults.serviceSubnet)
	p.cluster.PodSubnet, p.cluster.ServiceSubnet = pods.prefix, services.prefix

	p.checkServiceSize(services)
	p.checkOverlap(nodes, pods, nodes, services)
	p.checkOverlap(nodes, services, nodes, pods)
	p.checkOverlap(services, pods, nodes, services)
	for _, s := range []subnet{nodes, pods, services} {
		p.warnHostRanges(s)
	}
}

func (p *planner) parseSubnet(path, given, otherwise string) subnet {
	s := subnet{path: path, given: given != ""}
	if !s.given {
		given = otherwise
	}
	prefix, found := parsePrefix(given)
	p.check(path, found)
	s.prefix = prefix
	return s
}

func (p *planner) checkServiceSize(services subnet) {
	switch bits := services.prefix.Bits(); {
	case !services.prefix.IsValid():
	case bits < 12:
		p.refuse(services.path, fmt.Sprintf("%s is larger than /12, the most that kube-apiserver takes", services.prefix), "a /16 has 65,534 services")
	case bits > 28:
		p.refuse(services.path, fmt.Sprintf("%s is smaller than /28; kubeadm needs ten addresses of it", services.prefix), "a /24 has 254 services")
	}
}

// checkOverlap reports two ranges that share addresses, where the user can change it; taken are the ranges that a
// proposal must avoid.
func (p *planner) checkOverlap(a, b subnet, taken ...subnet) {
	if !a.prefix.IsValid() || !b.prefix.IsValid() || !a.prefix.Overlaps(b.prefix) {
		return
	}
	path := b.path
	if !b.given {
		path = a.path
	}
	message := fmt.Sprintf("%s overlaps %s", b.at(path), a.at(path))
	if a.path == "serviceSubnet" {
		message += "; kubeadm would accept this"
	}
	p.refuse(path, message, freeSubnet(b.path, taken))
}

// freeSubnet proposes a range that overlaps none of the taken ones.
func freeSubnet(path string, taken []subnet) string {
	for _, candidate := range []string{defaults.podSubnet, defaults.serviceSubnet, "10.112.0.0/16", "192.168.128.0/17"} {
		free := true
		for _, t := range taken {
			free = free && (!t.prefix.IsValid() || !t.prefix.Overlaps(netip.MustParsePrefix(candidate)))
		}
		if free {
			return fmt.Sprintf("write %s: %s, which is free here", path, candidate)
		}
	}
	return ""
}

var (
	dockerRange = netip.MustParsePrefix("172.17.0.0/16")
	hyperVRange = netip.MustParsePrefix("172.16.0.0/12")
)

// warnHostRanges warns of ranges that programs on the host, or on the nodes, take for themselves.
func (p *planner) warnHostRanges(s subnet) {
	switch {
	case !s.prefix.IsValid():
	case s.prefix.Overlaps(dockerRange):
		p.warn(s.path, fmt.Sprintf("%s overlaps %s, which Docker takes for docker0 wherever it is installed", s.prefix, dockerRange), "")
	case s.prefix.Overlaps(hyperVRange):
		p.warn(s.path, fmt.Sprintf("%s overlaps %s, of which Hyper-V's Default Switch takes another part at every start of the host", s.prefix, hyperVRange), "")
	}
}
