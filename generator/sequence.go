// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"time"

	"github.com/hakube/hakube-seed/generator/cluster"
)

// Step is an entry of a node's sequence, for people.
type Step struct {
	Name  string
	Limit time.Duration // after which it has failed
}

// Sequence returns the steps of a node of the cluster, in order. They depend on no secret.
func Sequence(c *cluster.Cluster, n cluster.Node) []Step {
	g := Generator{cluster: c, controlPlanes: c.NodesWith(cluster.RoleControlPlane)}
	var steps []Step
	for _, s := range g.stepsOf(n) {
		steps = append(steps, Step{Name: s.Name, Limit: time.Duration(s.Limit) * time.Second})
	}
	return steps
}
