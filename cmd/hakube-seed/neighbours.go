// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"

	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/generator/inventory"
)

// longestInventory is more than any inventory has: a manifest of the CNI may lie beside it.
const longestInventory = 4 << 20

// neighbours returns the clusters of the other inventories in the directory of one; only a cluster with a virtual IP has
// anything in common with them that may be there once only. Files that are no whole inventories are none of its business.
func neighbours(path string, plan *cluster.Cluster) []cluster.Neighbour {
	if !plan.LoadBalancer.VirtualIP.IsValid() {
		return nil
	}
	own, err := os.Stat(path)
	if err != nil {
		return nil
	}
	dir := filepath.Dir(path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var found []cluster.Neighbour
	for _, entry := range entries {
		name := filepath.Join(dir, entry.Name())
		info, err := os.Stat(name)
		if ext := filepath.Ext(name); ext != ".yaml" && ext != ".yml" || err != nil || !info.Mode().IsRegular() || os.SameFile(own, info) || info.Size() > longestInventory {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil || !bytes.Contains(data, []byte(inventory.APIVersion)) {
			continue
		}
		inv, diagnostics := inventory.Parse(data)
		if inv == nil {
			continue
		}
		if other, _ := planned(inv, diagnostics, dir); other != nil {
			found = append(found, cluster.Neighbour{File: entry.Name(), Cluster: other})
		}
	}
	return found
}
