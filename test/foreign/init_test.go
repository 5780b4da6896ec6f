// SPDX-License-Identifier: Apache-2.0

//go:build foreign

package foreign

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hakube/hakube-seed/generator/cluster"
)

// start is one kubeadm init without a machine: its phases that only write files, on the first control plane's medium.
type start struct {
	hearing
	dir      string // pki/, kubeconfig/, manifests/ and init.yaml, on this machine
	document string
}

// newStart copies what the medium brings into a directory, and names it in the init document.
func newStart(t *testing.T, h hearing) start {
	t.Helper()
	m := firstMedium(t, h.example)
	at := scratch(t)
	s := start{h, host(at), filepath.Join(host(at), "init.yaml")}
	for _, f := range m.files {
		if name, ok := strings.CutPrefix(f.Path, "/etc/hakube/"); ok && (strings.HasPrefix(name, "pki/") || strings.HasPrefix(name, "patches/")) {
			write(t, filepath.Join(at, name), f.Content)
		}
	}
	document := h.near(t, h.cluster, m.file(initFile))
	document = edited(t, document, "\nkind: ClusterConfiguration\n", "\nkind: ClusterConfiguration\ncertificatesDir: "+s.dir+"/pki\n")
	if len(h.cluster.Kubeadm.Patches) > 0 {
		document = edited(t, document, "directory: /etc/hakube/patches\n", "directory: "+s.dir+"/patches\n")
	}
	write(t, filepath.Join(at, "init.yaml"), document)
	if err := os.Mkdir(filepath.Join(s.dir, "manifests"), 0o700); err != nil {
		t.Fatal(err)
	}
	return s
}

// phase runs a phase of kubeadm init; the directory variable keeps a dry run out of this machine's /etc/kubernetes.
func (s start) phase(t *testing.T, args ...string) string {
	t.Helper()
	c := judge("kubeadm-v"+s.version.String(), append(append([]string{"init", "phase"}, args...), "--config", s.document)...)
	c.Env = append(c.Env, "KUBEADM_INIT_DRYRUN_DIR="+filepath.Join(s.dir, "manifests"))
	v := run(t, c)
	if v.failed {
		t.Fatalf("%s: kubeadm v%s init phase %s:\n%s", s.name, s.version, strings.Join(args, " "), v)
	}
	return v.said
}

func openssl(t *testing.T, args ...string) verdict {
	t.Helper()
	return run(t, exec.Command("openssl", args...))
}

// TestKubeadmTakesThePKI: kubeadm signs everything with the authorities on the medium and makes none of its own; what the
// plan says of names and the administrator's group is what kubeadm comes to.
func TestKubeadmTakesThePKI(t *testing.T) {
	t.Parallel()
	for _, h := range hearings(t) {
		s := newStart(t, h)
		said := s.phase(t, "certs", "all")
		etcd := "existing etcd/ca"
		if h.cluster.ExternalEtcd() {
			etcd = "External etcd mode: Skipping etcd/ca"
		}
		for _, want := range []string{"existing ca certificate authority", "existing front-proxy-ca", etcd, `existing "sa" key`} {
			if !strings.Contains(said, want) {
				t.Errorf("%s: kubeadm v%s does not speak of %s:\n%s", s.name, s.version, want, said)
			}
		}
		s.phase(t, "kubeconfig", "all", "--kubeconfig-dir", filepath.Join(s.dir, "kubeconfig"))
		s.checkAuthorities(t)
		s.checkNames(t)
		s.checkHash(t)
		s.checkAdministrator(t)
	}
}

// checkAuthorities: what the medium brought is still there, byte for byte.
func (s start) checkAuthorities(t *testing.T) {
	t.Helper()
	brought := 0
	for _, f := range firstMedium(t, s.example).files {
		name, ok := strings.CutPrefix(f.Path, "/etc/hakube/pki/")
		if !ok {
			continue
		}
		brought++
		if now, err := os.ReadFile(filepath.Join(s.dir, "pki", name)); !bytes.Equal(now, f.Content) {
			t.Errorf("%s: kubeadm v%s changed %s, %v", s.name, s.version, name, err)
		}
	}
	want := 8
	if s.cluster.ExternalEtcd() {
		want = 9 // in place of the etcd CA's key, the API server's certificate for etcd and its key
	}
	if brought != want {
		t.Errorf("%s: the medium brings %d files of authorities, want %d", s.name, brought, want)
	}
}

// checkNames: the API server's certificate is good for the endpoint by name and by address.
func (s start) checkNames(t *testing.T) {
	t.Helper()
	pki := filepath.Join(s.dir, "pki")
	names := [][]string{{"-verify_hostname", "kubernetes.default.svc." + s.cluster.DNSDomain}, {"-verify_ip", s.loopback()}}
	endpoint := s.cluster.Endpoint
	if endpoint.Address.IsValid() {
		names = append(names, []string{"-verify_ip", endpoint.Address.String()})
	}
	if !endpoint.Address.IsValid() || endpoint.Name != endpoint.Address.String() {
		names = append(names, []string{"-verify_hostname", endpoint.Name})
	}
	for _, name := range names {
		args := append([]string{"verify", "-purpose", "sslserver", "-CAfile", pki + "/ca.crt"}, name...)
		if v := openssl(t, append(args, pki+"/apiserver.crt")...); v.failed {
			t.Errorf("%s: the API server's certificate is not good for %s:\n%s", s.name, name[1], v)
		}
	}
	if v := openssl(t, "verify", "-CAfile", pki+"/ca.crt", "-verify_hostname", "elsewhere.example.com", pki+"/apiserver.crt"); !v.failed {
		t.Errorf("%s: the API server's certificate is good for any name", s.name)
	}
}

// checkHash: the discovery hash is what kubeadm's documentation has people compute.
func (s start) checkHash(t *testing.T) {
	t.Helper()
	const pipeline = `openssl x509 -pubkey -noout -in "$1" | openssl pkey -pubin -outform der | openssl dgst -sha256 -hex | sed 's/^.* //'`
	v := run(t, exec.Command("sh", "-c", pipeline, "sh", filepath.Join(s.dir, "pki/ca.crt")))
	if want := "sha256:" + strings.TrimSpace(v.said); s.secrets.CACertHash() != want {
		t.Errorf("%s: the discovery hash is %s, openssl says %s", s.name, s.secrets.CACertHash(), want)
	}
}

// certificate returns the client certificate of a kubeconfig, as kubectl reads it, in a file.
func (s start) certificate(t *testing.T, kubeconfig, name string) string {
	t.Helper()
	v := run(t, judge("kubectl-v1.37.2", "--kubeconfig", kubeconfig, "config", "view", "--raw", "--minify", "-o", "jsonpath={.users[0].user.client-certificate-data}"))
	path := filepath.Join(s.dir, name)
	c := exec.Command("openssl", "base64", "-d", "-A", "-out", path)
	c.Stdin = strings.NewReader(v.said)
	if decoded := run(t, c); v.failed || decoded.failed {
		t.Fatalf("%s: %s: %s%s", s.name, kubeconfig, v, decoded)
	}
	return path
}

// checkAdministrator: our kubeconfig's certificate is of the cluster CA, and has the subject that kubeadm gives its own.
func (s start) checkAdministrator(t *testing.T) {
	t.Helper()
	own := filepath.Join(s.dir, "ours.conf")
	if err := os.WriteFile(own, s.kubeconfig, 0o600); err != nil {
		t.Fatal(err)
	}
	ours := s.certificate(t, own, "ours.crt")
	if v := openssl(t, "verify", "-purpose", "sslclient", "-CAfile", s.dir+"/pki/ca.crt", ours); v.failed {
		t.Errorf("%s: the administrator's certificate:\n%s", s.name, v)
	}
	if v := openssl(t, "verify", "-purpose", "sslclient", "-CAfile", s.dir+"/pki/etcd/ca.crt", ours); !v.failed {
		t.Errorf("%s: the administrator's certificate is good for etcd", s.name)
	}
	// kubeadm up to 1.28 makes members of system:masters, and a newer one in its stead none of those
	want := "O = system:masters, CN = kubernetes-admin"
	if s.cluster.Version.Minor >= 29 || s.own() {
		theirs := openssl(t, "x509", "-noout", "-subject", "-in", s.certificate(t, filepath.Join(s.dir, "kubeconfig/admin.conf"), "theirs.crt"))
		want = strings.TrimPrefix(strings.TrimSpace(theirs.said), "subject=")
	}
	if v := openssl(t, "x509", "-noout", "-subject", "-in", ours); v.said != "subject="+want+"\n" {
		t.Errorf("%s: the administrator is %s, want %s", s.name, v, want)
	}
}

func (s start) loopback() string {
	if s.cluster.FirstControlPlane().Address.Is6() {
		return "::1"
	}
	return "127.0.0.1"
}

// TestKubeadmWritesManifests: kubeadm takes every argument into the static pods, and every patch.
func TestKubeadmWritesManifests(t *testing.T) {
	t.Parallel()
	for _, h := range hearings(t) {
		if h.version.Minor < 26 {
			continue // its etcd and kubelet phases cannot be kept out of this machine's directories
		}
		s := newStart(t, h)
		said := s.phase(t, "control-plane", "all", "--dry-run") + s.phase(t, "etcd", "local", "--dry-run") + s.phase(t, "kubelet-start", "--dry-run")
		components := map[string][]cluster.Arg{
			"kube-apiserver":          h.cluster.APIServerArgs,
			"kube-controller-manager": append(slices.Clone(h.cluster.ControllerManagerArgs), cluster.Arg{Name: "cluster-cidr", Value: h.cluster.PodSubnets.String()}),
			"kube-scheduler":          h.cluster.SchedulerArgs,
		}
		if !h.cluster.ExternalEtcd() {
			components["etcd"] = h.cluster.EtcdArgs
		}
		for component, arguments := range components {
			s.checkArguments(t, component, arguments)
		}
		for _, patch := range h.cluster.Kubeadm.Patches {
			if !strings.Contains(said, fmt.Sprintf("%s to target %q", patchType(patch.FileName), patchTarget(patch.FileName))) {
				t.Errorf("%s: kubeadm does not apply %s:\n%s", h.name, patch.FileName, said)
			}
		}
	}
}

// patchTarget is what a patch's file name begins with, before the digits that order patches.
func patchTarget(file string) string {
	name, _, _ := strings.Cut(file, "+")
	return strings.TrimRight(name, "0123456789")
}

// patchType is the type in a patch's file name as kubeadm speaks of it.
func patchType(file string) string {
	_, kind, _ := strings.Cut(strings.TrimSuffix(file, ".yaml"), "+")
	return map[string]string{
		"strategic": `"application/strategic-merge-patch+json"`,
		"merge":     `"application/merge-patch+json"`,
		"json":      `"application/json-patch+json"`,
	}[kind]
}

func (s start) checkArguments(t *testing.T, component string, arguments []cluster.Arg) {
	t.Helper()
	var found []string
	for _, below := range []string{"manifests/", "manifests/tmp/*/"} { // up to kubeadm 1.30, a directory for each dry run
		paths, _ := filepath.Glob(filepath.Join(s.dir, below+component+".yaml"))
		found = append(found, paths...)
	}
	if len(found) != 1 {
		t.Fatalf("%s: kubeadm wrote %q for %s", s.name, found, component)
	}
	command := podCommand(t, found[0])
	for _, a := range arguments {
		if !slices.Contains(command, "--"+a.Name+"="+a.Value) {
			t.Errorf("%s: %s runs %q, without --%s=%s", s.name, component, command, a.Name, a.Value)
		}
	}
}
