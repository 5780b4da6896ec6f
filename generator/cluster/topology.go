// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"strings"
)

// roleWords are other words for the roles, which people know from elsewhere.
var roleWords = map[string]Role{
	"master": RoleControlPlane, "controlplane": RoleControlPlane, "controller": RoleControlPlane,
	"node": RoleWorker, "minion": RoleWorker, "agent": RoleWorker, "slave": RoleWorker,
	"lb": RoleLoadBalancer, "loadbalancer": RoleLoadBalancer, "balancer": RoleLoadBalancer, "haproxy": RoleLoadBalancer,
}

var roles = []string{string(RoleControlPlane), string(RoleWorker), string(RoleLoadBalancer)}

func planRoles(p *planner) {
	for i := range p.inv.Nodes {
		switch role := Role(p.inv.Nodes[i].Role); role {
		case RoleControlPlane, RoleWorker, RoleLoadBalancer:
			p.cluster.Nodes[i].Role = role
		default:
			p.rolesUnclear = true
			p.check(nodePath(i, "role"), notARole(string(role)))
		}
	}
}

func notARole(word string) *problem {
	if word == "" {
		return &problem{"the node has no role", "add role: with one of " + strings.Join(roles, ", ")}
	}
	found := choice("role", word, roles)
	if role, ok := roleWords[strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(word))]; ok {
		found.hint = fmt.Sprintf("did you mean %q?", role)
	}
	if word == "etcd" {
		found.hint = "etcd runs on the control planes; nodes of its own are not built yet"
	}
	return found
}

// checkTopology holds the numbers of nodes against each other.
func checkTopology(p *planner) {
	if len(p.inv.Nodes) == 0 {
		p.refuse("nodes", "there are no nodes", "list at least one with role: control-plane")
		return
	}
	if p.rolesUnclear {
		return
	}
	p.checkControlPlanes(p.count(RoleControlPlane))
	if p.count(RoleWorker) == 0 && !p.untainted() {
		p.warn("nodes", "there is no worker; only pods that tolerate the control planes' taint will run", "add a node with role: worker, or give a control plane taints: []")
	}
}

func (p *planner) checkControlPlanes(n int) {
	switch {
	case n == 0:
		p.refuse("nodes", "no node has the role control-plane", "give one, three or five nodes role: control-plane")
	case n > 7:
		p.warn("nodes", fmt.Sprintf("%d control planes are more etcd members than the 7 up to which etcd gains from them", n), "use 3 or 5")
	case n%2 == 0:
		p.warn("nodes", fmt.Sprintf("%s tolerate %s, no more than %d would", plural(n, "control plane"), plural((n-1)/2, "failure"), n-1), fmt.Sprintf("use %d or %d", n-1, n+1))
	}
}

// untainted tells whether a control plane lets any pod run on it.
func (p *planner) untainted() bool {
	for i := range p.inv.Nodes {
		if taints := p.inv.Nodes[i].Taints; p.cluster.Nodes[i].Role == RoleControlPlane && taints != nil && len(taints) == 0 {
			return true
		}
	}
	return false
}
