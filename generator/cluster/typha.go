// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"

	"github.com/hakube/hakube-seed/generator/manifest"
)

// typha is what is to be set in the manifest; its zero value leaves all as it is there.
type typha struct {
	service  string // by which nodes find Typha, or "none"
	replicas *int
}

// planTypha decides on Typha: the user, else the manifest of the user's, else the number of nodes.
func (p *planner) planTypha(m *manifest.Manifest) typha {
	given, cni, nodes := p.inv.CNI.Typha, &p.cluster.CNI, p.kubernetesNodes()
	switch {
	case given != nil:
		cni.Typha = *given
		p.checkTypha(nodes)
	case !p.hasManifest():
		cni.Typha = nodes > defaults.typhaAbove
	default:
		service := ""
		if m != nil {
			service = m.Text("ConfigMap", calicoConfig, "data", "typha_service_name")
		}
		cni.Typha = service != "" && service != "none"
		return typha{}
	}
	replicas := 0
	there := m != nil && m.Has("Deployment", calicoTypha)
	switch {
	case cni.Typha && m != nil && !there:
		p.refuse("cni.typha", fmt.Sprintf("there is no Deployment %s in %q", calicoTypha, p.inv.CNI.Manifest.File), "use the manifest that Calico publishes as calico-typha.yaml, or leave typha out")
	case cni.Typha:
		replicas = typhaReplicas(nodes)
		return typha{calicoTypha, &replicas}
	case there:
		return typha{"none", &replicas}
	}
	return typha{"none", nil}
}

// typhaReplicas follows Calico's advice: one for 200 nodes, and three where a cluster is large enough to need Typha at all.
func typhaReplicas(nodes int) int {
	if nodes <= defaults.typhaAbove {
		return 1
	}
	return max(3, (nodes+199)/200)
}

func (p *planner) checkTypha(nodes int) {
	typha := *p.inv.CNI.Typha
	switch {
	case p.rolesUnclear:
	case typha && nodes < defaults.typhaAbove:
		p.warn("cni.typha", fmt.Sprintf("Typha pays off above %d nodes; with %d it is one more thing that must run before pods have a network", defaults.typhaAbove, nodes), "leave it out")
	case !typha && nodes > defaults.typhaAbove:
		p.warn("cni.typha", fmt.Sprintf("without Typha, %d nodes ask the API server for every change of the network", nodes), "leave it out to have Typha")
	}
}
