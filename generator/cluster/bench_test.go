// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"testing"

	"github.com/hakube/hakube-seed/generator/inventory"
)

// manyNodes is an inventory of n workers behind three control planes, with a MAC address each.
func manyNodes(n int) *inventory.Inventory {
	inv := &inventory.Inventory{
		Cluster: "bench", KubernetesVersion: "1.36.3", PodSubnet: inventory.PerFamily[string]{"11.0.0.0/8"},
		Network: inventory.Network{CIDR: inventory.PerFamily[string]{"10.0.0.0/15"}, Gateway: inventory.PerFamily[string]{"10.0.0.1"}},
		User:    inventory.User{SSHKeys: []string{sshKey}},
	}
	for i := range n {
		node := inventory.Node{
			Name: fmt.Sprintf("worker%d", i), Role: "worker",
			Address: inventory.PerFamily[string]{fmt.Sprintf("10.1.%d.%d", i/250, 1+i%250)}, MAC: fmt.Sprintf("00:15:5d:%02x:%02x:%02x", i>>16, i>>8&255, i&255),
		}
		switch i {
		case 0:
			node.Role = "load-balancer"
		case 1, 2, 3:
			node.Role = "control-plane"
		}
		inv.Nodes = append(inv.Nodes, node)
	}
	return inv
}

func BenchmarkPlan(b *testing.B) {
	for _, n := range []int{7, 100, 1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			inv := manyNodes(n)
			for b.Loop() {
				if c, diagnostics := Plan(inv, nil); c == nil {
					b.Fatal(said(diagnostics))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/node")
		})
	}
}
