// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/hakube/hakube-seed/generator/inventory"
)

// subnet is one of the address ranges of a cluster, with what a message calls it and where the user can change it.
type subnet struct {
	path   string
	item   string // the path, or that of the list's item
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
	if s.path == path || s.item == path {
		return s.prefix.String()
	}
	return s.String()
}

func planSubnets(p *planner) {
	nodes := p.nodeSubnets()
	pods := p.parseSubnets("podSubnet", p.inv.PodSubnet, defaults.podSubnets, p.networkFamilies())
	p.cluster.PodSubnets = prefixes(pods)
	families := p.networkFamilies()
	if len(p.inv.PodSubnet) > 0 {
		families = p.cluster.PodSubnets.families()
	}
	services := p.parseSubnets("serviceSubnet", p.inv.ServiceSubnet, defaults.serviceSubnets, families)
	p.cluster.ServiceSubnets = prefixes(services)

	p.checkServiceFamilies(services)
	for _, s := range services {
		p.checkServiceSize(s)
	}
	p.checkOverlaps(nodes, pods, slices.Concat(nodes, services))
	p.checkOverlaps(nodes, services, slices.Concat(nodes, pods))
	p.checkOverlaps(services, pods, slices.Concat(nodes, services))
	for _, s := range slices.Concat(nodes, pods, services) {
		p.warnHostRanges(s)
	}
}

// nodeSubnets are the nodes' networks, as the overlap rules see them.
func (p *planner) nodeSubnets() []subnet {
	var subnets []subnet
	add := func(path string, cidrs inventory.PerFamily[string]) {
		for i := range cidrs {
			if len(subnets) < len(p.cluster.Network.Subnets) {
				subnets = append(subnets, subnet{path, p.familyPath(path, i), p.cluster.Network.Subnets[len(subnets)].CIDR, true})
			}
		}
	}
	add("network.cidr", p.inv.Network.CIDR)
	for i, more := range p.inv.Network.Subnets {
		add(itemPath("network.subnets", i)+".cidr", more.CIDR)
	}
	return subnets
}

// networkFamilies are the cluster's families: those of network.cidr.
func (p *planner) networkFamilies() []Family {
	var families []Family
	for _, s := range p.cluster.Network.Subnets[:min(len(p.inv.Network.CIDR), len(p.cluster.Network.Subnets))] {
		if s.CIDR.IsValid() {
			families = append(families, FamilyOf(s.CIDR.Addr()))
		}
	}
	if len(families) == 0 {
		return []Family{IPv4}
	}
	return families
}

// parseSubnets reads one subnet of each family; without any, the families' defaults.
func (p *planner) parseSubnets(path string, given inventory.PerFamily[string], otherwise map[Family]string, families []Family) []subnet {
	var subnets []subnet
	if len(given) == 0 {
		for _, family := range families {
			subnets = append(subnets, subnet{path, path, netip.MustParsePrefix(otherwise[family]), false})
		}
		return subnets
	}
	for i, text := range given {
		item := p.familyPath(path, i)
		prefix, found := parsePrefix(text)
		p.check(item, found)
		if prefix.IsValid() {
			subnets = append(subnets, subnet{path, item, prefix, true})
		}
	}
	if !p.checkFamilies(path, "subnet", prefixes(subnets).families()) {
		return nil
	}
	return subnets
}

func prefixes(subnets []subnet) Subnets {
	var all Subnets
	for _, s := range subnets {
		all = append(all, s.prefix)
	}
	return all
}

// checkServiceFamilies: a service of a family needs pods with addresses of that family behind it.
func (p *planner) checkServiceFamilies(services []subnet) {
	for _, s := range services {
		if family := FamilyOf(s.prefix.Addr()); len(p.cluster.PodSubnets) > 0 && !p.cluster.PodSubnets.Has(family) {
			p.refuse(s.item, fmt.Sprintf("%s is of %s, and podSubnet %s is not: no pod could serve it", s.prefix, family, p.cluster.PodSubnets), fmt.Sprintf("add an %s subnet to podSubnet", family))
		}
	}
}

// checkServiceSize holds a range against what kube-apiserver and kubeadm take: 20 bits at most, ten addresses at least.
func (p *planner) checkServiceSize(services subnet) {
	largest, smallest, hint := 12, 28, "a /16 has 65,534 services"
	if services.prefix.Addr().Is6() {
		largest, smallest, hint = 108, 124, "a /112 has 65,535 services"
	}
	switch bits := services.prefix.Bits(); {
	case bits < largest:
		p.refuse(services.item, fmt.Sprintf("%s is larger than /%d, the most that kube-apiserver takes", services.prefix, largest), hint)
	case bits > smallest:
		p.refuse(services.item, fmt.Sprintf("%s is smaller than /%d; kubeadm needs ten addresses of it", services.prefix, smallest), fmt.Sprintf("a /%d has 254 services", smallest-4))
	}
}

// checkOverlaps reports ranges of a and b that share addresses, where the user can change it; taken are the ranges that a
// proposal must avoid.
func (p *planner) checkOverlaps(as, bs, taken []subnet) {
	for _, a := range as {
		for _, b := range bs {
			if a.prefix.IsValid() && a.prefix.Overlaps(b.prefix) {
				p.reportOverlap(a, b, taken)
			}
		}
	}
}

func (p *planner) reportOverlap(a, b subnet, taken []subnet) {
	path := b.item
	if !b.given {
		path = a.item
	}
	message := fmt.Sprintf("%s overlaps %s", b.at(path), a.at(path))
	if a.path == "serviceSubnet" {
		message += "; kubeadm would accept this"
	}
	p.refuse(path, message, freeSubnet(b, taken))
}

// freeSubnets are ranges to propose, the first of them the defaults.
var freeSubnets = map[Family][]string{
	IPv4: {defaults.podSubnets[IPv4], defaults.serviceSubnets[IPv4], "10.112.0.0/16", "192.168.128.0/17"},
	IPv6: {defaults.podSubnets[IPv6], defaults.serviceSubnets[IPv6], "fd00:10:112::/112"},
}

// freeSubnet proposes a range for b that overlaps none of the taken ones.
func freeSubnet(b subnet, taken []subnet) string {
	for _, candidate := range freeSubnets[FamilyOf(b.prefix.Addr())] {
		prefix := netip.MustParsePrefix(candidate)
		busy := slices.ContainsFunc(taken, func(t subnet) bool { return t.prefix.IsValid() && t.prefix.Overlaps(prefix) })
		if !busy && (b.path != "podSubnet" || prefix.Bits() < 112) {
			return fmt.Sprintf("write %s: %s, which is free here", b.path, candidate)
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
		p.warn(s.item, fmt.Sprintf("%s overlaps %s, which Docker takes for docker0 wherever it is installed", s.prefix, dockerRange), "")
	case s.prefix.Overlaps(hyperVRange):
		p.warn(s.item, fmt.Sprintf("%s overlaps %s, of which Hyper-V's Default Switch takes another part at every start of the host", s.prefix, hyperVRange), "")
	}
}
