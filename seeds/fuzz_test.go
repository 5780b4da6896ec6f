// SPDX-License-Identifier: Apache-2.0

package seeds

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// FuzzRead damages good images and reads them. An input is a list of damages of five bytes each: sector, offset in it
// (two bytes), a new value, and what it is for: 0 cuts the image off there, 1 to 4 are how many bytes get the value.
// Random bytes as an image would hardly ever get past the first descriptor.
func FuzzRead(f *testing.F) {
	good := append(ourImages(f), genisoimage(f))
	f.Add(byte(0), []byte{})
	f.Add(byte(0), []byte{17, 0, 0, 0, 0})                   // cut off behind the first descriptor
	f.Add(byte(1), []byte{16, 0, 156, 255, 1})               // length of the root's record
	f.Add(byte(1), []byte{16, 0, 166, 255, 4})               // length of the root directory
	f.Add(byte(0), []byte{19, 0, 32, 255, 1})                // length of the first identifier
	f.Add(byte(0), []byte{19, 0, 34 + 2, 0, 1})              // length of the first field
	f.Add(byte(2), []byte{20, 0, 20, 128, 4})                // length of a continuation
	f.Add(byte(2), []byte{23, 0, 2, 255, 4})                 // place of a directory
	f.Add(byte(2), []byte{18, 0, 0, 2, 1, 16, 0, 0, 255, 1}) // descriptors in another order
	f.Fuzz(func(t *testing.T, which byte, damages []byte) {
		image := bytes.Clone(good[int(which)%len(good)])
		for ; len(damages) >= 5; damages = damages[5:] {
			at := int(damages[0])*sectorSize + int(binary.BigEndian.Uint16(damages[1:]))%sectorSize
			if at+4 > len(image) {
				continue
			}
			if damages[4] == 0 {
				image = image[:at]
				continue
			}
			for i := range int(damages[4]-1)%4 + 1 {
				image[at+i] = damages[3]
			}
		}
		c, err := readImage(bytes.NewReader(image), int64(len(image)))
		if err != nil {
			return
		}
		if _, err := c.seed(); err != nil {
			return
		}
		for _, f := range c.files {
			if len(f.Content) > len(image) {
				t.Errorf("%s has %d bytes, and the image has %d", f.Name, len(f.Content), len(image))
			}
		}
	})
}

func ourImages(tb testing.TB) [][]byte {
	w, err := NewWriter()
	if err != nil {
		tb.Fatal(err)
	}
	defer w.Close()
	var images [][]byte
	for _, s := range []Seed{{}, testSeed()} {
		image, err := w.ISO(s)
		if err != nil {
			tb.Fatal(err)
		}
		images = append(images, image)
	}
	return images
}

// genisoimage returns the image that genisoimage makes of a seed and of empty files with the other names.
func genisoimage(tb testing.TB, others ...string) []byte {
	dir := filepath.Join(tb.TempDir(), "seed")
	if err := WriteDir(dir, testSeed()); err != nil {
		tb.Fatal(err)
	}
	for _, name := range others {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	path := filepath.Join(tb.TempDir(), "seed.iso")
	if out, err := exec.Command("genisoimage", "-quiet", "-no-pad", "-volid", Label, "-joliet", "-rock", "-o", path, dir).CombinedOutput(); err != nil {
		tb.Fatalf("genisoimage: %v\n%s", err, out)
	}
	image, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return image
}
