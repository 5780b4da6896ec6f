// SPDX-License-Identifier: Apache-2.0

// Command mirror is all the network that the lab's nodes have: a web server with the package repositories and an OCI
// registry with the images.
//
//	mirror images DIR ARCHIVE…              writes docker archives into an OCI layout, under the names they carry
//	mirror placeholders DIR IMAGE…          writes images of that name that hold one small file
//	mirror serve ADDRESS REPOSITORIES DIR   serves the repositories at port 80 and that layout at port 5000
//
// serve writes one line per request to its output: time, client, port, method, path, status and bytes.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

const (
	repositoriesPort = "80"
	registryPort     = "5000"
	// the layout's own name for the reference of an image
	referenceAnnotation = "org.opencontainers.image.ref.name"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("mirror: ")
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(args []string) error {
	switch {
	case len(args) >= 3 && args[0] == "images":
		return images(args[1], args[2:])
	case len(args) >= 3 && args[0] == "placeholders":
		return placeholders(args[1], args[2:])
	case len(args) == 4 && args[0] == "serve":
		return serve(args[1], args[2], args[3])
	}
	return fmt.Errorf("usage: mirror images DIR ARCHIVE… | mirror placeholders DIR IMAGE… | mirror serve ADDRESS REPOSITORIES DIR")
}

// images compresses each archive's layers once, so that serving costs nothing.
func images(dir string, archives []string) error {
	to, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	for _, archive := range archives {
		manifest, err := tarball.LoadManifest(func() (io.ReadCloser, error) { return os.Open(archive) })
		if err != nil {
			return fmt.Errorf("%s: %w", archive, err)
		}
		image, err := tarball.ImageFromPath(archive, nil)
		if err != nil {
			return fmt.Errorf("%s: %w", archive, err)
		}
		for _, tag := range manifest[0].RepoTags {
			if err := to.AppendImage(image, layout.WithAnnotations(map[string]string{referenceAnnotation: tag})); err != nil {
				return fmt.Errorf("%s: %w", archive, err)
			}
		}
	}
	return nil
}

func placeholders(dir string, refs []string) error {
	to, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		image, err := placeholder()
		if err != nil {
			return err
		}
		if err := to.AppendImage(image, layout.WithAnnotations(map[string]string{referenceAnnotation: ref})); err != nil {
			return fmt.Errorf("%s: %w", ref, err)
		}
	}
	return nil
}

func placeholder() (v1.Image, error) {
	image, err := random.Image(1024, 1)
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", "amd64"
	return mutate.ConfigFile(image, config)
}

func serve(address, repositories, dir string) error {
	web, err := net.Listen("tcp", net.JoinHostPort(address, repositoriesPort))
	if err != nil {
		return err
	}
	reg, err := net.Listen("tcp", net.JoinHostPort(address, registryPort))
	if err != nil {
		return err
	}
	// a layout's blobs lie where the registry's disk store looks for them
	store := registry.New(registry.WithBlobHandler(registry.NewDiskBlobHandler(filepath.Join(dir, "blobs"))),
		registry.Logger(log.New(io.Discard, "", 0)))
	if err := publish(dir, store); err != nil {
		return err
	}
	failed := make(chan error, 2)
	go func() { failed <- http.Serve(reg, logged(registryPort, store)) }()
	go func() {
		failed <- http.Serve(web, logged(repositoriesPort, http.FileServer(http.Dir(repositories))))
	}()
	return <-failed
}

// publish gives the registry the manifests of the layout's images; it has their blobs.
func publish(dir string, store http.Handler) error {
	from, err := layout.FromPath(dir)
	if err != nil {
		return err
	}
	index, err := from.ImageIndex()
	if err != nil {
		return err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return err
	}
	for _, d := range manifest.Manifests {
		if err := publishImage(from, d, store); err != nil {
			return err
		}
	}
	return nil
}

func publishImage(from layout.Path, d v1.Descriptor, store http.Handler) error {
	original, err := name.NewTag(d.Annotations[referenceAnnotation])
	if err != nil {
		return err
	}
	as, err := name.NewTag("localhost/"+original.RepositoryStr()+":"+original.TagStr(), name.Insecure)
	if err != nil {
		return err
	}
	image, err := from.Image(d.Digest)
	if err != nil {
		return err
	}
	return remote.Write(as, image, remote.WithTransport(direct{store}))
}

// direct asks a handler, without any network between.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	d.ServeHTTP(answer, r)
	return answer.Result(), nil
}

// logged writes a line about each request that next has answered.
func logged(port string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &response{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		client, _, _ := net.SplitHostPort(r.RemoteAddr)
		fmt.Printf("%s %s %s %s %s %d %d\n", time.Now().UTC().Format(time.RFC3339), client, port, r.Method, r.URL.Path, seen.status, seen.bytes)
	})
}

// response remembers what was answered.
type response struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *response) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *response) Write(b []byte) (int, error) {
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}
