// SPDX-License-Identifier: Apache-2.0

package generator_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/hakube/hakube-seed/generator"
	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/generator/inventory"
	"github.com/hakube/hakube-seed/generator/secrets"
	"github.com/hakube/hakube-seed/seeds"
)

const examples = "../test/inventories"

// fixture returns the secrets of testdata/secrets, which are the same for ever.
func fixture(t testing.TB) *secrets.Secrets {
	t.Helper()
	read := func(name string) []byte {
		content, err := os.ReadFile(filepath.Join("testdata/secrets", name))
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	pair := func(cert, key string) secrets.KeyPair { return secrets.KeyPair{Cert: read(cert), Key: read(key)} }
	return &secrets.Secrets{
		ClusterCA:      pair("ca.crt", "ca.key"),
		EtcdCA:         pair("etcd/ca.crt", "etcd/ca.key"),
		FrontProxyCA:   pair("front-proxy-ca.crt", "front-proxy-ca.key"),
		ServiceAccount: pair("sa.pub", "sa.key"),
		Admin:          pair("admin.crt", "admin.key"),
		BootstrapToken: strings.TrimSpace(string(read("bootstrap-token"))),
		CertificateKey: strings.TrimSpace(string(read("certificate-key"))),
	}
}

// exampleNames returns the names of all example inventories.
func exampleNames(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(examples, "*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d inventories in %s: %v", len(paths), examples, err)
	}
	var names []string
	for _, path := range paths {
		names = append(names, filepath.Base(path))
	}
	return names
}

// parsed reads an example inventory.
func parsed(t testing.TB, name string) *inventory.Inventory {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(examples, name))
	if err != nil {
		t.Fatal(err)
	}
	inv, diagnostics := inventory.Parse(data)
	if diagnostics.HasErrors() {
		t.Fatalf("%s: %+v", name, diagnostics)
	}
	return inv
}

// planned plans an inventory, which must have no error.
func planned(t testing.TB, inv *inventory.Inventory) *cluster.Cluster {
	t.Helper()
	files := map[string][]byte{}
	for _, ref := range inv.FileReferences() {
		content, err := os.ReadFile(filepath.Join(examples, ref.File))
		if err != nil {
			t.Fatal(err)
		}
		files[ref.File] = content
	}
	c, diagnostics := cluster.Plan(inv, files)
	if c == nil {
		t.Fatalf("%s does not plan: %+v", inv.Cluster, diagnostics)
	}
	return c
}

// medium is a rendered node: its seed, and what the seed says when it is read back.
type medium struct {
	node cluster.Node
	seed seeds.Seed
	seeds.Contents
}

// file returns the content of a guest file.
func (m medium) file(path string) (content []byte, found bool) {
	for _, f := range m.Files {
		if f.Path == path {
			return f.Content, true
		}
	}
	return nil, false
}

// rendered makes the media of all nodes, in the inventory's order.
func rendered(t testing.TB, c *cluster.Cluster) []medium {
	t.Helper()
	g, err := generator.New(c, fixture(t))
	if err != nil {
		t.Fatal(err)
	}
	var media []medium
	for _, n := range c.Nodes {
		media = append(media, renderedNode(t, g, n))
	}
	return media
}

func renderedNode(t testing.TB, g *generator.Generator, n cluster.Node) medium {
	t.Helper()
	seed, err := g.Seed(n)
	if err != nil {
		t.Fatal(err)
	}
	contents, err := seeds.ReadUserData(seed.UserData)
	if err != nil {
		t.Fatalf("node %s: %v", n.Name, err)
	}
	return medium{n, seed, contents}
}

// example is a plan and its media; several tests look at the same ones, which none of them changes.
type example struct {
	plan  *cluster.Cluster
	media []medium
}

var made = struct {
	sync.Mutex
	examples map[string]example
}{examples: map[string]example{}}

// eachExample runs a test for every example inventory, and for one that has the docker runtime.
func eachExample(t *testing.T, test func(*testing.T, *cluster.Cluster, []medium)) {
	t.Helper()
	for _, name := range append(exampleNames(t), "docker") {
		t.Run(name, func(t *testing.T) {
			made.Lock()
			defer made.Unlock()
			e, found := made.examples[name]
			if !found {
				e.plan = planned(t, exampleInventory(t, name))
				e.media = rendered(t, e.plan)
				made.examples[name] = e
			}
			test(t, e.plan, e.media)
		})
	}
}

func exampleInventory(t testing.TB, name string) *inventory.Inventory {
	t.Helper()
	if name != "docker" {
		return parsed(t, name)
	}
	docker := parsed(t, "minimal.yaml")
	docker.Runtime, docker.Software = "docker", "image"
	return docker
}
