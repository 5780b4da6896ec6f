// SPDX-License-Identifier: Apache-2.0

package seeds

import (
	"os"
	"path/filepath"
	"testing"
)

// Both ways to swap end alike; a file system without the first takes the second.
func TestSwap(t *testing.T) {
	for name, swap := range map[string]func(a, b string) error{"at one instant": exchange, "step by step": swapBySteps} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			fresh, path := filepath.Join(dir, "fresh"), filepath.Join(dir, "path")
			for _, d := range []string{fresh, path} {
				if err := os.MkdirAll(filepath.Join(d, "was-"+filepath.Base(d)), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			if err := swap(fresh, path); err != nil {
				t.Fatal(err)
			}
			for _, d := range []string{filepath.Join(path, "was-fresh"), filepath.Join(fresh, "was-path")} {
				if _, err := os.Stat(d); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestSwapByStepsGoesBack(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "path")
	if err := os.MkdirAll(filepath.Join(path, "old"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := swapBySteps(filepath.Join(dir, "none"), path); err == nil {
		t.Error("a directory that is not there was swapped")
	}
	if _, err := os.Stat(filepath.Join(path, "old")); err != nil {
		t.Error(err)
	}
}

func TestSwapLeavesNoGap(t *testing.T) {
	dir := t.TempDir()
	fresh, path := filepath.Join(dir, "fresh"), filepath.Join(dir, "path")
	for _, d := range []string{fresh, path} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	done, gap := make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(gap)
		for {
			select {
			case <-done:
				return
			default:
			}
			if _, err := os.Stat(path); err != nil {
				gap <- err
				return
			}
		}
	}()
	for range 5000 {
		if err := swap(fresh, path); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	if err := <-gap; err != nil {
		t.Errorf("between two swaps: %v", err)
	}
}
