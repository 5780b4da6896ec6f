// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"fmt"
	"reflect"
	"strconv"

	"gopkg.in/yaml.v3"
)

// Bounds that no honest inventory meets; without them a small file could grow without end.
const (
	maxAliased = 100_000 // values that aliases may add to those that are written out
	maxDepth   = 100     // levels of a free-form map
	maxKey     = 400     // characters of a key; a Kubernetes label has at most 317
)

// decoder fills Go values from YAML nodes, guided by the yaml tags of their types, and notes where everything stands.
type decoder struct {
	positions   map[string]Position
	diagnostics Diagnostics
	keys        map[reflect.Type][]key
	reported    map[fault]bool
	open        map[*yaml.Node]bool // mappings and lists around the current value, to notice one that holds itself
	visits      int
	limit       int // of visits
}

// place is where a value stands: its path, its place in the file, and how many levels of a free-form map are above it.
type place struct {
	path     string
	position Position
	depth    int
}

// fault is what makes a diagnostic the same as another: a faulty value that aliases bring to ten places is one fault.
type fault struct {
	position Position
	message  string
}

func (d *decoder) report(at place, message, hint string) {
	f := fault{at.position, message}
	if d.reported[f] {
		return
	}
	d.reported[f] = true
	d.diagnostics = append(d.diagnostics,
		Diagnostic{Severity: Error, Position: at.position, Path: at.path, Message: message, Hint: hint})
}

// value fills out from n.
func (d *decoder) value(n *yaml.Node, at place, out reflect.Value) {
	d.positions[at.path] = at.position
	n, leave := d.follow(n, at)
	if n == nil {
		return
	}
	defer leave()
	if out.Kind() == reflect.Interface {
		if v := d.freeForm(n, at); v != nil {
			out.Set(reflect.ValueOf(v))
		}
		return
	}
	if isNull(n) {
		d.report(at, "has no value", "give it a value or leave it out")
		return
	}
	switch out.Kind() {
	case reflect.Pointer:
		out.Set(reflect.New(out.Type().Elem()))
		d.scalar(n, at, out.Elem())
	case reflect.Struct:
		d.structure(n, at, out)
	case reflect.Map:
		d.table(n, at, out)
	case reflect.Slice:
		if out.Type().Implements(perFamily) && n.Kind == yaml.ScalarNode {
			d.oneOfEach(n, at, out)
			return
		}
		d.list(n, at, out)
	default:
		d.scalar(n, at, out)
	}
}

// structure fills a mapping whose keys are fixed. Text in place of some mappings is the value of their one key that
// has the tag short.
func (d *decoder) structure(n *yaml.Node, at place, out reflect.Value) {
	keys := d.keysOf(out.Type())
	if short, ok := shortKey(out.Type()); ok && n.Kind == yaml.ScalarNode {
		at.path += "." + short.name
		d.value(n, at, out.Field(short.field))
		return
	}
	if !d.expect(n, at, yaml.MappingNode, listing(keys)) {
		return
	}
	for _, p := range d.pairs(n, at) {
		field := -1
		for _, k := range keys {
			if k.name == p.name {
				field = k.field
			}
		}
		if field < 0 {
			d.report(place{path: at.path, position: position(p.key)},
				fmt.Sprintf("unknown key %q", p.name), suggest(p.name, out.Type()))
			continue
		}
		d.value(p.value, p.place(at), out.Field(field))
	}
}

// table fills a mapping whose keys are the user's.
func (d *decoder) table(n *yaml.Node, at place, out reflect.Value) {
	if !d.expect(n, at, yaml.MappingNode, "write one KEY: VALUE on each line") {
		return
	}
	out.Set(reflect.MakeMap(out.Type()))
	for _, p := range d.pairs(n, at) {
		v := reflect.New(out.Type().Elem()).Elem()
		d.value(p.value, p.place(at), v)
		out.SetMapIndex(reflect.ValueOf(p.name), v)
	}
}

func (d *decoder) list(n *yaml.Node, at place, out reflect.Value) {
	if !d.expect(n, at, yaml.SequenceNode, "start each item with a dash") {
		return
	}
	out.Set(reflect.MakeSlice(out.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		d.value(item, at.item(i, item), out.Index(i))
	}
}

// expect reports whether n is of the kind that is wanted.
func (d *decoder) expect(n *yaml.Node, at place, kind yaml.Kind, hint string) bool {
	switch {
	case n.Kind != kind:
		d.report(at, fmt.Sprintf("%s stands where %s is expected", describe(n.Kind), describe(kind)), hint)
		return false
	case n.ShortTag() != "!!map" && n.ShortTag() != "!!seq":
		d.report(at, fmt.Sprintf("the tag %s has no meaning here", n.Tag), "remove the tag")
		return false
	}
	return true
}

func describe(kind yaml.Kind) string {
	switch kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	return "text"
}

func (at place) item(i int, n *yaml.Node) place {
	return place{at.path + "[" + strconv.Itoa(i) + "]", position(n), at.depth}
}

func position(n *yaml.Node) Position { return Position{n.Line, n.Column} }

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }
