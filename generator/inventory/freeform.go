// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"fmt"
	"math"
	"strings"

	"gopkg.in/yaml.v3"
)

// freeForm returns the value of a mapping that this schema does not know: map[string]any, []any, string, bool, int,
// int64, uint64, float64 or nil, which is what JSON can hold.
func (d *decoder) freeForm(n *yaml.Node, at place) any {
	if at.depth++; at.depth > maxDepth {
		d.report(at, fmt.Sprintf("nested deeper than %d levels", maxDepth), "")
		return nil
	}
	if n.Kind == yaml.ScalarNode {
		return d.freeScalar(n, at)
	}
	if !d.expect(n, at, n.Kind, "") {
		return nil
	}
	if n.Kind == yaml.SequenceNode {
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			list[i] = d.freeValue(item, at.item(i, item))
		}
		return list
	}
	table := map[string]any{}
	for _, p := range d.pairs(n, at) {
		table[p.name] = d.freeValue(p.value, p.place(at))
	}
	return table
}

func (d *decoder) freeValue(n *yaml.Node, at place) any {
	d.positions[at.path] = at.position
	n, leave := d.follow(n, at)
	if n == nil {
		return nil
	}
	defer leave()
	return d.freeForm(n, at)
}

func (d *decoder) freeScalar(n *yaml.Node, at place) any {
	if !plain(n) {
		d.report(at, fmt.Sprintf("the tag %s has no meaning here", n.Tag), "remove the tag")
		return nil
	}
	truth, ambiguous := oldTruth[strings.ToLower(n.Value)]
	if ambiguous && n.Style == 0 && len(n.Value) > 1 {
		d.report(at, fmt.Sprintf("%s means %s to some programs and text to others", n.Value, truth),
			fmt.Sprintf("write %s, or %q in quotes", truth, n.Value))
		return nil
	}
	var v any
	if err := n.Decode(&v); err != nil {
		d.report(at, fmt.Sprintf("the tag %s does not fit the value", n.Tag), "remove the tag")
		return nil
	}
	switch v := v.(type) {
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			d.report(at, n.Value+" is not a number that JSON can hold", "")
			return nil
		}
		return v
	case nil, bool, int, int64, uint64:
		return v
	}
	return n.Value
}
