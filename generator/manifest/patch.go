// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"encoding/json"
	"fmt"
	"maps"

	"gopkg.in/yaml.v3"
)

// Patch says what an object is to have, as a strategic merge patch of Kubernetes: mappings are merged, lists of items
// with names are merged by name, everything else is replaced, null takes away. kubectl kustomize takes it as it is
// encoded; Edit does the same to a text.
type Patch struct {
	APIVersion, Kind, Namespace, Name string
	Fields                            Fields // besides those that say which object it is
}

// Fields are a part of an object.
type Fields map[string]any

// MarshalYAML returns the patch as an object.
func (p Patch) MarshalYAML() (any, error) {
	object := maps.Clone(p.Fields)
	object["apiVersion"], object["kind"] = p.APIVersion, p.Kind
	object["metadata"] = Fields{"name": p.Name, "namespace": p.Namespace}
	return object, nil
}

// Edit merges patches into the manifest. An object is found by its kind and its name: manifests put the same one into
// different namespaces. Edit tells of the first that is not there.
func (m *Manifest) Edit(patches []Patch) error {
	for _, p := range patches {
		o, found := m.find(p.Kind, p.Name)
		if !found {
			return fmt.Errorf("there is no %s %s", p.Kind, p.Name)
		}
		var fields yaml.Node
		if err := fields.Encode(p.Fields); err != nil {
			return fmt.Errorf("encoding a patch: %w", err)
		}
		merge(o.node, &fields)
		o.in.edited = true
	}
	return nil
}

// merge merges what is wanted into n. n keeps its comments, and its quotes where the wanted text has none.
func merge(n, wanted *yaml.Node) {
	n = resolve(n)
	switch {
	case n.Kind == yaml.MappingNode && wanted.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(wanted.Content); i += 2 {
			mergeField(n, wanted.Content[i], wanted.Content[i+1])
		}
	case n.Kind == yaml.SequenceNode && wanted.Kind == yaml.SequenceNode && named(wanted):
		for _, item := range wanted.Content {
			if there := child(n, text(child(item, "name"))); there != nil {
				merge(there, item)
			} else {
				n.Content = append(n.Content, withoutNull(item))
			}
		}
	case n.Kind == yaml.ScalarNode && wanted.Kind == yaml.ScalarNode:
		n.Tag, n.Value = wanted.Tag, mergeJSON(n.Value, wanted.Value)
		if n.Style == 0 {
			n.Style = wanted.Style
		}
	default:
		n.Kind, n.Tag, n.Value, n.Style, n.Alias = wanted.Kind, wanted.Tag, wanted.Value, wanted.Style, nil
		n.Content = wanted.Content
	}
}

func mergeField(n, key, wanted *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch {
		case n.Content[i].Value != key.Value:
		case wanted.Tag == "!!null":
			n.Content = append(n.Content[:i:i], n.Content[i+2:]...)
			return
		default:
			merge(n.Content[i+1], wanted)
			return
		}
	}
	if wanted.Tag != "!!null" {
		n.Content = append(n.Content, key, withoutNull(wanted))
	}
}

// named tells whether a list is one of items with names.
func named(list *yaml.Node) bool {
	return len(list.Content) > 0 && text(child(list.Content[0], "name")) != ""
}

// withoutNull is what is left of a patch where there is nothing that it could take away.
func withoutNull(n *yaml.Node) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return n
	}
	kept := *n
	kept.Content = nil
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i+1].Tag != "!!null" {
			kept.Content = append(kept.Content, n.Content[i], withoutNull(n.Content[i+1]))
		}
	}
	return &kept
}

// mergeJSON merges a text that is a JSON object into another, such as flannel's net-conf.json; any other text is
// replaced.
func mergeJSON(there, wanted string) string {
	var object, fields map[string]any
	if json.Unmarshal([]byte(there), &object) != nil || json.Unmarshal([]byte(wanted), &fields) != nil || object == nil {
		return wanted
	}
	mergeObject(object, fields)
	merged, err := json.MarshalIndent(object, "", "  ")
	if err != nil {
		return wanted
	}
	return string(merged) + "\n"
}

func mergeObject(object, fields map[string]any) {
	for key, value := range fields {
		inner, isObject := object[key].(map[string]any)
		if wanted, both := value.(map[string]any); both && isObject {
			mergeObject(inner, wanted)
			continue
		}
		object[key] = value
	}
}
