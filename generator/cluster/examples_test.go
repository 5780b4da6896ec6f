// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakube/hakube-seed/generator/inventory"
)

const examples = "../../test/inventories"

// example parses and plans an inventory of test/inventories.
func example(t testing.TB, name string) (*inventory.Inventory, *Cluster, inventory.Diagnostics) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(examples, name))
	if err != nil {
		t.Fatal(err)
	}
	inv, diagnostics := inventory.Parse(data)
	if diagnostics.HasErrors() {
		t.Fatalf("%s: %s", name, text(diagnostics))
	}
	c, diagnostics := Plan(inv, exampleFiles(t, inv))
	return inv, c, diagnostics
}

// exampleFiles are the files that an inventory of test/inventories names.
func exampleFiles(t testing.TB, inv *inventory.Inventory) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, ref := range inv.FileReferences() {
		content, err := os.ReadFile(filepath.Join(examples, ref.File))
		if err != nil {
			t.Fatal(err)
		}
		files[ref.File] = content
	}
	return files
}

// text spells diagnostics as a user sees them.
func text(diagnostics inventory.Diagnostics) string {
	var b strings.Builder
	for _, d := range diagnostics {
		fmt.Fprintf(&b, "%d:%d: %s: %s: %s\n", d.Position.Line, d.Position.Column, d.Severity, d.Path, d.Message)
		if d.Hint != "" {
			fmt.Fprintf(&b, "  hint: %s\n", d.Hint)
		}
	}
	return b.String()
}

// exampleWarnings is all that Plan says of the examples; of those that are not here it says nothing.
var exampleWarnings = map[string]string{
	"ipv6.yaml": `
5:20: warning: kubernetesVersion: Kubernetes 1.30 is out of upstream support; packages still exist but get no fixes
`,
	"external.yaml": `
5:20: warning: kubernetesVersion: Kubernetes 1.30 is out of upstream support; packages still exist but get no fixes
38:9: warning: nodes[5].os: Debian 12 has containerd 1.6.20; Kubernetes 1.30.14 is tested with 1.7.13 and later
`,
	"lab-apt.yaml": `
9:5: warning: os: Debian 12 has containerd 1.6.20, which works up to Kubernetes 1.37 with warnings, and not with 1.38; Kubernetes 1.37.2 is tested with 2.2.0 and later
`,
	"lab.yaml": `
6:12: warning: podSubnet: 192.168.1.0/24 is cut into 8 parts of /27 for 6 nodes instead of parts of /24: at most 28 pods run on a node, and no more than 8 nodes fit in the cluster
  hint: a podSubnet of /21 or larger gives every node a /24
`,
	"legacy.yaml": `
5:20: warning: kubernetesVersion: Kubernetes 1.24 is out of upstream support; packages still exist but get no fixes
7:12: warning: podSubnet: 192.168.1.0/24 is cut into 8 parts of /27 for 6 nodes instead of parts of /24: at most 28 pods run on a node, and no more than 8 nodes fit in the cluster
  hint: a podSubnet of /21 or larger gives every node a /24
21:10: warning: cni.typha: Typha pays off above 50 nodes; with 6 it is one more thing that must run before pods have a network
  hint: leave it out
`,
	"reference.yaml": `
6:12: warning: podSubnet: 192.168.1.0/24 is cut into 8 parts of /27 for 6 nodes instead of parts of /24: at most 28 pods run on a node, and no more than 8 nodes fit in the cluster
  hint: a podSubnet of /21 or larger gives every node a /24
19:12: warning: cni.version: Calico v3.32.1 is tested with Kubernetes 1.34-1.36, not with 1.37.2
  hint: it is the newest one known; a newer manifest can be given as cni.manifest
20:10: warning: cni.typha: Typha pays off above 50 nodes; with 6 it is one more thing that must run before pods have a network
  hint: leave it out
`,
}

func exampleNames(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(examples, "*.yaml"))
	if err != nil || len(names) < 7 {
		t.Fatalf("%d examples, %v", len(names), err)
	}
	for i := range names {
		names[i] = filepath.Base(names[i])
	}
	return names
}

func TestExamplesPlan(t *testing.T) {
	for _, name := range exampleNames(t) {
		inv, c, diagnostics := example(t, name)
		want := strings.TrimPrefix(exampleWarnings[name], "\n")
		if diff := cmp.Diff(want, text(diagnostics)); c == nil || diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		checkOutcome(t, inv, c, diagnostics)
	}
}

// exclusiveKeys cannot stand in full.yaml beside the keys that they exclude.
var exclusiveKeys = []string{"apt.criDockerd", "apt.criDockerd.sha256", "apt.criDockerd.url", "cni.manifest.file", "cni.version", "kubeVIP", "kubeVIP.image"}

func TestExamplesUseEveryKey(t *testing.T) {
	full, _, _ := example(t, "full.yaml")
	missing := missingKeys(full)
	if diff := cmp.Diff(exclusiveKeys, missing); diff != "" {
		t.Errorf("keys that full.yaml lacks (-want +got):\n%s", diff)
	}
	for _, name := range exampleNames(t) {
		inv, _, _ := example(t, name)
		missing = slices.DeleteFunc(missing, inv.Has)
	}
	if len(missing) > 0 {
		t.Errorf("no example has %s", strings.Join(missing, ", "))
	}
}

// missingKeys returns the keys of the schema that an inventory does not give, in the order of the alphabet.
func missingKeys(inv *inventory.Inventory) []string {
	given := map[string]bool{}
	var all []string
	var walk func(v reflect.Value, schema, path string)
	walk = func(v reflect.Value, schema, path string) {
		for i := range v.NumField() {
			key := v.Type().Field(i).Tag.Get("yaml")
			if key == "" {
				continue
			}
			all = append(all, schema+key)
			given[schema+key] = given[schema+key] || inv.Has(path+key)
			switch field := v.Field(i); {
			case field.Kind() == reflect.Struct:
				walk(field, schema+key+".", path+key+".")
			case field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.Struct:
				for j := range field.Len() {
					walk(field.Index(j), schema+key+"[].", fmt.Sprintf("%s%s[%d].", path, key, j))
				}
			}
		}
	}
	walk(reflect.ValueOf(inv).Elem(), "", "")
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(key string) bool { return given[key] })
}
