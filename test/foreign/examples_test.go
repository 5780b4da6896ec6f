// SPDX-License-Identifier: Apache-2.0

//go:build foreign

package foreign

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hakube/hakube-seed/generator"
	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/generator/inventory"
	"github.com/hakube/hakube-seed/generator/secrets"
	"github.com/hakube/hakube-seed/seeds"
)

// example is an inventory and everything that is rendered from it.
type example struct {
	name       string
	path       string // the inventory's file
	text       []byte
	cluster    *cluster.Cluster
	secrets    *secrets.Secrets
	kubeconfig []byte
	media      []medium
}

// medium is what one node gets.
type medium struct {
	node  cluster.Node
	seed  seeds.Seed
	files []seeds.GuestFile
}

// document is one file of a medium, laid out at path inside the root directory.
type document struct {
	name    string // example/node:file, for people
	path    string
	content []byte
}

var rendered = sync.OnceValues(func() ([]example, error) {
	var examples []example
	for _, pattern := range []string{"../inventories/*.yaml", "testdata/*.yaml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			return nil, fmt.Errorf("there is no %s", pattern)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			e, err := render(path, text)
			if err != nil {
				return nil, err
			}
			if slices.ContainsFunc(examples, func(other example) bool { return other.name == e.name }) {
				return nil, fmt.Errorf("%s would be laid out over another of this name", path)
			}
			for _, m := range e.media {
				if err := e.layOut(m); err != nil {
					return nil, err
				}
			}
			examples = append(examples, e)
		}
	}
	return examples, nil
})

// examples returns all examples, rendered and laid out once.
func examples(t *testing.T) []example {
	t.Helper()
	all, err := rendered()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// render makes an example of an inventory; path names it and is what its file names are relative to.
func render(path string, text []byte) (example, error) {
	inv, diagnostics := inventory.Parse(text)
	if diagnostics.HasErrors() {
		return example{}, refusal{path, diagnostics}
	}
	files := map[string][]byte{}
	for _, ref := range inv.FileReferences() {
		content, err := os.ReadFile(filepath.Join(filepath.Dir(path), ref.File))
		if err != nil {
			return example{}, err
		}
		files[ref.File] = content
	}
	plan, diagnostics := cluster.Plan(inv, files)
	if diagnostics.HasErrors() {
		return example{}, refusal{path, diagnostics}
	}
	kept, err := secrets.New(secrets.Policy{
		Algorithm:      plan.Secrets.Algorithm,
		BootstrapToken: plan.Secrets.BootstrapToken,
		CertificateKey: plan.Secrets.CertificateKey,
		AdminGroup:     plan.Release.AdminGroup,
	}, time.Now())
	if err != nil {
		return example{}, err
	}
	e := example{path: path, text: text, cluster: plan, secrets: kept}
	e.name = strings.TrimSuffix(filepath.Base(path), ".yaml")
	return e, e.generate()
}

// refusal is what is wrong with an inventory.
type refusal struct {
	path        string
	diagnostics inventory.Diagnostics
}

func (r refusal) Error() string { return fmt.Sprintf("%s: %v", r.path, r.diagnostics) }

func (e *example) generate() error {
	g, err := generator.New(e.cluster, e.secrets)
	if err != nil {
		return err
	}
	if e.kubeconfig, err = g.Kubeconfig(); err != nil {
		return err
	}
	for _, n := range e.cluster.Nodes {
		seed, err := g.Seed(n)
		if err != nil {
			return err
		}
		contents, err := seeds.ReadUserData(seed.UserData)
		if err != nil {
			return err
		}
		e.media = append(e.media, medium{n, seed, contents.Files})
	}
	return nil
}

// dir is where a medium is laid out: its seed in seed/, its guest files in guest/.
func (e *example) dir(m medium) string { return filepath.Join(work, e.name, m.node.Name) }

func (e *example) layOut(m medium) error {
	var files []seeds.GuestFile
	for _, f := range m.seed.Files() {
		files = append(files, seeds.GuestFile{Path: "seed/" + f.Name, Mode: 0o644, Content: f.Content})
	}
	for _, f := range m.files {
		files = append(files, seeds.GuestFile{Path: "guest" + f.Path, Mode: f.Mode, Content: f.Content})
	}
	for _, f := range files {
		path := host(filepath.Join(e.dir(m), f.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, f.Content, os.FileMode(f.Mode)); err != nil {
			return err
		}
	}
	return nil
}

// seedFile is the seed's file of this name on every medium.
func seedFile(t *testing.T, name string) []document {
	t.Helper()
	var found []document
	for _, e := range examples(t) {
		for _, m := range e.media {
			for _, f := range m.seed.Files() {
				if f.Name == name {
					found = append(found, e.document(m, "seed/"+name, f.Content))
				}
			}
		}
	}
	return found
}

// guestFiles are the guest files that are wanted, on every medium; that there is none is a failure.
func guestFiles(t *testing.T, want func(seeds.GuestFile) bool) []document {
	t.Helper()
	var found []document
	for _, e := range examples(t) {
		for _, m := range e.media {
			for _, f := range m.files {
				if want(f) {
					found = append(found, e.document(m, "guest"+f.Path, f.Content))
				}
			}
		}
	}
	if len(found) == 0 {
		t.Fatal("no example renders such a guest file")
	}
	return found
}

// guestFile is the guest file of this path on every medium that has it.
func guestFile(t *testing.T, path string) []document {
	t.Helper()
	return guestFiles(t, func(f seeds.GuestFile) bool { return f.Path == path })
}

func (e *example) document(m medium, file string, content []byte) document {
	return document{fmt.Sprintf("%s/%s: %s", e.name, m.node.Name, file), filepath.Join(e.dir(m), file), content}
}

// file is a guest file of the medium, nil when it has none of this path.
func (m medium) file(path string) []byte {
	for _, f := range m.files {
		if f.Path == path {
			return f.Content
		}
	}
	return nil
}
