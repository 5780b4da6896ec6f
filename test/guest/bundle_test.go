// SPDX-License-Identifier: Apache-2.0

//go:build linux

package guest_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const bundleEnvironment = environment + "HAKUBE_BUNDLE_PATH='/opt/my bundle'\nHAKUBE_BUNDLE_LABEL='HAKUBE'\nHAKUBE_CNI_URL='https://example.invalid/cni.yaml'\nHAKUBE_CNI_SHA256='%x'\n"

const bundledManifest = "kind: List\n"

// withBundle puts a bundle on the guest, as hakube-seed bundle create lays it out, and stubs for what uses it.
func withBundle(t *testing.T, role string) *guest {
	g := newGuest(t)
	env := fmt.Sprintf(bundleEnvironment, sha256.Sum256([]byte(bundledManifest)))
	if role == "load-balancer" {
		env += "HAKUBE_BALANCER_PACKAGES='haproxy'\n"
	}
	g.write("etc/hakube/node.env", strings.Replace(env, "control-plane", role, 1))
	for path, content := range map[string]string{
		"debs/Packages": "Package: kubeadm\n", "debs/kubeadm_1.37.2-1.1_amd64.deb": "deb", "debs/kubelet_1.37.2-1.1_amd64.deb": "deb", "debs/kubectl_1.37.2-1.1_amd64.deb": "deb", "debs/haproxy_2.6.12-1+deb12u4_amd64.deb": "haproxy",
		"images/control-plane/etcd.tar": "etcd", "images/control-plane/kube-apiserver.tar": "api",
		"images/node/pause.tar": "pause", "images/node/kube-proxy_v1.37.2.tar": "proxy", "manifests/cni.yaml": bundledManifest, "bundle.json": "{}",
	} {
		g.write("opt/my bundle/"+path, content)
	}
	g.sums()
	g.stub("kubeadm", "echo v1.37.2")
	g.stub("kubelet", "echo Kubernetes v1.37.2")
	g.stub("apt-get", "cat /run/hakube/bundle.list /run/hakube/debs/Packages")
	g.stub("apt-mark", "")
	g.stub("ctr", `case $* in *"import --help") echo --local ;; *import*) cat "$(for f; do :; done; echo "$f")" >>/tmp/imported ;; *"ls -q") echo registry.k8s.io/pause:3.10.2 ;; esac`)
	return g
}

// sums writes the bundle's SHA256SUMS.
func (g *guest) sums() {
	g.t.Helper()
	root := filepath.Join(g.root, "opt/my bundle")
	var lines []string
	g.must(filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || e.Name() == "SHA256SUMS" {
			return err
		}
		content, err := os.ReadFile(path)
		name, _ := filepath.Rel(root, path)
		lines = append(lines, fmt.Sprintf("%x  ./%s\n", sha256.Sum256(content), name))
		return err
	}))
	slices.Sort(lines)
	g.write("opt/my bundle/SHA256SUMS", strings.Join(lines, ""))
}

func TestPackagesComeFromTheBundleAlone(t *testing.T) {
	for role, want := range map[string]string{
		"worker":        "--no-upgrade containerd conntrack socat iptables ethtool ebtables; --allow-change-held-packages --allow-downgrades kubelet=1.37.2-* kubeadm=1.37.2-* kubectl=1.37.2-* cri-tools kubernetes-cni",
		"load-balancer": "--no-upgrade haproxy",
		"etcd":          "--no-upgrade containerd conntrack socat iptables ethtool ebtables; --allow-change-held-packages --allow-downgrades kubelet=1.37.2-* cri-tools kubernetes-cni",
	} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			g := withBundle(t, role)
			out, code, reason := g.runStep("packages-bundle")
			if code != 0 {
				t.Fatalf("exit code %d, %s: %s", code, reason, out)
			}
			var installed []string
			for line := range strings.Lines(g.calls()) {
				if _, packages, ok := strings.Cut(strings.TrimSpace(line), " install --no-install-recommends "); ok {
					installed = append(installed, packages)
				}
			}
			if got := strings.Join(installed, "; "); got != want {
				t.Errorf("installed %s", got)
			}
			for line := range strings.Lines(g.calls()) {
				if strings.HasPrefix(line, "apt-get ") && (!strings.Contains(line, "Dir::Etc::sourcelist=/run/hakube/bundle.list -o Dir::Etc::sourceparts=/dev/null") || !strings.Contains(line, "Dir::State::lists=/run/hakube/lists")) {
					t.Errorf("apt may ask others: %s", line)
				}
			}
			if !strings.Contains(out, "deb [trusted=yes] file:/run/hakube/debs ./\nPackage: kubeadm\n") {
				t.Errorf("apt sees:\n%s", out)
			}
			held := map[string]string{"worker": "apt-mark hold kubelet kubeadm kubectl containerd\n", "etcd": "apt-mark hold kubelet containerd\n"}[role]
			if _, got, _ := strings.Cut(g.calls(), "apt-mark"); held == "" && got != "" || !strings.Contains(g.calls(), held) {
				t.Errorf("held: %s", g.calls())
			}
		})
	}
}

func TestTheFirewallComesFromTheBundle(t *testing.T) {
	for role, want := range map[string]string{"worker": "iptables ethtool ebtables ufw\n", "load-balancer": "--no-upgrade haproxy ufw\n"} {
		g := withBundle(t, role)
		g.write("etc/hakube/node.env", strings.Replace(g.read("etc/hakube/node.env"), "FIREWALL=''", "FIREWALL='ufw'", 1))
		if out, code, reason := g.runStep("packages-bundle"); code != 0 || !strings.Contains(g.calls(), want) {
			t.Errorf("%s: exit code %d, %s: %s\n%s", role, code, reason, out, g.calls())
		}
	}
}

func TestDamagedPackagesAreNotInstalled(t *testing.T) {
	const deb = "opt/my bundle/debs/kubeadm_1.37.2-1.1_amd64.deb"
	for name, c := range map[string]struct {
		damage func(g *guest)
		want   string
	}{
		"a changed package":            {func(g *guest) { g.write(deb, "dab") }, "the bundle's debs/kubeadm_1.37.2-1.1_amd64.deb is damaged: its SHA-256 is not the one in SHA256SUMS"},
		"a changed index":              {func(g *guest) { g.write("opt/my bundle/debs/Packages", "Package: other\n") }, "the bundle's debs/Packages is damaged: its SHA-256 is not the one in SHA256SUMS"},
		"a package that nobody listed": {func(g *guest) { g.write("opt/my bundle/debs/evil_1_all.deb", "evil") }, "the bundle's SHA256SUMS does not list debs/evil_1_all.deb"},
		"another version":              {func(g *guest) { g.must(os.Remove(filepath.Join(g.root, deb))) }, "the bundle has no kubeadm 1.37.2, which the inventory wants"},
		"apt that fails":               {func(g *guest) { g.stub("apt-get", "exit 100") }, "apt cannot read the bundle's debs/Packages: apt-get ends with exit code 100"},
		"apt that says why":            {func(g *guest) { g.stub("apt-get", "echo 'E: Malformed line 1'; exit 100") }, "apt cannot read the bundle's debs/Packages: Malformed line 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := withBundle(t, "worker")
			c.damage(g)
			if out, code, reason := g.runStep("packages-bundle"); code != 1 || reason != c.want {
				t.Errorf("exit code %d, reason %q, want %q\n%s", code, reason, c.want, out)
			}
			if strings.Contains(g.calls(), " install ") {
				t.Errorf("calls: %s", g.calls())
			}
		})
	}
}

// What apt says is in the status, and is more than a guess.
func TestPackagesThatCannotBeInstalled(t *testing.T) {
	g := withBundle(t, "worker")
	g.stub("apt-get", `case $* in *kubelet*) echo "E: Unable to correct problems, you have held broken packages."; exit 100 ;; esac`)
	const want = "the bundle's packages cannot be installed: Unable to correct problems, you have held broken packages. (hakube-seed bundle verify, with the image's package list, says what is missing)"
	if out, code, reason := g.runStep("packages-bundle"); code != 1 || reason != want {
		t.Errorf("exit code %d, reason %q\n%s", code, reason, out)
	}
}

// withBundleDisk puts the same bundle on a disk, which is mounted by copying it.
func withBundleDisk(t *testing.T) *guest {
	g := withBundle(t, "worker")
	g.must(os.Rename(filepath.Join(g.root, "opt/my bundle"), filepath.Join(g.root, "disk")))
	g.stub("sleep", "")
	g.stub("blkid", "echo /dev/sr1")
	g.stub("mount", `cp -r /disk/. "$4"`)
	g.stub("umount", `[ -e "$1/bundle.json" ] || exit 32; rm -r "$1"/*`)
	return g
}

func TestTheBundlesDiskIsMountedAsLongAsItIsRead(t *testing.T) {
	g := withBundleDisk(t)
	for _, step := range []string{"packages-bundle", "images-bundle"} {
		if out, code, reason := g.runStep(step); code != 0 {
			t.Errorf("%s: exit code %d, reason %q\n%s", step, code, reason, out)
		}
		if _, err := os.Stat(filepath.Join(g.root, "run/hakube/bundle/bundle.json")); err == nil {
			t.Errorf("%s left the disk mounted", step)
		}
	}
	if n := strings.Count(g.calls(), "mount -o ro /dev/sr1 /run/hakube/bundle\n"); n != 2 {
		t.Errorf("mounted %d times: %s", n, g.calls())
	}
	if !strings.Contains(g.calls(), "import --local /run/hakube/bundle/images/node/pause.tar\n") {
		t.Errorf("calls: %s", g.calls())
	}
}

// The second attempt says the same as the first.
func TestDisksThatAreNoBundle(t *testing.T) {
	for name, c := range map[string]struct {
		change func(g *guest)
		want   string
	}{
		"no disk":                     {func(g *guest) { g.stub("blkid", "exit 2") }, "no bundle: neither /opt/my bundle/SHA256SUMS nor a disk labelled HAKUBE; attach it"},
		"a disk without a bundle":     {func(g *guest) { g.must(os.Remove(filepath.Join(g.root, "disk/SHA256SUMS"))) }, "the disk labelled HAKUBE has no SHA256SUMS: it is not a bundle"},
		"a disk that nobody can read": {func(g *guest) { g.stub("mount", "echo 'mount: wrong fs type' >&2; echo 'see dmesg' >&2; exit 32") }, "the disk labelled HAKUBE was found on /dev/sr1 and cannot be mounted: mount: wrong fs type"},
		"a damaged one":               {func(g *guest) { g.write("disk/debs/Packages", "") }, "the bundle's debs/Packages is damaged: its SHA-256 is not the one in SHA256SUMS"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := withBundleDisk(t)
			c.change(g)
			for range 2 {
				if out, code, reason := g.runStep("packages-bundle"); code != 1 || reason != c.want {
					t.Errorf("exit code %d, reason %q, want %q\n%s", code, reason, c.want, out)
				}
			}
		})
	}
}

// A disk that was replaced is read anew, also when a step that was killed has left the old one mounted.
func TestAReplacedDiskIsTaken(t *testing.T) {
	g := withBundleDisk(t)
	g.write("run/hakube/bundle/bundle.json", "{}")
	g.write("run/hakube/bundle/SHA256SUMS", "of the old disk\n")
	if out, code, reason := g.runStep("packages-bundle"); code != 0 {
		t.Errorf("exit code %d, reason %q\n%s", code, reason, out)
	}
}

func TestProgramsOfABundleWithoutPackages(t *testing.T) {
	g := withBundle(t, "worker")
	g.write("opt/my bundle/bin/other", "#!/bin/sh\n")
	g.sums()
	// the first that is missing is named: this layout is still taken before debs/
	if _, code, reason := g.runStep("packages-bundle"); code != 1 || reason != "the bundle's SHA256SUMS does not list bin/kubelet" {
		t.Errorf("exit code %d, reason %q", code, reason)
	}
}

func TestImagesAreCheckedAndImported(t *testing.T) {
	for role, want := range map[string]string{"control-plane": "api etcd pause proxy", "worker": "pause proxy", "etcd": "etcd pause"} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			g := withBundle(t, role)
			g.write("etc/hakube/cni/kustomization.yaml", "")
			if out, code, reason := g.runStep("images-bundle"); code != 0 {
				t.Fatalf("exit code %d, %s: %s", code, reason, out)
			}
			var imported []string
			for _, image := range []string{"api", "etcd", "pause", "proxy"} {
				if strings.Contains(g.read("tmp/imported"), image) {
					imported = append(imported, image)
				}
			}
			if got := strings.Join(imported, " "); got != want {
				t.Errorf("imported %s, want %s", got, want)
			}
			if !strings.Contains(g.calls(), "ctr -n k8s.io images import --local /opt/my bundle/images/node/pause.tar\n") ||
				!strings.Contains(g.calls(), "ctr -n k8s.io images label registry.k8s.io/pause:3.10.2 io.cri-containerd.pinned=pinned\n") {
				t.Errorf("calls: %s", g.calls())
			}
			if g.read("etc/hakube/cni/manifest.yaml") != bundledManifest {
				t.Error("the CNI manifest was not taken from the bundle")
			}
		})
	}
}

func TestImagesInParallel(t *testing.T) {
	g := withBundle(t, "control-plane")
	g.stub("nproc", "echo 4")
	// each import waits until the others have begun, which they never would one after the other
	g.stub("ctr", `case $* in *"import --help") ;; *import*) echo >>/tmp/begun; for _ in $(seq 100); do [ "$(wc -l </tmp/begun)" = 4 ] && exit 0; sleep 0.1; done; exit 1 ;; esac`)
	if out, code, reason := g.runStep("images-bundle"); code != 0 {
		t.Errorf("exit code %d, %s: %s", code, reason, out)
	}
}

func TestDamagedImagesAreNotImported(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(g *guest)
		want   string
	}{
		"a changed image":              {func(g *guest) { g.write("opt/my bundle/images/node/pause.tar", "paus") }, "the bundle's images/node/pause.tar is damaged: its SHA-256 is not the one in SHA256SUMS"},
		"an image that nobody listed":  {func(g *guest) { g.write("opt/my bundle/images/node/other.tar", "") }, "the bundle's SHA256SUMS does not list images/node/other.tar"},
		"no image":                     {func(g *guest) { g.must(os.RemoveAll(filepath.Join(g.root, "opt/my bundle/images/control-plane"))) }, "the bundle has no images/control-plane/*.tar"},
		"ctr that fails":               {func(g *guest) { g.stub("ctr", `case $* in *etcd.tar) exit 1 ;; esac`) }, "the image etcd.tar cannot be imported"},
		"images that cannot be listed": {func(g *guest) { g.stub("ctr", `case $* in *"ls -q") exit 1 ;; esac`) }, "containerd does not say which images it has"},
		"images that cannot be pinned": {func(g *guest) {
			g.stub("ctr", `case $* in *"ls -q") printf 'a:1\nsha256:1\nb:1\n' ;; *label*a:1*) exit 1 ;; esac`)
		}, "the images cannot be pinned: the kubelet would delete them when the disk gets full"},
		"another CNI manifest": {func(g *guest) {
			g.write("etc/hakube/cni/kustomization.yaml", "")
			g.write("opt/my bundle/manifests/cni.yaml", "kind: Other\n")
		}, fmt.Sprintf("the bundle's manifests/cni.yaml is damaged, or not the manifest that the inventory names: its SHA-256 is not %x", sha256.Sum256([]byte(bundledManifest)))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := withBundle(t, "control-plane")
			c.damage(g)
			out, code, reason := g.runStep("images-bundle")
			if code != 1 || reason != c.want {
				t.Errorf("exit code %d, reason %q, want %q\n%s", code, reason, c.want, out)
			}
			if strings.Contains(g.read("tmp/imported"), "paus") && name == "a changed image" && !strings.Contains(g.read("tmp/imported"), "pause") {
				t.Error("the damaged image was imported")
			}
		})
	}
}
