// SPDX-License-Identifier: Apache-2.0

// Package download fetches what a bundle is made of: files whose SHA-256 is known before, and the signed lists that say
// so. What has been fetched lies in a cache under its SHA-256 and is never fetched again; what was interrupted goes on
// where it ended.
package download

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Cache keeps files by their SHA-256 in hex.
type Cache struct {
	dir   string
	mu    sync.Mutex
	given map[string]string // files of the user's, by SHA-256
}

// OpenCache returns the cache in a directory, which is made where there is none.
func OpenCache(dir string) (*Cache, error) {
	for _, sub := range []string{"sha256", "partial", "archives"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, fmt.Errorf("making the cache %s: %w; name another directory with --cache", dir, cause(err))
		}
	}
	return &Cache{dir: dir, given: map[string]string{}}, nil
}

// Use takes the files below a directory for fetched, whatever their names are.
func (c *Cache) Use(ctx context.Context, dir string) error {
	hashing, ctx := errgroup.WithContext(ctx)
	hashing.SetLimit(runtime.NumCPU())
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil && path != dir {
			err = fmt.Errorf("%s: %w", path, cause(err))
		}
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		hashing.Go(func() error {
			sum, err := sumOf(ctx, path)
			if err != nil {
				return fmt.Errorf("%s: %w", path, cause(err))
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			c.given[sum] = path
			return nil
		})
		return nil
	})
	if err := errors.Join(err, hashing.Wait()); err != nil {
		return fmt.Errorf("looking through %s: %w", dir, cause(err))
	}
	return nil
}

// Lookup returns the file with a SHA-256, if it is there and whole. A damaged one of the cache is removed.
func (c *Cache) Lookup(ctx context.Context, sum string) (path string, there bool) {
	c.mu.Lock()
	path, there = c.given[sum]
	c.mu.Unlock()
	if there {
		return path, true
	}
	path = c.path(sum)
	switch got, err := sumOf(ctx, path); {
	case err == nil && got == sum:
		return path, true
	case err == nil:
		os.Remove(path)
	}
	return "", false
}

func (c *Cache) path(sum string) string { return filepath.Join(c.dir, "sha256", sum) }

// Put keeps bytes and returns their SHA-256 and where they are.
func (c *Cache) Put(data []byte) (sum, path string, err error) {
	return c.Make(func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// Make keeps what write writes and returns its SHA-256 and where it is.
func (c *Cache) Make(write func(io.Writer) error) (sum, path string, err error) {
	f, err := os.CreateTemp(filepath.Join(c.dir, "partial"), "made-")
	if err != nil {
		return "", "", c.explain(err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	hash := sha256.New()
	if err := write(io.MultiWriter(f, hash)); err != nil {
		return "", "", c.explain(err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return "", "", c.explain(err)
	}
	sum = hex.EncodeToString(hash.Sum(nil))
	return sum, c.path(sum), c.explain(os.Rename(f.Name(), c.path(sum)))
}

// sweep removes the archives that another process began and never finished. What was being fetched goes on.
func (c *Cache) sweep() {
	left, _ := filepath.Glob(filepath.Join(c.dir, "partial", "made-*"))
	for _, path := range left {
		os.Remove(path)
	}
}

// explain says which directory an error of the disk is about.
func (c *Cache) explain(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the cache %s: %w", c.dir, cause(err))
}

// sumOf returns the SHA-256 of a file in hex.
func sumOf(ctx context.Context, path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	hash := sha256.New()
	for {
		if err := context.Cause(ctx); err != nil {
			return "", err
		}
		if _, err := io.CopyN(hash, f, 16<<20); errors.Is(err, io.EOF) {
			return hex.EncodeToString(hash.Sum(nil)), nil
		} else if err != nil {
			return "", err
		}
	}
}

// cause shortens an error of the disk to what the sentence around it does not say.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
