// SPDX-License-Identifier: Apache-2.0

package download_test

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/hakube/hakube-seed/cmd/hakube-seed/download"
)

// store is a registry that asks for a login; open is the same without.
type store struct {
	http.Handler
	logins atomic.Int32 // how often somebody logged in
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	username, password, given := r.BasicAuth()
	if given {
		s.logins.Add(1)
	}
	if username != "robot" || password != "secret" {
		w.Header().Set("WWW-Authenticate", `Basic realm="store"`)
		http.Error(w, "", http.StatusUnauthorized)
		return
	}
	s.Handler.ServeHTTP(w, r)
}

// newStore returns a registry with the image lab/tool:v1, and lab/other:v1 for another architecture.
func newStore(t *testing.T) *store {
	t.Helper()
	handler := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	open := httptest.NewServer(handler)
	defer open.Close()
	for ref, architectures := range map[string][]string{"lab/tool:v1": {"arm64", "amd64"}, "lab/other:v1": {"arm64", "s390x"}} {
		index := v1.ImageIndex(empty.Index)
		for _, architecture := range architectures {
			image, err := random.Image(5000, 2)
			if err != nil {
				t.Fatal(err)
			}
			config, err := image.ConfigFile()
			if err != nil {
				t.Fatal(err)
			}
			config.OS, config.Architecture = "linux", architecture
			if image, err = mutate.ConfigFile(image, config); err != nil {
				t.Fatal(err)
			}
			index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: architecture}}})
		}
		tag, err := name.NewTag(strings.TrimPrefix(open.URL, "http://")+"/"+ref, name.Insecure)
		if err != nil {
			t.Fatal(err)
		}
		if err := remote.WriteIndex(tag, index); err != nil {
			t.Fatal(err)
		}
	}
	return &store{Handler: handler}
}

func TestRegistriesOfTheInventory(t *testing.T) {
	s := newStore(t)
	secure := httptest.NewUnstartedServer(s)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	plain := httptest.NewServer(s)
	defer plain.Close()
	dead := httptest.NewServer(s)
	dead.Close()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	hub := func(mirrors ...string) download.Registry {
		return download.Registry{Name: "quay.io", Mirrors: mirrors, CA: ca, Username: "robot", Password: "secret"}
	}
	const tool, other = "quay.io/lab/tool:v1", "quay.io/lab/other:v1"
	for name, c := range map[string]struct {
		ref         string
		registry    download.Registry
		authorities [][]byte
		want        string
	}{
		"login and authority":            {tool, hub(secure.URL), nil, ""},
		"an authority of the cluster's":  {tool, download.Registry{Name: "quay.io", Mirrors: []string{secure.URL}, Username: "robot", Password: "secret"}, [][]byte{ca}, ""},
		"by http":                        {tool, hub(plain.URL), nil, ""},
		"the second mirror":              {tool, hub(dead.URL, secure.URL), nil, ""},
		"a path that containerd wants":   {"quay.io/tool:v1", hub(secure.URL + "/v2/lab"), nil, ""},
		"the registry itself":            {strings.TrimPrefix(secure.URL, "https://") + "/lab/tool:v1", download.Registry{Name: strings.TrimPrefix(secure.URL, "https://"), CA: ca, Username: "robot", Password: "secret"}, nil, ""},
		"no authority":                   {tool, download.Registry{Name: "quay.io", Mirrors: []string{secure.URL}}, nil, ": its certificate is signed by an authority that nobody here knows"},
		"no login":                       {tool, download.Registry{Name: "quay.io", Mirrors: []string{secure.URL}, CA: ca}, nil, ": the registry says 401 Unauthorized"},
		"for other machines":             {other, hub(secure.URL), nil, ": it is for linux/arm64, linux/s390x; the nodes are linux/amd64"},
		"http where https was asked for": {tool, hub(strings.Replace(plain.URL, "http:", "https:", 1)), nil, ": it speaks http and not https"},
	} {
		t.Run(name, func(t *testing.T) {
			cl, dir := client(t)
			cl.Trust(download.Registries{c.registry}, c.authorities)
			before := s.logins.Load()
			image, err := cl.Image(t.Context(), c.ref)
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "tried") {
					t.Errorf("got %v, want %s", err, c.want)
				}
				if n := s.logins.Load() - before; n > 0 && name != "for other machines" {
					t.Errorf("the login was sent %d times", n)
				}
				return
			}
			if err != nil || len(image.Blobs) != 2 {
				t.Fatalf("%v, %d blobs", err, len(image.Blobs))
			}
			for _, b := range image.Blobs {
				if _, err := cl.Fetch(t.Context(), b); err != nil {
					t.Error(err)
				}
			}
			pack(t, cl, dir, image)
		})
	}
}

// pack makes the archive of an image, which may be interrupted.
func pack(t *testing.T, cl *download.Client, dir string, image download.Image) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	cancel(interrupted)
	if _, _, err := cl.Make(ctx, image); !errors.Is(err, interrupted) {
		t.Errorf("interrupted: %v", err)
	}
	if left, _ := os.ReadDir(filepath.Join(dir, "partial")); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	for range 2 {
		counted := int64(0)
		cl.OnBytes = func(n int64) { counted += n }
		if _, _, err := cl.Make(t.Context(), image); err != nil || counted != image.Size() {
			t.Errorf("%v, %d bytes of %d", err, counted, image.Size())
		}
	}
}

// A registry that goes silent in the middle of a manifest does not hold anybody up for ever.
func TestAManifestThatDoesNotEnd(t *testing.T) {
	silent := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v2/" {
			return
		}
		w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, `{"schemaVersion": 2,`)
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
		case <-time.After(20 * time.Second):
		}
	}))
	defer silent.Close()
	cl, _ := client(t)
	cl.Attempts = 2
	cl.Trust(download.Registries{{Name: "quay.io", Mirrors: []string{silent.URL}}}, nil)
	began := time.Now()
	_, err := cl.Image(t.Context(), "quay.io/lab/tool:v1")
	if err == nil || !strings.HasSuffix(err.Error(), ": nothing arrived any more (tried 2 times)") || time.Since(began) > 10*time.Second {
		t.Errorf("%v, after %v", err, time.Since(began))
	}
}
