// SPDX-License-Identifier: Apache-2.0

package seeds_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakube/hakube-seed/seeds"
)

// sampleVolume is a volume like a bundle's: long names, full directories, contents of every awkward length.
func sampleVolume(t testing.TB) (seeds.Volume, map[string][]byte) {
	t.Helper()
	dir, random := t.TempDir(), rand.NewChaCha8([32]byte{1})
	contents := map[string][]byte{"SHA256SUMS": []byte("sums\n"), "bundle.json": nil}
	for i := range 60 {
		contents[fmt.Sprintf("debs/libsomething-with-a-long-name%02d_1.2.3+deb12u%d~bpo-1_amd64.deb", i, i)] = make([]byte, 1000*i)
	}
	for _, size := range []int{0, 1, 2047, 2048, 2049, 4096, 1 << 20} {
		contents[fmt.Sprintf("images/node/image-%d.tar", size)] = make([]byte, size)
	}
	contents["images/control-plane/etcd.tar"] = make([]byte, 100_000)
	contents["manifests/cni.yaml"] = []byte("kind: List\n")
	v := seeds.Volume{Label: "HAKUBE"}
	for name, content := range contents {
		f := seeds.VolumeFile{Path: name, Content: content}
		if strings.HasPrefix(name, "images/") || strings.HasPrefix(name, "debs/") {
			_, _ = random.Read(content)
			f = seeds.VolumeFile{Path: name, Source: filepath.Join(dir, strings.ReplaceAll(name, "/", "_")), SHA256: fmt.Sprintf("%x", sha256.Sum256(content))}
			if err := os.WriteFile(f.Source, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		v.Files = append(v.Files, f)
	}
	return v, contents
}

func TestVolumeIsReadByOthers(t *testing.T) {
	v, contents := sampleVolume(t)
	path := filepath.Join(t.TempDir(), "bundle.iso")
	var wrote, checked atomic.Int64
	v.OnWrite, v.OnCheck = func(n int64) { wrote.Add(n) }, func(n int64) { checked.Add(n) }
	if err := v.Write(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	total := int64(0)
	for _, content := range contents {
		total += int64(len(content))
	}
	if wrote.Load() != total || checked.Load() != total {
		t.Errorf("told of %d and %d bytes of %d", wrote.Load(), checked.Load(), total)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o644 || info.Size()%2048 != 0 {
		t.Errorf("%v %v", info, err)
	}
	t.Run("blkid", func(t *testing.T) {
		if got := run(t, "blkid", "-p", "-s", "LABEL", "-s", "TYPE", "-o", "export", path); !strings.Contains(got, "LABEL=HAKUBE\nTYPE=iso9660\n") {
			t.Errorf("blkid says:\n%s", got)
		}
	})
	for name, extract := range map[string]func(t *testing.T, dir string){
		"xorriso": func(t *testing.T, dir string) {
			run(t, "xorriso", "-report_about", "SORRY", "-return_with", "SORRY", "32", "-osirrox", "on", "-indev", path, "-extract", "/", dir)
		},
		"bsdtar": func(t *testing.T, dir string) { run(t, "bsdtar", "-x", "-f", path, "-C", dir) },
		"bsdtar Joliet": func(t *testing.T, dir string) {
			run(t, "bsdtar", "-x", "--options", "!rockridge", "-f", path, "-C", dir)
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			extract(t, dir)
			t.Cleanup(func() { _ = exec.Command("chmod", "-R", "u+w", dir).Run() })
			wantTree(t, dir, contents)
		})
	}
	for _, tree := range []string{"-R", "-J"} {
		t.Run("isoinfo "+tree, func(t *testing.T) {
			for _, name := range []string{"bundle.json", "debs/libsomething-with-a-long-name59_1.2.3+deb12u59~bpo-1_amd64.deb", "images/node/image-2049.tar"} {
				if run(t, "isoinfo", tree, "-i", path, "-x", "/"+name) != string(contents[name]) {
					t.Errorf("%s differs", name)
				}
			}
		})
	}
	t.Run("listing", func(t *testing.T) {
		listing := run(t, "isoinfo", "-R", "-l", "-i", path)
		for _, line := range strings.Split(listing, "\n") {
			if fields := strings.Fields(line); len(fields) == 12 && (!strings.HasPrefix(fields[0], "-r--r--r--") && !strings.HasPrefix(fields[0], "dr-xr-xr-x") || fields[2] != "0" || strings.Join(fields[5:8], " ") != "Jan 1 2000") {
				t.Error(line)
			}
		}
	})
}

func wantTree(t *testing.T, dir string, want map[string][]byte) {
	t.Helper()
	count := 0
	for name, content := range want {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s: %v, %d bytes of %d", name, err, len(got), len(content))
		}
	}
	if err := filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			count++
		}
		return err
	}); err != nil || count != len(want) {
		t.Errorf("%v, %d files of %d", err, count, len(want))
	}
}

func TestVolumeIsReadBackHere(t *testing.T) {
	v, contents := sampleVolume(t)
	path := filepath.Join(t.TempDir(), "bundle.iso")
	if err := v.Write(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	opened, err := seeds.OpenVolume(path)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	got := map[string]string{}
	for _, f := range opened.Files {
		if got[f.Path], err = f.Sum(t.Context(), nil); err != nil {
			t.Error(err)
		}
	}
	want := map[string]string{}
	for name, content := range contents {
		want[name] = fmt.Sprintf("%x", sha256.Sum256(content))
	}
	if diff := cmp.Diff(want, got); diff != "" || opened.Label != "HAKUBE" {
		t.Errorf("label %q, -want +got:\n%s", opened.Label, diff)
	}
}

func TestVolumeIsReproducible(t *testing.T) {
	v, _ := sampleVolume(t)
	var images [2][]byte
	for i := range images {
		path := filepath.Join(t.TempDir(), "bundle.iso")
		slices.Reverse(v.Files)
		if err := v.Write(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		images[i], _ = os.ReadFile(path)
	}
	if !bytes.Equal(images[0], images[1]) {
		t.Error("two images of the same volume differ")
	}
}

func TestVolumeThatCannotBe(t *testing.T) {
	dir := t.TempDir()
	huge := filepath.Join(dir, "huge.tar")
	if err := os.WriteFile(huge, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(huge, 1<<32); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		files []seeds.VolumeFile
		want  string
	}{
		{[]seeds.VolumeFile{{Path: "images/huge.tar", Source: huge}, {Path: "b:c"}}, "images/huge.tar has 4294967296 bytes, and a file on this disk may have 4294967295"},
		{[]seeds.VolumeFile{{Path: "a:b"}}, `"a:b" is not a name for a file on this disk: it may have A-Z, a-z, 0-9 and, not in front, + . _ ~ -`},
		{[]seeds.VolumeFile{{Path: "../a"}}, `"../a" is not a name for a file on this disk: it may have A-Z, a-z, 0-9 and, not in front, + . _ ~ -`},
		{[]seeds.VolumeFile{{Path: "a"}, {Path: "a"}}, "a is there twice"},
		{[]seeds.VolumeFile{{Path: "f/a.txt"}, {Path: "f/A.txt"}}, "f/A.txt and f/a.txt differ in capitals alone"},
		{[]seeds.VolumeFile{{Path: strings.Repeat("x", 65)}}, "65 characters"},
		{[]seeds.VolumeFile{{Path: "a", Source: filepath.Join(dir, "none")}}, "no such file"},
		{[]seeds.VolumeFile{{Path: "a", Content: []byte("a")}, {Path: "b", Source: huge + "/x"}}, "not a directory"},
		{[]seeds.VolumeFile{{Path: "a", Source: os.Args[0], SHA256: strings.Repeat("0", 64)}}, "a differs from what was to be written"},
	} {
		path := filepath.Join(dir, "out.iso")
		err := seeds.Volume{Label: "HAKUBE", Files: c.files}.Write(t.Context(), path)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 1 {
			t.Errorf("left behind: %v", entries)
		}
	}
}

func TestAFileThatCannotBeReplaced(t *testing.T) {
	dir := t.TempDir()
	err := seeds.Volume{Label: "HAKUBE", Files: []seeds.VolumeFile{{Path: "a"}}}.Write(t.Context(), dir)
	if err == nil || !strings.HasPrefix(err.Error(), "writing "+dir+": what is there cannot be replaced: ") || !strings.HasSuffix(err.Error(), "; detach it from the machine that uses it, or write to another file") {
		t.Error(err)
	}
	if _, err := seeds.OpenVolume(filepath.Join(dir, "none.iso")); err == nil || !strings.HasPrefix(err.Error(), "reading "+dir) {
		t.Error(err)
	}
}

func TestVolumeEndsWhenToldTo(t *testing.T) {
	v, _ := sampleVolume(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	v.OnWrite = func(int64) { cancel(fmt.Errorf("told to")) }
	dir := t.TempDir()
	if err := v.Write(ctx, filepath.Join(dir, "out.iso")); err == nil || !strings.Contains(err.Error(), "told to") {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestDamagedVolumes(t *testing.T) {
	v, _ := sampleVolume(t)
	path := filepath.Join(t.TempDir(), "bundle.iso")
	if err := v.Write(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		damaged := bytes.Clone(whole[:min(len(whole), 400*2048)])
		for range 1 + random.IntN(4) {
			damaged[16*2048+random.IntN(60*2048)] ^= byte(1 << random.IntN(8))
		}
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if opened, err := seeds.OpenVolume(path); err == nil { // must not panic, hang or take all memory
			opened.Close()
		}
	}
}
