// SPDX-License-Identifier: Apache-2.0

package seeds_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakube/hakube-seed/seeds"
)

func TestWriteDir(t *testing.T) {
	parent := t.TempDir()
	path := filepath.Join(parent, "k8s-master1")
	other := sample()
	other.UserData = []byte("#cloud-config\nhostname: other\n")
	for _, s := range []seeds.Seed{other, sample(), sample()} {
		if err := seeds.WriteDir(path+"/", s); err != nil {
			t.Fatal(err)
		}
		got, err := seeds.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s, got); diff != "" {
			t.Errorf("what was read differs from what was written (-want +got):\n%s", diff)
		}
	}
	if onlyEntry(t, parent) != path {
		t.Error("something else was left behind")
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 4 {
		t.Errorf("the directory holds %v", entries)
	}
}

func TestWriteDirLeavesOtherFilesAlone(t *testing.T) {
	parent := t.TempDir()
	for _, c := range []struct{ name, file, want string }{
		{"directory", "a/notes.txt", `writing DIR/a: there is "notes.txt", which is no file of a seed; move it away`},
		{"file", "b", "writing DIR/b: there is something that is not a directory; move it away"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(parent, c.file)
			if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
				t.Fatal(err)
			}
			err := seeds.WriteDir(filepath.Join(parent, strings.SplitN(c.file, "/", 2)[0]), sample())
			if got := strings.ReplaceAll(fmt.Sprint(err), parent, "DIR"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if got, err := os.ReadFile(file); err != nil || string(got) != "mine" {
				t.Errorf("%s holds %q, %v", c.file, got, err)
			}
		})
	}
}

func TestWriteDirNeedsAParent(t *testing.T) {
	dir := t.TempDir()
	err := seeds.WriteDir(filepath.Join(dir, "none", "a"), sample())
	want := "writing DIR/none/a: no such file or directory; make its directory first"
	if got := strings.ReplaceAll(fmt.Sprint(err), dir, "DIR"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	wantEmpty(t, dir)
}
