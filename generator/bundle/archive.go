// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// Archive is a container image as a file that both containerd and docker import: an OCI layout, which keeps the digest
// and so the names that end in one, with docker's own list beside it.
type Archive struct {
	Names    []string // that the image gets, in full: docker.io/library/busybox:1.36
	Manifest Blob
	Config   Blob
	Layers   []Blob
}

// Blob is a part of an image.
type Blob struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
	Size      int64  `json:"size"` // bytes
}

const (
	blobsDir = "blobs/sha256/"

	// containerd names an imported image by the first, other tools by the second.
	containerdName = "io.containerd.image.name"
	ociName        = "org.opencontainers.image.ref.name"
)

type ociIndex struct {
	SchemaVersion int             `json:"schemaVersion"`
	MediaType     string          `json:"mediaType"`
	Manifests     []ociDescriptor `json:"manifests"`
}

type ociDescriptor struct {
	Blob
	Platform    map[string]string `json:"platform,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

type dockerImage struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// ImageNames returns the full names of what a reference means: with its tag, with its digest, or both.
func ImageNames(ref string) ([]string, error) {
	parsed, err := name.ParseReference(ref)
	if err != nil {
		return nil, fmt.Errorf("%q is not the name of an image", ref)
	}
	names := []string{fullName(parsed)}
	if tagged, _, isDigest := strings.Cut(ref, "@"); isDigest && strings.Contains(path.Base(tagged), ":") {
		tag, err := name.NewTag(tagged)
		if err != nil {
			return nil, fmt.Errorf("%q is not the name of an image", ref)
		}
		names = append(names, fullName(tag))
	}
	return names, nil
}

func fullName(r name.Reference) string {
	return strings.Replace(r.Name(), name.DefaultRegistry+"/", "docker.io/", 1)
}

// ArchiveName is the name of the image's file below images/, not too long for a disk.
func ArchiveName(ref string) string {
	name := strings.Trim(notInNames.ReplaceAllString(path.Base(ref), "_"), "._~-")
	if len(name) > 48 {
		sum := sha256.Sum256([]byte(ref))
		name = name[:40] + "_" + hex.EncodeToString(sum[:6])
	}
	return name + ".tar"
}

// Write writes the archive; open returns the content of a blob. The same image gives the same bytes.
func (a Archive) Write(w io.Writer, open func(digest string) (io.ReadCloser, error)) error {
	layers := make([]string, len(a.Layers))
	for i, l := range a.Layers {
		layers[i] = blobPath(l.Digest)
	}
	index := ociIndex{2, "application/vnd.oci.image.index.v1+json", nil}
	docker := dockerImage{Config: blobPath(a.Config.Digest), RepoTags: []string{}, Layers: layers}
	for _, n := range a.Names {
		tag := n[strings.LastIndexAny(n, ":@")+1:]
		index.Manifests = append(index.Manifests, ociDescriptor{
			a.Manifest, map[string]string{"architecture": Architecture, "os": "linux"}, map[string]string{containerdName: n, ociName: tag},
		})
		if !strings.Contains(n, "@") {
			docker.RepoTags = append(docker.RepoTags, n)
		}
	}
	out := tar.NewWriter(w)
	for _, f := range []struct {
		name    string
		content any
	}{
		{"oci-layout", map[string]string{"imageLayoutVersion": "1.0.0"}},
		{"index.json", index},
		{"manifest.json", []dockerImage{docker}},
	} {
		text, err := json.Marshal(f.content)
		if err != nil {
			return err
		}
		if err := writeEntry(out, f.name, int64(len(text)), bytes.NewReader(text)); err != nil {
			return err
		}
	}
	done := map[string]bool{}
	for _, b := range append([]Blob{a.Manifest, a.Config}, a.Layers...) {
		if done[b.Digest] {
			continue
		}
		done[b.Digest] = true
		content, err := open(b.Digest)
		if err != nil {
			return err
		}
		err = writeEntry(out, blobPath(b.Digest), b.Size, content)
		content.Close()
		if err != nil {
			return err
		}
	}
	return out.Close()
}

func blobPath(digest string) string { return blobsDir + strings.TrimPrefix(digest, "sha256:") }

func writeEntry(out *tar.Writer, name string, size int64, content io.Reader) error {
	if err := out.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o444}); err != nil {
		return err
	}
	_, err := io.Copy(out, content)
	return err
}

// maxDocument is the longest JSON document of an image, in bytes.
const maxDocument = 4 << 20

// ReadArchive reads what an archive says of its image and checks that every blob that it names is there in full length.
// What the blobs hold is not looked at.
func ReadArchive(r io.ReadSeeker) (Archive, error) {
	sizes, texts := map[string]int64{}, map[string][]byte{}
	entries := tar.NewReader(r)
	for {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Archive{}, errors.New("it is cut short or is no archive")
		}
		sizes[header.Name] = header.Size
		if header.Size <= maxDocument && len(texts) < 5 {
			text, err := io.ReadAll(entries)
			if err != nil {
				return Archive{}, errors.New("it is cut short")
			}
			texts[header.Name] = text
		}
	}
	a, err := readDocuments(texts)
	if err != nil {
		return Archive{}, err
	}
	for _, b := range append([]Blob{a.Manifest, a.Config}, a.Layers...) {
		if size, there := sizes[blobPath(b.Digest)]; !there || size != b.Size {
			return Archive{}, fmt.Errorf("it lacks the part %s of %d bytes", b.Digest, b.Size)
		}
	}
	return a, nil
}

func readDocuments(texts map[string][]byte) (Archive, error) {
	var index ociIndex
	if err := json.Unmarshal(texts["index.json"], &index); err != nil || len(index.Manifests) == 0 {
		return Archive{}, errors.New("it has no index.json of an image")
	}
	a := Archive{Manifest: index.Manifests[0].Blob}
	for _, m := range index.Manifests {
		if m.Digest != a.Manifest.Digest {
			return Archive{}, errors.New("it holds more than one image")
		}
		a.Names = append(a.Names, m.Annotations[containerdName])
	}
	config, layers, err := ParseImageManifest(texts[blobPath(a.Manifest.Digest)])
	a.Config, a.Layers = config, layers
	return a, err
}

// ParseImageManifest returns the parts of an image from its manifest (OCI or docker's schema 2).
func ParseImageManifest(text []byte) (config Blob, layers []Blob, err error) {
	var m struct {
		Config Blob   `json:"config"`
		Layers []Blob `json:"layers"`
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return Blob{}, nil, errors.New("its manifest cannot be read")
	}
	for _, b := range append([]Blob{m.Config}, m.Layers...) {
		if !hexSum.MatchString(strings.TrimPrefix(b.Digest, "sha256:")) || b.Size < 0 {
			return Blob{}, nil, fmt.Errorf("its manifest names a part %q", b.Digest)
		}
	}
	return m.Config, m.Layers, nil
}

// Has reports whether the archive gives its image all of the names.
func (a Archive) Has(names []string) bool {
	return !slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(a.Names, n) })
}
