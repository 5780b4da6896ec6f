// SPDX-License-Identifier: Apache-2.0

package inventory_test

import (
	"reflect"
	"testing"

	"github.com/hakube/hakube-seed/generator/inventory"
)

// FuzzParse looks for inventories that make Parse panic, that it neither accepts nor explains, or whose values have no
// position.
func FuzzParse(f *testing.F) {
	o := inventory.DefaultStarter()
	f.Add(inventory.Starter(o))
	o.SSHKey, o.LoadBalancers = "ssh-ed25519 AAAA", 0
	f.Add(inventory.Starter(o))
	f.Fuzz(func(t *testing.T, data []byte) {
		inv, diagnostics := inventory.Parse(data)
		if inv == nil && !diagnostics.HasErrors() {
			t.Fatalf("neither an inventory nor a reason: %q", texts(diagnostics))
		}
		for _, d := range diagnostics {
			if d.Position.Line < 1 || d.Position.Column < 1 || d.Message == "" {
				t.Errorf("diagnostic %+v", d)
			}
		}
		if inv == nil {
			return
		}
		for _, path := range paths(reflect.ValueOf(*inv), "") {
			if !inv.Has(path) {
				t.Errorf("%q has a value but no position", path)
			}
		}
	})
}
