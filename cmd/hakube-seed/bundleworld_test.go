// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/ulikunitz/xz"
)

// world is a small internet: Debian's repositories, Kubernetes' and a registry, with keys of their own.
type world struct {
	t     testing.TB
	dir   string // the keyring and the repositories' files
	site  *httptest.Server
	store *httptest.Server

	debian, kubernetes *openpgp.Entity

	mu       sync.Mutex
	files    map[string][]byte
	requests []string
	answer   func(w http.ResponseWriter, r *http.Request) bool // answers in the site's place when it returns true
}

const worldInventory = `apiVersion: hakube-seed/v1
cluster: air
kubernetesVersion: 1.37.2
os: debian-12
software: bundle
network: {cidr: 10.1.10.0/24, gateway: 10.1.10.1}
user: {sshKeys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBcMFWV5s9MlVg9F5pNkMyc8kmGB6WaEz5mGcoa4gRZM you@example]}
cni: {name: manifest, manifest: {file: cni.yaml}}
nodes:
  - {name: lb, role: load-balancer, address: 10.1.10.100}
  - {name: cp1, role: control-plane, address: 10.1.10.101}
  - {name: w1, role: worker, address: 10.1.10.104}
`

const worldCNI = "kind: DaemonSet\nspec: {template: {spec: {containers: [{image: quay.io/lab/cni:v1}]}}}\n"

func newWorld(t testing.TB, dir string) *world {
	t.Helper()
	w := &world{t: t, dir: dir, files: map[string][]byte{}}
	w.site = httptest.NewServer(http.HandlerFunc(w.serve))
	w.store = httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	w.debian, w.kubernetes = w.key(time.Now().Add(-time.Hour), 0), w.key(time.Now().Add(-time.Hour), 0)
	w.repository("debian", "bookworm", w.debian, `
libc6 2.36-9+deb12u14 Priority: required
bash 5 Essential: yes; Depends: libc6
containerd 1.6.20~ds1-1+deb12u2 Depends: libc6 (>= 2.34), runc (>= 1.0.0~rc2~)
runc 1.1.5+ds1-1 Depends: libc6 (>= 2.34), libseccomp2 (>= 2.5.0)
libseccomp2 2.5.4-1+deb12u1
conntrack 1:1.4.7-1+b2 Depends: libnetfilter-conntrack3
libnetfilter-conntrack3 1.0.9-3
iptables 1.8.9-2 Depends: libxtables12 (= 1.8.9-2)
libxtables12 1.8.9-2
socat 1.7.4.4-2
ethtool 1:6.1-1
ebtables 2.0.11-5
haproxy 2.6.12-1+deb12u1 Depends: lua-runtime | lua5.3
lua5.3 5.3.6-2 Provides: lua-runtime
mount 2.38.1-5 Priority: required
util-linux 2.38.1-5 Essential: yes
`)
	w.repository("debian", "bookworm-updates", w.debian, "tzdata 2026a-0+deb12u1\n")
	w.repository("debian-security", "bookworm-security", w.debian, "containerd 1.6.20~ds1-1+deb12u3 Depends: libc6 (>= 2.34), runc (>= 1.0.0~rc2~)\nhaproxy 2.6.12-1+deb12u4 Depends: lua-runtime | lua5.3\n")
	w.repository("kubernetes", "", w.kubernetes, `
kubelet 1.37.2-1.1 Depends: kubernetes-cni (>= 1.2.0), mount, util-linux
kubelet 1.37.3-1.1 Depends: kubernetes-cni (>= 1.2.0), mount, util-linux
kubeadm 1.37.2-1.1
kubectl 1.37.2-1.1
cri-tools 1.37.0-1.1
kubernetes-cni 1.9.1-1.1
`)
	w.releaseKey(w.kubernetes)
	var keyring bytes.Buffer
	w.must(w.debian.Serialize(&keyring))
	w.must(os.WriteFile(filepath.Join(dir, "keyring.gpg"), keyring.Bytes(), 0o644))
	w.must(os.WriteFile(filepath.Join(dir, "inventory.yaml"), []byte(worldInventory), 0o644))
	w.must(os.WriteFile(filepath.Join(dir, "cni.yaml"), []byte(worldCNI), 0o644))
	for _, ref := range []string{
		"kube-apiserver:v1.37.2", "kube-controller-manager:v1.37.2", "kube-scheduler:v1.37.2", "kube-proxy:v1.37.2",
		"etcd:3.7.0-0", "coredns/coredns:v1.14.6", "pause:3.10.2", "lab/cni:v1", "extra/tool:v2",
	} {
		w.push(ref)
	}
	return w
}

func (w *world) close() { w.site.Close(); w.store.Close() }

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.requests = append(w.requests, r.URL.Path+" "+r.Header.Get("Range"))
	content, there := w.files[strings.TrimPrefix(r.URL.Path, "/")]
	answer := w.answer
	w.mu.Unlock()
	switch {
	case answer != nil && answer(rw, r):
	case !there:
		http.NotFound(rw, r)
	default:
		http.ServeContent(rw, r, "", time.Time{}, bytes.NewReader(content))
	}
}

// asked returns how often paths with a text in them were asked for.
func (w *world) asked(text string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, r := range w.requests {
		if strings.Contains(r, text) {
			n++
		}
	}
	return n
}

func (w *world) key(made time.Time, seconds uint32) *openpgp.Entity {
	w.t.Helper()
	key, err := openpgp.NewEntity("world", "", "world@example.invalid", &packet.Config{Algorithm: packet.PubKeyAlgoEdDSA, KeyLifetimeSecs: seconds, Time: func() time.Time { return made }})
	w.must(err)
	return key
}

func fingerprintOf(key *openpgp.Entity) string {
	return strings.ToUpper(hex.EncodeToString(key.PrimaryKey.Fingerprint))
}

func (w *world) releaseKey(key *openpgp.Entity) {
	var out bytes.Buffer
	w.must(key.Serialize(&out))
	w.files["kubernetes/Release.key"] = out.Bytes()
}

// repository publishes packages, one a line: "name version field: value; field: value". A flat one has no suite.
func (w *world) repository(top, suite string, key *openpgp.Entity, packages string) {
	w.t.Helper()
	var index strings.Builder
	for line := range strings.Lines(packages) {
		words := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if len(words) < 2 {
			continue
		}
		deb := bytes.Repeat([]byte(words[0]+words[1]), 4000)
		path := fmt.Sprintf("pool/%s_%s_amd64.deb", words[0], strings.ReplaceAll(words[1], ":", "%3a"))
		w.files[top+"/"+strings.ReplaceAll(path, "%3a", ":")] = deb
		fmt.Fprintf(&index, "Package: %s\nVersion: %s\nArchitecture: amd64\n", words[0], words[1])
		fmt.Fprintf(&index, "Filename: %s\nSize: %d\nSHA256: %x\n", path, len(deb), sha256.Sum256(deb))
		if len(words) == 3 {
			index.WriteString(strings.ReplaceAll(words[2], "; ", "\n") + "\n")
		}
		index.WriteString("\n")
	}
	var packed bytes.Buffer
	ending, place := ".gz", ""
	var z io.WriteCloser = gzip.NewWriter(&packed)
	if suite != "" {
		place = "main/binary-amd64/"
		if suite == "bookworm-security" {
			var err error
			ending = ".xz"
			z, err = xz.NewWriter(&packed)
			w.must(err)
		}
	}
	_, err := io.WriteString(z, index.String())
	w.must(err)
	w.must(z.Close())
	sum := fmt.Sprintf("%x", sha256.Sum256(packed.Bytes()))
	root := top
	text := fmt.Sprintf("Suite: %[1]s\nCodename: %[1]s\nSHA256:\n %[2]s %[3]d %[4]sPackages%[5]s\n", suite, sum, packed.Len(), place, ending)
	if suite == "" {
		w.files[top+"/Packages.gz"] = packed.Bytes()
	} else {
		root += "/dists/" + suite
		text = "Acquire-By-Hash: yes\nValid-Until: " + time.Now().Add(24*time.Hour).UTC().Format(time.RFC1123) + "\n" + text
		w.files[root+"/"+place+"by-hash/SHA256/"+sum] = packed.Bytes()
	}
	w.files[root+"/InRelease"] = w.sign(text, key)
}

func (w *world) sign(text string, key *openpgp.Entity) []byte {
	w.t.Helper()
	var out bytes.Buffer
	c, err := clearsign.Encode(&out, key.PrivateKey, &packet.Config{Time: func() time.Time { return key.PrimaryKey.CreationTime.Add(time.Second) }})
	w.must(err)
	_, err = io.WriteString(c, text)
	w.must(err)
	w.must(c.Close())
	return out.Bytes()
}

// push puts an image for two architectures into the registry.
func (w *world) push(ref string) {
	w.t.Helper()
	index := v1.ImageIndex(empty.Index)
	for _, architecture := range []string{"arm64", "amd64"} {
		image, err := random.Image(5000, 2)
		w.must(err)
		config, err := image.ConfigFile()
		w.must(err)
		config = config.DeepCopy()
		config.OS, config.Architecture = "linux", architecture
		image, err = mutate.ConfigFile(image, config)
		w.must(err)
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: architecture}}})
	}
	tag, err := name.NewTag(strings.TrimPrefix(w.store.URL, "http://")+"/"+ref, name.Insecure)
	w.must(err)
	w.must(remote.WriteIndex(tag, index))
}

// file makes a file and returns its name.
func (w *world) file(name string) string {
	w.t.Helper()
	path := filepath.Join(w.dir, "more", name)
	w.must(os.MkdirAll(filepath.Dir(path), 0o755))
	w.must(os.WriteFile(path, []byte("text\n"), 0o644))
	return path
}

// settings are the flags that keep bundle create in this world, and their values.
func (w *world) settings() map[string][]string {
	return map[string][]string{
		"mirror":                 {w.site.URL + "/debian"},
		"security-mirror":        {w.site.URL + "/debian-security"},
		"keyring":                {filepath.Join(w.dir, "keyring.gpg")},
		"kubernetes-repository":  {w.site.URL + "/kubernetes"},
		"kubernetes-fingerprint": {fingerprintOf(w.kubernetes)},
		"registry-mirror":        {"registry.k8s.io=" + w.store.URL, "quay.io=" + w.store.URL},
		"cache":                  {filepath.Join(w.dir, "cache")},
	}
}

func (w *world) flags() []string {
	var flags []string
	for flag, values := range w.settings() {
		for _, value := range values {
			flags = append(flags, "--"+flag, value)
		}
	}
	return flags
}

// oneProgram lets one world run the program at a time: cli keeps its help flag in a variable of its package, which every run
// writes to. Everything else of parallel worlds (keys, packages, registries) is their own.
var oneProgram sync.Mutex

// run runs the program with the inventory of this world.
func (w *world) run(args ...string) (code int, out, errors string) {
	oneProgram.Lock()
	defer oneProgram.Unlock()
	var stdout, stderr bytes.Buffer
	code = run(w.t.Context(), args, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func (w *world) create(more ...string) (code int, out, errors string) {
	args := append([]string{"bundle", "create", filepath.Join(w.dir, "inventory.yaml"), "-o", w.iso()}, w.flags()...)
	return w.run(append(args, more...)...)
}

func (w *world) iso() string { return filepath.Join(w.dir, "bundle.iso") }
