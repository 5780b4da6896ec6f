// SPDX-License-Identifier: Apache-2.0

//go:build foreign

package foreign

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hakube/hakube-seed/seeds"
)

// isScript reports whether a shell reads the guest file: the engine, what it runs and sources, and the user's own.
func isScript(f seeds.GuestFile) bool {
	inLibrary := strings.HasPrefix(f.Path, "/usr/local/lib/hakube/") && !isPython(f)
	return inLibrary || f.Path == "/etc/hakube/node.env" || bytes.HasPrefix(f.Content, []byte("#!/bin/sh"))
}

func isPython(f seeds.GuestFile) bool { return strings.HasSuffix(f.Path, ".py") }

// different are the guest files that are wanted, each content once.
func different(t *testing.T, want func(seeds.GuestFile) bool) []document {
	t.Helper()
	var different []document
	seen := map[string]bool{}
	for _, d := range guestFiles(t, want) {
		if !seen[string(d.content)] {
			seen[string(d.content)] = true
			different = append(different, d)
		}
	}
	return different
}

// TestShellReadsScripts: every guest's /bin/sh is dash.
func TestShellReadsScripts(t *testing.T) {
	t.Parallel()
	for _, d := range different(t, isScript) {
		silent(t, d.name, run(t, exec.Command("dash", "-n", host(d.path))))
	}
	bad := filepath.Join(scratch(t), "bad")
	write(t, bad, []byte("if true; then\n"))
	if v := run(t, exec.Command("dash", "-n", host(bad))); !v.failed {
		t.Error("an unfinished if is not refused")
	}
}

// shellcheck leaves out what it can only know where it can follow what scripts source: whether a variable is ever set.
func shellcheck(t *testing.T, dialect string, paths ...string) verdict {
	t.Helper()
	return run(t, exec.Command("shellcheck", append([]string{"--format=gcc", "--exclude=SC2154", "--shell=" + dialect}, paths...)...))
}

// TestShellCheck: nothing that a POSIX shell need not have, with the project's own settings.
func TestShellCheck(t *testing.T) {
	t.Parallel()
	settings, err := os.ReadFile("../../.shellcheckrc") // looked for from each script's directory upwards
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(work, ".shellcheckrc"), settings)
	var paths []string
	for _, d := range different(t, isScript) {
		paths = append(paths, host(d.path))
	}
	for _, dialect := range []string{"sh", "dash"} {
		silent(t, dialect, shellcheck(t, dialect, paths...))
	}
	bad := filepath.Join(scratch(t), "bad")
	write(t, bad, []byte("[[ $1 = 2 ]] && rm $x\n"))
	if v := shellcheck(t, "sh", host(bad)); !v.failed || !strings.Contains(v.said, "SC3010") {
		t.Errorf("a bashism is not refused:\n%s", v)
	}
}

// TestPythonReadsScripts: the oldest Python of a guest is Ubuntu 18.04's 3.6.
func TestPythonReadsScripts(t *testing.T) {
	t.Parallel()
	const parse = "import ast, pathlib, sys; ast.parse(pathlib.Path(sys.argv[1]).read_text(), sys.argv[1], feature_version=(3, 6))"
	for _, d := range different(t, isPython) {
		silent(t, d.name, run(t, inGuest("python3", "-W", "error", "-c", parse, d.path)))
	}
	bad := filepath.Join(scratch(t), "bad.py")
	write(t, bad, []byte("if (n := 3) > 2:\n    pass\n"))
	if v := run(t, inGuest("python3", "-c", parse, bad)); !v.failed {
		t.Error("an assignment expression, which Python 3.8 brought, is not refused")
	}
}

// TestSedReadsRedaction: the script that takes the secrets out of what a node publishes takes them out.
func TestSedReadsRedaction(t *testing.T) {
	t.Parallel()
	for _, d := range guestFile(t, "/etc/hakube/redact.sed") {
		found := 0
		for _, name := range []string{"kubeadm-join.yaml", "keepalived.conf"} {
			c := exec.Command("sed", "-f", host(d.path))
			text, err := os.ReadFile(filepath.Join(filepath.Dir(host(d.path)), name))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			found++
			c.Stdin = bytes.NewReader(text)
			v := run(t, c)
			for _, e := range examples(t) {
				if v.failed || strings.Contains(v.said, e.secrets.BootstrapToken) || strings.Contains(v.said, e.secrets.CertificateKey) || strings.Contains(v.said, e.secrets.VRRPPassword()) {
					t.Errorf("%s leaves a secret of %s in %s, or fails:\n%s", d.name, e.name, name, v)
				}
			}
			if !strings.Contains(v.said, "[secret]") {
				t.Errorf("%s takes nothing out of %s", d.name, name)
			}
		}
		if found == 0 {
			t.Errorf("%s has nothing beside it to take secrets out of", d.name)
		}
	}
}
