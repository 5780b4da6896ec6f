// SPDX-License-Identifier: Apache-2.0

package generator_test

import (
	"bytes"
	"encoding/base64"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
	"gopkg.in/yaml.v3"

	"github.com/hakube/hakube-seed/generator"
	"github.com/hakube/hakube-seed/generator/cluster"
)

var update = flag.Bool("update", false, "rewrite testdata/*.txtar from what is rendered now")

// A story is an inventory, then the documents that tell what becomes of it. Its first file names the inventory; every
// other is named NODE DOCUMENT, or kubeconfig, or cluster.psd1. A document is a file of the seed, the head of user-data (what comes before
// write_files), files (a table of the guest files), or a guest file by its path. To tell more, add an empty file and run
// go test ./generator -update.
func TestStories(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d stories: %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) { checkStory(t, path) })
	}
}

func checkStory(t *testing.T, path string) {
	story, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	told := &txtar.Archive{Comment: story.Comment, Files: story.Files[:1:1]}
	name := strings.TrimSpace(string(story.Files[0].Data))
	if story.Files[0].Name != "inventory" || filepath.Dir(name) != examples {
		t.Fatalf("%s begins with %s: %s, not with an inventory of %s", path, story.Files[0].Name, name, examples)
	}
	c := planned(t, parsed(t, filepath.Base(name)))
	media := rendered(t, c)
	for _, f := range story.Files[1:] {
		switch f.Name {
		case "kubeconfig":
			f.Data = kubeconfig(t, c)
		case "cluster.psd1":
			f.Data = []byte(unixText([]byte(hostData(t, c))))
		default:
			f.Data = document(t, media, f.Name)
		}
		told.Files = append(told.Files, f)
	}
	text := txtar.Format(told)
	if *update {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(txtar.Format(story)), string(text)); diff != "" && !*update {
		t.Errorf("%s (-told +rendered; go test ./generator -update rewrites it):\n%s", path, diff)
	}
}

// document returns one document of a story.
func document(t *testing.T, media []medium, title string) []byte {
	t.Helper()
	node, name, _ := strings.Cut(title, " ")
	i := slices.IndexFunc(media, func(m medium) bool { return m.node.Name == node })
	if i < 0 {
		t.Fatalf("%s: the inventory has no such node", title)
	}
	return media[i].document(t, name)
}

// kubeconfig returns the shape of the cluster's kubeconfig.
func kubeconfig(t *testing.T, c *cluster.Cluster) []byte {
	t.Helper()
	g, err := generator.New(c, fixture(t))
	if err != nil {
		t.Fatal(err)
	}
	text, err := g.Kubeconfig()
	if err != nil {
		t.Fatal(err)
	}
	return maskedKubeconfig(t, text)
}

func (m medium) document(t *testing.T, name string) []byte {
	t.Helper()
	switch name {
	case "user-data":
		head, _, found := bytes.Cut(m.seed.UserData, []byte("\nwrite_files:\n"))
		if !found {
			t.Fatal("user-data has no write_files")
		}
		return append(head, '\n')
	case "files":
		var table bytes.Buffer
		for _, f := range m.Files {
			fmt.Fprintln(&table, strings.TrimSpace(fmt.Sprintf("%04o %s  %s", f.Mode, f.Path, f.Secret)))
		}
		return table.Bytes()
	}
	for _, f := range m.seed.Files() {
		if f.Name == name {
			return f.Content
		}
	}
	content, found := m.file(name)
	if !found {
		t.Fatalf("%s has no guest file %s", m.node.Name, name)
	}
	return content
}

// kubeconfigData are the fields of a kubeconfig that hold PEM in base64, and what the fixture has in them.
func kubeconfigData(t testing.TB) map[string][]byte {
	t.Helper()
	s := fixture(t)
	return map[string][]byte{
		"certificate-authority-data": s.ClusterCA.Cert,
		"client-certificate-data":    s.Admin.Cert,
		"client-key-data":            s.Admin.Key,
	}
}

// maskedKubeconfig shows the shape of a kubeconfig: the names of what is in it instead of base64.
func maskedKubeconfig(t testing.TB, text []byte) []byte {
	t.Helper()
	for name, pem := range kubeconfigData(t) {
		text = bytes.ReplaceAll(text, []byte(base64.StdEncoding.EncodeToString(pem)), []byte("<"+name+">"))
	}
	return text
}

// decodedKubeconfig is a kubeconfig with its base64 decoded.
func decodedKubeconfig(t testing.TB, text []byte) []byte {
	t.Helper()
	decoded := bytes.Clone(text)
	var walk func(*yaml.Node)
	walk = func(n *yaml.Node) {
		if data, err := base64.StdEncoding.DecodeString(n.Value); err == nil {
			decoded = append(decoded, data...)
		}
		for _, child := range n.Content {
			walk(child)
		}
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	walk(&root)
	return decoded
}
