// SPDX-License-Identifier: Apache-2.0

package seeds

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func testSeed() Seed {
	return Seed{
		MetaData:   []byte("instance-id: lab-a-1\n"),
		UserData:   []byte("#cloud-config\n# " + strings.Repeat("a secret ", 500)),
		VendorData: []byte("#cloud-config\n{}\n"),
	}
}

// The workspace must not hold secrets: it outlives a SIGKILL.
func TestStandInsHoldNoContent(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "workspace")
	if err := standIns(dir, testSeed().Files()); err != nil {
		t.Fatal(err)
	}
	for _, f := range testSeed().Files() {
		got, err := os.ReadFile(filepath.Join(dir, f.Name))
		if err != nil {
			t.Fatal(err)
		}
		if want := make([]byte, wholeSectors(max(1, int64(len(f.Content))))-1); !bytes.Equal(got, want) {
			t.Errorf("%s is not %d zeros", f.Name, len(want))
		}
	}
}

func TestFinishForgetsTheWorkspace(t *testing.T) {
	var raw, finished [][]byte
	for _, date := range []time.Time{time.Unix(1e9, 0), time.Unix(2e9, 0)} {
		dir := filepath.Join(t.TempDir(), "workspace")
		if err := standIns(dir, testSeed().Files()); err != nil {
			t.Fatal(err)
		}
		for _, f := range testSeed().Files() {
			path := filepath.Join(dir, f.Name)
			if err := os.Chtimes(path, date, date); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, 0o600+os.FileMode(len(raw))); err != nil {
				t.Fatal(err)
			}
		}
		var m memory
		if err := layOut(&m, dir, Label); err != nil {
			t.Fatal(err)
		}
		raw = append(raw, bytes.Clone(m.data))
		if err := finish(&m, testSeed().Files()); err != nil {
			t.Fatal(err)
		}
		finished = append(finished, m.data)
	}
	if bytes.Equal(raw[0], raw[1]) {
		t.Error("go-diskfs no longer looks at dates and modes: there is nothing to finish")
	}
	if !bytes.Equal(finished[0], finished[1]) {
		t.Error("dates or modes of the workspace are in the image")
	}
}

// Each damage is one that a writer of seeds might do.
func TestVerifyNotices(t *testing.T) {
	w, err := NewWriter()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	good, err := w.ISO(testSeed())
	if err != nil {
		t.Fatal(err)
	}
	if err := verify(good, testSeed()); err != nil {
		t.Fatalf("an image without damage: %v", err)
	}
	for _, c := range []struct {
		name   string
		damage func(image []byte) []byte
		want   string
	}{
		{"truncated", func(b []byte) []byte { return b[:len(b)-1] }, "the image is truncated; copy it again"},
		{"padded", func(b []byte) []byte { return append(b, 0) }, "the image has 65537 bytes, and 32 sectors are declared"},
		{"label", replace("cidata", "CIDATA"), `the volume label is "CIDATA"`},
		{"Joliet label", replace("\x00c\x00i", "\x00C\x00i"), `the Joliet tree: the volume label is "Cidata"`},
		{"Joliet name", replace("\x00u\x00s\x00e\x00r\x00-", "\x00u\x00s\x00e\x00r\x00_"), `the Joliet tree: user-data is named "user_data"`},
		{"Joliet escape", replace("%/E", "%/X"), "the Joliet tree: there is no such tree"},
		{"Joliet root", jolietRootZeroed, "the Joliet tree: it holds 0 files of 4"},
		{"Rock Ridge name", replace("user-data", "user_data"), "it holds 3 files of 4"},
		{"Rock Ridge id", replace("RRIP_1991A", "IEEE_P1282"), "it holds 0 files of 4"},
		{"content", replace("a secret", "a Secret"), "user-data differs from what was to be written"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := verify(c.damage(bytes.Clone(good)), testSeed())
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestVerifyNoticesAnotherFile(t *testing.T) {
	image := genisoimage(t, "notes.txt")
	if err := verify(image, testSeed()); err == nil || err.Error() != `it holds ["notes.txt"], too` {
		t.Errorf("a file too many: %v", err)
	}
}

func replace(old, new string) func([]byte) []byte {
	return func(image []byte) []byte { return bytes.Replace(image, []byte(old), []byte(new), 1) }
}

func jolietRootZeroed(image []byte) []byte {
	d := descriptor(image[(firstDescriptor+1)*sectorSize:])
	clear(image[d.root().sector()*sectorSize:][:sectorSize])
	return image
}
