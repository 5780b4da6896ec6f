// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hakube/hakube-seed/seeds/atomicfile"
)

// The files of an output directory beside the media.
const (
	manifestName   = "manifest.json"
	sumsName       = "SHA256SUMS"
	kubeconfigName = "kubeconfig"
)

// manifest says what the media of an output directory are and what they were made from.
type manifest struct {
	Tool              string         `json:"tool"`
	Cluster           string         `json:"cluster"`
	KubernetesVersion string         `json:"kubernetesVersion"`
	Endpoint          string         `json:"endpoint"`
	Secrets           string         `json:"secretsFingerprint"`
	Nodes             []manifestNode `json:"nodes"`
}

// manifestNode says what the medium of one node is.
type manifestNode struct {
	Node            string           `json:"node"`
	Role            string           `json:"role"`
	Address         string           `json:"address"`
	InstanceID      string           `json:"instanceID"`
	Media           []mediaFile      `json:"media"`
	Secrets         []string         `json:"secrets"`
	JoinCredentials []joinCredential `json:"joinCredentials"`
}

// mediaFile is a file of a medium; File is relative to the manifest.
type mediaFile struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
}

// joinCredential says when a secret by which a node joins is of no use any more.
type joinCredential struct {
	Secret string `json:"secret"`
	Ends   string `json:"ends"`
}

// joinCredentials returns those of the secrets by which a node joins; what ends them is kubeadm's doing and the keeper's
// on the first control plane.
func joinCredentials(secrets []string) []joinCredential {
	const complete = "deleted as soon as every node of the inventory has joined; before that renewed, and without renewal gone after "
	ends := map[string]string{"bootstrap token": complete + "24 h", "certificate key": complete + "2 h"}
	found := []joinCredential{}
	for _, s := range secrets {
		if end, ok := ends[s]; ok {
			found = append(found, joinCredential{s, end})
		}
	}
	return found
}

// readManifest reads the manifest of an output directory; without one the error is fs.ErrNotExist.
func readManifest(dir string) (*manifest, error) {
	path := filepath.Join(dir, manifestName)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, plainCause(err))
	}
	var m manifest
	if err := json.Unmarshal(data, &m); err != nil || m.Cluster == "" {
		return nil, failure{
			fmt.Errorf("%s is not a manifest that hakube-seed wrote", path),
			"name another directory with --output, or remove the file if these media are no longer needed",
		}
	}
	return &m, nil
}

// write writes the manifest and the check sums of its media.
func (m *manifest) write(dir string) error {
	var text bytes.Buffer
	out := json.NewEncoder(&text)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if err := out.Encode(m); err != nil {
		return err
	}
	var sums strings.Builder
	for _, node := range m.Nodes {
		for _, f := range node.Media {
			fmt.Fprintf(&sums, "%s  %s\n", f.SHA256, f.File)
		}
	}
	if len(m.Nodes) > 0 {
		if err := writeFile(filepath.Join(dir, sumsName), 0o644, []byte(sums.String())); err != nil {
			return err
		}
	}
	return writeFile(filepath.Join(dir, manifestName), 0o644, text.Bytes())
}

// keep takes over the entries that previous has of nodes which m has none of, in the order of names, and no others.
func (m *manifest) keep(previous *manifest, names []string) {
	entries := map[string]manifestNode{}
	for _, n := range previous.Nodes {
		entries[n.Node] = n
	}
	for _, n := range m.Nodes {
		entries[n.Node] = n
	}
	m.Nodes = nil
	for _, name := range names {
		if n, ok := entries[name]; ok {
			m.Nodes = append(m.Nodes, n)
		}
	}
}

// writeFile writes a file whole or not at all.
func writeFile(path string, mode os.FileMode, data []byte) error {
	if err := atomicfile.Write(path, mode, data); err != nil {
		return fmt.Errorf("writing %s: %w", path, plainCause(err))
	}
	return nil
}
