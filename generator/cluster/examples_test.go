// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	if inv == nil {
		t.Fatalf("%s: %s", name, text(diagnostics))
	}
	files := map[string][]byte{}
	for _, ref := range inv.FileReferences() {
		if files[ref.File], err = os.ReadFile(filepath.Join(examples, ref.File)); err != nil {
			t.Fatal(err)
		}
	}
	c, diagnostics := Plan(inv, files)
	return inv, c, diagnostics
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

func TestExamplesPlan(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(examples, "*.yaml"))
	if err != nil || len(paths) < 7 {
		t.Fatalf("%d examples, %v", len(paths), err)
	}
	for _, path := range paths {
		if _, c, diagnostics := example(t, filepath.Base(path)); c == nil {
			t.Errorf("%s does not plan:\n%s", path, text(diagnostics))
		}
	}
}
