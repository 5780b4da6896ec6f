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

// sharedKey is everything that the shared parts of a node depend on.
type sharedKey struct{ sequence, software, runtime, os, timezone, user string }

// sharedParts is what is the same on all nodes of one kind: the cloud-config, and the guest files with the scripts, the
// units and the settings. They are most of a medium, and encoding them once keeps the cost per node small.
type sharedParts struct {
	config  seeds.EncodedConfig
	encoded seeds.EncodedFiles
}

func (g *Generator) sharedParts(n cluster.Node, steps []step) (sharedParts, error) {
	var sequence strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&sequence, "%s=%s ", s.Name, s.Source)
	}
	user := strings.Join(append([]string{n.User.Name, n.User.PasswordHash}, n.User.SSHKeys...), "\n")
	key := sharedKey{sequence.String(), string(n.Software), n.Runtime, n.OS.ID, n.Timezone, user}
	g.mu.Lock()
	defer g.mu.Unlock()
	if shared, ok := g.shared[key]; ok {
		return shared, nil
	}
	config, err := cloudConfig(n, steps).Encode()
	if err != nil {
		return sharedParts{}, err
	}
	files, err := g.kindFiles(n, steps)
	if err != nil {
		return sharedParts{}, err
	}
	encoded, err := seeds.EncodeFiles(append(files, checksums("shared.sha256", files)))
	if err != nil {
		return sharedParts{}, err
	}
	shared := sharedParts{config, encoded}
	g.shared[key] = shared
	return shared, nil
}

// kindFiles lists the files that nodes of this kind share.
func (g *Generator) kindFiles(n cluster.Node, steps []step) ([]seeds.GuestFile, error) {
	var list fileList
	list.text("/usr/local/sbin/hakube", 0o755)
	list.text(libraryDir+"functions", 0o644)
	list.all(g.channelFiles())
	list.text(libraryDir+"medium", 0o644)
	list.text(libraryDir+"arp.py", 0o644)
	list.text("/etc/systemd/system/hakube.service", 0o644)
	var sequence strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&sequence, "%s %d\n", s.Name, s.Limit)
		if s.Source != "" {
			list.textFrom(libraryDir+"steps/"+s.Source, libraryDir+"steps/"+s.Name, 0o644)
		}
	}
	list.add(configDir+"steps", 0o644, []byte(sequence.String()))
	if n.Software == cluster.SoftwareBundle {
		list.text(libraryDir+"bundle", 0o644)
	}
	list.all(g.softwareFiles(n))
	list.all(g.balancerFiles(n))
	list.all(g.firewallFiles(n.Role))
	if !n.Role.RunsKubelet() {
		return list.files, list.err
	}
	list.text(libraryDir+"api.py", 0o644)
	list.text(configDir+"modules.conf", 0o644)
	list.render(configDir+"sysctl.conf", struct{ Forwarding []string }{g.forwarding()})
	if n.Runtime == "docker" {
		list.text(configDir+"daemon.json", 0o644)
		list.render(configDir+"cri-docker.conf", containerdView{PauseImage: g.pauseImage()})
	} else {
		list.registryFiles(g.cluster.Registries)
		list.shared(g.containerdConfig())
	}
	list.add(configDir+"ca.crt", 0o644, g.secrets.ClusterCA.Cert)
	if g.cluster.ExternalEtcd() && n.Role != cluster.RoleWorker {
		list.text(libraryDir+"etcd.py", 0o644)
	}
	if n.Role == cluster.RoleEtcd {
		configuration, err := g.standaloneKubelet()
		list.note(err)
		list.add(kubeletConfig, 0o644, configuration)
		list.text(configDir+"kubelet.service.conf", 0o644)
		list.text(libraryDir+"etcdmember.py", 0o644)
		return list.files, list.err
	}
	if n.Role == cluster.RoleControlPlane && n.Software != cluster.SoftwareBundle {
		document, err := g.imagesDocuments(n)
		list.note(err)
		list.add(configDir+"kubeadm-images.yaml", 0o644, document)
	}
	if g.first(n) {
		list.text(libraryDir+"rejoin", 0o644)
		list.textFrom(libraryDir+"steps/join", libraryDir+"steps/join", 0o644)
		list.text(libraryDir+"keeper", 0o644)
		voters := "stacked"
		if g.cluster.ExternalEtcd() {
			voters = "external"
		}
		list.textFrom(libraryDir+"voters-"+voters, libraryDir+"voters", 0o644)
		list.text(libraryDir+"clones", 0o644)
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
	for _, s := range steps {
		if s.Script != "" {
			list.add(libraryDir+"steps/"+s.Name, 0o600, []byte(s.Script))
		}
	}
	for _, f := range n.Files {
		list.files = append(list.files, seeds.GuestFile{Path: f.Path, Mode: f.Mode, Content: f.Content})
	}
	if n.Role.RunsKubelet() && n.Runtime == "containerd" {
		list.own(g.containerdConfig())
	}
	switch {
	case n.Role == cluster.RoleEtcd:
		list.all(g.etcdFiles(n))
	case n.Role.InKubernetes():
		list.all(g.credentials(n))
	}
	if g.cluster.VRRPPeers(n) != nil {
		file, err := g.keepalivedConfig(n)
		list.note(err)
		list.files = append(list.files, file)
	}
	if words := g.secretWords(n); len(words) > 0 {
		list.files = append(list.files, redactScript(words))
	}
	if n.Role == cluster.RoleControlPlane {
		list.pki(g.pkiFiles(n))
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

// checksums is a guest file by which the identity step sees that cloud-init wrote the given files whole.
func checksums(name string, files []seeds.GuestFile) seeds.GuestFile {
	var lines bytes.Buffer
	for _, f := range files {
		fmt.Fprintf(&lines, "%x  %s\n", sha256.Sum256(f.Content), strings.TrimPrefix(f.Path, "/"))
	}
	return seeds.GuestFile{Path: configDir + name, Mode: 0o644, Content: lines.Bytes()}
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

// pki adds certificates and keys below the directory from which steps put them in place.
func (l *fileList) pki(files []pkiFile, err error) {
	l.note(err)
	for _, p := range files {
		f := seeds.GuestFile{Path: configDir + "pki/" + p.path, Mode: 0o644, Content: p.content, Secret: p.secret}
		if p.secret != "" {
			f.Mode = 0o600
		}
		l.files = append(l.files, f)
	}
}

func (l *fileList) all(files []seeds.GuestFile, err error) {
	l.note(err)
	l.files = append(l.files, files...)
}

// shared adds a file to what nodes share, unless it is a secret: what a medium holds is written into its own record.
func (l *fileList) shared(file seeds.GuestFile, err error) {
	l.note(err)
	if file.Secret == "" {
		l.files = append(l.files, file)
	}
}

// own adds a file that is a secret to a node's own ones; the others are shared.
func (l *fileList) own(file seeds.GuestFile, err error) {
	l.note(err)
	if file.Secret != "" {
		l.files = append(l.files, file)
	}
}

func (l *fileList) note(err error) {
	if l.err == nil {
		l.err = err
	}
}
