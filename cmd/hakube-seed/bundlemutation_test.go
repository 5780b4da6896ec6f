// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hakube/hakube-seed/generator/bundle"
)

// broken is a copy of a finished bundle that something is done to.
type broken struct {
	t     testing.TB
	files map[string][]byte
}

// resum makes SHA256SUMS right again, as somebody does who means to change something.
func (b broken) resum() {
	sums := map[string]string{}
	for path, content := range b.files {
		if path != bundle.SumsFile {
			sum := sha256.Sum256(content)
			sums[path] = hex.EncodeToString(sum[:])
		}
	}
	b.files[bundle.SumsFile] = bundle.EncodeSums(sums)
}

// manifest changes bundle.json.
func (b broken) manifest(change func(*bundle.Manifest)) {
	b.t.Helper()
	var m bundle.Manifest
	if err := json.Unmarshal(b.files[bundle.ManifestFile], &m); err != nil {
		b.t.Fatal(err)
	}
	change(&m)
	text, err := m.Encode()
	if err != nil {
		b.t.Fatal(err)
	}
	b.files[bundle.ManifestFile] = text
}

// unlist takes a package out of the index.
func (b broken) unlist(name string) {
	stanza := regexp.MustCompile(`(?s)Package: ` + regexp.QuoteMeta(name) + "\n.*?\n\n")
	b.files[bundle.PackagesFile] = stanza.ReplaceAll(b.files[bundle.PackagesFile], nil)
}

// forget takes a package out altogether, without a trace.
func (b broken) forget(name string) {
	b.unlist(name)
	b.manifest(func(m *bundle.Manifest) {
		m.Packages = slices.DeleteFunc(m.Packages, func(p bundle.PackageRecord) bool { return p.Name == name })
	})
	for path := range b.files {
		if strings.HasPrefix(path, bundle.DebsDir+name+"_") {
			delete(b.files, path)
		}
	}
	b.resum()
}

func (b broken) replace(path, old, new string) {
	b.t.Helper()
	if !bytes.Contains(b.files[path], []byte(old)) {
		b.t.Fatalf("%s has no %q", path, old)
	}
	b.files[path] = bytes.ReplaceAll(b.files[path], []byte(old), []byte(new))
}

func (b broken) flip(path string) {
	b.t.Helper()
	if len(b.files[path]) == 0 {
		b.t.Fatalf("there is no %s", path)
	}
	b.files[path] = bytes.Clone(b.files[path])
	b.files[path][len(b.files[path])/2] ^= 1
}

const (
	kubeletDeb = "debs/kubelet_1.37.2-1.1_amd64.deb"
	runcDeb    = "debs/runc_1.1.5+ds1-1_amd64.deb"
	pauseTar   = "images/node/pause_3.10.2.tar"
	etcdTar    = "images/control-plane/etcd_3.7.0-0.tar"
	everybody  = "needed by control planes and workers"
)

var mutations = []struct {
	name   string
	mutate func(b broken)
	want   string // a line of what verify says
}{
	{"a removed package", func(b broken) { delete(b.files, kubeletDeb) }, kubeletDeb + " is missing; SHA256SUMS lists it; " + everybody},
	{"a removed dependency", func(b broken) { delete(b.files, runcDeb) }, runcDeb + " is missing; SHA256SUMS lists it; needed by containerd"},
	{"a package forgotten everywhere", func(b broken) { b.forget("kubelet") }, "kubelet is missing; " + everybody},
	{"a dependency forgotten everywhere", func(b broken) { b.forget("libseccomp2") }, "libseccomp2 (>= 2.5.0) is missing; needed by runc 1.1.5+ds1-1"},
	{"a virtual package forgotten everywhere", func(b broken) { b.forget("lua5.3") }, "lua-runtime | lua5.3 is missing; needed by haproxy 2.6.12-1+deb12u4"},
	{"the load balancer's package forgotten", func(b broken) { b.forget("haproxy") }, "haproxy is missing; needed by load balancers"},
	{"a flipped bit in a package", func(b broken) { b.flip(kubeletDeb) }, kubeletDeb + " is damaged: its SHA-256 is not the one in SHA256SUMS"},
	{"a flipped bit in a package, summed again", func(b broken) { b.flip(kubeletDeb); b.resum() }, kubeletDeb + " is not the package that bundle.json says: its SHA-256 is another"},
	{"a package cut short", func(b broken) { b.files[runcDeb] = b.files[runcDeb][:100] }, runcDeb + " is damaged: its SHA-256 is not the one in SHA256SUMS"},
	{"an empty package", func(b broken) { b.files[runcDeb] = nil }, runcDeb + " is damaged: its SHA-256 is not the one in SHA256SUMS"},
	{"one package in another's place", func(b broken) { b.files[runcDeb] = b.files[kubeletDeb]; b.resum() }, runcDeb + " is not the package that bundle.json says: its SHA-256 is another"},
	{"a package that nobody knows", func(b broken) { b.files["debs/evil_1_all.deb"] = []byte("evil") }, "debs/evil_1_all.deb is not listed in SHA256SUMS"},
	{"a package that apt does not see", func(b broken) { b.files["debs/evil_1_all.deb"] = []byte("evil"); b.resum() }, "debs/evil_1_all.deb is not listed in debs/Packages: apt does not see it"},
	{"a package out of the index", func(b broken) { b.unlist("kubelet"); b.resum() }, kubeletDeb + " is not listed in debs/Packages: apt does not see it"},
	{"no index", func(b broken) { delete(b.files, bundle.PackagesFile); b.resum() }, "debs/Packages is missing; apt on every node needs it"},
	{"an empty index", func(b broken) { b.files[bundle.PackagesFile] = nil; b.resum() }, "kubelet is missing; " + everybody},
	{"a stale index", func(b broken) {
		b.replace(bundle.PackagesFile, "Version: 1.37.2-1.1", "Version: 1.37.1-1.1")
		b.resum()
	}, "kubelet is there in version 1.37.1-1.1, not 1.37.2; " + everybody},
	{"an index of other checksums", func(b broken) {
		b.files[bundle.PackagesFile] = regexp.MustCompile(`SHA256: ..`).ReplaceAll(b.files[bundle.PackagesFile], []byte("SHA256: zz"))
		b.resum()
	}, kubeletDeb + " is not the kubelet 1.37.2-1.1 that debs/Packages lists"},
	{"an index that is none", func(b broken) { b.files[bundle.PackagesFile] = []byte("<html>\n"); b.resum() }, `debs/Packages: line 1: "<html>" is not a field`},
	{"an index with a relation that is none", func(b broken) {
		b.replace(bundle.PackagesFile, "libseccomp2 (>= 2.5.0)", "libseccomp2 (>= ")
		b.resum()
	}, `runc: "libc6 (>= 2.34), libseccomp2 (>=" is not a relation between packages`},
	{"a newer dependency than there is", func(b broken) {
		b.replace(bundle.PackagesFile, "libc6 (>= 2.34)", "libc6 (>= 2.40)")
		b.resum()
	}, "libc6 (>= 2.40) is missing; needed by runc 1.1.5+ds1-1"},
	{"an image base without what was counted on", func(b broken) {
		b.manifest(func(m *bundle.Manifest) { m.Base = nil })
		b.resum()
	}, "util-linux is missing; needed by kubelet 1.37.2-1.1"},
	{"an image base that excludes what is carried", func(b broken) {
		b.manifest(func(m *bundle.Manifest) {
			m.Base = append(m.Base, bundle.BaseRecord{Name: "k3s", From: "1", To: "1", Excludes: "kubelet"})
		})
		b.resum()
	}, "kubelet cannot be installed beside k3s, which the VM image has"},
	{"an image short", func(b broken) { delete(b.files, pauseTar) }, pauseTar + " is missing; SHA256SUMS lists it; " + everybody},
	{"an image short, summed again", func(b broken) { delete(b.files, pauseTar); b.resum() }, pauseTar + ", the image registry.k8s.io/pause:3.10.2, is missing; " + everybody},
	{"an image forgotten everywhere", func(b broken) {
		delete(b.files, pauseTar)
		b.manifest(func(m *bundle.Manifest) {
			m.Images = slices.DeleteFunc(m.Images, func(i bundle.ImageRecord) bool { return i.File == pauseTar })
		})
		b.resum()
	}, "the image registry.k8s.io/pause:3.10.2 is missing from images/node; " + everybody},
	{"the CNI manifest's image forgotten", func(b broken) {
		b.manifest(func(m *bundle.Manifest) {
			m.Images = slices.DeleteFunc(m.Images, func(i bundle.ImageRecord) bool { return i.Image == "quay.io/lab/cni:v1" })
		})
		b.resum()
	}, "the image quay.io/lab/cni:v1 is missing from images/node; needed by the CNI manifest"},
	{"an image where workers do not look", func(b broken) {
		b.files["images/control-plane/pause.tar"] = b.files[pauseTar]
		delete(b.files, pauseTar)
		b.manifest(func(m *bundle.Manifest) {
			for i := range m.Images {
				m.Images[i].File = strings.Replace(m.Images[i].File, pauseTar, "images/control-plane/pause.tar", 1)
			}
		})
		b.resum()
	}, "the image registry.k8s.io/pause:3.10.2 is missing from images/node; " + everybody},
	{"a flipped bit in an image", func(b broken) { b.flip(etcdTar) }, etcdTar + " is damaged: its SHA-256 is not the one in SHA256SUMS"},
	{"an image cut short", func(b broken) { b.files[etcdTar] = b.files[etcdTar][:6000]; b.resum() }, etcdTar + ", the image registry.k8s.io/etcd:3.7.0-0: it lacks the part sha256:"},
	{"half of an image", func(b broken) {
		b.files[etcdTar] = b.files[etcdTar][:1200]
		b.resum()
	}, etcdTar + ", the image registry.k8s.io/etcd:3.7.0-0: it is cut short or is no archive; needed by control planes"},
	{"one image in another's place", func(b broken) { b.files[etcdTar] = b.files[pauseTar]; b.resum() }, etcdTar + " holds registry.k8s.io/pause:3.10.2 and not registry.k8s.io/etcd:3.7.0-0; needed by control planes"},
	{"another image of the same name", func(b broken) {
		b.manifest(func(m *bundle.Manifest) { m.Images[0].Digest = "sha256:" + strings.Repeat("0", 64) })
		b.resum()
	}, "bundle.json says sha256:" + strings.Repeat("0", 64)},
	{"an image that nobody lists", func(b broken) {
		b.files["images/node/evil.tar"] = b.files[pauseTar]
		b.resum()
	}, "images/node/evil.tar is an image that bundle.json does not list; nodes would import it"},
	{"no CNI manifest", func(b broken) { delete(b.files, bundle.CNIFile); b.resum() }, "manifests/cni.yaml is missing; needed by the first control plane"},
	{"another CNI manifest", func(b broken) { b.files[bundle.CNIFile] = []byte("kind: List\n"); b.resum() }, "manifests/cni.yaml is not the CNI manifest that the inventory names: its SHA-256 is "},
	{"a CNI manifest that is none, and a damaged package", func(b broken) {
		b.files[bundle.CNIFile] = []byte("a: [\n")
		b.flip(runcDeb)
	}, runcDeb + " is damaged: its SHA-256 is not the one in SHA256SUMS"},
	{"another Kubernetes", func(b broken) { b.manifest(func(m *bundle.Manifest) { m.Kubernetes = "1.37.1" }); b.resum() }, "the bundle is for Kubernetes 1.37.1, the inventory wants 1.37.2"},
	{"another OS", func(b broken) { b.manifest(func(m *bundle.Manifest) { m.OS = "ubuntu-24.04" }); b.resum() }, "the bundle is for ubuntu-24.04, the inventory's nodes run debian-12"},
	{"another architecture", func(b broken) { b.manifest(func(m *bundle.Manifest) { m.Architecture = "arm64" }); b.resum() }, "the bundle is for arm64, the nodes are amd64"},
	{"a later format", func(b broken) { b.manifest(func(m *bundle.Manifest) { m.Format = "hakube-bundle/v2" }); b.resum() }, `bundle.json: its format is "hakube-bundle/v2"; this program reads "hakube-bundle/v1"`},
	{"a manifest that is none", func(b broken) { b.files[bundle.ManifestFile] = []byte("{}{}"); b.resum() }, "bundle.json: something follows the manifest"},
	{"no manifest", func(b broken) { delete(b.files, bundle.ManifestFile); b.resum() }, "bundle.json is missing"},
	{"no sums", func(b broken) { delete(b.files, bundle.SumsFile) }, "SHA256SUMS is missing: this is not a bundle, or only part of one"},
	{"sums that are none", func(b broken) { b.files[bundle.SumsFile] = []byte("sums\n") }, "SHA256SUMS: line 1 is not a checksum and a file"},
	{"sums twice", func(b broken) {
		b.files[bundle.SumsFile] = slices.Concat(b.files[bundle.SumsFile], b.files[bundle.SumsFile])
	}, "SHA256SUMS: line 29: bundle.json is there twice"},
	{"sums of less", func(b broken) {
		_, rest, _ := bytes.Cut(b.files[bundle.SumsFile], []byte("\n"))
		b.files[bundle.SumsFile] = rest
	}, "bundle.json is not listed in SHA256SUMS"},
}

func TestBundleMutations(t *testing.T) {
	w := newWorld(t, t.TempDir())
	defer w.close()
	if code, _, stderr := w.create(); code != 0 {
		t.Fatal(stderr)
	}
	whole := contentsOf(t, w.iso())
	inventory := filepath.Join(w.dir, "inventory.yaml")
	for i, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			b := broken{t, maps.Clone(whole)}
			m.mutate(b)
			dir := filepath.Join(w.dir, fmt.Sprint(i))
			for path, content := range b.files {
				w.must(os.MkdirAll(filepath.Join(dir, filepath.Dir(path)), 0o755))
				w.must(os.WriteFile(filepath.Join(dir, path), content, 0o644))
			}
			defer os.RemoveAll(dir)
			code, out, stderr := w.run("bundle", "verify", dir, inventory)
			if code != 1 || out != "" || !strings.Contains(stderr, m.want) {
				t.Errorf("exit code %d\n%s%s\nwant: %s", code, out, stderr, m.want)
			}
			if lines := strings.Count(stderr, ": error: "); lines > 40 {
				t.Errorf("%d lines: one cause, many complaints:\n%s", lines, stderr)
			}
		})
	}
	t.Run("another label", func(t *testing.T) {
		other := filepath.Join(w.dir, "other.yaml")
		w.must(os.WriteFile(other, []byte(worldInventory+"bundle: {label: OTHER}\n"), 0o644))
		code, _, stderr := w.run("bundle", "verify", w.iso(), other)
		if want := w.iso() + ": error: the disk is labelled HAKUBE, and the nodes look for one labelled OTHER\n"; code != 1 || !strings.HasPrefix(stderr, want) {
			t.Errorf("exit code %d: %s", code, stderr)
		}
	})
	image, err := os.ReadFile(w.iso())
	w.must(err)
	for path, content := range whole {
		t.Run("a flipped bit in the ISO's "+path, func(t *testing.T) {
			at := bytes.Index(image, content)
			damaged := bytes.Clone(image)
			damaged[at+len(content)/2] ^= 1
			w.must(os.WriteFile(w.iso(), damaged, 0o644))
			code, _, stderr := w.run("bundle", "verify", w.iso(), inventory)
			if name := path; code != 1 || path != bundle.SumsFile && !strings.Contains(stderr, name) {
				t.Errorf("exit code %d: %s", code, stderr)
			}
		})
	}
	for name, n := range map[string]int{"half of the ISO": len(image) / 2, "no ISO": 100, "all but a sector": len(image) - 2048} {
		t.Run(name, func(t *testing.T) {
			w.must(os.WriteFile(w.iso(), image[:n], 0o644))
			if code, _, stderr := w.run("bundle", "verify", w.iso(), inventory); code != 1 || !strings.Contains(stderr, "hakube-seed: error: reading "+w.iso()+": ") {
				t.Errorf("exit code %d: %s", code, stderr)
			}
		})
	}
}
