// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// mounted returns a file system of its own in memory; mounting takes root, as all of `make test` does.
func mounted(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Fatalf("mounting a tmpfs (are you root?): %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// With every size from nothing to enough, a full disk leaves no store or a whole one.
func TestFullDiskWhileCreating(t *testing.T) {
	for name, open := range map[string]func(string) Store{
		"directory": func(path string) Store { return Dir{path, "lab"} },
		"encrypted": func(path string) Store { return encryptedTo(t, path) },
	} {
		t.Run(name, func(t *testing.T) {
			failed := 0
			for _, size := range []string{"4k", "8k", "16k", "32k", "1m"} {
				disk := mounted(t, "size="+size)
				store := open(filepath.Join(disk, "lab"))
				s, created, err := LoadOrCreate(store, policy(), today)
				if err != nil {
					failed++
					refused(t, new(Secrets), err, "creating secrets in "+disk+"/lab: no space left on device")
					if entries, _ := os.ReadDir(disk); len(entries) > 0 {
						t.Errorf("%s: left behind: %v", size, entries)
					}
					continue
				}
				if loaded, err := store.Load(); err != nil || !created || !same(s, loaded) {
					t.Errorf("%s: created %v, error %v", size, created, err)
				}
			}
			if failed == 0 || failed == 5 {
				t.Errorf("%d of 5 sizes were too small", failed)
			}
		})
	}
}

func TestFullDiskWhileReplacing(t *testing.T) {
	disk := mounted(t, "size=1m")
	for path, store := range map[string]Store{
		disk + "/lab":     Dir{disk + "/lab", "lab"},
		disk + "/lab.age": encryptedTo(t, disk+"/lab.age"),
	} {
		s, _, err := LoadOrCreate(store, policy(), today)
		if err != nil {
			t.Fatal(err)
		}
		old := *s
		if _, err := s.RenewAdmin("system:masters", today); err != nil {
			t.Fatal(err)
		}
		filler, err := os.Create(disk + "/filler")
		if err != nil {
			t.Fatal(err)
		}
		for err == nil {
			_, err = filler.Write(make([]byte, 4096))
		}
		filler.Close()
		before := tree(t, disk)
		refused(t, s, store.Replace(s), "replacing secrets in "+path+": no space left on device")
		if diff := cmp.Diff(before, tree(t, disk)); diff != "" {
			t.Error("a file changed or was left behind")
		}
		if err := os.Remove(disk + "/filler"); err != nil {
			t.Fatal(err)
		}
		if loaded, err := store.Load(); err != nil || !same(&old, loaded) {
			t.Errorf("the old secrets are lost: %v", err)
		}
	}
}

func TestReadOnlyStore(t *testing.T) {
	disk := mounted(t, "size=1m")
	stores := map[string]Store{
		disk + "/lab":     Dir{disk + "/lab", "lab"},
		disk + "/lab.age": encryptedTo(t, disk+"/lab.age"),
	}
	for _, store := range stores {
		if _, _, err := LoadOrCreate(store, policy(), today); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mount("", disk, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	for path, store := range stores {
		s, created, err := LoadOrCreate(store, policy(), today)
		if err != nil || created {
			t.Fatalf("%s: created %v, error %v", path, created, err)
		}
		if _, err := s.RenewAdmin("system:masters", today); err != nil {
			t.Fatal(err)
		}
		refused(t, s, store.Replace(s), "replacing secrets in "+path+": read-only file system")
	}
	_, _, err := LoadOrCreate(Dir{disk + "/new", "new"}, policy(), today)
	refused(t, new(Secrets), err, "creating secrets in "+disk+"/new: read-only file system")
	_, _, err = LoadOrCreate(encryptedTo(t, disk+"/new.age"), policy(), today)
	refused(t, new(Secrets), err, "creating secrets in "+disk+"/new.age: read-only file system")
}

// A file where a directory should be is the user's file, not an absent store.
func TestPathThroughAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, store := range []Store{Dir{file + "/lab", "lab"}, encryptedTo(t, file+"/lab")} {
		_, created, err := LoadOrCreate(store, policy(), today)
		if created || !strings.HasSuffix(err.Error(), ": not a directory") {
			t.Errorf("created %v, error %v", created, err)
		}
	}
}
