// SPDX-License-Identifier: Apache-2.0

package seeds_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakube/hakube-seed/seeds"
)

func sample() seeds.Seed {
	return seeds.Seed{
		Node:          "k8s-master1",
		MetaData:      []byte("instance-id: lab-k8s-master1-1\nlocal-hostname: k8s-master1\n"),
		UserData:      []byte("#cloud-config\n" + strings.Repeat("# a line of user-data\n", 1000)),
		NetworkConfig: []byte("version: 2\n"),
		VendorData:    []byte("#cloud-config\n{}\n"),
	}
}

func newWriter(t *testing.T) *seeds.Writer {
	t.Helper()
	w, err := seeds.NewWriter()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func image(t *testing.T, s seeds.Seed) []byte {
	t.Helper()
	iso, err := newWriter(t).ISO(s)
	if err != nil {
		t.Fatal(err)
	}
	return iso
}

// The sum holds on every operating system; when it changes on purpose, every medium that was ever made changes with it.
func TestISOIsTheSameEverywhere(t *testing.T) {
	const want = "14c751553960331bf58d3ef83043adae201c163a8bc38954e8cf56b55ba61ffc"
	sum := sha256.Sum256(image(t, sample()))
	if got := hex.EncodeToString(sum[:]); got != want {
		t.Errorf("the image's SHA-256 is %s, want %s", got, want)
	}
}

func TestISODependsOnNothingButTheSeed(t *testing.T) {
	want := image(t, sample())
	t.Run("clock", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { // its clock starts in 2000
			if !bytes.Equal(image(t, sample()), want) {
				t.Error("another time gives another image")
			}
		})
	})
	t.Run("time zone", func(t *testing.T) {
		local := time.Local
		time.Local = time.FixedZone("", 5*3600+1800)
		defer func() { time.Local = local }()
		if !bytes.Equal(image(t, sample()), want) {
			t.Error("another time zone gives another image")
		}
	})
	t.Run("TMPDIR", func(t *testing.T) {
		t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
		t.Setenv("TMPDIR", t.TempDir())
		if !bytes.Equal(image(t, sample()), want) {
			t.Error("another directory for temporary files gives another image")
		}
	})
	t.Run("name", func(t *testing.T) {
		s := sample()
		s.Node = "other"
		if !bytes.Equal(image(t, s), want) {
			t.Error("another file name gives another image")
		}
	})
	t.Run("last image", func(t *testing.T) {
		w, big := newWriter(t), sample()
		big.UserData = bytes.Repeat([]byte("another node's key"), 10_000)
		if _, err := w.ISO(big); err != nil {
			t.Fatal(err)
		}
		got, err := w.ISO(sample())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Error("an image depends on the one before it")
		}
	})
}

// go-diskfs 1.9.4 loses the Joliet tree when the last file is empty or ends on a sector boundary.
func TestISOHoldsFilesOfAnyLength(t *testing.T) {
	w := newWriter(t)
	path := filepath.Join(t.TempDir(), "k8s-master1.iso")
	for i, f := range sample().Files() {
		for _, length := range []int{0, 1, 2047, 2048, 2049, 4096, 20480} {
			t.Run(fmt.Sprintf("%s=%d", f.Name, length), func(t *testing.T) {
				s := sample()
				*[]*[]byte{&s.MetaData, &s.NetworkConfig, &s.UserData, &s.VendorData}[i] = bytes.Repeat([]byte("x"), length)
				if _, err := w.WriteISO(path, s); err != nil {
					t.Fatal(err)
				}
				got, err := seeds.Read(path)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(s, got); diff != "" {
					t.Errorf("what was read differs from what was written (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestWriteISO(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k8s-master1.iso")
	sum, err := newWriter(t).WriteISO(path, sample())
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := image(t, sample()); !bytes.Equal(got, want) {
		t.Error("the file is not the image")
	}
	if want := sha256.Sum256(got); sum != hex.EncodeToString(want[:]) {
		t.Errorf("WriteISO returned the sum %s of a file with the sum %x", sum, want)
	}
}

func TestWriteISOErrors(t *testing.T) {
	dir := t.TempDir()
	long := sample()
	long.UserData = make([]byte, 64<<20+1)
	closed, err := seeds.NewWriter()
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, path, want string
		w                *seeds.Writer
		s                seeds.Seed
	}{
		{"no directory", "none/a.iso", "writing DIR/none/a.iso: no such file or directory; make its directory first", newWriter(t), sample()},
		{"too long", "a.iso", "writing DIR/a.iso: user-data has 67108865 bytes; a seed's file may have 67108864", newWriter(t), long},
		{"closed", "a.iso", "writing DIR/a.iso: laying out the image: the writer is closed", closed, sample()},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := c.w.WriteISO(filepath.Join(dir, c.path), c.s)
			if got := strings.ReplaceAll(fmt.Sprint(err), dir, "DIR"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	wantEmpty(t, dir)
}

func TestWriterLeavesNoWorkspace(t *testing.T) {
	parent := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", parent)
	w, err := seeds.NewWriter()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.WriteISO(filepath.Join(t.TempDir(), "none", "a.iso"), sample()); err == nil {
		t.Error("an image was written to a directory that is not there")
	}
	wantEmpty(t, onlyEntry(t, parent))

	// Close comes in the middle of images, as after a SIGINT.
	var group sync.WaitGroup
	made := make(chan struct{})
	for range 4 {
		group.Go(func() {
			for {
				if _, err := w.ISO(sample()); err != nil {
					if err.Error() != "laying out the image: the writer is closed" {
						t.Error(err)
					}
					return
				}
				select {
				case made <- struct{}{}:
				default:
				}
			}
		})
	}
	<-made
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	wantEmpty(t, parent)
	group.Wait()
	wantEmpty(t, parent)
}

func onlyEntry(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Fatalf("%s holds %v, want one entry", dir, entries)
	}
	return filepath.Join(dir, entries[0].Name())
}

func wantEmpty(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		t.Errorf("%s was left in %s", e.Name(), dir)
	}
}
