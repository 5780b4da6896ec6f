// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"slices"
	"strings"
)

// roleWords are other words for the roles, which people know from elsewhere.
var roleWords = map[string]Role{
	"master": RoleControlPlane, "controlplane": RoleControlPlane, "controller": RoleControlPlane,
	"node": RoleWorker, "minion": RoleWorker, "agent": RoleWorker, "slave": RoleWorker,
	"etcdmember": RoleEtcd, "etcdnode": RoleEtcd, "externaletcd": RoleEtcd, "database": RoleEtcd,
	"lb": RoleLoadBalancer, "loadbalancer": RoleLoadBalancer, "balancer": RoleLoadBalancer, "haproxy": RoleLoadBalancer,
}

var roles = []string{string(RoleControlPlane), string(RoleWorker), string(RoleLoadBalancer), string(RoleEtcd)}

func planRoles(p *planner) {
	for i := range p.inv.Nodes {
		role, found := parseRole(p.inv.Nodes[i].Role)
		if !p.check(nodePath(i, "role"), found) {
			p.rolesUnclear = true
			continue
		}
		p.cluster.Nodes[i].Role = role
	}
}

// inWords is the role as a sentence says it of one node.
func (r Role) inWords() string {
	if r == RoleEtcd {
		return "an " + r.Noun()
	}
	return "a " + r.Noun()
}

func parseRole(word string) (Role, *problem) {
	if !slices.Contains(roles, word) {
		return "", notARole(word)
	}
	return Role(word), nil
}

func notARole(word string) *problem {
	if word == "" {
		return &problem{"the node has no role", "add role: with one of " + strings.Join(roles, ", ")}
	}
	found := choice("role", word, roles)
	if role, ok := roleWords[strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(word))]; ok {
		found.hint = fmt.Sprintf("did you mean %q?", role)
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
	p.checkEtcd(p.count(RoleEtcd))
	if p.count(RoleWorker) == 0 && !p.untainted() {
		p.warn("nodes", "there is no worker; only pods that tolerate the control planes' taint will run", "add a node with role: worker, or give a control plane taints: []")
	}
}

func (p *planner) checkControlPlanes(n int) {
	switch {
	case n == 0:
		p.refuse("nodes", "no node has the role control-plane", "give one, three or five nodes role: control-plane")
	case p.cluster.ExternalEtcd(): // how many serve the API is then no question of majorities
	case n > 7:
		p.warn("nodes", fmt.Sprintf("%d control planes are more etcd members than the 7 up to which etcd gains from them", n), "use 3 or 5")
	case n%2 == 0:
		p.warn("nodes", fmt.Sprintf("%s tolerate %s, no more than %d would", plural(n, "control plane"), plural((n-1)/2, "failure"), n-1), fmt.Sprintf("use %d or %d", n-1, n+1))
	}
}

// checkEtcd wants a number of etcd nodes that has a majority to gain.
func (p *planner) checkEtcd(n int) {
	switch {
	case n == 0: // etcd runs on the control planes
	case n == 1:
		p.warn("nodes", "one etcd node is all that the cluster's state is on; while it is down, the cluster can change nothing", "use 3 or 5")
	case n%2 == 0:
		p.refuse("nodes", fmt.Sprintf("%s tolerate %s, no more than %d would, and there is one more to fail", plural(n, "etcd node"), plural((n-1)/2, "failure"), n-1), fmt.Sprintf("use %d or %d", n-1, n+1))
	case n > 5:
		p.warn("nodes", fmt.Sprintf("each write waits for %d of the %d etcd nodes", n/2+1, n), "use 3 or 5")
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
