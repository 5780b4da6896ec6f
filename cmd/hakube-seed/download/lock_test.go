// SPDX-License-Identifier: Apache-2.0

package download

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestCacheIsLocked(t *testing.T) {
	cache, err := OpenCache(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := cache.Lock(t.Context(), func() { t.Error("nobody has the lock, and it waits") })
	if err != nil {
		t.Fatal(err)
	}
	waited := make(chan bool)
	second := make(chan error)
	go func() {
		unlock, err := cache.Lock(t.Context(), func() { close(waited) })
		if err == nil {
			unlock()
		}
		second <- err
	}()
	select {
	case <-waited:
	case err := <-second:
		t.Fatalf("the second got the lock of the first: %v", err)
	}
	given := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(given)
	if _, err := cache.Lock(ctx, func() {}); !errors.Is(err, given) {
		t.Errorf("waiting cannot be interrupted: %v", err)
	}
	begun := filepath.Join(cache.dir, "partial", "made-1")
	if err := os.WriteFile(begun, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	unlock()
	if err := <-second; err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(begun); err == nil {
		t.Error("an archive that nobody finishes is still there")
	}
}
