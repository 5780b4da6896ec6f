// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"
	"gopkg.in/yaml.v3"
)

// PerFamily is one value, or a list with one of each IP family that the cluster speaks, the primary family's first. Text
// may also stand as kubeadm writes it, with a comma between the two.
type PerFamily[T string | int] []T

// perFamily tells a PerFamily from lists of other things.
var perFamily = reflect.TypeFor[interface{ isPerFamily() }]()

func (PerFamily[T]) isPerFamily() {}

// oneOfEach fills a PerFamily from a scalar.
func (d *decoder) oneOfEach(n *yaml.Node, at place, out reflect.Value) {
	value := reflect.New(out.Type().Elem()).Elem()
	d.scalar(n, at, value)
	switch value.Kind() {
	case reflect.String:
		if value.String() == "" {
			return // as if it were not there
		}
		for part := range strings.SplitSeq(value.String(), ",") {
			out.Set(reflect.Append(out, reflect.ValueOf(strings.TrimSpace(part))))
		}
	default:
		out.Set(reflect.Append(out, value))
	}
	for i := range out.Len() {
		d.positions[at.item(i, n).path] = at.position
	}
}

// listOfFamilies is the schema of a PerFamily as far as its type tells; alternatives completes it.
func listOfFamilies(t reflect.Type) *jsonschema.Schema {
	items := &jsonschema.Schema{Type: "string"}
	if t.Elem().Kind() == reflect.Int {
		items.Type = "integer"
	}
	return &jsonschema.Schema{Type: "array", Items: items, Extras: map[string]any{"perFamily": true}}
}

// alternatives lets a single value stand for a list of one in every PerFamily among the properties.
func alternatives(schema *jsonschema.Schema) {
	least, most := uint64(1), uint64(2)
	for pair := schema.Properties.Oldest(); pair != nil; pair = pair.Next() {
		property := pair.Value
		if property.Extras["perFamily"] == nil {
			continue
		}
		list := &jsonschema.Schema{Type: "array", Items: property.Items, MinItems: &least, MaxItems: &most}
		pair.Value = &jsonschema.Schema{AnyOf: []*jsonschema.Schema{property.Items, list}, Description: property.Description}
	}
}
