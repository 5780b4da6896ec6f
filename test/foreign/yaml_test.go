// SPDX-License-Identifier: Apache-2.0

//go:build foreign

package foreign

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/hakube/hakube-seed/seeds"
)

// documentsOf decodes all documents of a YAML text.
func documentsOf(t *testing.T, text []byte) []any {
	t.Helper()
	var all []any
	for d := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var document any
		err := d.Decode(&document)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, document)
	}
}

// podCommand is the command line of a static pod.
func podCommand(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var pod struct {
		Spec struct {
			Containers []struct {
				Command []string `yaml:"command"`
			} `yaml:"containers"`
		} `yaml:"spec"`
	}
	if err := yaml.Unmarshal(text, &pod); err != nil || len(pod.Spec.Containers) != 1 {
		t.Fatalf("%s: %d containers, %v", path, len(pod.Spec.Containers), err)
	}
	return pod.Spec.Containers[0].Command
}

// typed spells a value with its type, as testdata/pyyaml.py does.
func typed(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, value := range v {
			out["str "+key] = typed(value)
		}
		return out
	case map[any]any:
		out := map[string]any{}
		for key, value := range v {
			out[fmt.Sprint(typed(key))] = typed(value)
		}
		return out
	case []any:
		out := []any{}
		for _, value := range v {
			out = append(out, typed(value))
		}
		return out
	case nil:
		return "null"
	case string:
		return "str " + v
	case bool:
		return "bool " + strconv.FormatBool(v)
	case float64:
		return map[string]any{"float": v}
	case time.Time:
		return "time"
	}
	return fmt.Sprintf("int %d", v)
}

// isYAML reports whether a guest file of this program's own is YAML; the user's own files are as the user wrote them.
func isYAML(f seeds.GuestFile) bool {
	return strings.HasPrefix(f.Path, "/etc/hakube/") && strings.HasSuffix(f.Path, ".yaml") && !strings.HasPrefix(f.Path, "/etc/hakube/patches/")
}

func isJSON(f seeds.GuestFile) bool {
	return strings.HasPrefix(f.Path, "/etc/hakube/") && strings.HasSuffix(f.Path, ".json")
}

// TestPyYAMLReadsTheSame: cloud-init reads by PyYAML, which knows YAML 1.1: it must find the data that yaml.v3 finds.
func TestPyYAMLReadsTheSame(t *testing.T) {
	t.Parallel()
	documents := guestFiles(t, isYAML)
	for _, name := range []string{"meta-data", "network-config", "user-data", "vendor-data"} {
		documents = slices.Concat(documents, seedFile(t, name))
	}
	for _, e := range examples(t) {
		path := filepath.Join(scratch(t), "kubeconfig")
		write(t, path, e.kubeconfig)
		documents = append(documents, document{e.name + ": kubeconfig", path, e.kubeconfig})
	}
	for i, diff := range pyYAML(t, documents) {
		if diff != "" {
			t.Errorf("%s: PyYAML (+) finds other data than yaml.v3 (-):\n%s", documents[i].name, diff)
		}
	}
}

// pyYAML returns for each document how what PyYAML finds in it differs from what yaml.v3 finds.
func pyYAML(t *testing.T, documents []document) []string {
	t.Helper()
	var list strings.Builder
	for _, d := range documents {
		list.WriteString(d.path + "\n")
	}
	path := filepath.Join(scratch(t), "list")
	write(t, path, []byte(list.String()))
	lines := slices.Collect(bytes.Lines(python(t, "pyyaml.py", path)))
	if len(lines) != len(documents) {
		t.Fatalf("PyYAML read %d of %d documents", len(lines), len(documents))
	}
	var diffs []string
	for i, d := range documents {
		var theirs any
		if err := json.Unmarshal(lines[i], &theirs); err != nil {
			t.Fatalf("%s: %v in %q", d.name, err, lines[i])
		}
		diffs = append(diffs, cmp.Diff(typed(documentsOf(t, d.content)), theirs))
	}
	return diffs
}

// TestPyYAMLDiffers: what the comparison is for, an unquoted MAC address of digits, is one number to YAML 1.1.
func TestPyYAMLDiffers(t *testing.T) {
	t.Parallel()
	path := filepath.Join(scratch(t), "mac")
	text := []byte("a: 10:15:50:01:02:03\nb: [1, 1.5, true, null, 2026-11-23, x]\n")
	write(t, path, text)
	if diff := pyYAML(t, []document{{"", path, text}})[0]; strings.Count(diff, "\n+") != 1 || !strings.Contains(diff, "int 7981203723") {
		t.Errorf("the difference is not the MAC address:\n%s", diff)
	}
}

// TestPythonReadsJSON: the JSON files, some of which no parser of this program ever reads.
func TestPythonReadsJSON(t *testing.T) {
	t.Parallel()
	const load = `
import json, sys
for path in sys.argv[1:]:
    try:
        json.load(open(path))
    except ValueError as e:
        print(path, e)
`
	bad := filepath.Join(scratch(t), "bad.json")
	write(t, bad, []byte(`{"a": 1,}`))
	paths := []string{bad}
	for _, d := range different(t, isJSON) {
		paths = append(paths, d.path)
	}
	v := run(t, inGuest(append([]string{"python3", "-c", load}, paths...)...))
	if refused := strings.Split(strings.TrimSpace(v.said), "\n"); v.failed || len(refused) != 1 || !strings.HasPrefix(refused[0], bad+" ") {
		t.Errorf("not only %s is refused:\n%s", bad, v)
	}
}
