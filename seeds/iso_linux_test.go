// SPDX-License-Identifier: Apache-2.0

package seeds_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hakube/hakube-seed/seeds"
)

func TestISODependsOnNeitherUserNorUmask(t *testing.T) {
	want := image(t, sample())
	t.Run("umask", func(t *testing.T) {
		for _, umask := range []int{0, 0o027, 0o077, 0o277} {
			old := syscall.Umask(umask)
			got := image(t, sample())
			syscall.Umask(old)
			if !bytes.Equal(got, want) {
				t.Errorf("umask %#o gives another image", umask)
			}
		}
	})
	t.Run("user", func(t *testing.T) {
		os.Unsetenv("XDG_RUNTIME_DIR")
		become(t, 4321)
		defer become(t, 0)
		w, err := seeds.NewWriter()
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		got, err := w.ISO(sample())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Error("another user gives another image")
		}
	})
}

// become changes the effective user and group of all threads.
func become(t *testing.T, id int) {
	t.Helper()
	if id == 0 {
		if err := syscall.Setresuid(-1, 0, -1); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Setresgid(-1, id, -1); err != nil {
		t.Fatalf("becoming another user, which takes root: %v", err)
	}
	if err := syscall.Setresuid(-1, id, -1); err != nil {
		t.Fatal(err)
	}
}

func TestWriteISOIgnoresTheUmask(t *testing.T) {
	w := newWriter(t)
	for _, umask := range []int{0, 0o077} {
		path := filepath.Join(t.TempDir(), "a.iso")
		old := syscall.Umask(umask)
		_, err := w.WriteISO(path, sample())
		syscall.Umask(old)
		if err != nil {
			t.Fatal(err)
		}
		wantMode(t, path, 0o600)
	}
}

func TestWritingToAFullDisk(t *testing.T) {
	for _, c := range []struct {
		name  string
		write func(path string, s seeds.Seed) error
		want  string
	}{
		{"ISO", func(path string, s seeds.Seed) error {
			_, err := newWriter(t).WriteISO(path, s)
			return err
		}, "writing DIR/a: no space left on device; free some space or write to another disk"},
		{"directory", seeds.WriteDir, "writing DIR/a/user-data: no space left on device; free some space or write to another disk"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := mountDisk(t, 0)
			path, big := filepath.Join(dir, "a"), sample()
			if err := c.write(path, sample()); err != nil {
				t.Fatal(err)
			}
			big.UserData = bytes.Repeat([]byte("x"), 256<<10)
			err := c.write(path, big)
			if got := strings.ReplaceAll(fmt.Sprint(err), dir, "DIR"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if onlyEntry(t, dir) != path {
				t.Error("something else was left behind")
			}
			got, err := seeds.Read(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.UserData, sample().UserData) {
				t.Error("what was there before is not what it was")
			}
		})
	}
}

func TestWritingToAReadOnlyDisk(t *testing.T) {
	dir := mountDisk(t, syscall.MS_RDONLY)
	path := filepath.Join(dir, "a")
	want := "writing DIR/a: read-only file system; make its directory writable or write to another one"
	_, err := newWriter(t).WriteISO(path, sample())
	if got := strings.ReplaceAll(fmt.Sprint(err), dir, "DIR"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := strings.ReplaceAll(fmt.Sprint(seeds.WriteDir(path, sample())), dir, "DIR"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// mountDisk returns a directory on a disk of its own, with room for one seed.
func mountDisk(t *testing.T, flags uintptr) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", flags, "size=160k"); err != nil {
		t.Fatalf("mounting a small disk, which takes root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func wantMode(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != want {
		t.Errorf("%s is %v, want %v", path, info.Mode(), want)
	}
}

func TestWriteDirIgnoresTheUmask(t *testing.T) {
	for _, umask := range []int{0, 0o077, 0o277} {
		path := filepath.Join(t.TempDir(), "a")
		old := syscall.Umask(umask)
		err := seeds.WriteDir(path, sample())
		syscall.Umask(old)
		if err != nil {
			t.Fatal(err)
		}
		wantMode(t, path, os.ModeDir|0o700)
		for _, f := range sample().Files() {
			wantMode(t, filepath.Join(path, f.Name), 0o600)
		}
	}
}
