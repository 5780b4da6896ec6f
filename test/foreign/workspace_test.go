// SPDX-License-Identifier: Apache-2.0

//go:build foreign

// Package foreign has the documents that are rendered from every example inventory judged by the programs that read them
// on the guest (build.sh makes those, run.sh runs this).
//
// In go test/inventories/*.yaml and this package's own testdata/*.yaml; what is rendered from them is laid out inside a
// Debian 12 root directory, so that a judge finds it whether it is called with chroot or from this machine. A judge that is
// missing and a document that nothing renders any more are failures, and every judge is shown a bad document too.
package foreign

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var (
	judges = filepath.Join(os.Getenv("CACHE"), "foreign") // made by build.sh
	rootfs = filepath.Join(judges, "rootfs")
	work   string // this run's directory, as seen inside rootfs
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp(filepath.Join(rootfs, "tmp"), "foreign-")
	if err != nil {
		log.Fatalf("there is no %s: run test/foreign/run.sh", rootfs)
	}
	defer os.RemoveAll(dir)
	work = strings.TrimPrefix(dir, rootfs)
	m.Run()
}

// host is where a path of the root directory is on this machine.
func host(path string) string { return filepath.Join(rootfs, path) }

// verdict is what a judge did.
type verdict struct {
	failed bool
	said   string // standard output and standard error
}

// run runs a judge; one that cannot be started ends the test.
func run(t *testing.T, c *exec.Cmd) verdict {
	t.Helper()
	said, err := c.CombinedOutput()
	var refusal *exec.ExitError
	if err != nil && !errors.As(err, &refusal) {
		t.Fatalf("%s: %v", strings.Join(c.Args, " "), err)
	}
	return verdict{err != nil, string(said)}
}

// inGuest is a command inside the root directory.
func inGuest(args ...string) *exec.Cmd {
	c := exec.Command("chroot", append([]string{rootfs}, args...)...)
	c.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "HOME=/root"}
	return c
}

// judge is one of the programs that build.sh made, as a command of this machine.
func judge(name string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(judges, "bin", name), args...)
	c.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + host(work)}
	return c
}

// python runs a script of testdata inside the root directory and returns what it printed.
func python(t *testing.T, script string, args ...string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", script))
	if err != nil {
		t.Fatal(err)
	}
	c := inGuest(append([]string{"python3", "-"}, args...)...)
	c.Stdin = bytes.NewReader(text)
	var said, complaint bytes.Buffer
	c.Stdout, c.Stderr = &said, &complaint
	if err := c.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, complaint.String())
	}
	return said.Bytes()
}

// silent reports everything that a judge had to say about a document that it should take without a word.
func silent(t *testing.T, document string, v verdict) {
	t.Helper()
	if v.failed || v.said != "" {
		t.Errorf("%s:\n%s", document, v)
	}
}

func (v verdict) String() string {
	if v.failed {
		return fmt.Sprintf("refused:\n%s", v.said)
	}
	return v.said
}

// scratch is an empty directory of the test's own, as seen inside the root directory.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(host(work), "test-")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(dir, rootfs)
}

// write writes a file of the root directory and the directories that lead to it.
func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(host(path)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(host(path), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// edited is a text with one replacement, which must have happened.
func edited(t *testing.T, text []byte, old, new string) []byte {
	t.Helper()
	if !bytes.Contains(text, []byte(old)) {
		t.Fatalf("the document has no %q any more", old)
	}
	return bytes.Replace(text, []byte(old), []byte(new), 1)
}
