// SPDX-License-Identifier: Apache-2.0

package download

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Client fetches files into a cache. Its methods may be called from several goroutines.
type Client struct {
	Transport http.RoundTripper
	Cache     *Cache
	OnBytes   func(n int64) // told of bytes that need not be fetched any more, taken back with a negative number
	Attempts  int           // how often a file is asked for
	Pause     time.Duration // before the second attempt, and twice as long before each further one
	Stall     time.Duration // how long nothing may arrive

	registries Registries
}

// NewClient returns a client with the patience of a person.
func NewClient(cache *Cache) *Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = 30 * time.Second
	transport.DisableCompression = true // a checksum is of what lies on the server, whatever that says of its encoding
	return &Client{Transport: transport, Cache: cache, OnBytes: func(int64) {}, Attempts: 6, Pause: time.Second, Stall: 30 * time.Second}
}

// File is what is to be fetched.
type File struct {
	URL    string
	SHA256 string // in hex
	Size   int64  // bytes; negative: not known

	transport http.RoundTripper // nil: the client's
}

// Fetch returns where the file is, after fetching what the cache does not have of it.
func (c *Client) Fetch(ctx context.Context, f File) (string, error) {
	if sum, err := hex.DecodeString(f.SHA256); err != nil || len(sum) != sha256.Size {
		return "", fmt.Errorf("fetching %s: %q is not a SHA-256", f.URL, f.SHA256) // it becomes the name of a file
	}
	if path, there := c.Cache.Lookup(ctx, f.SHA256); there {
		c.OnBytes(max(0, f.Size))
		return path, nil
	}
	if f.transport == nil {
		f.transport = c.patient()
	}
	partial := filepath.Join(c.Cache.dir, "partial", f.SHA256)
	counted, mismatches := int64(0), 0
	err := c.retry(ctx, func() error {
		c.OnBytes(-counted)
		counted = 0
		err := c.attempt(ctx, f, partial, func(n int64) {
			counted += n
			c.OnBytes(n)
		})
		if err != nil {
			return err
		}
		sum, err := sumOf(ctx, partial)
		if err != nil {
			return permanent{c.Cache.explain(err)}
		}
		if sum != f.SHA256 {
			os.Remove(partial) // attempt has closed it
			err := fmt.Errorf("what arrived has the SHA-256 %s and not %s", sum, f.SHA256)
			if mismatches++; mismatches > 1 {
				return permanent{err} // the first may have been a broken transfer
			}
			return err
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("fetching %s: %w", f.URL, err)
	}
	path := c.Cache.path(f.SHA256)
	return path, c.Cache.explain(os.Rename(partial, path))
}

// permanent is an error that another attempt does not mend.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// retry calls do until it succeeds, fails for good or has been called often enough.
func (c *Client) retry(ctx context.Context, do func() error) error {
	pause := c.Pause
	for attempt := 1; ; attempt++ {
		err := do()
		var final permanent
		switch {
		case err == nil:
			return nil
		case context.Cause(ctx) != nil:
			return context.Cause(ctx)
		case errors.As(err, &final):
			return final.error
		case attempt >= c.Attempts:
			return fmt.Errorf("%w (tried %d times)", err, attempt)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause + rand.N(pause/2+1)):
		}
		pause *= 2
	}
}

// maxUnknown is the longest file of a length that nobody knows before, in bytes: a manifest.
const maxUnknown = 64 << 20

// attempt asks once for what is missing of the file.
func (c *Client) attempt(ctx context.Context, f File, partial string, count func(int64)) error {
	out, err := os.OpenFile(partial, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return permanent{c.Cache.explain(err)}
	}
	defer out.Close()
	have, err := out.Seek(0, io.SeekEnd)
	if err != nil {
		return permanent{c.Cache.explain(err)}
	}
	if f.Size >= 0 && have == f.Size {
		count(have)
		return nil
	}
	body, from, err := c.ask(ctx, f, have)
	if errors.Is(err, errAnotherFile) {
		err = errors.Join(err, out.Truncate(0)) // and not removed, which Windows does not do with an open file
	}
	if err != nil {
		return err
	}
	defer body.Close()
	if err := errors.Join(out.Truncate(from), seek(out, from)); err != nil {
		return permanent{c.Cache.explain(err)}
	}
	count(from)
	longest := f.Size
	if longest < 0 {
		longest = maxUnknown
	}
	n, err := io.Copy(counting{writer{out}, count}, io.LimitReader(body, longest-from+1)) // one more than there may be
	var disk diskError
	switch {
	case errors.As(err, &disk):
		return permanent{c.Cache.explain(disk.error)}
	case err != nil:
		return plain(err)
	case f.Size < 0 && from+n > longest:
		return permanent{fmt.Errorf("it has more than %d bytes", longest)}
	case f.Size >= 0 && from+n != f.Size:
		if from+n > f.Size && out.Truncate(0) != nil {
			return permanent{c.Cache.explain(fmt.Errorf("%s cannot be emptied", partial))}
		}
		return fmt.Errorf("%d bytes arrived of %d", from+n, f.Size)
	}
	return nil
}

func seek(f *os.File, at int64) error {
	_, err := f.Seek(at, io.SeekStart)
	return err
}

var errAnotherFile = errors.New("the server has another file than the one that was begun")

// ask returns what the server sends, and from which byte of the file on.
func (c *Client) ask(ctx context.Context, f File, have int64) (io.ReadCloser, int64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL, http.NoBody)
	if err != nil {
		return nil, 0, permanent{errors.New("this is not an address")}
	}
	if have > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	response, err := (&http.Client{Transport: f.transport}).Do(request)
	if err != nil {
		return nil, 0, plain(err)
	}
	body := response.Body
	switch {
	case response.StatusCode == http.StatusOK:
		return body, 0, nil
	case response.StatusCode == http.StatusPartialContent && strings.HasPrefix(response.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", have)):
		return body, have, nil
	case response.StatusCode == http.StatusPartialContent, response.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		body.Close()
		return nil, 0, errAnotherFile
	}
	body.Close()
	return nil, 0, statusError(response)
}

// statusError says what the server said. What it may say another time is worth another attempt.
func statusError(r *http.Response) error {
	err := fmt.Errorf("the server says %s", r.Status)
	if r.StatusCode >= 500 || r.StatusCode == http.StatusTooManyRequests || r.StatusCode == http.StatusRequestTimeout {
		return err
	}
	return permanent{err}
}

// Get returns a file whose checksum is not known before, of at most limit bytes.
func (c *Client) Get(ctx context.Context, url string, limit int64) ([]byte, error) {
	var data []byte
	err := c.retry(ctx, func() error {
		body, _, err := c.ask(ctx, File{URL: url, transport: c.patient()}, 0)
		if err != nil {
			return err
		}
		defer body.Close()
		if data, err = io.ReadAll(io.LimitReader(body, limit+1)); err != nil {
			return plain(err)
		}
		if int64(len(data)) > limit {
			return permanent{fmt.Errorf("it has more than %d bytes", limit)}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("fetching %s: %w", url, err)
	}
	return data, nil
}
