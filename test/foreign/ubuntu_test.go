// SPDX-License-Identifier: Apache-2.0

//go:build foreign && ubuntu

package foreign

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// netplanOf is the generator of an Ubuntu, on a network-config as cloud-init passes it on.
func netplanOf(t *testing.T, suite string, config []byte) verdict {
	t.Helper()
	root := filepath.Join(judges, "netplan-"+suite)
	dir, err := os.MkdirTemp(root, "test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.MkdirAll(filepath.Join(dir, "etc/netplan"), 0o755); err != nil {
		t.Fatal(err)
	}
	text := "network:\n  " + strings.ReplaceAll(strings.TrimSpace(string(config)), "\n", "\n  ") + "\n"
	if err := os.WriteFile(filepath.Join(dir, "etc/netplan/50-cloud-init.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return run(t, exec.Command("chroot", root, "/lib/netplan/generate", "--root-dir", "/"+filepath.Base(dir)))
}

// TestNetplanOfUbuntu: what Debian's netplan takes, those of Ubuntu 18.04 (0.99) and 20.04 take too, without a word.
func TestNetplanOfUbuntu(t *testing.T) {
	t.Parallel()
	for _, suite := range strings.Fields(os.Getenv("NETPLANS")) {
		for _, d := range seedFile(t, "network-config") {
			silent(t, suite+": "+d.name, netplanOf(t, suite, d.content))
		}
	}
	if v := netplanOf(t, "bionic", []byte("version: 2\nethernets: {eth0: {routes: [{to: default, via: 10.0.0.1}]}}")); !v.failed {
		t.Errorf("netplan 0.99 takes a route to default, which it does not know: %s", v)
	}
}
