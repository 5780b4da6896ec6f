// SPDX-License-Identifier: Apache-2.0

package inventory

import "strings"

// source remembers where every path of an inventory stands in its file.
type source struct {
	positions map[string]Position
}

// Position returns where a path such as nodes[2].address or kubelet.config.maxPods stands in the file; a path that was
// not given stands where the deepest of its parents does that was. An Inventory that was not parsed has no positions.
func (inv *Inventory) Position(path string) Position {
	for {
		position, given := inv.source.positions[path]
		if given || path == "" {
			return position
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
}

// Has reports whether the user gave a value for the path, even one that equals the zero value.
func (inv *Inventory) Has(path string) bool {
	_, given := inv.source.positions[path]
	return given
}
