// SPDX-License-Identifier: Apache-2.0

package generator_test

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"sync"
	"testing"

	"github.com/hakube/hakube-seed/generator"
	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/generator/inventory"
	"github.com/hakube/hakube-seed/seeds"
)

// bytesOf are all files of a seed in one text.
func bytesOf(s seeds.Seed) []byte {
	var all bytes.Buffer
	for _, f := range s.Files() {
		fmt.Fprintf(&all, "%s %d\n%s", f.Name, len(f.Content), f.Content)
	}
	return all.Bytes()
}

// Invariant 7: the same input gives the same bytes, also when it is planned anew.
func TestTheSameInputGivesTheSameBytes(t *testing.T) {
	eachExample(t, func(t *testing.T, _ *cluster.Cluster, media []medium) {
		again := rendered(t, planned(t, exampleInventory(t, path.Base(t.Name()))))
		for i, m := range media {
			if !bytes.Equal(bytesOf(m.seed), bytesOf(again[i].seed)) {
				t.Errorf("%s: other bytes the second time", m.node.Name)
			}
		}
	})
}

func TestEightGoroutinesGetTheSameBytes(t *testing.T) {
	c := planned(t, parsed(t, "full.yaml"))
	media := rendered(t, c)
	g, err := generator.New(c, fixture(t))
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := range media {
				want := media[(i+worker)%len(media)]
				got, err := g.Seed(want.node)
				if err != nil || !bytes.Equal(bytesOf(got), bytesOf(want.seed)) {
					t.Errorf("%s: other bytes, %v", want.node.Name, err)
				}
			}
		})
	}
	group.Wait()
}

// instanceIDs returns the nodes' instance-ids by name.
func instanceIDs(c *cluster.Cluster) map[string]string {
	ids := map[string]string{}
	for _, n := range c.Nodes {
		ids[n.Name] = n.InstanceID
	}
	return ids
}

// Invariant 4: what a medium says may change, who it is may not.
func TestInstanceIDsDoNotDependOnContent(t *testing.T) {
	changes := map[string]func(*inventory.Inventory){
		"time zone":  func(inv *inventory.Inventory) { inv.Timezone = "America/Lima" },
		"NTP":        func(inv *inventory.Inventory) { inv.Network.NTP = []string{"ntp.example.net"} },
		"domain":     func(inv *inventory.Inventory) { inv.DNSDomain = "other.local" },
		"login user": func(inv *inventory.Inventory) { inv.User.Name = "somebody" },
		"extra file": func(inv *inventory.Inventory) {
			inv.Files = append(inv.Files, inventory.File{Path: "/etc/extra", Content: "extra\n"})
		},
		"order":       func(inv *inventory.Inventory) { slices.Reverse(inv.Nodes) },
		"last node":   func(inv *inventory.Inventory) { inv.Nodes[len(inv.Nodes)-1].Timezone = "Asia/Tokyo" },
		"fewer nodes": func(inv *inventory.Inventory) { inv.Nodes = inv.Nodes[:len(inv.Nodes)-1] },
	}
	for _, name := range exampleNames(t) {
		want := instanceIDs(planned(t, parsed(t, name)))
		for what, change := range changes {
			inv := parsed(t, name)
			change(inv)
			for node, id := range instanceIDs(planned(t, inv)) {
				if id != want[node] {
					t.Errorf("%s: another %s: %s of %s became %s", name, what, want[node], node, id)
				}
			}
		}
	}
}

// The record and the meta-data have the plan's instance-id, which TestTheRecordSaysWhatTheMediumIs sees to; here is that
// the media differ and the meta-data does not.
func TestOtherContentHasTheSameMetaData(t *testing.T) {
	before := rendered(t, planned(t, parsed(t, "reference.yaml")))
	inv := parsed(t, "reference.yaml")
	inv.Timezone = "America/Lima"
	for i, m := range rendered(t, planned(t, inv)) {
		if !bytes.Equal(m.seed.MetaData, before[i].seed.MetaData) || bytes.Equal(m.seed.UserData, before[i].seed.UserData) {
			t.Errorf("%s: meta-data %q, was %q", m.node.Name, m.seed.MetaData, before[i].seed.MetaData)
		}
	}
}

func TestARaisedGenerationIsAnotherInstance(t *testing.T) {
	for _, name := range exampleNames(t) {
		for i := range parsed(t, name).Nodes {
			inv := parsed(t, name)
			inv.Nodes[i].Generation = max(inv.Nodes[i].Generation, 1) + 1
			before, after := planned(t, parsed(t, name)), planned(t, inv)
			for k := range before.Nodes {
				if changed := before.Nodes[k].InstanceID != after.Nodes[k].InstanceID; changed != (k == i) {
					t.Errorf("%s: generation of %s raised: %s of %s became %s", name, inv.Nodes[i].Name, before.Nodes[k].InstanceID, before.Nodes[k].Name, after.Nodes[k].InstanceID)
				}
			}
		}
	}
}
