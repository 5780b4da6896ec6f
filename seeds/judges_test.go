// SPDX-License-Identifier: Apache-2.0

package seeds_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakube/hakube-seed/seeds"
)

// The tools here share no code with each other or with us. blkid is what cloud-init itself asks for the label.
// Debian packages: util-linux genisoimage xorriso libarchive-tools cloud-image-utils.

func TestForeignReaders(t *testing.T) {
	empty, aligned := sample(), sample()
	empty.VendorData = nil
	aligned.VendorData = bytes.Repeat([]byte("x"), 20480)
	for name, s := range map[string]seeds.Seed{"sample": sample(), "empty last file": empty, "aligned last file": aligned} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "seed.iso")
			if _, err := newWriter(t).WriteISO(path, s); err != nil {
				t.Fatal(err)
			}
			t.Run("blkid", func(t *testing.T) {
				if got := run(t, "blkid", "-p", "-s", "LABEL", "-s", "TYPE", "-o", "export", path); !strings.Contains(got, "LABEL=cidata\nTYPE=iso9660\n") {
					t.Errorf("blkid says:\n%s", got)
				}
			})
			t.Run("isoinfo -R", func(t *testing.T) {
				readOneByOne(t, s, func(name string) string { return run(t, "isoinfo", "-R", "-i", path, "-x", "/"+name) })
				wantListing(t, run(t, "isoinfo", "-R", "-l", "-i", path), s)
			})
			t.Run("isoinfo -J", func(t *testing.T) {
				readOneByOne(t, s, func(name string) string { return run(t, "isoinfo", "-J", "-i", path, "-x", "/"+name) })
			})
			t.Run("xorriso", func(t *testing.T) {
				dir := t.TempDir()
				run(t, "xorriso", "-report_about", "SORRY", "-return_with", "SORRY", "32", "-osirrox", "on", "-indev", path, "-extract", "/", dir)
				wantExtracted(t, dir, s)
			})
			t.Run("bsdtar", func(t *testing.T) {
				dir := t.TempDir()
				run(t, "bsdtar", "-x", "-f", path, "-C", dir)
				wantExtracted(t, dir, s)
			})
			t.Run("bsdtar Joliet", func(t *testing.T) {
				dir := t.TempDir()
				run(t, "bsdtar", "-x", "--options", "!rockridge", "-f", path, "-C", dir)
				wantExtracted(t, dir, s)
			})
		})
	}
}

func TestReadForeignImages(t *testing.T) {
	for name, make := range map[string]func(t *testing.T, dir, path string){
		"genisoimage": func(t *testing.T, dir, path string) {
			run(t, "genisoimage", "-quiet", "-volid", "cidata", "-joliet", "-rock", "-output", path, dir)
		},
		"genisoimage CIDATA": func(t *testing.T, dir, path string) {
			run(t, "genisoimage", "-quiet", "-volid", "CIDATA", "-rock", "-output", path, dir)
		},
		"xorriso": func(t *testing.T, dir, path string) {
			run(t, "xorriso", "-as", "mkisofs", "-quiet", "-V", "cidata", "-J", "-r", "-o", path, dir)
		},
		"cloud-localds": func(t *testing.T, dir, path string) {
			run(t, "cloud-localds", "--filesystem", "iso9660", "--network-config", filepath.Join(dir, "network-config"),
				"--vendor-data", filepath.Join(dir, "vendor-data"), path, filepath.Join(dir, "user-data"), filepath.Join(dir, "meta-data"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, path := filepath.Join(t.TempDir(), "seed"), filepath.Join(t.TempDir(), "k8s-master1.iso")
			if err := seeds.WriteDir(dir, sample()); err != nil {
				t.Fatal(err)
			}
			make(t, dir, path)
			got, err := seeds.Read(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(sample(), got); diff != "" {
				t.Errorf("what was read differs from what was written (-want +got):\n%s", diff)
			}
		})
	}
}

func readOneByOne(t *testing.T, s seeds.Seed, read func(name string) string) {
	t.Helper()
	for _, f := range s.Files() {
		if got := read(f.Name); got != string(f.Content) {
			t.Errorf("%s: %d bytes that differ from the %d written", f.Name, len(got), len(f.Content))
		}
	}
}

// wantListing checks owner, mode, date and size of each file.
func wantListing(t *testing.T, listing string, s seeds.Seed) {
	t.Helper()
	var got, want []string
	for line := range strings.Lines(listing) {
		if fields := strings.Fields(line); len(fields) == 12 && !strings.HasPrefix(fields[11], ".") {
			got = append(got, strings.Join([]string{fields[0], fields[1], fields[2], fields[3], fields[4], fields[5], fields[6], fields[7], fields[11]}, " "))
		}
	}
	for _, f := range s.Files() {
		want = append(want, fmt.Sprintf("-r-------- 1 0 0 %d Jan 1 2000 %s", len(f.Content), f.Name))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("isoinfo lists (-want +got):\n%s\n%s", diff, listing)
	}
}

func wantExtracted(t *testing.T, dir string, s seeds.Seed) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(s.Files()) {
		t.Errorf("extracted: %v", entries)
	}
	readOneByOne(t, s, func(name string) string {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		}
		return string(content)
	})
}

// run returns what a tool prints. A tool that is not there fails the test.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin", "TZ=UTC", "LC_ALL=C.UTF-8")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, stderr.String())
	}
	return string(out)
}
