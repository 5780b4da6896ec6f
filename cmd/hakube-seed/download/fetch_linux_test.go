// SPDX-License-Identifier: Apache-2.0

package download_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hakube/hakube-seed/cmd/hakube-seed/download"
)

var content = bytes.Repeat([]byte("0123456789abcdef"), 10_000)

func sum(data []byte) string { return fmt.Sprintf("%x", sha256.Sum256(data)) }

// client returns a client of little patience, and the directory of its cache.
func client(t *testing.T) (*download.Client, string) {
	t.Helper()
	dir := t.TempDir()
	cache, err := download.OpenCache(dir)
	if err != nil {
		t.Fatal(err)
	}
	c := download.NewClient(cache)
	c.Attempts, c.Pause, c.Stall = 4, time.Millisecond, 300*time.Millisecond
	return c, dir
}

// piece sends a part of the content as if all of it came, and breaks off.
func piece(w http.ResponseWriter, from, to int) {
	w.Header().Set("Content-Length", fmt.Sprint(len(content)-from))
	if from > 0 {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(content)-1, len(content)))
		w.WriteHeader(http.StatusPartialContent)
	}
	_, _ = w.Write(content[from:to])
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

func TestFetch(t *testing.T) {
	half := len(content) / 2
	whole := func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}
	for name, c := range map[string]struct {
		answers []http.HandlerFunc // to one request each; the last to all further ones
		want    string
		asked   int32
	}{
		"at once":                     {[]http.HandlerFunc{whole}, "", 1},
		"the server is down at first": {[]http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusServiceUnavailable) }, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusTooManyRequests) }, whole}, "", 3},
		"broken twice": {[]http.HandlerFunc{
			func(w http.ResponseWriter, _ *http.Request) { piece(w, 0, half) },
			func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Range") != fmt.Sprintf("bytes=%d-", half) {
					t.Errorf("asked for %q", r.Header.Get("Range"))
				}
				piece(w, half, half+100)
			}, whole,
		}, "", 3},
		"broken, and the server knows no ranges": {[]http.HandlerFunc{
			func(w http.ResponseWriter, _ *http.Request) { piece(w, 0, half) },
			func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(content) },
		}, "", 2},
		"broken, and the server sends another part": {[]http.HandlerFunc{
			func(w http.ResponseWriter, _ *http.Request) { piece(w, 0, half) },
			func(w http.ResponseWriter, _ *http.Request) { piece(w, half+1, len(content)) },
			whole,
		}, "", 3},
		"the connection hangs": {[]http.HandlerFunc{
			func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Length", fmt.Sprint(len(content)))
				_, _ = w.Write(content[:half])
				w.(http.Flusher).Flush()
				select {
				case <-r.Context().Done():
				case <-time.After(10 * time.Second):
				}
			}, whole,
		}, "", 2},
		"damaged once": {[]http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.ToUpper(content)) }, whole}, "", 2},
		"damaged":      {[]http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.ToUpper(content)) }}, "what arrived has the SHA-256 " + sum(bytes.ToUpper(content)) + " and not " + sum(content), 2},
		"too long":     {[]http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(append(bytes.Clone(content), 'x')) }}, fmt.Sprintf("%d bytes arrived of %d (tried 4 times)", len(content)+1, len(content)), 4},
		"too short":    {[]http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(content[:10]) }}, "bytes arrived of", 4},
		"not there":    {[]http.HandlerFunc{http.NotFound}, "the server says 404 Not Found", 1},
		"labelled as compressed": {[]http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip") // as servers do that go by the ending .gz
			whole(w, r)
		}}, "", 1},
		"never":                         {[]http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusInternalServerError) }}, "the server says 500 Internal Server Error (tried 4 times)", 4},
		"the connection breaks at once": {[]http.HandlerFunc{func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, whole}, "", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				i := int(asked.Add(1))
				c.answers[min(i, len(c.answers))-1](w, r)
			}))
			defer server.Close()
			cl, dir := client(t)
			var counted atomic.Int64
			cl.OnBytes = func(n int64) { counted.Add(n) }
			path, err := cl.Fetch(t.Context(), download.File{URL: server.URL + "/a.deb", SHA256: sum(content), Size: int64(len(content))})
			if asked.Load() != c.asked {
				t.Errorf("asked %d times, want %d", asked.Load(), c.asked)
			}
			if c.want != "" {
				if err == nil || !strings.HasPrefix(err.Error(), "fetching "+server.URL+"/a.deb: ") || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %s", err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(path)
			if err != nil || !bytes.Equal(got, content) || counted.Load() != int64(len(content)) {
				t.Errorf("%v, %d bytes, %d counted", err, len(got), counted.Load())
			}
			if left, _ := os.ReadDir(filepath.Join(dir, "partial")); len(left) != 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// A manifest is not as long as a disk.
func TestFetchWhatDoesNotEnd(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for _, err := w.Write(content); err == nil; _, err = w.Write(content) {
		}
	}))
	defer server.Close()
	cl, _ := client(t)
	if _, err := cl.Fetch(t.Context(), download.File{URL: server.URL, SHA256: sum(nil), Size: -1}); err == nil || err.Error() != "fetching "+server.URL+": it has more than 67108864 bytes" {
		t.Error(err)
	}
}

func TestFetchToAFullDisk(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}))
	defer server.Close()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Fatalf("mounting a small disk, which takes root: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	cache, err := download.OpenCache(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = download.NewClient(cache).Fetch(t.Context(), download.File{URL: server.URL, SHA256: sum(content), Size: int64(len(content))})
	if err == nil || err.Error() != "fetching "+server.URL+": the cache "+dir+": no space left on device" {
		t.Error(err)
	}
}

func TestGet(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(content) }))
	defer server.Close()
	cl, _ := client(t)
	if got, err := cl.Get(t.Context(), server.URL, int64(len(content))); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%v, %d bytes", err, len(got))
	}
	if _, err := cl.Get(t.Context(), server.URL, 10); err == nil || !strings.HasSuffix(err.Error(), ": it has more than 10 bytes") {
		t.Error(err)
	}
}
