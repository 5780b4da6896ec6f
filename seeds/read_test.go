// SPDX-License-Identifier: Apache-2.0

package seeds_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakube/hakube-seed/seeds"
)

func TestReadErrors(t *testing.T) {
	good := image(t, sample())
	for _, c := range []struct {
		name    string
		content []byte
		want    string
	}{
		{"text", []byte("not an image"), "reading DIR/a.iso: this is not an ISO 9660 image"},
		{"nothing", nil, "reading DIR/a.iso: this is not an ISO 9660 image"},
		{"zeros", make([]byte, 1<<20), "reading DIR/a.iso: this is not an ISO 9660 image"},
		{"one byte short", good[:len(good)-1], "reading DIR/a.iso: the image is truncated; copy it again"},
		{"half", good[:len(good)/2], "reading DIR/a.iso: the image is truncated; copy it again"},
		{"descriptors only", good[:18*2048], "reading DIR/a.iso: the image is truncated; copy it again"},
		{"other label", bytes.Replace(good, []byte("cidata"), []byte("UBUNTU"), 1), `reading DIR/a.iso: the volume label is "UBUNTU"; a seed's is "cidata"`},
		{"no user-data", bytes.Replace(good, []byte("user-data"), []byte("user-date"), 1), `reading DIR/a.iso: there is no user-data, only ["user-date"]`},
		{
			"no Rock Ridge", bytes.Replace(good, []byte("RRIP_1991A"), []byte("RRIP_19999"), 1),
			`reading DIR/a.iso: there is no meta-data, only ["META_DAT" "NETWORK_" "USER_DAT" "VENDOR_D"]`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.iso")
			if err := os.WriteFile(path, c.content, 0o600); err != nil {
				t.Fatal(err)
			}
			wantReadError(t, path, c.want)
		})
	}
}

// A library that believes these would ask for more memory than there is, or never end.
func TestReadHostileImages(t *testing.T) {
	good := image(t, sample())
	root := int(binary.LittleEndian.Uint32(good[16*2048+156+2:])) * 2048
	file := root + int(good[root]) // behind the records of the directory itself and its parent
	file += int(good[file])
	dotFields := root + 34
	userDataName := []byte("NM\x0e\x01\x00user-data")
	for _, c := range []struct {
		name   string
		damage func(b []byte)
		want   string
	}{
		{"a file of 4 GiB", func(b []byte) { copy(b[file+10:], "\xff\xff\xff\xff\xff\xff\xff\xff") }, "the image is truncated; copy it again"},
		{
			"a root directory of 4 GiB", func(b []byte) { copy(b[16*2048+156+10:], "\xff\xff\xff\xff\xff\xff\xff\xff") },
			"the root directory has 4294967295 bytes; a seed's may have 262144",
		},
		{"a record longer than its sector", func(b []byte) { b[file+32] = 255 }, "a directory record does not fit its directory"},
		{"a record without identifier", func(b []byte) { b[file] = 20 }, "a directory record does not fit its directory"},
		{"an empty directory", func(b []byte) { clear(b[root : root+2048]) }, "the root directory does not begin with itself and its parent"},
		{"a field of no length", func(b []byte) { b[dotFields+2] = 0 }, "a Rock Ridge field does not fit its record"},
		{"a field shorter than its head", func(b []byte) { b[dotFields+2] = 3 }, "a Rock Ridge field does not fit its record"},
		{
			"a field of no kind and no length", func(b []byte) { copy(b[bytes.Index(b, userDataName):], "XX\x00\x01") },
			"a Rock Ridge field does not fit its record",
		},
		{
			"a name of no length", func(b []byte) { copy(b[bytes.Index(b, userDataName):], "NM\x04\x01XX\x0a\x01") },
			"a Rock Ridge field does not fit its record",
		},
		{"a third record for the directory itself", func(b []byte) { copy(b[file+32:], "\x01\x00") }, "a directory record does not fit its directory"},
		{"a long name of the root", func(b []byte) { b[16*2048+156+32] = 240 }, "a directory record does not fit its directory"},
		{"a continuation of 4 GiB", func(b []byte) {
			copy(b[bytes.Index(b, []byte("CE\x1c\x01"))+20:], "\xff\xff\xff\xff\xff\xff\xff\xff")
		}, "a Rock Ridge field does not fit its record"},
		{"a continuation of itself", func(b []byte) {
			ce := b[bytes.Index(b, []byte("CE\x1c\x01")):][:28]
			copy(ce[20:], "\x1c\x00\x00\x00\x00\x00\x00\x1c")
			copy(b[int(binary.LittleEndian.Uint32(ce[4:]))*2048:], ce)
		}, "the Rock Ridge fields do not end"},
		{"fields after a gap", func(b []byte) { b[dotFields+6] = 200 }, "the Rock Ridge fields do not begin where a record's name ends"},
		{"other sectors", func(b []byte) { b[16*2048+129] = 16 }, "the sectors do not have 2048 bytes"},
		{"no terminator", func(b []byte) { b[18*2048] = 2; copy(b[18*2048+156:], b[17*2048+156:17*2048+190]) }, "the volume descriptors do not end"},
		{"no primary descriptor", func(b []byte) { b[16*2048] = 2 }, "there is no primary volume descriptor"},
		{"a name twice", func(b []byte) {
			nm := bytes.Index(b, []byte("NM\x10\x01\x00vendor-data"))
			copy(b[nm:], "NM\x0e\x01\x00user-data")
			copy(b[nm+14:], "\x00\x00")
		}, "user-data is there twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			damaged := bytes.Clone(good)
			c.damage(damaged)
			path := filepath.Join(t.TempDir(), "a.iso")
			if err := os.WriteFile(path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			wantReadError(t, path, "reading DIR/a.iso: "+c.want)
		})
	}
}

func TestReadAnImageOfDescriptors(t *testing.T) {
	good := image(t, sample())
	path := filepath.Join(t.TempDir(), "a.iso")
	endless := append(good[:16*2048:16*2048], bytes.Repeat(good[16*2048:17*2048], 65)...)
	if err := os.WriteFile(path, append(endless, good[18*2048:]...), 0o600); err != nil {
		t.Fatal(err)
	}
	wantReadError(t, path, "reading DIR/a.iso: the volume descriptors do not end")
}

func TestReadDirErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(path string) error
		want string
	}{
		{"nothing", func(string) error { return nil }, "reading DIR/a: no such file or directory"},
		{"empty", func(path string) error { return os.Mkdir(path, 0o700) }, "reading DIR/a: there is no meta-data"},
		{"no user-data", func(path string) error {
			return errors.Join(os.Mkdir(path, 0o700), os.WriteFile(filepath.Join(path, "meta-data"), nil, 0o600))
		}, "reading DIR/a: there is no user-data"},
		{
			"a directory in place of a file", func(path string) error { return os.MkdirAll(filepath.Join(path, "user-data"), 0o700) },
			"reading DIR/a: user-data is not a file",
		},
		{"too long", func(path string) error {
			return errors.Join(os.Mkdir(path, 0o700), os.WriteFile(filepath.Join(path, "user-data"), nil, 0o600),
				os.Truncate(filepath.Join(path, "user-data"), 64<<20+1))
		}, "reading DIR/a: user-data has 67108865 bytes; a seed's file may have 67108864"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a")
			if err := c.make(path); err != nil {
				t.Fatal(err)
			}
			wantReadError(t, path, c.want)
		})
	}
}

// cloud-init needs two of the files only, and an empty file is not the same as none.
func TestReadWithoutTheOptionalFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if err := seeds.WriteDir(path, sample()); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(path, "network-config")); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(path, "vendor-data"), 0); err != nil {
		t.Fatal(err)
	}
	want := sample()
	want.Node, want.NetworkConfig, want.VendorData = "a", nil, []byte{}
	got, err := seeds.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func wantReadError(t *testing.T, path, want string) {
	t.Helper()
	s, err := seeds.Read(path)
	if got := strings.ReplaceAll(fmt.Sprint(err), filepath.Dir(path), "DIR"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !cmp.Equal(s, seeds.Seed{}) {
		t.Error("there is a seed beside the error")
	}
}
