// SPDX-License-Identifier: Apache-2.0

package atomicfile_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/hakube/hakube-seed/seeds/atomicfile"
)

func TestWriteIgnoresTheUmask(t *testing.T) {
	for _, umask := range []int{0, 0o022, 0o077, 0o777} {
		for _, perm := range []fs.FileMode{0o600, 0o644} {
			path := filepath.Join(t.TempDir(), "file")
			old := syscall.Umask(umask)
			err := atomicfile.Write(path, perm, []byte("content"))
			syscall.Umask(old)
			if err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode() != perm {
				t.Errorf("umask %#o: the file is %v, want %v", umask, info.Mode(), perm)
			}
		}
	}
}

func TestWriteToAFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Fatalf("mounting a small disk, which takes root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	path := filepath.Join(dir, "file")
	if err := atomicfile.Write(path, 0o600, []byte("old")); err != nil {
		t.Fatal(err)
	}
	err := atomicfile.Write(path, 0o600, bytes.Repeat([]byte("new"), 64<<10))
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("writing to a full disk: %v", err)
	}
	wantFiles(t, dir, map[string]string{"file": "old"})
}
