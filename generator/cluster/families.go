// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Family is an IP family.
type Family string

// The families.
const (
	IPv4 Family = "IPv4"
	IPv6 Family = "IPv6"
)

// FamilyOf returns the family of an address.
func FamilyOf(addr netip.Addr) Family {
	if addr.Is4() {
		return IPv4
	}
	return IPv6
}

// Subnets are an address range of one or both IP families, the cluster's primary family first.
type Subnets []netip.Prefix

// String spells the subnets as kubeadm and Kubernetes do.
func (s Subnets) String() string {
	texts := make([]string, len(s))
	for i, prefix := range s {
		texts[i] = prefix.String()
	}
	return strings.Join(texts, ",")
}

// Has reports whether the subnets have a range of the family.
func (s Subnets) Has(family Family) bool { return slices.Contains(s.families(), family) }

// of returns the subnet of a family.
func (s Subnets) of(family Family) (netip.Prefix, bool) {
	if i := slices.Index(s.families(), family); i >= 0 {
		return s[i], true
	}
	return netip.Prefix{}, false
}

func (s Subnets) families() []Family {
	families := make([]Family, len(s))
	for i, prefix := range s {
		families[i] = FamilyOf(prefix.Addr())
	}
	return families
}

// familyPath is the path of one value of each family: the item where there are several, else the whole.
func (p *planner) familyPath(path string, i int) string {
	if p.inv.Has(itemPath(path, 1)) {
		return itemPath(path, i)
	}
	return path
}

// checkFamilies holds the families of what stands at a path against the cluster's, which are those of network.cidr: at
// most one of each, and the primary one first, because Kubernetes takes the first everywhere for the primary one. kind is
// what a message calls one of the values.
func (p *planner) checkFamilies(path, kind string, families []Family) bool {
	primary := p.primaryFamily()
	for i, family := range families {
		if slices.Contains(families[:i], family) {
			return p.check(p.familyPath(path, i), &problem{fmt.Sprintf("a second %s %s; there is one of each IP family", family, kind), ""})
		}
	}
	switch {
	case len(families) == 0 || primary == "" || families[0] == primary:
		return true
	case len(families) == 1:
		return p.check(path, &problem{
			fmt.Sprintf("only an %s %s, and the cluster's first family is that of network.cidr, %s", families[0], kind, primary),
			"give one of each family, or change the order of network.cidr",
		})
	}
	return p.check(path, &problem{
		fmt.Sprintf("the first %s is of %s, and the cluster's first family is that of network.cidr, %s", kind, families[0], primary),
		fmt.Sprintf("write the %s %s first", primary, kind),
	})
}

// primaryFamily is the family that network.cidr names first: that of the addresses by which nodes know each other.
func (p *planner) primaryFamily() Family {
	if subnets := p.cluster.Network.Subnets; len(subnets) > 0 && subnets[0].CIDR.IsValid() {
		return FamilyOf(subnets[0].CIDR.Addr())
	}
	return ""
}
