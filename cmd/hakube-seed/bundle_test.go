// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakube/hakube-seed/generator/bundle"
	"github.com/hakube/hakube-seed/seeds"
)

// contentsOf reads a bundle whole.
func contentsOf(t testing.TB, path string) map[string][]byte {
	t.Helper()
	v, err := seeds.OpenVolume(path)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	files := map[string][]byte{}
	for _, f := range v.Files {
		if files[f.Path], err = io.ReadAll(f.Open()); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func TestBundleIsCreatedAndVerified(t *testing.T) {
	w := newWorld(t, t.TempDir())
	defer w.close()
	code, out, stderr := w.create("--image", "quay.io/extra/tool:v2", "--file", filepath.Join(w.dir, "keyring.gpg"))
	if want := w.iso() + ": Kubernetes 1.37.2 for Debian 12, 17 packages, 9 images, "; code != 0 || !strings.HasPrefix(out, want) {
		t.Fatalf("exit code %d\n%s%s", code, out, stderr)
	}
	files := contentsOf(t, w.iso())
	var names []string
	for path := range files {
		names = append(names, path)
	}
	var m bundle.Manifest
	if err := json.Unmarshal(files[bundle.ManifestFile], &m); err != nil {
		t.Fatal(err)
	}
	neededBy := map[string]string{}
	for _, p := range m.Packages {
		neededBy[p.Name+" "+p.Version] = strings.Join(p.NeededBy, ", ")
	}
	const everybody = "control planes and workers"
	want := map[string]string{
		"conntrack 1:1.4.7-1+b2": everybody, "containerd 1.6.20~ds1-1+deb12u3": everybody, "cri-tools 1.37.0-1.1": everybody, "ebtables 2.0.11-5": everybody,
		"ethtool 1:6.1-1": everybody, "iptables 1.8.9-2": everybody, "kubeadm 1.37.2-1.1": everybody, "kubectl 1.37.2-1.1": everybody,
		"kubelet 1.37.2-1.1": everybody, "kubernetes-cni 1.9.1-1.1": everybody + ", kubelet", "socat 1.7.4.4-2": everybody,
		"haproxy 2.6.12-1+deb12u4": "load balancers", "lua5.3 5.3.6-2": "haproxy", "libnetfilter-conntrack3 1.0.9-3": "conntrack",
		"libseccomp2 2.5.4-1+deb12u1": "runc", "libxtables12 1.8.9-2": "iptables", "runc 1.1.5+ds1-1": "containerd",
	}
	if diff := cmp.Diff(want, neededBy); diff != "" {
		t.Error(diff)
	}
	if string(files[bundle.CNIFile]) != worldCNI || len(files["files/keyring.gpg"]) == 0 || files["images/node/tool_v2.tar"] == nil || files["images/control-plane/etcd_3.7.0-0.tar"] == nil {
		t.Errorf("%q", names)
	}
	code, out, stderr = w.run("bundle", "verify", w.iso(), filepath.Join(w.dir, "inventory.yaml"))
	if want := w.iso() + ": complete for cluster \"air\": Kubernetes 1.37.2, Debian 12, 8 images, "; code != 0 || !strings.HasPrefix(out, want) || stderr != "" {
		t.Errorf("exit code %d\n%s%s", code, out, stderr)
	}
}

// What the inventory says of repositories and registries is what the flags would say: the bundle is the same.
func TestBundleAsksWhereTheInventorySays(t *testing.T) {
	w := newWorld(t, t.TempDir())
	defer w.close()
	if code, _, stderr := w.create(); code != 0 {
		t.Fatal(stderr)
	}
	want, err := os.ReadFile(w.iso())
	w.must(err)
	settings := w.settings()
	path := filepath.Join(w.dir, "with-mirrors.yaml")
	w.must(os.WriteFile(path, []byte(worldInventory+fmt.Sprintf(`apt: {mirror: %q, securityMirror: %q, kubernetes: %q, fingerprint: %q}
registries: [{name: registry.k8s.io, mirrors: [%q]}, {name: quay.io, mirrors: [%q]}]
`, settings["mirror"][0], settings["security-mirror"][0], settings["kubernetes-repository"][0], settings["kubernetes-fingerprint"][0],
		w.store.URL, w.store.URL)), 0o644))
	out := filepath.Join(w.dir, "again.iso")
	code, _, stderr := w.run("bundle", "create", path, "-o", out, "--keyring", settings["keyring"][0], "--cache", t.TempDir())
	if code != 0 {
		t.Fatal(stderr)
	}
	got, err := os.ReadFile(out)
	w.must(err)
	if !bytes.Equal(got, want) {
		t.Error("another bundle")
	}
}

func TestBundleIsTheSameAgainAndNothingIsFetchedTwice(t *testing.T) {
	w := newWorld(t, t.TempDir())
	defer w.close()
	w.must(os.WriteFile(w.iso(), []byte("an older bundle"), 0o644))
	if code, _, stderr := w.create(); code != 0 {
		t.Fatal(stderr)
	}
	first, _ := os.ReadFile(w.iso())
	before := w.asked("pool/")
	if code, _, stderr := w.create(); code != 0 {
		t.Fatal(stderr)
	}
	second, _ := os.ReadFile(w.iso())
	if !bytes.Equal(first, second) {
		t.Error("two bundles of the same differ")
	}
	if n := w.asked("pool/") - before; before != 17 || n != 0 {
		t.Errorf("%d packages were fetched, and then %d again", before, n)
	}
	// what another cache has serves, under any name
	given := filepath.Join(w.dir, "given")
	w.must(os.Mkdir(given, 0o755))
	for path, content := range contentsOf(t, w.iso()) {
		if strings.HasSuffix(path, ".deb") {
			w.must(os.WriteFile(filepath.Join(given, strings.ReplaceAll(filepath.Base(path), ".deb", ".bin")), content, 0o644))
		}
	}
	if code, _, stderr := w.create("--cache", filepath.Join(w.dir, "other"), "--from-dir", given); code != 0 {
		t.Fatal(stderr)
	}
	if n := w.asked("pool/") - before; n != 0 {
		t.Errorf("%d packages of --from-dir were fetched", n)
	}
	// a damaged file of the cache is fetched again
	w.must(filepath.WalkDir(filepath.Join(w.dir, "cache", "sha256"), func(path string, e os.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			err = os.WriteFile(path, []byte("damaged"), 0o644)
		}
		return err
	}))
	if code, _, stderr := w.create(); code != 0 {
		t.Fatal(stderr)
	}
	if third, _ := os.ReadFile(w.iso()); !bytes.Equal(first, third) {
		t.Error("a damaged cache gives another bundle")
	}
}

// createErrors says what is printed when something of the world is wrong.
var createErrors = map[string]struct {
	change func(w *world) []string
	want   string
}{
	"another key": {func(w *world) []string {
		w.releaseKey(w.debian)
		return nil
	}, "/kubernetes/Release.key: the key has the fingerprint DEBIAN, known is KUBERNETES\nhakube-seed: hint: a repository of your own has a key of its own: name its fingerprint with --kubernetes-fingerprint, or in the inventory as apt.fingerprint\n"},
	"another signature": {func(w *world) []string {
		w.repository("kubernetes", "", w.debian, "kubelet 1.37.2-1.1\n")
		return nil
	}, "/kubernetes/InRelease: it is signed by the key"},
	"a changed list": {func(w *world) []string {
		w.files["debian/dists/bookworm/InRelease"] = bytes.Replace(w.files["debian/dists/bookworm/InRelease"], []byte("bookworm"), []byte("bullworm"), 1)
		return nil
	}, "/debian/dists/bookworm/InRelease: its signature by"},
	"an expired key": {func(w *world) []string {
		w.kubernetes = w.key(time.Now().Add(-48*time.Hour), 3600)
		w.releaseKey(w.kubernetes)
		w.repository("kubernetes", "", w.kubernetes, "kubelet 1.37.2-1.1\n")
		return []string{"--kubernetes-fingerprint", fingerprintOf(w.kubernetes)}
	}, "which signed it, has expired"},
	"no signature": {func(w *world) []string {
		w.files["debian/dists/bookworm/InRelease"] = []byte("Suite: bookworm\n")
		return nil
	}, "/debian/dists/bookworm/InRelease: it is not signed"},
	"another suite, rightly signed": {func(w *world) []string {
		w.files["debian-security/dists/bookworm-security/InRelease"] = w.files["debian/dists/bookworm-updates/InRelease"]
		return nil
	}, "/debian-security/dists/bookworm-security/InRelease: it is of the suite \"bookworm-updates\", not of \"bookworm-security\"\n"},
	"a checksum that is a path": {func(w *world) []string {
		w.repository("kubernetes", "", w.kubernetes, "kubelet 1.37.2-1.1 SHA256: ../../victim\n")
		return nil
	}, "/kubernetes/Packages.gz: it lists kubelet 1.37.2-1.1 with the file \"pool/kubelet_1.37.2-1.1_amd64.deb\" and the SHA-256 \"../../victim\"\n"},
	"no repository": {func(w *world) []string {
		delete(w.files, "debian-security/dists/bookworm-security/InRelease")
		return nil
	}, "/debian-security/dists/bookworm-security/InRelease: the server says 404 Not Found"},
	"a package that is another": {func(w *world) []string {
		w.files["debian/pool/socat_1.7.4.4-2_amd64.deb"][0] ^= 1
		return []string{}
	}, "/debian/pool/socat_1.7.4.4-2_amd64.deb: what arrived has the SHA-256"},
	"a package that is gone": {func(w *world) []string {
		delete(w.files, "debian/pool/socat_1.7.4.4-2_amd64.deb")
		return nil
	}, "/debian/pool/socat_1.7.4.4-2_amd64.deb: the server says 404 Not Found\nhakube-seed: hint: run the same command again: what has been fetched is kept\n"},
	"packages that are missing": {func(w *world) []string {
		w.repository("kubernetes", "", w.kubernetes, "kubelet 1.37.2-1.1 Depends: kubernetes-cni (>= 1.2.0), unknown | other\nkubeadm 1.37.3-1.1\nkubectl 1.37.2-1.1\nkubernetes-cni 1.1-1\n")
		return nil
	}, `hakube-seed: error: no repository has cri-tools, needed by control planes and workers
hakube-seed: error: the repositories have kubeadm 1.37.3-1.1, not 1.37.2, needed by control planes and workers
hakube-seed: error: kubelet 1.37.2-1.1 needs kubernetes-cni (>= 1.2.0), which no repository has
hakube-seed: error: kubelet 1.37.2-1.1 needs unknown | other, which no repository has
`},
	"images that are missing": {
		func(*world) []string {
			return []string{"--image", "quay.io/none/such:v1", "--image", "quay.io/none/too:v1"}
		},
		"hakube-seed: error: the image quay.io/none/such:v1 from STORE: the registry says 404 Not Found\nhakube-seed: error: the image quay.io/none/too:v1 from",
	},
	"an image that is none":         {func(*world) []string { return []string{"--image", "Not An Image"} }, `"Not An Image" is not the name of an image`},
	"a file that is not there":      {func(*world) []string { return []string{"--file", "/none/such"} }, "hakube-seed: error: --file: reading /none/such: no such file or directory\n"},
	"a directory that is not there": {func(*world) []string { return []string{"--from-dir", "/none/such"} }, "hakube-seed: error: looking through /none/such: no such file or directory\n"},
	"a cache that cannot be":        {func(*world) []string { return []string{"--cache", "/dev/null/x"} }, "hakube-seed: error: making the cache /dev/null/x: not a directory\nhakube-seed: hint: name another directory with --cache\n"},
	"a keyring that is not there":   {func(*world) []string { return []string{"--keyring", "/none/such"} }, "hakube-seed: error: reading the keyring /none/such: no such file or directory\n"},
	"a keyring that is none":        {func(w *world) []string { return []string{"--keyring", filepath.Join(w.dir, "cni.yaml")} }, "cni.yaml: there is no OpenPGP public key in it\n"},
	"a key file that is none":       {func(w *world) []string { return []string{"--kubernetes-key", filepath.Join(w.dir, "cni.yaml")} }, "cni.yaml: there is no OpenPGP public key in it\n"},
	"a base that is not there":      {func(*world) []string { return []string{"--base", "/none/such"} }, "hakube-seed: error: --base: reading /none/such: no such file or directory\n"},
	"a base that is none":           {func(w *world) []string { return []string{"--base", filepath.Join(w.dir, "cni.yaml")} }, "cni.yaml: line 1: \"kind: DaemonSet\" is not a package and its version\nhakube-seed: hint: copy /var/lib/dpkg/status out of the VM image\n"},
	"a place that is not there":     {func(*world) []string { return []string{"-o", "/none/such/bundle.iso"} }, "hakube-seed: error: writing /none/such/bundle.iso: /none/such: no such file or directory\nhakube-seed: hint: make it, or name another place with --output\n"},
	"a place that is a directory":   {func(w *world) []string { return []string{"-o", w.dir} }, ": it is a directory\nhakube-seed: hint: name a file with --output\n"},
	"a file of a strange name":      {func(w *world) []string { return []string{"--file", w.file("my file.txt")} }, "hakube-seed: error: --file: \"files/my file.txt\" is not a name for a file on this disk: it may have A-Z, a-z, 0-9 and, not in front, + . _ ~ -\nhakube-seed: hint: rename it\n"},
	"two files of one name":         {func(w *world) []string { return []string{"--file", w.file("a/b.txt"), "--file", w.file("c/b.txt")} }, "hakube-seed: error: --file: files/b.txt is there twice\n"},
	"two files of nearly one name":  {func(w *world) []string { return []string{"--file", w.file("a/b.txt"), "--file", w.file("c/B.txt")} }, "hakube-seed: error: --file: files/b.txt and files/B.txt differ in capitals alone\n"},
	"a mirror that is no address":   {func(*world) []string { return []string{"--mirror", "mirror"} }, "hakube-seed: error: --mirror: \"mirror\" is not an address that begins with http:// or https://\n"},
	"a registry without mirror":     {func(*world) []string { return []string{"--registry-mirror", "registry.k8s.io"} }, "--registry-mirror: \"registry.k8s.io\" is not a registry and the address of its mirror\n"},
	"no bundle wanted": {func(w *world) []string {
		w.must(os.WriteFile(filepath.Join(w.dir, "inventory.yaml"), []byte(strings.Replace(worldInventory, "software: bundle", "software: apt", 1)), 0o644))
		return nil
	}, "hakube-seed: error: no node of cluster \"air\" takes its software from a bundle\nhakube-seed: hint: add software: bundle to the inventory\n"},
}

func TestBundleErrors(t *testing.T) {
	for name, c := range createErrors {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, t.TempDir())
			defer w.close()
			code, out, stderr := w.create(c.change(w)...)
			want := strings.NewReplacer("DEBIAN", fingerprintOf(w.debian), "KUBERNETES", fingerprintOf(w.kubernetes), "STORE", strings.TrimPrefix(w.store.URL, "http://")).Replace(c.want)
			if wrong := strings.HasPrefix(name, "a mirror that") || strings.HasPrefix(name, "a registry without"); code != map[bool]int{true: 2, false: 1}[wrong] || out != "" || !strings.Contains(stderr, want) {
				t.Errorf("exit code %d\n%s%s\nwant: %s", code, out, stderr, want)
			}
			if strings.HasPrefix(name, "a place") || strings.Contains(name, "name") {
				if n := w.asked(""); n > 0 {
					t.Errorf("%d requests before that", n)
				}
			}
			if _, err := os.Stat(w.iso()); err == nil {
				t.Error("there is a bundle all the same")
			}
		})
	}
}

func TestInterruptedBundleGoesOn(t *testing.T) {
	w := newWorld(t, t.TempDir())
	defer w.close()
	const deb = "/debian/pool/socat_1.7.4.4-2_amd64.deb"
	half := len(w.files[deb[1:]]) / 2
	broken := 0
	ctx, cancel := context.WithCancelCause(t.Context())
	w.answer = func(rw http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != deb || broken > 0 {
			return false
		}
		broken++
		rw.Header().Set("Content-Length", fmt.Sprint(2*half))
		_, _ = rw.Write(w.files[deb[1:]][:half])
		rw.(http.Flusher).Flush()
		time.Sleep(50 * time.Millisecond)
		cancel(fmt.Errorf("interrupted"))
		panic(http.ErrAbortHandler)
	}
	var stdout, stderr bytes.Buffer
	args := append([]string{"bundle", "create", filepath.Join(w.dir, "inventory.yaml"), "-o", w.iso()}, w.flags()...)
	if code := run(ctx, args, &stdout, &stderr); code != 1 || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
	if code, _, stderr := w.create(); code != 0 {
		t.Fatal(stderr)
	}
	if n := w.asked(fmt.Sprintf("%s bytes=%d-", deb, half)); n != 1 {
		t.Errorf("the rest was asked for %d times: %q", n, w.requests)
	}
}
