// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"time"

	"github.com/hakube/hakube-seed/generator/cluster"
)

// Step is an entry of a node's sequence.
type Step struct {
	Name  string
	Limit time.Duration // after which it has failed
}

// Sequence returns the steps of a node of the cluster, in order and without their files. They depend on no secret.
func Sequence(c *cluster.Cluster, n cluster.Node) []ExplainedStep {
	g := Generator{cluster: c, controlPlanes: c.NodesWith(cluster.RoleControlPlane)}
	return explainedSteps(g.stepsOf(n))
}

func explainedSteps(steps []step) []ExplainedStep {
	var explained []ExplainedStep
	for _, s := range steps {
		text := s.text()
		explained = append(explained, ExplainedStep{Step: Step{s.Name, time.Duration(s.Limit) * time.Second}, Does: text.Does, Waits: text.Waits})
	}
	return explained
}
