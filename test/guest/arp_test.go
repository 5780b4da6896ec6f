// SPDX-License-Identifier: Apache-2.0

//go:build linux

package guest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// wire runs a script in a network of its own: card0 here has 10.0.0.11, card1, at the other end of the cable, belongs to
// another machine, which `other` configures.
const wire = `set -e
unshare --net sleep 60 >/dev/null 2>&1 & peer=$!
trap 'kill $peer' EXIT
# until the other machine is there
while [ "$(readlink /proc/$peer/ns/net)" = "$(readlink /proc/$$/ns/net)" ]; do sleep 0.05; done
ip link add name card0 address 02:00:00:00:00:0a type veth peer name card1 address 02:00:00:00:00:0b
ip link set card1 netns $peer
other() { nsenter --net=/proc/$peer/ns/net "$@"; }
ip addr add 10.0.0.11/24 dev card0
ip link set card0 up
other ip link set card1 up
arp() { python3 ../../templates/usr/local/lib/hakube/arp.py "$@"; }
`

func onWire(t testing.TB, script string) string {
	t.Helper()
	needNamespaces(t)
	// of the process numbers in /proc
	options := append([]string{"--net"}, slices.DeleteFunc(namespaces(), func(o string) bool { return o == "--pid" || o == "--fork" || o == "--kill-child" })...)
	out, err := exec.Command("unshare", append(options, "sh", "-c", wire+script)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return strings.TrimSpace(string(out))
}

// A real kernel at the other end of a cable says that it has the same address, and nobody's neighbours learn anything.
func TestARPFindsTheOtherMachine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, script, want string }{
		{"the address is free", "other ip addr add 10.0.0.1/24 dev card1; arp probe card0 10.0.0.11", ""},
		{"nobody is there", "arp probe card0 10.0.0.11", ""},
		{"the address is in use", "other ip addr add 10.0.0.11/24 dev card1; arp probe card0 10.0.0.11", "02:00:00:00:00:0b"},
		{"nobody learns", "other ip addr add 10.0.0.11/24 dev card1; arp probe card0 10.0.0.11 >/dev/null; other ip neigh show 10.0.0.11", ""},
		{"the gateway answers", "other ip addr add 10.0.0.1/24 dev card1; arp ask card0 10.0.0.11 10.0.0.1; echo $?", "0"},
		{"another machine is no gateway", "other ip addr add 10.0.0.2/24 dev card1; arp ask card0 10.0.0.11 10.0.0.1 || echo $?", "1"},
	} {
		if got := onWire(t, c.script); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// The whole step, with the machine's own programs: another machine has the address, and nothing is changed until it is off.
func TestADuplicateAddressIsFoundBeforeAnythingIsChanged(t *testing.T) {
	t.Parallel()
	g := newGuest(t)
	g.settings("HAKUBE_CHECKS='address'\nHAKUBE_INSTANCE_ID='hakube-lab-cp-1-1'\n")
	g.write("etc/hakube/steps", "preflight 60\nidentity 60\n")
	g.write("etc/cloud/cloud.cfg", "")
	g.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n")
	onWire(t, "other ip addr add 10.0.0.11/24 dev card1\n"+
		"sh ./sandbox.sh "+g.root+" /usr/local/sbin/hakube resume && exit 1\ntrue")
	const want = "10.0.0.11 is in use by the machine with the MAC address 02:00:00:00:00:0b: switch that one off, or give this node another address"
	if s := g.status(); s.State != "failed" || s.Step != "preflight" || s.Message != want || s.states() != "preflight=failed identity=pending" {
		t.Errorf("status: %+v", s)
	}
	if console := g.read("dev/console"); !strings.Contains(timeless(console), "hakube: cp-1: preflight: failed (attempt 1, N s): "+want+"\r\n") {
		t.Errorf("console: %q", console)
	}
	for _, path := range []string{"var/lib/hakube/identity", "etc/cloud/cloud-init.disabled"} {
		if _, err := os.Lstat(filepath.Join(g.root, path)); err == nil {
			t.Errorf("%s was written", path)
		}
	}
	if g.read("etc/machine-id") != "0123456789abcdef0123456789abcdef\n" || strings.Contains(g.calls(), "systemctl") {
		t.Errorf("something was changed: %s", g.calls())
	}
	onWire(t, "sh ./sandbox.sh "+g.root+" /usr/local/sbin/hakube resume")
	if s := g.status(); s.State != "complete" {
		t.Errorf("status, when the other machine is off: %+v", s)
	}
}
