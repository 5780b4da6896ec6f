// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

const (
	firewallNone     = "none"
	firewallNftables = "nftables"
	firewallUFW      = "ufw"
)

func planFirewall(p *planner) {
	given, firewall := p.inv.Firewall, &p.cluster.Firewall
	firewall.Kind = given.Kind
	if firewall.Kind == "" {
		firewall.Kind = defaults.firewall
	}
	if !p.check("firewall.kind", choice("firewall", firewall.Kind, []string{firewallNone, firewallNftables, firewallUFW})) {
		return
	}
	if firewall.Kind == firewallNone {
		p.checkUnusedFirewall()
		return
	}
	firewall.SSH = p.sourceNetworks("firewall.ssh", given.SSH)
	firewall.NoSSH = given.SSH != nil && len(given.SSH) == 0 || given.SSH == nil && len(p.inv.User.SSHKeys) == 0
	for i, a := range given.Allow {
		if allow, ok := p.allow(itemPath("firewall.allow", i), a); ok {
			firewall.Allow = append(firewall.Allow, allow)
		}
	}
	if name := p.cluster.CNI.Name; (name == cniManifest || name == cniNone) && given.Allow == nil {
		p.warn("firewall.kind", fmt.Sprintf("which ports the pod network of cni.name %s needs between nodes is not known here; they stay closed", name),
			"list them, as in allow: [{ports: 8472, protocol: udp, from: [NETWORK]}], or write allow: [] if it needs none")
	}
}

func (p *planner) checkUnusedFirewall() {
	for _, key := range []string{"firewall.ssh", "firewall.allow"} {
		if p.inv.Has(key) {
			p.refuse(key, "has no meaning without a firewall", "add kind: nftables or kind: ufw, or leave it out")
		}
	}
}

// sourceNetworks reads networks and addresses of clients, which may be anywhere; one inside of another is left out, because
// nft before 1.0 takes no overlaps.
func (p *planner) sourceNetworks(path string, given []string) []netip.Prefix {
	var all []netip.Prefix
	for i, s := range given {
		network, found := parseSource(s)
		if p.check(itemPath(path, i), found) {
			all = append(all, network)
		}
	}
	slices.SortStableFunc(all, func(a, b netip.Prefix) int { return a.Bits() - b.Bits() })
	var apart []netip.Prefix
	for _, network := range all {
		if !slices.ContainsFunc(apart, network.Overlaps) {
			apart = append(apart, network)
		}
	}
	return apart
}

// parseSource reads a network or a single address, of either family.
func parseSource(s string) (netip.Prefix, *problem) {
	if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" && !addr.Is4In6() {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	network, err := netip.ParsePrefix(s)
	switch {
	case err != nil || network.Addr().Is4In6():
		return netip.Prefix{}, &problem{fmt.Sprintf("%q is neither a network nor an address", s), "as in 10.1.0.0/16, 10.1.10.7 or fd00:10::/64"}
	case network.Bits() == 0:
		return netip.Prefix{}, &problem{fmt.Sprintf("%s is every address there is", s), "leave the list out, which means all"}
	case network != network.Masked():
		return netip.Prefix{}, &problem{fmt.Sprintf("%s is an address in a network, not the network", s), fmt.Sprintf("write %s", network.Masked())}
	}
	return network, nil
}

// parsePorts reads 80 or 7000-7010.
func parsePorts(s string) (Ports, *problem) {
	low, high, isRange := strings.Cut(s, "-")
	if !isRange {
		high = low
	}
	first, err := strconv.ParseUint(low, 10, 16)
	last, err2 := strconv.ParseUint(high, 10, 16)
	switch {
	case err != nil || err2 != nil || first == 0:
		return Ports{}, &problem{fmt.Sprintf("%q is neither a port nor a range of ports", s), "numbers from 1 to 65535, as in 80 or 7000-7010"}
	case first > last:
		return Ports{}, &problem{fmt.Sprintf("%s begins after its end", s), fmt.Sprintf("write %d-%d", last, first)}
	}
	return Ports{uint16(first), uint16(last)}, nil
}
