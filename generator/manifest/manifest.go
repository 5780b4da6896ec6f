// SPDX-License-Identifier: Apache-2.0

// Package manifest reads Kubernetes manifests (many YAML documents in one text), looks values up in their objects and
// edits them in place.
//
// In go the text and patches; out comes the same text, in which only documents that a patch touches are written anew,
// with their comments and their order. The package is pure.
package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Manifest is a text of YAML documents.
type Manifest struct{ documents []*document }

// document is one YAML document: its text as it came, with the line that separates it from the one before.
type document struct {
	text   []byte
	root   *yaml.Node // nil where there is nothing but comments
	edited bool
}

// Parse reads a manifest. Its error says what is wrong, and in which line, in words for the user.
func Parse(text []byte) (*Manifest, error) {
	m := &Manifest{}
	line := 0
	for _, part := range split(text) {
		d := &document{text: part}
		var root yaml.Node
		if err := yaml.Unmarshal(part, &root); err != nil {
			return nil, inLine(err, line)
		}
		line += bytes.Count(part, []byte("\n"))
		if len(root.Content) > 0 && root.Content[0].Tag != "!!null" {
			if root.Content[0].Kind != yaml.MappingNode {
				return nil, fmt.Errorf("the document that ends in line %d is no object of Kubernetes", line)
			}
			d.root = &root
		}
		m.documents = append(m.documents, d)
	}
	if len(m.objects()) == 0 {
		return nil, errors.New("there is no object of Kubernetes in it")
	}
	return m, nil
}

var linePattern = regexp.MustCompile(`line [0-9]+`)

// inLine says what is wrong with the YAML of a part in the words of its parser, but counts lines from the beginning.
func inLine(err error, before int) error {
	return errors.New(linePattern.ReplaceAllStringFunc(strings.TrimPrefix(err.Error(), "yaml: "), func(at string) string {
		n, _ := strconv.Atoi(strings.TrimPrefix(at, "line ")) // the pattern admits nothing else
		return fmt.Sprintf("line %d", before+n)
	}))
}

// split cuts a text before each line that separates documents.
func split(text []byte) [][]byte {
	var parts [][]byte
	start := 0
	for at := 0; at < len(text); {
		end := len(text)
		if n := bytes.IndexByte(text[at:], '\n'); n >= 0 {
			end = at + n + 1
		}
		if separates(text[at:end]) && at > start {
			parts = append(parts, text[start:at])
			start = at
		}
		at = end
	}
	return append(parts, text[start:])
}

func separates(line []byte) bool {
	rest, found := bytes.CutPrefix(line, []byte("---"))
	return found && (len(rest) == 0 || strings.ContainsRune(" \t\r\n", rune(rest[0])))
}

// Bytes returns the text with what was edited.
func (m *Manifest) Bytes() ([]byte, error) {
	var out bytes.Buffer
	for _, d := range m.documents {
		if !d.edited {
			out.Write(d.text)
			continue
		}
		if separates(d.text) {
			out.WriteString("---\n")
		}
		e := yaml.NewEncoder(&out)
		e.SetIndent(2)
		if err := e.Encode(d.root); err != nil {
			return nil, fmt.Errorf("encoding the manifest: %w", err)
		}
	}
	return out.Bytes(), nil
}

// object is an object of a manifest and the document that it is in.
type object struct {
	node *yaml.Node
	in   *document
}

// objects lists the objects; those of a List one by one.
func (m *Manifest) objects() []object {
	var objects []object
	for _, d := range m.documents {
		if d.root == nil {
			continue
		}
		root := d.root.Content[0]
		items := child(root, "items")
		if items == nil || text(child(root, "kind")) != "List" {
			objects = append(objects, object{root, d})
			continue
		}
		for _, item := range items.Content {
			objects = append(objects, object{item, d})
		}
	}
	return objects
}

func (m *Manifest) find(kind, name string) (found object, ok bool) {
	for _, o := range m.objects() {
		if text(child(o.node, "kind")) == kind && text(child(child(o.node, "metadata"), "name")) == name {
			return o, true
		}
	}
	return object{}, false
}

// Has tells whether the manifest has an object, in whichever namespace.
func (m *Manifest) Has(kind, name string) bool {
	_, found := m.find(kind, name)
	return found
}

// Text returns a value of an object, empty where there is none. In a list, the item with that name is taken.
func (m *Manifest) Text(kind, name string, path ...string) string {
	o, _ := m.find(kind, name)
	n := o.node
	for _, key := range path {
		n = child(n, key)
	}
	return text(n)
}

// child returns a mapping's value, or a list's item of that name; nil where there is none.
func child(n *yaml.Node, key string) *yaml.Node {
	n = resolve(n)
	switch {
	case n == nil:
	case n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n.Content[i+1]
			}
		}
	case n.Kind == yaml.SequenceNode:
		for _, item := range n.Content {
			if text(child(item, "name")) == key {
				return item
			}
		}
	}
	return nil
}

func text(n *yaml.Node) string {
	if n = resolve(n); n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}

// resolve follows an alias. One that contains itself is refused by Parse: yaml.v3 does not read it.
func resolve(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}
