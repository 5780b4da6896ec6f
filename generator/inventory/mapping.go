// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"fmt"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// pair is one entry of a mapping.
type pair struct {
	name       string
	key, value *yaml.Node
}

// place is where the value of p stands. A value that starts below its key, and one that is not there, stand at the key.
func (p pair) place(parent place) place {
	path := p.name
	if parent.path != "" {
		path = parent.path + "." + p.name
	}
	below := (p.value.Kind == yaml.MappingNode || p.value.Kind == yaml.SequenceNode) && p.value.Line > p.key.Line
	if below || isNull(p.value) {
		return place{path, position(p.key), parent.depth}
	}
	return place{path, position(p.value), parent.depth}
}

// pairs returns the entries of a mapping, its own before merged ones; of keys that are given twice only the first.
func (d *decoder) pairs(n *yaml.Node, at place) []pair {
	pairs := make([]pair, 0, len(n.Content)/2)
	first := make(map[string]*yaml.Node, len(n.Content)/2)
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		p := pair{key: n.Content[i], value: n.Content[i+1]}
		if p.key.Kind == yaml.ScalarNode && p.key.Tag == "!!merge" {
			merges = append(merges, p.value)
			continue
		}
		name, ok := d.keyName(p.key, at)
		if !ok {
			continue
		}
		p.name = name
		if earlier := first[name]; earlier != nil {
			twice := p.place(at)
			twice.position = position(p.key)
			d.report(twice, fmt.Sprintf("given twice, first in line %d", earlier.Line), "keep one of the two")
			continue
		}
		first[name] = p.key
		pairs = append(pairs, p)
	}
	for _, m := range merges {
		for _, p := range d.merged(m, at) {
			if first[p.name] == nil {
				first[p.name] = p.key
				pairs = append(pairs, p)
			}
		}
	}
	return pairs
}

// merged returns the entries that a merge key's value brings in.
func (d *decoder) merged(n *yaml.Node, at place) []pair {
	at.position = position(n)
	n, leave := d.follow(n, at)
	if n == nil {
		return nil
	}
	defer leave()
	switch n.Kind {
	case yaml.MappingNode:
		pairs := d.pairs(n, at)
		d.visits += len(pairs)
		return pairs
	case yaml.SequenceNode:
		var all []pair
		for _, item := range n.Content {
			if item.Kind != yaml.AliasNode && item.Kind != yaml.MappingNode {
				d.report(place{path: at.path, position: position(item)}, "only mappings can be merged with <<", "")
				continue
			}
			all = append(all, d.merged(item, at)...)
		}
		return all
	}
	d.report(at, "only mappings can be merged with <<", "")
	return nil
}

// keyName returns the text of a key.
func (d *decoder) keyName(n *yaml.Node, at place) (string, bool) {
	at.position = position(n)
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch {
	case n.Kind != yaml.ScalarNode:
		d.report(at, describe(n.Kind)+" stands where a key is expected", "quote a key or value that starts with a bracket or brace")
	case isNull(n) || n.Value == "":
		d.report(at, "a key is empty", "")
	case utf8.RuneCountInString(n.Value) > maxKey:
		d.report(at, fmt.Sprintf("a key is longer than %d characters", maxKey), "")
	default:
		return n.Value, true
	}
	return "", false
}

// follow returns the node that n stands for, or nil when following it has no end. The caller calls leave when it is
// done with the node.
func (d *decoder) follow(n *yaml.Node, at place) (target *yaml.Node, leave func()) {
	if d.visits++; d.visits > d.limit {
		d.report(place{position: d.positions[""]}, fmt.Sprintf("aliases add more than %d values", maxAliased), "write the values out")
		return nil, nil
	}
	target = n
	if n.Kind == yaml.AliasNode {
		target = n.Alias
	}
	if target.Kind == yaml.ScalarNode {
		return target, func() {}
	}
	if d.open[target] {
		d.report(at, fmt.Sprintf("the anchor &%s holds itself", n.Value), "write the values out")
		return nil, nil
	}
	d.open[target] = true
	return target, func() { delete(d.open, target) }
}
