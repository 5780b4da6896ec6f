// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"fmt"
	"reflect"
	"slices"

	"gopkg.in/yaml.v3"
)

// Parse reads an inventory. It returns the Inventory and all that is wrong with it, in file order. Where something is,
// the Inventory holds what could be read, so that what else is wrong can be said in the same run; it is nil for a file
// that is not YAML at all or not of this schema version.
//
// Text may stand without quotes whatever else YAML takes it for: the version 1.30 and the MAC address 001122334455 stay
// as they are written. Anchors, aliases and merge keys work as in YAML 1.1; a merged key has the position of the place
// that it is merged from.
func Parse(data []byte) (*Inventory, Diagnostics) {
	root, diagnostics := document(data)
	if diagnostics.HasErrors() {
		return nil, diagnostics
	}
	d := &decoder{
		positions: map[string]Position{},
		keys:      map[reflect.Type][]key{},
		reported:  map[fault]bool{},
		open:      map[*yaml.Node]bool{},
		limit:     len(data) + maxAliased,
	}
	inv := new(Inventory)
	d.value(root, place{position: position(root)}, reflect.ValueOf(inv).Elem())
	if root.Kind == yaml.MappingNode {
		d.apiVersion(inv.APIVersion)
	}
	if inv.APIVersion != APIVersion {
		return nil, d.diagnostics.Sorted()
	}
	inv.source.positions = d.positions
	return inv, d.diagnostics.Sorted()
}

func (d *decoder) apiVersion(given string) {
	at, known := d.positions["apiVersion"]
	faulty := slices.ContainsFunc(d.diagnostics, func(d Diagnostic) bool { return d.Path == "apiVersion" })
	switch {
	case !known:
		d.report(place{path: "apiVersion", position: d.positions[""]},
			"missing; it says which schema this file is written in", "add the line apiVersion: "+APIVersion)
	case given != APIVersion && !faulty:
		d.report(place{path: "apiVersion", position: at},
			fmt.Sprintf("%q is not %s, the only version that this program reads", given, APIVersion), "")
	}
}
