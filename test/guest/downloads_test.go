// SPDX-License-Identifier: Apache-2.0

//go:build linux

package guest_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func (g *guest) mode(path string) os.FileMode {
	g.t.Helper()
	info, err := os.Stat(filepath.Join(g.root, path))
	g.must(err)
	return info.Mode().Perm()
}

func TestAuthoritiesAreTrustedBySystem(t *testing.T) {
	g := newGuest(t)
	g.write("etc/hakube/certificates/1.crt", "one\n")
	g.write("etc/hakube/certificates/2.crt", "two\n")
	g.stub("update-ca-certificates", "")
	if out, code, reason := g.runStep("trust"); code != 0 {
		t.Fatalf("exit code %d, reason %q\n%s", code, reason, out)
	}
	for name, want := range map[string]string{"1": "one\n", "2": "two\n"} {
		path := "usr/local/share/ca-certificates/hakube-" + name + ".crt"
		path = strings.Replace(path, "usr/local", "local", 1) // where the sandbox keeps it
		if got := g.read(path); got != want || g.mode(path) != 0o644 || g.mode(filepath.Dir(path)) != 0o755 {
			t.Errorf("%s: %q, %v in %v", path, got, g.mode(path), g.mode(filepath.Dir(path)))
		}
	}
	if calls := g.calls(); calls != "update-ca-certificates \n" {
		t.Errorf("calls: %q", calls)
	}
	g.stub("update-ca-certificates", "exit 1")
	if _, code, reason := g.runStep("trust"); code != 1 || reason != "update-ca-certificates does not take the certificates" {
		t.Errorf("exit code %d, reason %q", code, reason)
	}
}

func TestContainerdGetsRegistriesAndProxy(t *testing.T) {
	g := newGuest(t)
	g.stub("ctr", "")
	g.write("etc/hakube/containerd.toml", "password = 'secret'\n")
	g.write("etc/hakube/registries/own.lan:5000/hosts.toml", "server\n")
	g.write("etc/hakube/registries/own.lan:5000/ca.crt", "authority\n")
	g.write("etc/hakube/proxy.env", "http_proxy='http://proxy.lan'\n")
	g.write("etc/hakube/proxy.service.conf", "[Service]\n")
	if out, code, reason := g.runStep("runtime-containerd"); code != 0 {
		t.Fatalf("exit code %d, reason %q\n%s", code, reason, out)
	}
	for path, want := range map[string]struct {
		content string
		mode    os.FileMode
	}{
		"etc/containerd/config.toml":                                {"password = 'secret'\n", 0o600},
		"etc/containerd/certs.d/own.lan:5000/hosts.toml":            {"server\n", 0o644},
		"etc/containerd/certs.d/own.lan:5000/ca.crt":                {"authority\n", 0o644},
		"etc/systemd/system/containerd.service.d/hakube-proxy.conf": {"[Service]\n", 0o644},
	} {
		if got := g.read(path); got != want.content || g.mode(path) != want.mode {
			t.Errorf("%s: %q, %v", path, got, g.mode(path))
		}
	}
	calls := g.calls()
	if reload, restart := strings.Index(calls, "systemctl daemon-reload\n"), strings.Index(calls, "systemctl restart containerd\n"); reload < 0 || restart < reload {
		t.Errorf("calls: %s", calls)
	}
}

// Through the proxy goes what a step downloads, and nothing that kubeadm or kubectl does: kubeadm would write the
// variables into the manifests of the control plane.
func TestTheProxyIsForDownloadsAlone(t *testing.T) {
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.RequestURI)
		fmt.Fprint(w, "kind: List\n")
	}))
	defer proxy.Close()
	g := newGuest(t)
	g.stub("kubectl", `env | grep -i proxy >>/tmp/seen; echo "kind: List"`)
	g.write("etc/hakube/node.env", environment+fmt.Sprintf("HAKUBE_CNI_URL='http://mirror.example/cni.yaml'\nHAKUBE_CNI_SHA256='%x'\n", sha256.Sum256([]byte("kind: List\n"))))
	g.write("etc/hakube/proxy.env", "http_proxy='"+proxy.URL+"'\nno_proxy='.lan'\n")
	g.must(os.MkdirAll(filepath.Join(g.root, "etc/hakube/cni"), 0o755))
	if out, code, reason := g.runStep("cni"); code != 0 {
		t.Fatalf("exit code %d, reason %q\n%s", code, reason, out)
	}
	if fmt.Sprint(asked) != "[http://mirror.example/cni.yaml]" {
		t.Errorf("the proxy was asked for %v", asked)
	}
	if seen := g.read("tmp/seen"); seen != "" || g.read("etc/hakube/cni/objects.yaml") != "kind: List\n" {
		t.Errorf("kubectl saw %q", seen)
	}
}
