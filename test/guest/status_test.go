// SPDX-License-Identifier: Apache-2.0

//go:build linux

package guest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// hostile is what a message or a log line may hold.
var hostile = map[string]string{
	"quotes":             `say "hello" and 'bye'`,
	"backslashes":        `C:\new\table \" \\`,
	"tabs":               "a\tb\t\tc",
	"control characters": "a\x01b\x07c\x1b[31mred\x1b[0m\x7f",
	"carriage returns":   "10%\r20%\r\n30%\r",
	"lines":              "one\n\ntwo\n",
	"UTF-8":              "노드 준비 – ✓ naïve",
	"not UTF-8":          "caf\xe9 \xff\xfe \xe2\x82 end",
	"percent":            "100% %s %d %%",
	"sed's own":          "a/b&c/d",
	"shell's own":        "$(reboot) `reboot` $HOME * ; | &",
	"a leading dash":     "-n -e text",
	"nothing":            "",
	"blanks":             "  two blanks before and after  ",
}

func TestStatusIsJSONWhateverAStepSays(t *testing.T) {
	for name, text := range hostile {
		for _, locale := range []string{"LANG=C.UTF-8", "LC_ALL=C"} {
			t.Run(name+" "+locale, func(t *testing.T) {
				t.Parallel()
				g := newGuest(t)
				g.step("a", 60, ". /usr/local/lib/hakube/functions\nwaiting \"$(cat /tmp/text)\"; cp /var/lib/hakube/status.json /tmp/waiting; cat /tmp/text; fail \"$(cat /tmp/text)\"")
				g.step("b", 60, "")
				g.write("tmp/text", text)
				if out, code := g.run("env", locale, "/usr/local/sbin/hakube", "resume"); code != 1 {
					t.Fatalf("exit code %d: %s", code, out)
				}
				s := g.status()
				if s.State != "failed" || s.states() != "a=failed b=pending" || len(s.Log) < 2 {
					t.Errorf("status: %+v", s)
				}
				g.write("var/lib/hakube/status.json", g.read("tmp/waiting"))
				if s := g.status(); text != "" && s.State != "waiting" {
					t.Errorf("status while it waits: %+v", s)
				}
			})
		}
	}
}

func TestStatusKeepsTheText(t *testing.T) {
	for name, want := range map[string]string{
		"quotes":      `say "hello" and 'bye'`,
		"backslashes": `C:\new\table \" \\`,
		"UTF-8":       "노드 준비 – ✓ naïve",
		"percent":     "100% %s %d %%",
		"sed's own":   "a/b&c/d",
		"shell's own": "$(reboot) `reboot` $HOME * ; | &",
		"tabs":        "a b  c",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGuest(t)
			g.step("a", 60, ". /usr/local/lib/hakube/functions\nfail \"$(cat /tmp/text)\"")
			g.write("tmp/text", hostile[name])
			g.hakube(1, "resume")
			s := g.status()
			if s.Message != want || s.Log[len(s.Log)-1] != want {
				t.Errorf("message %q, log %q, want %q", s.Message, s.Log, want)
			}
		})
	}
}

// Everything that others can read is free of the medium's secrets; the log itself is root's.
func TestSecretsAreNotPublished(t *testing.T) {
	const token, key = "abcdef.0123456789abcdef", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	g := newGuest(t)
	g.write("etc/hakube/redact.sed", "s/"+token+"/[secret]/g\ns/0123456789abcdef/[secret]/g\ns/"+key+"/[secret]/g\n")
	g.step("a", 60, "echo token "+token+" key "+key+"; umask; . /usr/local/lib/hakube/functions; fail 'with "+token+"'")
	g.hakube(1, "resume")
	want := "token [secret] key [secret]"
	if s := g.status(); len(s.Log) < 3 || s.Log[len(s.Log)-3] != want || s.Message != "with [secret]" || s.Failure != s.Message {
		t.Errorf("log %q has no line %q, or the reason has the token: %q", s.Log, want, s.Message)
	}
	for _, path := range []string{"var/lib/hakube/status.json", "var/lib/hakube/events.log", "etc/issue", "dev/console"} {
		if text := g.read(path); strings.Contains(text, "0123456789abcdef") || strings.Contains(text, key) {
			t.Errorf("%s holds a secret: %s", path, text)
		}
	}
	for path, want := range map[string]os.FileMode{
		"var/lib/hakube/status.json": 0o644,
		"var/lib/hakube/log":         0o700 | os.ModeDir,
		"var/lib/hakube/log/a.log":   0o600,
		"etc/issue":                  0o644,
	} {
		info, err := os.Stat(filepath.Join(g.root, path))
		g.must(err)
		if info.Mode() != want {
			t.Errorf("%s: %v, want %v", path, info.Mode(), want)
		}
	}
}

func TestTheBannerTellsTheNewestEventAndWhatToDo(t *testing.T) {
	g := newGuest(t)
	g.step("a", 60, "")
	g.step("b", 60, ". /usr/local/lib/hakube/functions\nfail 'no \\luck'")
	g.hakube(1, "resume")
	want := `Debian GNU/Linux 12
hakube: cp-1: b: failed (attempt 1, N s): no \\luck
hakube: cp-1: b: next: this machine tries again in 30 s; if that does not help, hakube support packs what is needed to find out why

`
	if got := timeless(g.read("etc/issue")); got != want {
		t.Errorf("banner %q, want %q", got, want)
	}
	g.script("b", "")
	g.hakube(0, "resume")
	if got, want := timeless(g.read("etc/issue")), "Debian GNU/Linux 12\nhakube: cp-1: complete (N s)\n\n"; got != want {
		t.Errorf("banner %q, want %q", got, want)
	}
}

func TestWaitingIsPublishedInEveryAttempt(t *testing.T) {
	g := newGuest(t)
	g.step("a", 60, ". /usr/local/lib/hakube/functions\nwaiting 'for Godot'; waiting 'for Godot'; cp /var/lib/hakube/status.json /tmp/waiting; exit 1")
	for attempt := 1; attempt <= 2; attempt++ {
		g.hakube(1, "resume")
		g.write("var/lib/hakube/status.json", g.read("tmp/waiting"))
		s := g.status()
		if s.State != "waiting" || s.Message != "for Godot" || s.Step != "a" || s.Attempt != attempt || s.states() != "a=running" {
			t.Errorf("attempt %d: %+v", attempt, s)
		}
		if got := strings.Count(g.read("var/lib/hakube/events.log"), "for Godot"); got != attempt {
			t.Errorf("after %d attempts %d events say so", attempt, got)
		}
	}
}

// insert puts a medium of this instance-id into the guest's drive.
func (g *guest) insert(instanceID string) {
	g.t.Helper()
	g.write("tmp/medium/meta-data", "instance-id: "+instanceID+"\nlocal-hostname: x\n")
	g.stub("blkid", `[ "$*" = "-L cidata" ] && echo /dev/sr0`)
	g.stub("mount", `cp /tmp/medium/meta-data /run/hakube/seed/`)
	g.stub("umount", `rm /run/hakube/seed/meta-data`)
}

func TestTheMediumInTheDriveIsCompared(t *testing.T) {
	const own = "hakube-lab-cp-1-1"
	foreign := "the medium in /dev/sr0 is hakube-lab-worker-1-1, this machine is " + own + ": nothing was changed; detach it, or boot it on an empty disk"
	for _, c := range []struct{ name, medium, want string }{
		{"its own", own, ""},
		{"its own, quoted", `"` + own + `"`, ""},
		{"another node's", "hakube-lab-worker-1-1", foreign},
		{"another generation", "hakube-lab-cp-1-2", strings.Replace(foreign, "hakube-lab-worker-1-1", "hakube-lab-cp-1-2", 1)},
		{"a longer name", own + "1", strings.Replace(foreign, "hakube-lab-worker-1-1", own+"1", 1)},
		{"no name", "", strings.Replace(foreign, "hakube-lab-worker-1-1", "of no known node", 1)},
		{"a hostile name", `a"b\c`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newGuest(t)
			g.step("a", 60, "")
			g.insert(c.medium)
			g.hakube(0, "resume")
			s := g.status()
			if c.name == "a hostile name" {
				c.want = s.Medium // that it is JSON is what counts
			}
			if s.Medium != c.want || s.State != "complete" || g.ran() != "a" {
				t.Errorf("status: %+v\nwant medium %q", s, c.want)
			}
			wantMessage := "bootstrap complete"
			if c.want != "" {
				wantMessage += "; " + c.want
			}
			if s.Message != wantMessage {
				t.Errorf("message %q, want %q", s.Message, wantMessage)
			}
			g.stub("blkid", "exit 2")
			g.hakube(0, "resume")
			if s := g.status(); s.Medium != "" {
				t.Errorf("after it was detached: %+v", s)
			}
		})
	}
}
