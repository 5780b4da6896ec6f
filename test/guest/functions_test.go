// SPDX-License-Identifier: Apache-2.0

//go:build linux

package guest_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// functions runs a script after it has sourced the functions, as a step does.
func (g *guest) functions(script string) (string, int) {
	g.t.Helper()
	return g.run("sh", "-c", ". /usr/local/lib/hakube/functions\n"+script)
}

// fakeClock makes date and sleep agree on a clock of their own: a second is over as soon as somebody sleeps for it.
func (g *guest) fakeClock() {
	g.t.Helper()
	g.write("tmp/now", "1000")
	g.write("local/sbin/date", "#!/bin/sh\ncut -d. -f1 /tmp/now\n")
	g.write("local/sbin/sleep", "#!/bin/sh\necho \"$1\" >>/tmp/slept\nawk -v s=\"$1\" '{ printf \"%.3f\", $1 + s }' /tmp/now >/tmp/now.new && mv /tmp/now.new /tmp/now\n")
	for _, name := range []string{"date", "sleep"} {
		g.must(os.Chmod(filepath.Join(g.root, "local/sbin", name), 0o755))
	}
}

// clock is how many seconds have passed since fakeClock.
func (g *guest) clock() float64 {
	g.t.Helper()
	now, err := strconv.ParseFloat(strings.TrimSpace(g.read("tmp/now")), 64)
	g.must(err)
	return now - 1000
}

func TestWithinRepeatsUntilItSucceeds(t *testing.T) {
	g := newGuest(t)
	g.fakeClock()
	out, code := g.functions("third() { echo x >>/tmp/tried; [ $(wc -l </tmp/tried) -ge 3 ]; }\nwithin 60 third")
	if code != 0 || strings.Count(g.read("tmp/tried"), "x") != 3 {
		t.Errorf("exit code %d after %q: %s", code, g.read("tmp/tried"), out)
	}
}

func TestWithinGivesUp(t *testing.T) {
	g := newGuest(t)
	g.fakeClock()
	out, code := g.functions("within 30 false; echo $?")
	if out != "1\n" || code != 0 || g.clock() < 30 || g.clock() > 32 {
		t.Errorf("after %.1f s: exit code %d, %q", g.clock(), code, out)
	}
}

// packages-apt waits for a lock inside of what it repeats: the outer limit must hold as well.
func TestWithinInsideOfWithinKeepsBothLimits(t *testing.T) {
	g := newGuest(t)
	g.fakeClock()
	out, _ := g.run("timeout", "20", "sh", "-c", `. /usr/local/lib/hakube/functions
inner() { within 40 true; echo x >>/tmp/tried; false; }
within 10 inner; echo $?`)
	if out != "1\n" || g.clock() > 12 {
		t.Errorf("within 10 s gave %q after %.0f s and %d tries", out, g.clock(), strings.Count(g.read("tmp/tried"), "x"))
	}
}

func TestPauseIsJittered(t *testing.T) {
	g := newGuest(t)
	g.write("local/sbin/sleep", "#!/bin/sh\necho \"$1\" >>/tmp/slept\n")
	g.must(os.Chmod(filepath.Join(g.root, "local/sbin/sleep"), 0o755))
	g.functions("for i in 1 2 3 4 5 6 7 8 9 10; do pause 2; done")
	seen := map[string]bool{}
	for _, text := range strings.Fields(g.read("tmp/slept")) {
		seconds, err := strconv.ParseFloat(text, 64)
		if err != nil || seconds < 2 || seconds > 3 {
			t.Errorf("pause 2 sleeps for %q", text)
		}
		seen[text] = true
	}
	if len(seen) < 5 {
		t.Errorf("ten pauses were %v", seen)
	}
}

func TestRestorePKIClosesTheKeys(t *testing.T) {
	g := newGuest(t)
	for _, name := range []string{"ca.crt", "ca.key", "etcd/ca.crt", "etcd/ca.key", "sa.pub", "sa.key"} {
		g.write("etc/hakube/pki/"+name, name)
	}
	if out, code := g.functions("restore_pki"); code != 0 {
		t.Fatalf("exit code %d: %s", code, out)
	}
	for name, want := range map[string]os.FileMode{
		"ca.crt": 0o644, "ca.key": 0o600, "etcd/ca.crt": 0o644, "etcd/ca.key": 0o600, "sa.pub": 0o644, "sa.key": 0o600,
	} {
		info, err := os.Stat(filepath.Join(g.root, "etc/kubernetes/pki", name))
		g.must(err)
		if info.Mode() != want || g.read("etc/kubernetes/pki/"+name) != name {
			t.Errorf("%s: %v, want %v", name, info.Mode(), want)
		}
	}
}

func TestSHA256IsTheSameWithoutOpenSSL(t *testing.T) {
	g := newGuest(t)
	g.write("tmp/text", "abc")
	const want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n"
	for _, prepare := range []string{"", "command() { false; }; "} {
		if out, _ := g.functions(prepare + "sha256 /tmp/text"); out != want {
			t.Errorf("%q: %q", prepare, out)
		}
	}
}
