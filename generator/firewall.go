// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"net/netip"
	"strings"

	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/seeds"
)

// firewallRule is an opening for one family of addresses, as nft wants it.
type firewallRule struct {
	Family   string   // ip or ip6; empty for both, where neither From nor To is given
	From, To []string // networks; none: all
	Protocol string   // tcp or udp
	Ports    string   // 6443 or 2379-2380, empty for all
	Number   int      // of a protocol without ports, else 0
	Purpose  string
}

// firewallRules are the openings of a role, each by family.
func (g *Generator) firewallRules(role cluster.Role) []firewallRule {
	var rules []firewallRule
	for _, o := range g.cluster.Openings(role) {
		rule := firewallRule{Protocol: string(o.Protocol), Number: o.Protocol.Number(), Purpose: o.Purpose}
		if o.Ports != (cluster.Ports{}) {
			rule.Ports = o.Ports.String()
		}
		rules = append(rules, rule.byFamily(o.From, o.To)...)
	}
	return rules
}

// byFamily makes a rule of each family that both sides have; a side that is not limited has both.
func (r firewallRule) byFamily(from, to []netip.Prefix) []firewallRule {
	if from == nil && to == nil {
		return []firewallRule{r}
	}
	var rules []firewallRule
	for _, family := range []string{"ip", "ip6"} {
		rule := r
		rule.Family, rule.From, rule.To = family, ofFamily(family, from), ofFamily(family, to)
		if (from == nil || rule.From != nil) && (to == nil || rule.To != nil) {
			rules = append(rules, rule)
		}
	}
	return rules
}

func ofFamily(family string, networks []netip.Prefix) []string {
	var words []string
	for _, n := range networks {
		if n.Addr().Is4() == (family == "ip") {
			words = append(words, n.String())
		}
	}
	return words
}

// ufwRule is an opening for one network, as ufw wants it.
type ufwRule struct {
	From, To        string // a network, or any
	Protocol, Ports string
	Number          int
	Purpose         string
}

// ufwRules are the openings of a role, each by network.
func (g *Generator) ufwRules(role cluster.Role) []ufwRule {
	var rules []ufwRule
	for _, r := range g.firewallRules(role) {
		for _, from := range orAny(r.From) {
			for _, to := range orAny(r.To) {
				rules = append(rules, ufwRule{from, to, r.Protocol, strings.ReplaceAll(r.Ports, "-", ":"), r.Number, r.Purpose})
			}
		}
	}
	return rules
}

func orAny(networks []string) []string {
	if networks == nil {
		return []string{"any"}
	}
	return networks
}

// firewallFiles are the rules of the firewall that the inventory wants.
func (g *Generator) firewallFiles(role cluster.Role) ([]seeds.GuestFile, error) {
	var list fileList
	switch g.cluster.Firewall.Kind {
	case "nftables":
		list.render(configDir+"firewall.nft", g.firewallRules(role))
		list.text(libraryDir+"firewall", 0o644)
		list.text("/etc/systemd/system/hakube-firewall.service", 0o644)
	case "ufw":
		list.render(libraryDir+"ufw-rules", g.ufwRules(role))
	}
	return list.files, list.err
}

// firewallPackage is the package that the firewall is in, which has its name; empty without a firewall.
func (g *Generator) firewallPackage() string {
	if g.cluster.Firewall.Kind == "none" {
		return ""
	}
	return g.cluster.Firewall.Kind
}
