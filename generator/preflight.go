// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"strconv"
	"strings"

	"github.com/hakube/hakube-seed/generator/cluster"
)

// preflightEnv is what the step preflight holds a machine against.
func (g *Generator) preflightEnv(n cluster.Node) []variable {
	m, gateway := n.Machine, ""
	if subnet, found := g.cluster.Network.SubnetOf(n.Address); found && subnet.Gateway.IsValid() {
		gateway = subnet.Gateway.String()
	}
	return []variable{
		{"HAKUBE_CHECKS", strings.Join(m.Checks, " ")},
		{"HAKUBE_LEAST_CPUS", strconv.Itoa(m.CPUs)},
		{"HAKUBE_LEAST_MEMORY", strconv.Itoa(m.Memory)},
		{"HAKUBE_LEAST_DISK", strconv.Itoa(m.Disk)},
		{"HAKUBE_LEAST_KERNEL", m.Kernel},
		{"HAKUBE_GATEWAY", gateway},
		{"HAKUBE_PORTS", strings.Join(m.PortList(), " ")},
	}
}
