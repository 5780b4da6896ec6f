// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"

	"github.com/hakube/hakube-seed/generator/inventory"
)

// allow reads an opening of the user's; it is not ok when something is wrong with it.
func (p *planner) allow(path string, given inventory.Allow) (allow Allow, ok bool) {
	before := len(p.diagnostics)
	protocol := Protocol(given.Protocol)
	if protocol == "" {
		protocol = defaults.protocol
	}
	allow = Allow{Opening: Opening{Protocol: protocol, Purpose: path}}
	if p.check(path+".protocol", choice("protocol", string(protocol), []string{string(TCP), string(UDP), string(IPIP), string(ESP)})) {
		allow.Ports = p.allowedPorts(path, protocol, given.Ports)
	}
	if given.From != nil && len(given.From) == 0 {
		p.refuse(path+".from", "the list is empty, so nobody could use the port", "leave from: out, which means all, or name networks")
	}
	allow.From = p.sourceNetworks(path+".from", given.From)
	for i, word := range given.Roles {
		role, found := parseRole(word)
		if p.check(itemPath(path+".roles", i), found) {
			allow.Roles = append(allow.Roles, role)
		}
	}
	return allow, len(p.diagnostics) == before
}

func (p *planner) allowedPorts(path string, protocol Protocol, given string) Ports {
	switch hasPorts := protocol.Number() == 0; {
	case hasPorts && given == "":
		p.refuse(path, "no ports are given", "add ports: with a port or a range of ports")
	case hasPorts:
		ports, found := parsePorts(given)
		p.check(path+".ports", found)
		return ports
	case given != "":
		p.refuse(path+".ports", fmt.Sprintf("the protocol %s has no ports", protocol), "leave ports: out")
	}
	return Ports{}
}
