// SPDX-License-Identifier: Apache-2.0

package seeds

import (
	"bytes"
	"strings"
	"testing"
)

func newTestWriter(t *testing.T) *Writer {
	t.Helper()
	w, err := NewWriter()
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

// A Writer that has made other images, of this shape and of others, makes the same image as a fresh one.
func TestAnImageDoesNotDependOnEarlierOnes(t *testing.T) {
	used := newTestWriter(t)
	for _, length := range []int{1, 2047, 2048, 2049, 9000, 2048, 1, 0, 9001, 300 << 10, 300<<10 + 1, 0} {
		for _, letter := range []string{"a", "b"} {
			s := testSeed()
			s.UserData = []byte(strings.Repeat(letter, length))
			got, err := used.ISO(s)
			if err != nil {
				t.Fatal(err)
			}
			want, err := newTestWriter(t).ISO(s)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("user-data of %d times %q: the image differs from the one that a fresh writer makes", length, letter)
			}
		}
	}
	if n := len(used.layouts.byShape); n != 3 {
		t.Errorf("%d layouts are kept, want those of 1, 2 and 5 sectors and none of the long ones", n)
	}
}

func TestLayoutsHoldNoContent(t *testing.T) {
	w := newTestWriter(t)
	if _, err := w.ISO(testSeed()); err != nil {
		t.Fatal(err)
	}
	if len(w.layouts.byShape) != 1 {
		t.Fatalf("%d layouts are kept, want 1", len(w.layouts.byShape))
	}
	for _, layout := range w.layouts.byShape {
		if bytes.Contains(layout, []byte("secret")) || bytes.Contains(layout, testSeed().MetaData) {
			t.Error("a kept layout has content of a seed in it")
		}
	}
}

func TestLayoutsAreFew(t *testing.T) {
	w := newTestWriter(t)
	for n := range 3 * maxLayouts {
		s := testSeed()
		s.UserData = make([]byte, n*sectorSize+1)
		if _, err := w.ISO(s); err != nil {
			t.Fatal(err)
		}
		if kept := len(w.layouts.byShape); kept < 1 || kept > maxLayouts {
			t.Fatalf("after %d shapes %d are kept", n+1, kept)
		}
	}
}
