// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/seeds"
	"github.com/hakube/hakube-seed/templates"
)

// Where things are on the guest.
const (
	configDir  = "/etc/hakube/"
	libraryDir = "/usr/local/lib/hakube/"
)

// sharedKey is everything that the shared files of a node depend on.
type sharedKey struct{ sequence, software, runtime, os string }

// sharedFiles are the files that are the same on all nodes of one kind: scripts, units, settings. They are most of a
// medium, and encoding them once is what keeps the cost per node small.
type sharedFiles struct {
	encoded   seeds.EncodedFiles
	checksums []byte
}

func (g *Generator) sharedFiles(n cluster.Node, steps []step) (sharedFiles, error) {
	var names strings.Builder
	for _, s := range steps {
		names.WriteString(s.Source + " ")
	}
	key := sharedKey{names.String(), string(n.Software), n.Runtime, n.OS.ID}
	g.mu.Lock()
	defer g.mu.Unlock()
	if shared, ok := g.shared[key]; ok {
		return shared, nil
	}
	files, err := g.kindFiles(n, steps)
	if err != nil {
		return sharedFiles{}, err
	}
	encoded, err := seeds.EncodeFiles(files)
	if err != nil {
		return sharedFiles{}, err
	}
	shared := sharedFiles{encoded, checksumLines(files)}
	g.shared[key] = shared
	return shared, nil
}

// kindFiles lists the files that nodes of this kind share.
func (g *Generator) kindFiles(n cluster.Node, steps []step) ([]seeds.GuestFile, error) {
	var list fileList
	list.text("/usr/local/sbin/hakube", 0o755)
	list.text(libraryDir+"functions", 0o644)
	list.text(libraryDir+"medium", 0o644)
	list.text("/etc/systemd/system/hakube.service", 0o644)
	for _, s := range steps {
		if s.Source != "" {
			list.textFrom(libraryDir+"steps/"+s.Source, libraryDir+"steps/"+s.Name, 0o644)
		}
	}
	if n.Software == cluster.SoftwareBundle {
		list.text(libraryDir+"bundle", 0o644)
	}
	if n.Role == cluster.RoleLoadBalancer {
		list.render(configDir+"haproxy.cfg", g.haproxyView(n))
		return list.files, list.err
	}
	list.text(libraryDir+"api.py", 0o644)
	list.text(configDir+"modules.conf", 0o644)
	list.text(configDir+"sysctl.conf", 0o644)
	if n.Runtime == "docker" {
		list.text(configDir+"daemon.json", 0o644)
	} else {
		list.render(configDir+"containerd.toml", containerdView{g.pauseImage()})
	}
	list.add(configDir+"ca.crt", 0o644, g.secrets.ClusterCA.Cert)
	if g.first(n) {
		list.text(libraryDir+"rejoin", 0o644)
		list.textFrom(libraryDir+"steps/join", libraryDir+"steps/join", 0o644)
		list.text(libraryDir+"keeper", 0o644)
		list.text("/etc/systemd/system/hakube-keeper.service", 0o644)
	}
	for _, p := range g.cluster.Kubeadm.Patches {
		list.add(patchesDir+"/"+p.FileName, 0o600, p.Content)
	}
	return list.files, list.err
}

// nodeFiles lists the files that are this node's own.
func (g *Generator) nodeFiles(n cluster.Node, steps []step) ([]seeds.GuestFile, error) {
	var list fileList
	list.render(configDir+"node.env", g.nodeEnv(n))
	list.render(configDir+"hosts", g.hostsFor(n))
	var lines strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&lines, "%s %d\n", s.Name, s.Limit)
		if s.Script != "" {
			list.add(libraryDir+"steps/"+s.Name, 0o600, []byte(s.Script))
		}
	}
	list.add(configDir+"steps", 0o644, []byte(lines.String()))
	for _, f := range n.Files {
		list.files = append(list.files, seeds.GuestFile{Path: f.Path, Mode: f.Mode, Content: f.Content})
	}
	if n.Role.InKubernetes() {
		list.all(g.credentials(n))
	}
	if g.first(n) {
		list.all(g.firstFiles())
	}
	return list.files, list.err
}

// record is the guest file that says what the medium is; inspect reads it.
func (g *Generator) record(n cluster.Node, steps []step, files []seeds.GuestFile) seeds.GuestFile {
	r := seeds.NodeRecord{
		Cluster:           g.cluster.Name,
		Node:              n.Name,
		Role:              string(n.Role),
		Address:           n.Address.String(),
		InstanceID:        n.InstanceID,
		KubernetesVersion: g.cluster.Version.String(),
		Endpoint:          g.endpoint(),
		Secrets:           map[string]string{},
	}
	for _, s := range steps {
		r.Steps = append(r.Steps, s.Name)
	}
	for _, f := range files {
		if f.Secret != "" {
			r.Secrets[f.Path] = f.Secret
		}
	}
	text, _ := json.MarshalIndent(r, "", "  ") // strings and maps of strings always encode
	return seeds.GuestFile{Path: seeds.NodeFile, Mode: 0o644, Content: append(text, '\n')}
}

// checksums is the guest file by which the identity step sees that cloud-init wrote every file whole.
func checksums(shared []byte, files []seeds.GuestFile) seeds.GuestFile {
	return seeds.GuestFile{Path: configDir + "files.sha256", Mode: 0o644, Content: append(bytes.Clone(shared), checksumLines(files)...)}
}

func checksumLines(files []seeds.GuestFile) []byte {
	var lines bytes.Buffer
	for _, f := range files {
		fmt.Fprintf(&lines, "%x  %s\n", sha256.Sum256(f.Content), strings.TrimPrefix(f.Path, "/"))
	}
	return lines.Bytes()
}

// fileList collects guest files and the first error.
type fileList struct {
	files []seeds.GuestFile
	err   error
}

func (l *fileList) add(path string, mode uint32, content []byte) {
	l.files = append(l.files, seeds.GuestFile{Path: path, Mode: mode, Content: content})
}

// text adds a guest file as it stands in templates.
func (l *fileList) text(path string, mode uint32) { l.textFrom(path, path, mode) }

func (l *fileList) textFrom(source, path string, mode uint32) {
	content, err := templates.Text(strings.TrimPrefix(source, "/"))
	l.note(err)
	l.add(path, mode, content)
}

// render adds a guest file that everybody may read, made from the template of the same path.
func (l *fileList) render(path string, view any) {
	content, err := templates.Render(strings.TrimPrefix(path, "/"), view)
	l.note(err)
	l.add(path, 0o644, content)
}

func (l *fileList) all(files []seeds.GuestFile, err error) {
	l.note(err)
	l.files = append(l.files, files...)
}

func (l *fileList) note(err error) {
	if l.err == nil {
		l.err = err
	}
}
