// SPDX-License-Identifier: Apache-2.0

package download

import (
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

// Mirrors says where to ask instead of a registry: registry.k8s.io → http://10.0.0.1:5000.
type Mirrors map[string]string

// Image is an image as its registry names it.
type Image struct {
	Ref     string
	Archive bundle.Archive
	Blobs   []File // to be fetched before Make
}

// Image returns what an image of this architecture is made of, without its layers.
func (c *Client) Image(ctx context.Context, ref string, mirrors Mirrors) (Image, error) {
	names, err := bundle.ImageNames(ref)
	if err != nil {
		return Image{}, err
	}
	asked, err := mirrors.reference(ref)
	if err != nil {
		return Image{}, err
	}
	image := Image{Ref: ref, Archive: bundle.Archive{Names: names}}
	err = c.retry(ctx, func() error {
		err := c.resolve(ctx, asked, &image)
		var answer *transport.Error
		if errors.As(err, &answer) && answer.StatusCode < http.StatusInternalServerError && answer.StatusCode != http.StatusTooManyRequests {
			return permanent{fmt.Errorf("the registry says %d %s", answer.StatusCode, http.StatusText(answer.StatusCode))}
		}
		return plain(err)
	})
	if err != nil {
		return Image{}, fmt.Errorf("the image %s from %s: %w", ref, asked.Context().RegistryStr(), err)
	}
	return image, nil
}

// reference returns what to ask for: the image itself, or the same image of the registry's mirror.
func (m Mirrors) reference(ref string) (name.Reference, error) {
	parsed, err := name.ParseReference(ref)
	if err != nil {
		return nil, fmt.Errorf("%q is not the name of an image", ref)
	}
	registry := parsed.Context().RegistryStr()
	mirror := m[strings.Replace(registry, name.DefaultRegistry, "docker.io", 1)]
	if mirror == "" {
		return parsed, nil
	}
	host, insecure := strings.CutPrefix(mirror, "http://")
	host = strings.TrimRight(strings.TrimPrefix(host, "https://"), "/")
	separator := ":"
	if strings.Contains(parsed.Name(), "@") {
		separator = "@"
	}
	var options []name.Option
	if insecure {
		options = append(options, name.Insecure)
	}
	found, err := name.ParseReference(host+"/"+parsed.Context().RepositoryStr()+separator+parsed.Identifier(), options...)
	if err != nil {
		return nil, fmt.Errorf("%q is not the address of a registry", mirror)
	}
	return found, nil
}

func (c *Client) resolve(ctx context.Context, ref name.Reference, image *Image) error {
	options := []remote.Option{
		remote.WithContext(ctx), remote.WithTransport(c.Transport), remote.WithAuthFromKeychain(authn.DefaultKeychain),
		remote.WithPlatform(v1.Platform{OS: "linux", Architecture: bundle.Architecture}),
	}
	answer, err := remote.Get(ref, options...)
	if err != nil {
		return err
	}
	found, err := answer.Image()
	if err != nil {
		return err
	}
	manifest, err := found.RawManifest()
	if err != nil {
		return err
	}
	config, err := found.RawConfigFile()
	if err != nil {
		return err
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
	return err
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
	credentials, err := authn.Resolve(ctx, authn.DefaultKeychain, repository)
	if err != nil {
		return nil, err
	}
	allowed, err := transport.NewWithContext(ctx, repository.Registry, credentials, c.Transport, []string{repository.Scope(transport.PullScope)})
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
			return string(known), path, nil
		}
	}
	sum, path, err = c.Cache.Make(func(w io.Writer) error {
		return image.Archive.Write(w, func(digest string) (io.ReadCloser, error) {
			path, there := c.Cache.Lookup(ctx, strings.TrimPrefix(digest, "sha256:"))
			if !there {
				return nil, fmt.Errorf("the part %s of %s is gone", digest, image.Ref)
			}
			return os.Open(path)
		})
	})
	if err != nil {
		return "", "", err
	}
	return sum, path, c.Cache.explain(os.WriteFile(note, []byte(sum), 0o644))
}
