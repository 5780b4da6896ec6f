// SPDX-License-Identifier: Apache-2.0

package download

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/ulikunitz/xz"

	"github.com/hakube/hakube-seed/generator/bundle"
)

// maxRelease is the longest signed list of a repository, in bytes; Debian's is 150 KB.
const maxRelease = 16 << 20

// Listing is what a repository has.
type Listing struct {
	Packages []*bundle.Package
	Outdated time.Time // when the list ended to be valid; zero: it is
}

// Repository returns the packages of a repository, when a key of the keyring has signed their list.
func (c *Client) Repository(ctx context.Context, r bundle.Repository, keys bundle.Keyring, now time.Time) (Listing, error) {
	signed, err := c.Get(ctx, r.Top()+"/InRelease", maxRelease)
	if err != nil {
		return Listing{}, err
	}
	text, err := keys.Verify(signed, now)
	if err != nil {
		return Listing{}, fmt.Errorf("%s/InRelease: %w", r.Top(), err)
	}
	release, err := bundle.ParseRelease(text)
	if err != nil {
		return Listing{}, fmt.Errorf("%s/InRelease: %w", r.Top(), err)
	}
	if err := r.Check(release); err != nil {
		return Listing{}, fmt.Errorf("%s/InRelease: %w", r.Top(), err)
	}
	var l Listing
	if !release.ValidUntil.IsZero() && now.After(release.ValidUntil) {
		l.Outdated = release.ValidUntil
	}
	components := r.Components
	if r.Suite == "" {
		components = []string{""}
	}
	for _, component := range components {
		if err := c.component(ctx, r, component, release, &l); err != nil {
			return Listing{}, err
		}
	}
	return l, nil
}

func (c *Client) component(ctx context.Context, r bundle.Repository, component string, release bundle.Release, l *Listing) error {
	index, err := release.Index(component)
	if err != nil {
		return fmt.Errorf("%s/InRelease: %w", r.Top(), err)
	}
	url := r.Top() + "/" + release.Location(index)
	path, err := c.Fetch(ctx, File{URL: url, SHA256: index.SHA256, Size: index.Size})
	if err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return c.Cache.explain(err)
	}
	defer f.Close()
	text, err := decompress(f, index.Path)
	if err == nil {
		err = bundle.ReadIndex(text, func(p *bundle.Package) {
			p.Filename = r.URL + "/" + strings.TrimPrefix(p.Filename, "./")
			l.Packages = append(l.Packages, p)
		})
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", url, err)
	}
	return nil
}

// decompress returns the text of an index by the ending of its name.
func decompress(r io.Reader, name string) (io.Reader, error) {
	switch {
	case strings.HasSuffix(name, ".gz"):
		return gzip.NewReader(r)
	case strings.HasSuffix(name, ".xz"):
		return xz.NewReader(r)
	}
	return r, nil
}
