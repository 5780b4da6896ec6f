// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"strings"
)

// PortRow is a row of the table of ports in words, as it is for a cluster that says nothing else.
type PortRow struct{ Roles, Ports, From, Purpose, When string }

// PortTable tells the table from which the firewalls are made.
func PortTable() []PortRow {
	rows := make([]PortRow, len(ports))
	for i, p := range ports {
		var roles []string
		for _, r := range p.roles {
			roles = append(roles, strings.ReplaceAll(string(r), "-", " "))
		}
		rows[i] = PortRow{strings.Join(roles, ", "), p.words(), string(p.from), p.purpose, p.when}
		if len(p.roles) == len(everyRole) {
			rows[i].Roles = "all"
		}
	}
	return rows
}

// words spells what is opened: 6443/tcp, protocol 112 (vrrp), all.
func (p port) words() string {
	switch {
	case p.protocol == "":
		return "all"
	case p.protocol.Number() > 0:
		return fmt.Sprintf("protocol %d (%s)", p.protocol.Number(), p.protocol)
	}
	return fmt.Sprintf("%s/%s", p.ports, p.protocol)
}

// String spells the ports as the inventory does: 80, 7000-7010.
func (p Ports) String() string {
	if p.First == p.Last {
		return fmt.Sprint(p.First)
	}
	return fmt.Sprintf("%d-%d", p.First, p.Last)
}
