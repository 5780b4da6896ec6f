// SPDX-License-Identifier: Apache-2.0

package manifest_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakube/hakube-seed/generator/manifest"
)

func edit(t *testing.T, text string, fields manifest.Fields) string {
	t.Helper()
	m, err := manifest.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Edit([]manifest.Patch{{Kind: "A", Name: "x", Fields: fields}}); err != nil {
		t.Fatal(err)
	}
	out, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestEdit(t *testing.T) {
	type f = manifest.Fields
	const head = "kind: A\nmetadata:\n  name: x\n"
	for _, c := range []struct {
		name, text string
		fields     f
		want       string
	}{
		{"a value keeps its quotes and its comment", head + "# why\na: \"1\" # as always\n", f{"a": "2"}, head + "# why\na: \"2\" # as always\n"},
		{"a new field", head + "b: 1\n", f{"a": f{"c": 3}}, head + "b: 1\na:\n  c: 3\n"},
		{"null takes away", head + "a: 1\nb: 2\n", f{"a": nil}, head + "b: 2\n"},
		{"null of what is not there", head + "b: 2\n", f{"a": nil, "c": f{"d": nil, "e": 1}}, head + "b: 2\nc:\n  e: 1\n"},
		{
			"items by name", head + "l:\n  - name: p\n    v: 1\n  # next\n  - name: q\n    from: z\n",
			f{"l": []f{{"name": "q", "v": "2", "from": nil}, {"name": "r", "v": "3", "from": nil}}},
			head + "l:\n  - name: p\n    v: 1\n  # next\n  - name: q\n    v: \"2\"\n  - name: r\n    v: \"3\"\n",
		},
		{"a list without names is replaced", head + "l: [a, b]\n", f{"l": []string{"c"}}, head + "l:\n  - c\n"},
		{"a mapping in place of a text", head + "a: text\n", f{"a": f{"b": 1}}, head + "a:\n  b: 1\n"},
		{"flow style stays", head + "l: [{name: p, v: 1}]\n", f{"l": []f{{"name": "p", "v": 2}}}, head + "l: [{name: p, v: 2}]\n"},
		{
			"a JSON text is merged",
			head + "j: |\n  {\"keep\": {\"b\": true}, \"a\": {\"c\": 1, \"d\": 2}}\n",
			f{"j": `{"a": {"c": 3}}`},
			head + "j: |\n  {\n    \"a\": {\n      \"c\": 3,\n      \"d\": 2\n    },\n    \"keep\": {\n      \"b\": true\n    }\n  }\n",
		},
		{"a text that was no JSON", head + "j: none\n", f{"j": `{"a": 1}`}, head + "j: '{\"a\": 1}'\n"},
		{
			"the object of a list",
			"kind: List\nitems:\n  - kind: B\n    metadata: {name: x}\n  - kind: A\n    metadata: {name: x}\n    a: 1\n",
			f{"a": 2},
			"kind: List\nitems:\n  - kind: B\n    metadata: {name: x}\n  - kind: A\n    metadata: {name: x}\n    a: 2\n",
		},
	} {
		if diff := cmp.Diff(c.want, edit(t, c.text, c.fields)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// What no patch touches stays as it is, to the byte: its indentation, its comments, its line ends.
func TestOtherDocumentsStay(t *testing.T) {
	const before, after = "# head\n---\r\nkind:   B\nmetadata: {\"name\": x}\n--- # next\n", "---\n# only comments\n---\nkind: A\nmetadata: {name: y}\nlist:\n- a\n...\n"
	want := before + "kind: A\nmetadata:\n  name: x\na: 2\n" + after
	want = strings.Replace(want, "--- # next\n", "---\n# next\n", 1)
	if diff := cmp.Diff(want, edit(t, before+"kind: A\nmetadata:\n  name: x\na:   1\n"+after, manifest.Fields{"a": 2})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEditNamesWhatIsMissing(t *testing.T) {
	m, err := manifest.Parse([]byte("kind: A\nmetadata: {name: x}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Edit([]manifest.Patch{{Kind: "B", Name: "x"}}); err == nil || err.Error() != "there is no B x" {
		t.Error(err)
	}
}

func TestText(t *testing.T) {
	m, err := manifest.Parse([]byte("kind: A\nmetadata: &m {name: x}\nl: [{name: p, v: \"1\"}, {name: q, v: 2}]\ncopy: *m\n"))
	if err != nil {
		t.Fatal(err)
	}
	for want, path := range map[string][]string{"1": {"l", "p", "v"}, "2": {"l", "q", "v"}, "x": {"copy", "name"}, "": {"l", "r", "v", "w"}} {
		if got := m.Text("A", "x", path...); got != want {
			t.Errorf("%v is %q, want %q", path, got, want)
		}
	}
	if m.Text("A", "y", "kind") != "" || m.Has("A", "y") || !m.Has("A", "x") {
		t.Error("another object is found")
	}
}

// FuzzEdit: no text makes the editor fall over, and what it edited it reads again.
func FuzzEdit(f *testing.F) {
	paths, err := filepath.Glob("../../test/manifests/*.yaml")
	if err != nil || len(paths) < 6 {
		f.Fatalf("%d manifests: %v", len(paths), err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("kind: A\nmetadata: {name: x}\nl: &l [*l]\n"))
	patches := []manifest.Patch{{Kind: "DaemonSet", Name: "calico-node", Fields: manifest.Fields{"spec": manifest.Fields{"template": []manifest.Fields{{"name": "p", "v": nil}}}, "data": `{"a": 1}`}}}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := manifest.Parse(text)
		if err != nil {
			return
		}
		if m.Edit(patches) != nil {
			if out, err := m.Bytes(); err != nil || !bytes.Equal(out, text) {
				t.Errorf("%v: nothing was edited, but the text is another:\n%q\n%q", err, text, out)
			}
			return
		}
		out, err := m.Bytes()
		if err != nil {
			return
		}
		if _, err := manifest.Parse(out); err != nil {
			t.Errorf("what was edited cannot be read: %v\n%q", err, out)
		}
	})
}
