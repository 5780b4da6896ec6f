// SPDX-License-Identifier: Apache-2.0

package inventory_test

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakube/hakube-seed/generator/inventory"
)

func TestPosition(t *testing.T) {
	const in = `# comment
apiVersion: hakube-seed/v1
network:
  cidr: 10.1.10.0/24
nodes:
  - name: a
    labels:
      example.com/disk: ssd
    taints: [x, y]
  - {name: b, generation: 0}
files:
  - path: /x
    content: |
      text
kubelet: {config: {maxPods: 5, evictionHard: {memory.available: 100Mi}, list: [{a: null}]}}
`
	inv, diagnostics := inventory.Parse([]byte(in))
	if inv == nil {
		t.Fatalf("%q", texts(diagnostics))
	}
	tests := []struct {
		path  string
		want  inventory.Position
		given bool
	}{
		{"", inventory.Position{Line: 2, Column: 1}, true},
		{"cluster", inventory.Position{Line: 2, Column: 1}, false},
		{"network", inventory.Position{Line: 3, Column: 1}, true},
		{"network.cidr", inventory.Position{Line: 4, Column: 9}, true},
		{"network.gateway", inventory.Position{Line: 3, Column: 1}, false},
		{"nodes", inventory.Position{Line: 5, Column: 1}, true},
		{"nodes[0]", inventory.Position{Line: 6, Column: 5}, true},
		{"nodes[0].name", inventory.Position{Line: 6, Column: 11}, true},
		{"nodes[0].address", inventory.Position{Line: 6, Column: 5}, false},
		{"nodes[0].labels", inventory.Position{Line: 7, Column: 5}, true},
		{"nodes[0].labels.example.com/disk", inventory.Position{Line: 8, Column: 25}, true},
		{"nodes[0].labels.example.com/cpu", inventory.Position{Line: 7, Column: 5}, false},
		{"nodes[0].taints", inventory.Position{Line: 9, Column: 13}, true},
		{"nodes[0].taints[1]", inventory.Position{Line: 9, Column: 17}, true},
		{"nodes[0].taints[7]", inventory.Position{Line: 9, Column: 13}, false},
		{"nodes[1]", inventory.Position{Line: 10, Column: 5}, true},
		{"nodes[1].generation", inventory.Position{Line: 10, Column: 27}, true},
		{"nodes[2].name", inventory.Position{Line: 5, Column: 1}, false},
		{"files[0].content", inventory.Position{Line: 13, Column: 14}, true},
		{"kubelet.config.maxPods", inventory.Position{Line: 15, Column: 29}, true},
		{"kubelet.config.evictionHard.memory.available", inventory.Position{Line: 15, Column: 65}, true},
		{"kubelet.config.list[0].a", inventory.Position{Line: 15, Column: 81}, true},
		{"no such thing", inventory.Position{Line: 2, Column: 1}, false},
	}
	for _, test := range tests {
		if got := inv.Position(test.path); got != test.want {
			t.Errorf("%q stands at %v, want %v", test.path, got, test.want)
		}
		if got := inv.Has(test.path); got != test.given {
			t.Errorf("%q given: %v, want %v", test.path, got, test.given)
		}
	}
}

func TestPositionOfAnInventoryThatWasNotParsed(t *testing.T) {
	inv := &inventory.Inventory{Cluster: "lab"}
	if got := inv.Position("nodes[0].name"); got != (inventory.Position{}) || inv.Has("cluster") {
		t.Errorf("there are positions, such as %v", got)
	}
}

// TestEveryPathOfTheSchemaResolves writes an inventory that gives every key, and asks for the position of each.
func TestEveryPathOfTheSchemaResolves(t *testing.T) {
	var doc strings.Builder
	lines := map[string]int{}
	everything(&doc, lines, reflect.TypeFor[inventory.Inventory](), "", "")
	inv, diagnostics := inventory.Parse([]byte(doc.String()))
	if inv == nil {
		t.Fatalf("%s\n%q", doc.String(), texts(diagnostics))
	}
	if len(lines) < 90 {
		t.Errorf("only %d paths", len(lines))
	}
	for path, line := range lines {
		if got := inv.Position(path); got.Line != line || !inv.Has(path) {
			t.Errorf("%s stands in line %d, want %d", path, got.Line, line)
		}
	}
	for _, path := range paths(reflect.ValueOf(*inv), "") {
		delete(lines, path)
	}
	if len(lines) > 0 {
		t.Errorf("Parse noted, but did not fill, %v", lines)
	}
}

// everything writes each key of a type on a line of its own and notes the line.
func everything(doc *strings.Builder, lines map[string]int, t reflect.Type, path, indent string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("yaml")
		if name == "" {
			continue
		}
		below := strings.TrimPrefix(path+"."+name, ".")
		lines[below] = strings.Count(doc.String(), "\n") + 1
		switch kind := f.Type; {
		case name == "apiVersion":
			fmt.Fprintf(doc, "%s%s: %s\n", indent, name, inventory.APIVersion)
		case kind.Kind() == reflect.Struct:
			fmt.Fprintf(doc, "%s%s:\n", indent, name)
			everything(doc, lines, kind, below, indent+"  ")
		case kind.Kind() == reflect.Slice && kind.Elem().Kind() == reflect.Struct:
			fmt.Fprintf(doc, "%s%s:\n%s  -\n", indent, name, indent)
			everything(doc, lines, kind.Elem(), below+"[0]", indent+"    ")
		case kind.Kind() == reflect.Slice && kind.Elem().Kind() == reflect.Int:
			fmt.Fprintf(doc, "%s%s: 7\n", indent, name)
			lines[below+"[0]"] = lines[below]
		case kind.Kind() == reflect.Slice:
			fmt.Fprintf(doc, "%s%s: [text]\n", indent, name)
			lines[below+"[0]"] = lines[below]
		case kind.Kind() == reflect.Map:
			fmt.Fprintf(doc, "%s%s: {a.b/c: text}\n", indent, name)
			lines[below+".a.b/c"] = lines[below]
		case kind.Kind() == reflect.Int:
			fmt.Fprintf(doc, "%s%s: 7\n", indent, name)
		default:
			fmt.Fprintf(doc, "%s%s: true\n", indent, name)
		}
	}
}

// paths returns the path of every value in v that is not zero.
func paths(v reflect.Value, path string) []string {
	switch {
	case v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer:
		return paths(v.Elem(), path)
	case !v.IsValid() || v.IsZero() && path != "":
		return nil
	}
	all := []string{path}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if name := v.Type().Field(i).Tag.Get("yaml"); name != "" {
				all = append(all, paths(v.Field(i), strings.TrimPrefix(path+"."+name, "."))...)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			all = append(all, paths(v.Index(i), fmt.Sprintf("%s[%d]", path, i))...)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			all = append(all, paths(v.MapIndex(key), path+"."+key.String())...)
		}
	}
	return all
}

func TestFileReferences(t *testing.T) {
	inv := &inventory.Inventory{
		CNI:     inventory.CNI{Manifest: inventory.Manifest{File: "cni.yaml"}},
		Kubeadm: inventory.Kubeadm{Patches: []inventory.Patch{{Content: "x"}, {File: "patch.yaml"}}},
		Files:   []inventory.File{{File: "a"}, {Content: "b"}},
		Nodes:   []inventory.Node{{}, {Files: []inventory.File{{Content: "c"}, {File: "d"}}}},
	}
	want := []inventory.FileReference{
		{Path: "cni.manifest.file", File: "cni.yaml"},
		{Path: "kubeadm.patches[1].file", File: "patch.yaml"},
		{Path: "files[0].file", File: "a"},
		{Path: "nodes[1].files[1].file", File: "d"},
	}
	if diff := cmp.Diff(want, inv.FileReferences()); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	if refs := new(inventory.Inventory).FileReferences(); len(refs) > 0 {
		t.Errorf("an empty inventory refers to %v", refs)
	}
}

var namesAFile = regexp.MustCompile(`\.(file|.*File)$|^caCertificates\[`)

// TestFileReferencesAreComplete finds every key that names a file in the schema.
func TestFileReferencesAreComplete(t *testing.T) {
	var doc strings.Builder
	lines := map[string]int{}
	everything(&doc, lines, reflect.TypeFor[inventory.Inventory](), "", "")
	inv, _ := inventory.Parse([]byte(doc.String()))
	got := map[string]bool{}
	for _, ref := range inv.FileReferences() {
		got[ref.Path] = true
	}
	for path := range lines {
		if namesAFile.MatchString(path) != got[path] {
			t.Errorf("%s refers to a file: %v", path, got[path])
		}
	}
}
