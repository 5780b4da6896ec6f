// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"net/netip"

	"github.com/hakube/hakube-seed/generator/inventory"
)

// Plan turns an inventory into a plan. files holds the contents of the files that the inventory names, by the names
// that it uses. Plan returns either a complete Cluster, possibly with warnings, or no Cluster and at least one error.
func Plan(inv *inventory.Inventory, files map[string][]byte) (*Cluster, inventory.Diagnostics) {
	p := &planner{
		inv: inv, files: files, cluster: &Cluster{Nodes: make([]Node, len(inv.Nodes))},
		addresses: map[netip.Addr]owner{}, macs: map[[6]byte]owner{}, reported: map[string]bool{},
	}
	for _, rule := range rules {
		rule(p)
	}
	if p.diagnostics.HasErrors() {
		return nil, p.diagnostics.Sorted()
	}
	return p.cluster, p.diagnostics.Sorted()
}

// planner is one run of Plan. Rules leave a field of the cluster at its zero value when its inventory value is wrong,
// and pass over zero values of other rules' fields: every mistake is reported once, by the rule that it breaks.
type planner struct {
	inv          *inventory.Inventory
	files        map[string][]byte
	cluster      *Cluster // Nodes has the same indexes as the inventory's
	rolesUnclear bool     // a role was not understood: counting roles would only mislead
	gatewayless  []gatewayless
	addresses    map[netip.Addr]owner
	macs         map[[6]byte]owner
	reported     map[string]bool // what has been said of which path: all nodes share some values
	diagnostics  inventory.Diagnostics
}

// owner is which node has an address, and where that is said.
type owner struct {
	node int
	path string
}

// problem is what is wrong with one value, before it is known where the value stands.
type problem struct{ message, hint string }

func (p *planner) refuse(path, message, hint string) {
	p.report(inventory.Error, path, problem{message, hint})
}

func (p *planner) warn(path, message, hint string) {
	p.report(inventory.Warning, path, problem{message, hint})
}

func (p *planner) report(severity inventory.Severity, path string, found problem) {
	said := path + "\x00" + found.message
	if p.reported[said] {
		return
	}
	p.reported[said] = true
	p.diagnostics = append(p.diagnostics, inventory.Diagnostic{
		Severity: severity,
		Position: p.inv.Position(path),
		Path:     path,
		Message:  found.message,
		Hint:     found.hint,
	})
}

// check reports a problem, if there is one, as an error and tells whether there was none.
func (p *planner) check(path string, found *problem) bool {
	if found != nil {
		p.report(inventory.Error, path, *found)
	}
	return found == nil
}

// nodePath is the path of a node's field.
func nodePath(i int, field string) string { return fmt.Sprintf("nodes[%d].%s", i, field) }

// itemPath is the path of a list's item.
func itemPath(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }

// place tells a reader where a path is: by its line if the inventory came from a file.
func (p *planner) place(path string) string {
	if at := p.inv.Position(path); at.Line > 0 {
		return fmt.Sprintf("%s in line %d", path, at.Line)
	}
	return path
}

// count counts the nodes of a role.
func (p *planner) count(role Role) int {
	count := 0
	for i := range p.cluster.Nodes {
		if p.cluster.Nodes[i].Role == role {
			count++
		}
	}
	return count
}

// kubernetesNodes counts the nodes that run a kubelet.
func (p *planner) kubernetesNodes() int { return p.count(RoleControlPlane) + p.count(RoleWorker) }

// plural is a number with its noun: 1 node, 2 nodes.
func plural(n int, noun string) string {
	if n == 1 {
		return fmt.Sprintf("%d %s", n, noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
