// SPDX-License-Identifier: Apache-2.0

package vhdx_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hakube/hakube-seed/seeds/vhdx"
)

// image is the image of a disk in which no two sectors are the same.
func image(size int) []byte {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i ^ i>>8 ^ i>>16)
	}
	return data
}

var sizes = []int{0, 1, 512, 100 << 10, 1 << 20, 5<<20 + 7}

func TestUnwrapReturnsWhatWasWrapped(t *testing.T) {
	for _, size := range sizes {
		file := vhdx.Wrap(image(size))
		if !bytes.Equal(file, vhdx.Wrap(image(size))) {
			t.Errorf("%d bytes give other files each time", size)
		}
		disk, err := vhdx.Unwrap(bytes.NewReader(file))
		if err != nil || !vhdx.Is(bytes.NewReader(file)) {
			t.Fatalf("%d bytes: %v", size, err)
		}
		if len(disk) < 4<<20 || !bytes.Equal(disk[:size], image(size)) || len(bytes.Trim(disk[size:], "\x00")) > 0 {
			t.Errorf("%d bytes are not the beginning of a disk of %d", size, len(disk))
		}
	}
}

// qemu is the foreign judge: it reads what was wrapped, and what it writes is unwrapped.
func TestQEMUReadsAndWrites(t *testing.T) {
	dir := t.TempDir()
	raw, ours, theirs := filepath.Join(dir, "raw"), filepath.Join(dir, "ours.vhdx"), filepath.Join(dir, "theirs.vhdx")
	qemu := func(args ...string) {
		t.Helper()
		if said, err := exec.Command("qemu-img", args...).CombinedOutput(); err != nil {
			t.Fatalf("qemu-img %s: %v\n%s", strings.Join(args, " "), err, said)
		}
	}
	for _, size := range sizes[2:] {
		write(t, raw, image(size))
		write(t, ours, vhdx.Wrap(image(size)))
		qemu("check", "-f", "vhdx", ours)
		qemu("compare", "-f", "raw", "-F", "vhdx", raw, ours)
		qemu("convert", "-f", "vhdx", "-O", "vhdx", "-o", "subformat=dynamic,block_size=2M", ours, theirs)
		file, err := os.ReadFile(theirs)
		if err != nil {
			t.Fatal(err)
		}
		disk, err := vhdx.Unwrap(bytes.NewReader(file))
		if err != nil || !bytes.Equal(disk[:size], image(size)) {
			t.Errorf("%d bytes of qemu-img's file: %v", size, err)
		}
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestUnwrapSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name, want string
		damage     func(file []byte) []byte
	}{
		{"both headers", "both headers are damaged", func(f []byte) []byte { f[64<<10+9]++; f[128<<10+9]++; return f }},
		{"both tables", "the table of regions is damaged", func(f []byte) []byte { f[192<<10+20]++; f[256<<10+20]++; return f }},
		{"metadata", "the metadata are damaged", func(f []byte) []byte { f[2<<20]++; return f }},
		{"size", "a disk of 1099511627776 bytes in blocks of 1048576 is no medium", func(f []byte) []byte { f[2<<20+64<<10+8+5] = 1; f[2<<20+64<<10+8+2] = 0; return f }},
		{"end", "block 0: ", func(f []byte) []byte { return f[:4<<20+100] }},
		{"beginning", "a header: ", func(f []byte) []byte { return f[:100] }},
	} {
		_, err := vhdx.Unwrap(bytes.NewReader(c.damage(vhdx.Wrap(image(1 << 10)))))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	once := vhdx.Wrap(image(1 << 10))
	once[64<<10+9]++ // the first header alone
	if _, err := vhdx.Unwrap(bytes.NewReader(once)); err != nil {
		t.Errorf("one good header is enough: %v", err)
	}
}

// FuzzUnwrap: whatever is in a file, it is read or refused.
func FuzzUnwrap(f *testing.F) {
	file := vhdx.Wrap(image(600))
	f.Add(file[64<<10:64<<10+100], file[192<<10:192<<10+80], file[2<<20:2<<20+200], file[3<<20:3<<20+16])
	f.Fuzz(func(t *testing.T, header, regions, metadata, blocks []byte) {
		damaged := vhdx.Wrap(image(600))
		copy(damaged[64<<10:128<<10], header)
		copy(damaged[192<<10:256<<10], regions)
		copy(damaged[2<<20:3<<20], metadata)
		copy(damaged[3<<20:], blocks)
		if disk, err := vhdx.Unwrap(bytes.NewReader(damaged)); err == nil && len(disk) > 256<<20 {
			t.Errorf("a disk of %d bytes", len(disk))
		}
	})
}
