// SPDX-License-Identifier: Apache-2.0

package generator_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakube/hakube-seed/generator"
	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/generator/inventory"
)

// large is the reference cluster with so many nodes, in networks that 10,000 fit into.
func large(t testing.TB, nodes int) *cluster.Cluster {
	t.Helper()
	inv := parsed(t, "reference.yaml")
	inv.Network.CIDR, inv.Network.Gateway = inventory.PerFamily[string]{"10.0.0.0/16"}, inventory.PerFamily[string]{"10.0.255.254"}
	inv.PodSubnet, inv.ServiceSubnet, inv.NodeCIDRMask = inventory.PerFamily[string]{"172.16.0.0/12"}, inventory.PerFamily[string]{"192.168.0.0/20"}, inventory.PerFamily[int]{26}
	typha := true
	inv.CNI.Typha = &typha
	inv.Nodes = inv.Nodes[:4]
	address := netip.MustParseAddr("10.0.0.1")
	for i := range nodes {
		if i >= len(inv.Nodes) {
			inv.Nodes = append(inv.Nodes, inventory.Node{Name: fmt.Sprintf("worker%d", i), Role: "worker"})
		}
		inv.Nodes[i].Address = inventory.PerFamily[string]{address.String()}
		address = address.Next()
	}
	return planned(t, inv)
}

// The cost of a node must not grow with the cluster: a worker's medium does not even change with it.
func TestAWorkersMediumDoesNotDependOnTheClustersSize(t *testing.T) {
	small, big := large(t, 100), large(t, 10_000)
	of := func(c *cluster.Cluster) medium {
		g, err := generator.New(c, fixture(t))
		if err != nil {
			t.Fatal(err)
		}
		return renderedNode(t, g, c.Nodes[50])
	}
	a, b := of(small), of(big)
	if !bytes.Equal(bytesOf(a.seed), bytesOf(b.seed)) {
		t.Errorf("%s of 100 nodes has %d bytes, of 10,000 it has %d", a.node.Name, len(bytesOf(a.seed)), len(bytesOf(b.seed)))
		for i, f := range a.Files {
			if diff := cmp.Diff(string(f.Content), string(b.Files[i].Content)); diff != "" {
				t.Errorf("%s (-100 +10,000):\n%s", f.Path, diff)
			}
		}
	}
}

// Allocations tell the same without a clock: a worker costs as many in a cluster a hundred times as large.
func TestAWorkersCostDoesNotDependOnTheClustersSize(t *testing.T) {
	cost := func(nodes int) float64 {
		c := large(t, nodes)
		g, err := generator.New(c, fixture(t))
		if err != nil {
			t.Fatal(err)
		}
		return testing.AllocsPerRun(20, func() {
			if _, err := g.Seed(c.Nodes[50]); err != nil {
				t.Fatal(err)
			}
		})
	}
	if small, big := cost(100), cost(10_000); big > small*1.05 {
		t.Errorf("a worker costs %.0f allocations in a cluster of 100 nodes, %.0f in one of 10,000", small, big)
	}
}

// BenchmarkSeed makes the media of a cluster of 1000 nodes, over and over; an operation is one node.
func BenchmarkSeed(b *testing.B) {
	c := large(b, 1000)
	g, err := generator.New(c, fixture(b))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var size int
	for i := 0; b.Loop(); i++ {
		seed, err := g.Seed(c.Nodes[i%len(c.Nodes)])
		if err != nil {
			b.Fatal(err)
		}
		size += len(bytesOf(seed))
	}
	b.ReportMetric(float64(size)/float64(b.N), "seed-bytes")
}

// BenchmarkCluster is everything between a parsed inventory of 1000 nodes and its media.
func BenchmarkCluster(b *testing.B) {
	s := fixture(b)
	b.ReportAllocs()
	for b.Loop() {
		c := large(b, 1000)
		g, err := generator.New(c, s)
		if err != nil {
			b.Fatal(err)
		}
		for _, n := range c.Nodes {
			if _, err := g.Seed(n); err != nil {
				b.Fatal(err)
			}
		}
	}
}
