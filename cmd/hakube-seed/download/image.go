// SPDX-License-Identifier: Apache-2.0

package download

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/hakube/hakube-seed/generator/bundle"
)

// Image is an image as its registry names it.
type Image struct {
	Ref     string
	Archive bundle.Archive
	Blobs   []File // to be fetched before Make
}

// Size is how many bytes the archive holds of the image.
func (i Image) Size() int64 {
	size := i.Archive.Manifest.Size + i.Archive.Config.Size
	for _, b := range i.Blobs {
		size += b.Size
	}
	return size
}

// Image returns what an image of this architecture is made of, without its layers.
func (c *Client) Image(ctx context.Context, ref string) (Image, error) {
	names, err := bundle.ImageNames(ref)
	if err != nil {
		return Image{}, err
	}
	asked, err := c.registries.references(ref)
	if err != nil {
		return Image{}, err
	}
	var reasons []error
	for _, one := range asked {
		image := Image{Ref: ref, Archive: bundle.Archive{Names: names}}
		if err = c.retry(ctx, func() error { return c.resolve(ctx, one, &image) }); err == nil {
			return image, nil
		}
		reasons = append(reasons, fmt.Errorf("the image %s from %s: %w", ref, one.Context().RegistryStr(), err))
	}
	return Image{}, errors.Join(reasons...)
}

// explain returns what a registry said in a user's words.
func explain(err error) error {
	var answer *transport.Error
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &answer):
		return plain(err)
	case answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden:
		return permanent{Advised{
			fmt.Errorf("the registry says %d %s", answer.StatusCode, http.StatusText(answer.StatusCode)),
			"name its username and passwordFile in the inventory, under registries; a registry may also say so of an image that it does not have",
		}}
	case answer.StatusCode < http.StatusInternalServerError && answer.StatusCode != http.StatusTooManyRequests:
		return permanent{fmt.Errorf("the registry says %d %s", answer.StatusCode, http.StatusText(answer.StatusCode))}
	}
	return fmt.Errorf("the registry says %d %s", answer.StatusCode, http.StatusText(answer.StatusCode))
}

func (c *Client) resolve(ctx context.Context, ref name.Reference, image *Image) error {
	options := []remote.Option{
		remote.WithContext(ctx), remote.WithTransport(c.patient()), remote.WithAuthFromKeychain(c.registries),
		remote.WithPlatform(v1.Platform{OS: "linux", Architecture: bundle.Architecture}),
	}
	answer, err := remote.Get(ref, options...)
	if err != nil {
		return explain(err)
	}
	found, err := answer.Image()
	if err != nil {
		return cmp.Or(elsewhere(answer), explain(err))
	}
	manifest, err := found.RawManifest()
	if err != nil {
		return explain(err)
	}
	config, err := found.RawConfigFile()
	if err != nil {
		return explain(err)
	}
	if err := rightPlatform(config); err != nil {
		return permanent{err}
	}
	mediaType, err := found.MediaType()
	if err != nil {
		return err
	}
	a := &image.Archive
	if a.Config, a.Layers, err = bundle.ParseImageManifest(manifest); err != nil {
		return permanent{err}
	}
	sum, _, err := c.Cache.Put(manifest)
	if err != nil {
		return permanent{err}
	}
	a.Manifest = bundle.Blob{MediaType: string(mediaType), Digest: "sha256:" + sum, Size: int64(len(manifest))}
	if _, _, err := c.Cache.Put(config); err != nil {
		return permanent{err}
	}
	image.Blobs, err = c.blobs(ctx, ref.Context(), a.Layers)
	return explain(err)
}

// elsewhere returns an error when an image is for other machines only, nil when something else is wrong with it.
func elsewhere(answer *remote.Descriptor) error {
	index, err := answer.ImageIndex()
	if err != nil {
		return nil
	}
	m, err := index.IndexManifest()
	if err != nil {
		return nil
	}
	var platforms []string
	for _, d := range m.Manifests {
		if d.Platform == nil || d.Platform.OS == "linux" && d.Platform.Architecture == bundle.Architecture {
			return nil
		}
		platforms = append(platforms, d.Platform.String())
	}
	return permanent{fmt.Errorf("it is for %s; the nodes are linux/%s", strings.Join(platforms, ", "), bundle.Architecture)}
}

func rightPlatform(config []byte) error {
	var platform struct{ OS, Architecture string }
	if err := json.Unmarshal(config, &platform); err != nil {
		return errors.New("its configuration cannot be read")
	}
	if platform.OS != "linux" || platform.Architecture != bundle.Architecture {
		return fmt.Errorf("it is for %s/%s; the nodes are linux/%s", platform.OS, platform.Architecture, bundle.Architecture)
	}
	return nil
}

// blobs returns where layers are to be fetched, with the registry's permission.
func (c *Client) blobs(ctx context.Context, repository name.Repository, layers []bundle.Blob) ([]File, error) {
	credentials, err := authn.Resolve(ctx, c.registries, repository)
	if err != nil {
		return nil, err
	}
	allowed, err := transport.NewWithContext(ctx, repository.Registry, credentials, c.patient(), []string{repository.Scope(transport.PullScope)})
	if err != nil {
		return nil, err
	}
	var files []File
	seen := map[string]bool{}
	for _, l := range layers {
		if seen[l.Digest] {
			continue
		}
		seen[l.Digest] = true
		files = append(files, File{
			URL:       fmt.Sprintf("%s://%s/v2/%s/blobs/%s", repository.Scheme(), repository.RegistryStr(), repository.RepositoryStr(), l.Digest),
			SHA256:    strings.TrimPrefix(l.Digest, "sha256:"),
			Size:      l.Size,
			transport: allowed,
		})
	}
	return files, nil
}

// Make returns the archive of an image whose blobs have been fetched: its SHA-256 and where it is.
func (c *Client) Make(ctx context.Context, image Image) (sum, path string, err error) {
	key := sha256.Sum256([]byte("1\n" + image.Archive.Manifest.Digest + "\n" + strings.Join(image.Archive.Names, "\n")))
	note := filepath.Join(c.Cache.dir, "archives", hex.EncodeToString(key[:]))
	if known, err := os.ReadFile(note); err == nil {
		if path, there := c.Cache.Lookup(ctx, string(known)); there {
			c.OnBytes(image.Size())
			return string(known), path, nil
		}
	}
	sum, path, err = c.Cache.Make(func(w io.Writer) error {
		return image.Archive.Write(w, func(digest string) (io.ReadCloser, error) {
			path, there := c.Cache.Lookup(ctx, strings.TrimPrefix(digest, "sha256:"))
			if !there {
				return nil, cmp.Or(context.Cause(ctx), fmt.Errorf("the part %s of %s is gone", digest, image.Ref))
			}
			blob, err := os.Open(path)
			return tracked{blob, ctx, c.OnBytes}, err
		})
	})
	if err != nil {
		return "", "", err
	}
	return sum, path, c.Cache.explain(os.WriteFile(note, []byte(sum), 0o644))
}
