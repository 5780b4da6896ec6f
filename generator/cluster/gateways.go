// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// gatewayless is a network without a gateway, which is right where DHCP brings the default route.
type gatewayless struct {
	path  string
	cidr  netip.Prefix
	other bool // the other family has one
}

// checkGateways: without a default route no node reaches a service address; it comes from network.gateway or by DHCP, but
// not from two interfaces.
func (p *planner) checkGateways() {
	for node := range p.cluster.Nodes {
		p.checkDefaultsByDHCP(node, IPv4)
		p.checkDefaultsByDHCP(node, IPv6)
	}
	for _, missing := range p.gatewayless {
		if p.routedByDHCP(missing.cidr) {
			continue
		}
		message, hint := "the default gateway is missing; without a default route no node reaches a service address", "add it, even if nothing answers there, as in gateway: 10.1.10.1"
		if missing.other {
			family := FamilyOf(missing.cidr.Addr())
			message, hint = fmt.Sprintf("%s has no gateway; without a default route no node reaches a service address of %s", missing.cidr, family), "add it to the list, even if nothing answers there"
		}
		p.refuse(missing.path, message, hint)
	}
	p.checkNameserversKnown()
}

func (p *planner) checkDefaultsByDHCP(node int, family Family) {
	var by []string
	for _, i := range p.cluster.Nodes[node].Interfaces {
		if slices.Contains(i.DHCPDefault, family) {
			by = append(by, i.Name)
		}
	}
	if len(by) > 1 {
		p.refuse(itemPath("nodes", node), fmt.Sprintf("%s gets a default route of %s by DHCP on each of %s", p.called(node), family, strings.Join(by, ", ")), "leave DHCP to one of them, or give network.gateway")
	}
}

// checkNameserversKnown: without network.nameservers, the gateway is asked, or whatever DHCP names.
func (p *planner) checkNameserversKnown() {
	known := len(p.cluster.Network.Nameservers) > 0 || p.inv.Network.Nameservers != nil || len(p.gatewayless) > 0
	if !known && !p.diagnostics.HasErrors() {
		p.refuse("network", "no nameserver is known: a link-local gateway is none", "add nameservers: to network")
	}
}
