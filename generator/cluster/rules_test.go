// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakube/hakube-seed/generator/inventory"
)

// plain is an inventory about which there is nothing to say; the tests of rules break it in one place.
const plain = `apiVersion: hakube-seed/v1
cluster: lab
kubernetesVersion: 1.36.3
network: {cidr: 10.1.10.0/24, gateway: 10.1.10.1}
user: {sshKeys: ["@KEY"]}
nodes:
  - {name: lb, role: load-balancer, address: 10.1.10.10}
  - {name: cp1, role: control-plane, address: 10.1.10.11}
  - {name: cp2, role: control-plane, address: 10.1.10.12}
  - {name: cp3, role: control-plane, address: 10.1.10.13}
  - {name: w1, role: worker, address: 10.1.10.21}
`

const (
	sshKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBcMFWV5s9MlVg9F5pNkMyc8kmGB6WaEz5mGcoa4gRZM you@example"
	dsaKey = "ssh-dss AAAAB3NzaC1kc3M"
)

// ruleTest breaks the plain inventory and holds all that Plan then says.
type ruleTest struct {
	name string
	edit []string // old, new, old, new, ...
	add  string   // lines of their own
	want string
}

var testFiles = withManifests(map[string][]byte{"calico.yaml": []byte("kind: List\n"), "empty.yaml": []byte(" \n")})

// withManifests adds the manifests of test/manifests.
func withManifests(files map[string][]byte) map[string][]byte {
	paths, _ := filepath.Glob("../../test/manifests/*.yaml")
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			panic(err)
		}
		files[filepath.Base(path)] = content
	}
	return files
}

// inventory returns the broken inventory.
func (tt ruleTest) inventory(t *testing.T) *inventory.Inventory {
	t.Helper()
	data := plain
	for i := 0; i < len(tt.edit); i += 2 {
		if !strings.Contains(data, tt.edit[i]) {
			t.Fatalf("%q is not in the inventory", tt.edit[i])
		}
		data = strings.ReplaceAll(data, tt.edit[i], tt.edit[i+1])
	}
	if tt.add != "" {
		data = strings.Replace(data, "nodes:\n", tt.add+"\nnodes:\n", 1)
	}
	data = strings.NewReplacer("@DSA", dsaKey, "@KEY", sshKey).Replace(data)
	inv, diagnostics := inventory.Parse([]byte(data))
	if diagnostics.HasErrors() {
		t.Fatalf("%s%s", data, text(diagnostics))
	}
	return inv
}

func runRules(t *testing.T, tests []ruleTest) {
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inv := tt.inventory(t)
			c, diagnostics := Plan(inv, testFiles)
			if diff := cmp.Diff(strings.TrimPrefix(tt.want, "\n"), said(diagnostics)); diff != "" {
				t.Errorf("Plan says (-want +got):\n%s", diff)
			}
			checkOutcome(t, inv, c, diagnostics)
		})
	}
}

// said spells diagnostics without their positions.
func said(diagnostics inventory.Diagnostics) string {
	var b strings.Builder
	for _, d := range diagnostics {
		fmt.Fprintf(&b, "%s: %s: %s\n", d.Severity, d.Path, d.Message)
		if d.Hint != "" {
			fmt.Fprintf(&b, "  hint: %s\n", d.Hint)
		}
	}
	return b.String()
}

// checkOutcome checks what holds for every inventory: a cluster or errors, and a place for each thing that is said.
func checkOutcome(t *testing.T, inv *inventory.Inventory, c *Cluster, diagnostics inventory.Diagnostics) {
	t.Helper()
	if (c == nil) != diagnostics.HasErrors() {
		t.Errorf("a cluster: %v, errors: %v", c != nil, diagnostics.HasErrors())
	}
	for _, d := range diagnostics {
		if d.Path == "" || d.Message == "" || d.Position.Line == 0 || d.Position != inv.Position(d.Path) {
			t.Errorf("without path, message or place: %+v", d)
		}
		if strings.HasSuffix(d.Message, ".") || strings.HasSuffix(d.Hint, ".") || strings.Contains(d.Message+d.Hint, "hunter2") {
			t.Errorf("a full stop or a secret: %+v", d)
		}
	}
}

// moreNodes spells more nodes of a role.
func moreNodes(n int, role Role) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "  - {name: more%d, role: %s, address: 10.1.%d.%d}\n", i, role, 10+i/100, 100+i%100)
	}
	return b.String()
}
