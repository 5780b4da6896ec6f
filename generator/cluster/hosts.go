// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"net/netip"
)

// planHosts plans names of the user's for the nodes' hosts files. Names of the cluster's own stand there already.
func planHosts(p *planner) {
	known := map[string]bool{"localhost": true, p.cluster.Endpoint.Name: true}
	for _, n := range p.cluster.Nodes {
		known[n.Name] = true
	}
	type nameOfFamily struct {
		name   string
		family Family
	}
	first := map[nameOfFamily]netip.Addr{}
	for i, given := range p.inv.Hosts {
		path := itemPath("hosts", i)
		addr, found := parseAddress(given.Address)
		if given.Address == "" {
			found = &problem{"the entry has no address", "add address:"}
		}
		if !p.check(path+".address", found) || !p.checkNotInside(path+".address", addr) {
			continue
		}
		if len(given.Names) == 0 {
			p.refuse(path+".names", fmt.Sprintf("%s has no names", addr), "add names:")
		}
		for j, name := range given.Names {
			at, key := itemPath(path+".names", j), nameOfFamily{name, FamilyOf(addr)}
			if !p.check(at, parseDomain(name)) {
				continue
			}
			if known[name] {
				p.refuse(at, fmt.Sprintf("%q is a name that the hosts files have already", name), "")
			}
			if other, taken := first[key]; taken {
				p.refuse(at, fmt.Sprintf("%q is the name of %s already", name, other), "")
			}
			first[key] = addr
		}
		p.cluster.Hosts = append(p.cluster.Hosts, Host{addr, given.Names})
	}
}
