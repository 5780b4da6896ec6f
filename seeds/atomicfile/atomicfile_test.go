// SPDX-License-Identifier: Apache-2.0

package atomicfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/hakube/hakube-seed/seeds/atomicfile"
)

func TestWriteReplacesAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kubeconfig")
	for _, content := range []string{"old, and longer than the new", "new", ""} {
		if err := atomicfile.Write(path, 0o600, []byte(content)); err != nil {
			t.Fatal(err)
		}
		wantFiles(t, filepath.Dir(path), map[string]string{"kubeconfig": content})
	}
}

func TestWriteLeavesNothingAfterAnError(t *testing.T) {
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(taken, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Write(taken, 0o600, []byte("new")); err == nil {
		t.Error("a directory was replaced by a file")
	}
	if err := atomicfile.Write(filepath.Join(dir, "none", "file"), 0o600, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("writing into a directory that is not there: %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || entries[0].Name() != "taken" {
		t.Errorf("left behind: %v", entries)
	}
}

// wantFiles checks that dir holds exactly the given files.
func wantFiles(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, ok := want[e.Name()]; !ok {
			t.Errorf("%s was left behind", e.Name())
		}
	}
	for name, content := range want {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		} else if string(got) != content {
			t.Errorf("%s holds %.40q, want %.40q", name, got, content)
		}
	}
}
