// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/seeds"
)

// Where kubeadm's documents are on the guest.
const (
	initConfig = configDir + "kubeadm-init.yaml"
	joinConfig = configDir + "kubeadm-join.yaml"
	patchesDir = configDir + "patches"
	cniDir     = configDir + "cni/"
)

// pkiFile is a file below the guest's pki directory: kubeadm's own names, because it reuses what it finds there. Leaf
// certificates that it makes itself are never among them: kubeadm init would take any that chains to the CA, whatever its
// names are.
type pkiFile struct {
	path    string
	content []byte
	secret  string
}

// pkiFiles lists those of a control plane: the authorities for the first, and for each what it needs to use an external etcd.
func (g *Generator) pkiFiles(n cluster.Node) ([]pkiFile, error) {
	s := g.secrets
	var files []pkiFile
	if g.first(n) {
		files = []pkiFile{
			{"ca.crt", s.ClusterCA.Cert, ""},
			{"ca.key", s.ClusterCA.Key, "cluster CA key"},
			{"front-proxy-ca.crt", s.FrontProxyCA.Cert, ""},
			{"front-proxy-ca.key", s.FrontProxyCA.Key, "front-proxy CA key"},
			{"sa.pub", s.ServiceAccount.Cert, ""},
			{"sa.key", s.ServiceAccount.Key, "service-account key"},
		}
	}
	switch {
	case g.cluster.ExternalEtcd():
		client, err := g.etcdClientFiles()
		return append(files, client...), err
	case g.first(n):
		files = append(files, pkiFile{"etcd/ca.crt", s.EtcdCA.Cert, ""}, pkiFile{"etcd/ca.key", s.EtcdCA.Key, "etcd CA key"})
	}
	return files, nil
}

// credentials lists the files by which a Kubernetes node becomes part of the cluster: kubeadm's documents.
func (g *Generator) credentials(n cluster.Node) ([]seeds.GuestFile, error) {
	var files []seeds.GuestFile
	held := "bootstrap token"
	switch {
	case g.first(n):
		document, err := g.initDocuments(n)
		if err != nil {
			return nil, err
		}
		files = append(files, seeds.GuestFile{Path: initConfig, Mode: 0o600, Content: document, Secret: "bootstrap token, certificate key"})
	case n.Role == cluster.RoleControlPlane:
		held = "bootstrap token, certificate key"
	}
	document, err := g.joinDocument(n)
	if err != nil {
		return nil, err
	}
	return append(files, seeds.GuestFile{Path: joinConfig, Mode: 0o600, Content: document, Secret: held}), nil
}

// secretWord is a text that must not be published, and what it is.
type secretWord struct{ what, text string }

// secretWords are the secrets of a node that its programs might print.
func (g *Generator) secretWords(n cluster.Node) []secretWord {
	var words []secretWord
	if n.Role.InKubernetes() {
		words = append(words, secretWord{"bootstrap token", g.secrets.BootstrapToken}, secretWord{"bootstrap token", tokenSecret(g.secrets.BootstrapToken)})
	}
	if n.Role == cluster.RoleControlPlane {
		words = append(words, secretWord{"certificate key", g.secrets.CertificateKey})
	}
	if g.cluster.VRRPPeers(n) != nil {
		words = append(words, secretWord{vrrpPassword, g.secrets.VRRPPassword()})
	}
	for _, r := range g.cluster.Registries {
		if r.Password != "" && n.Role.InKubernetes() {
			words = append(words, secretWord{passwordOf(r), r.Password})
		}
	}
	return words
}

// redactScript is the sed script that takes secret words out of a text.
func redactScript(words []secretWord) seeds.GuestFile {
	var script strings.Builder
	var held []string
	for _, w := range words {
		fmt.Fprintf(&script, "s/%s/[secret]/g\n", sedPattern.ReplaceAllString(w.text, `\$0`))
		if !slices.Contains(held, w.what) {
			held = append(held, w.what)
		}
	}
	return seeds.GuestFile{Path: configDir + "redact.sed", Mode: 0o600, Content: []byte(script.String()), Secret: strings.Join(held, ", ")}
}

// sedPattern are the characters that mean something in a basic regular expression of sed, between slashes.
var sedPattern = regexp.MustCompile(`[][\\/.*^$]`)

// tokenSecret is the half of a bootstrap token that is not public.
func tokenSecret(token string) string {
	_, secret, _ := strings.Cut(token, ".")
	return secret
}

// firstFiles lists what only the first control plane has besides the authorities: the CNI manifest, and the list of nodes
// to wait for.
func (g *Generator) firstFiles() ([]seeds.GuestFile, error) {
	var nodes strings.Builder
	for _, n := range g.cluster.Nodes {
		if n.Role.InKubernetes() {
			fmt.Fprintf(&nodes, "%s %s\n", n.Name, n.Role)
		}
	}
	files := []seeds.GuestFile{{Path: configDir + "nodes", Mode: 0o644, Content: []byte(nodes.String())}}
	cni, err := cniFiles(g.cluster)
	return append(files, cni...), err
}
