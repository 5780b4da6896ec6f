// SPDX-License-Identifier: Apache-2.0

package bundle_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakube/hakube-seed/generator/bundle"
	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/generator/inventory"
)

const cniManifest = `
kind: DaemonSet
spec: {template: {spec: {initContainers: [{image: "quay.io/cni/init:v1"}], containers: [{name: agent, image: docker.io/calico/node:v3.32.1}, {name: none}]}}}
---
kind: CustomResourceDefinition
spec: {schema: {properties: {containers: {image: {type: string}}, image: text}}}
---
kind: List
items:
  - {kind: Deployment, spec: {template: {spec: {containers: [{image: docker.io/calico/node:v3.32.1}]}}}}
`

func TestManifestImages(t *testing.T) {
	got, err := bundle.ManifestImages([]byte(cniManifest))
	if diff := cmp.Diff([]string{"docker.io/calico/node:v3.32.1", "quay.io/cni/init:v1"}, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if _, err := bundle.ManifestImages([]byte("a: [")); err == nil {
		t.Error("half a document is a manifest")
	}
}

// What balances on the control planes is in the bundle, too.
func TestNeedsOfBalancingControlPlanes(t *testing.T) {
	balanced := func(kind string) bundle.Needs {
		inv, ds := inventory.Parse([]byte(`apiVersion: hakube-seed/v1
cluster: air
kubernetesVersion: 1.37.2
os: debian-12
software: bundle
loadBalancer: ` + kind + `
virtualIP: 10.1.10.98
network: {cidr: 10.1.10.0/24, gateway: 10.1.10.1}
user: {sshKeys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBcMFWV5s9MlVg9F5pNkMyc8kmGB6WaEz5mGcoa4gRZM you@example]}
cni: {name: none}
nodes:
  - {name: cp1, role: control-plane, address: 10.1.10.101, taints: []}
  - {name: cp2, role: control-plane, address: 10.1.10.102}
  - {name: cp3, role: control-plane, address: 10.1.10.103}
`))
		if inv == nil {
			t.Fatal(ds)
		}
		c, ds := cluster.Plan(inv, nil)
		if c == nil {
			t.Fatal(ds)
		}
		needs, err := bundle.NeedsOf(c, nil)
		if err != nil {
			t.Fatal(err)
		}
		return needs
	}
	packages := balanced("control-planes").Packages
	if diff := cmp.Diff([]bundle.Root{{"haproxy", "", "control planes"}, {"keepalived", "", "control planes"}}, packages[len(packages)-2:]); diff != "" {
		t.Error(diff)
	}
	images := balanced("kube-vip").Images
	if diff := cmp.Diff(bundle.Image{"ghcr.io/kube-vip/kube-vip:v1.2.3", bundle.GroupControlPlane, "control planes"}, images[len(images)-1]); diff != "" {
		t.Error(diff)
	}
}

// plan plans an inventory whose nodes take their software from a bundle.
func plan(t testing.TB, more string) *cluster.Cluster {
	t.Helper()
	inv, ds := inventory.Parse([]byte(`apiVersion: hakube-seed/v1
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
` + more))
	if inv == nil {
		t.Fatal(ds)
	}
	c, ds := cluster.Plan(inv, map[string][]byte{"cni.yaml": []byte(cniManifest)})
	if c == nil {
		t.Fatal(ds)
	}
	return c
}

func TestNeeds(t *testing.T) {
	needs, err := bundle.NeedsOf(plan(t, "  - {name: w1, role: worker, address: 10.1.10.104}\n"), []byte(cniManifest))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range needs.Packages {
		got = append(got, strings.TrimSpace(p.Name+" "+p.Version)+", "+p.Role)
	}
	for _, i := range needs.Images {
		got = append(got, i.Group+"/"+i.Ref+", "+i.Needed)
	}
	const everybody, controlPlanes = ", control planes and workers", ", control planes"
	want := []string{
		"containerd" + everybody, "conntrack" + everybody, "cri-tools" + everybody, "ebtables" + everybody, "ethtool" + everybody,
		"iptables" + everybody, "kubernetes-cni" + everybody, "socat" + everybody,
		"kubeadm 1.37.2" + everybody, "kubectl 1.37.2" + everybody, "kubelet 1.37.2" + everybody, "haproxy, load balancers",
		"node/registry.k8s.io/kube-proxy:v1.37.2" + everybody, "node/registry.k8s.io/pause:3.10.2" + everybody,
		"node/registry.k8s.io/coredns/coredns:v1.14.6" + everybody,
		"node/docker.io/calico/node:v3.32.1, the CNI manifest", "node/quay.io/cni/init:v1, the CNI manifest",
		"control-plane/registry.k8s.io/kube-apiserver:v1.37.2" + controlPlanes, "control-plane/registry.k8s.io/kube-controller-manager:v1.37.2" + controlPlanes,
		"control-plane/registry.k8s.io/kube-scheduler:v1.37.2" + controlPlanes, "control-plane/registry.k8s.io/etcd:3.7.0-0" + controlPlanes,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	pair, err := bundle.NeedsOf(plan(t, "  - {name: lb2, role: load-balancer, address: 10.1.10.99}\nvirtualIP: 10.1.10.98\n"), nil)
	if n := len(pair.Packages); err != nil || !cmp.Equal(pair.Packages[n-2:], []bundle.Root{{"haproxy", "", "load balancers"}, {"keepalived", "", "load balancers"}}) {
		t.Errorf("a pair needs %v, %v", pair.Packages, err)
	}
	// etcd on nodes of its own: its image is no control plane's, and alone in a bundle they need little else
	const member = "  - {name: e1, role: etcd, address: 10.1.10.111}\n"
	needs, err = bundle.NeedsOf(plan(t, member), nil)
	if last := len(needs.Images) - 1; err != nil || last != 6 || needs.Images[last] != (bundle.Image{Ref: "registry.k8s.io/etcd:3.7.0-0", Group: "etcd", Needed: "etcd nodes"}) || needs.Packages[0].Role != "control planes and workers and etcd nodes" {
		t.Errorf("%v %v", needs, err)
	}
	alone := plan(t, member)
	for i := range alone.Nodes[:2] {
		alone.Nodes[i].Software = cluster.SoftwareAPT
	}
	needs, err = bundle.NeedsOf(alone, nil)
	if last := len(needs.Packages) - 1; err != nil || len(needs.Images) != 2 || needs.Packages[last] != (bundle.Root{Name: "kubelet", Version: "1.37.2", Role: "etcd nodes"}) {
		t.Errorf("%v %v", needs, err)
	}
	closed, err := bundle.NeedsOf(plan(t, "firewall: ufw\n"), nil)
	if last := len(closed.Packages) - 1; err != nil || closed.Packages[last] != (bundle.Root{Name: "ufw", Role: "the firewall of every node"}) {
		t.Errorf("%v %v", closed.Packages, err)
	}
	mirrored, err := bundle.NeedsOf(plan(t, "kubeadm: {imageRepository: registry.example/k8s}\n"), nil)
	if err != nil || mirrored.Images[2].Ref != "registry.example/k8s/coredns:v1.14.6" {
		t.Errorf("%v %v", mirrored.Images, err)
	}
	if _, err := bundle.NeedsOf(plan(t, "  - {name: w1, role: worker, address: 10.1.10.104, os: ubuntu-24.04}\n"), nil); err == nil || err.Error() != "lb runs Debian 12 and w1 runs Ubuntu 24.04; a bundle is for one operating system" {
		t.Error(err)
	}
	if c := plan(t, ""); true {
		for i := range c.Nodes {
			c.Nodes[i].Software = cluster.SoftwareAPT
		}
		if _, err := bundle.NeedsOf(c, nil); err == nil || !strings.HasSuffix(err.Error(), "; add software: bundle to the inventory") {
			t.Error(err)
		}
	}
}

// Every operating system that an inventory may name has its repositories.
func TestDistributions(t *testing.T) {
	schema, err := os.ReadFile("../inventory/inventory.go")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, id := range []string{"ubuntu-18.04", "ubuntu-20.04", "ubuntu-22.04", "ubuntu-24.04", "ubuntu-26.04", "debian-12", "debian-13"} {
		if !bytes.Contains(schema, []byte("enum="+id)) {
			t.Errorf("%s is not in the schema", id)
		}
		d, err := bundle.DistributionOf(cluster.OS{ID: id})
		if err != nil || len(d.Repositories()) != 3 || d.Repositories()[2].Suite != d.Codename+"-security" {
			t.Errorf("%s: %+v %v", id, d, err)
		}
		count++
	}
	if n := bytes.Count(bytes.Split(schema, []byte("OS                string"))[1][:300], []byte("enum=")); n != count {
		t.Errorf("the schema has %d systems, the table %d", n, count)
	}
}

// image makes an archive of a small image, and returns it with what it says of itself.
func image(t testing.TB, ref, layer string) ([]byte, bundle.Archive) {
	t.Helper()
	blobs := map[string]string{}
	blob := func(text string) bundle.Blob {
		digest := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text)))
		blobs[digest] = text
		return bundle.Blob{MediaType: "application/octet-stream", Digest: digest, Size: int64(len(text))}
	}
	names, err := bundle.ImageNames(ref)
	if err != nil {
		t.Fatal(err)
	}
	a := bundle.Archive{Names: names, Config: blob(`{"os":"linux"}`), Layers: []bundle.Blob{blob(layer), blob(layer)}}
	a.Manifest = blob(fmt.Sprintf(`{"config":{"digest":%q,"size":%d,"mediaType":"application/octet-stream"},"layers":[{"digest":%[3]q,"size":%[4]d,"mediaType":"application/octet-stream"},{"digest":%[3]q,"size":%[4]d,"mediaType":"application/octet-stream"}]}`, a.Config.Digest, a.Config.Size, a.Layers[0].Digest, a.Layers[0].Size))
	var out bytes.Buffer
	if err := a.Write(&out, func(digest string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(blobs[digest])), nil }); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), a
}

func TestArchives(t *testing.T) {
	const pinned = "quay.io/cilium/cilium:v1@sha256:9999999999999999999999999999999999999999999999999999999999999999"
	for ref, want := range map[string]string{
		"busybox":               "docker.io/library/busybox:latest",
		"calico/node:v3":        "docker.io/calico/node:v3",
		"registry.k8s.io/p:3.1": "registry.k8s.io/p:3.1",
		pinned:                  "quay.io/cilium/cilium@sha256:9999999999999999999999999999999999999999999999999999999999999999 quay.io/cilium/cilium:v1",
	} {
		data, a := image(t, ref, "layer")
		if got := strings.Join(a.Names, " "); got != want {
			t.Errorf("%s is named %s, want %s", ref, got, want)
		}
		if n := bundle.ArchiveName(ref); len(n) > 60 || !strings.HasSuffix(n, ".tar") || strings.ContainsAny(n, "@:/") {
			t.Errorf("%s is kept in %s", ref, n)
		}
		read, err := bundle.ReadArchive(bytes.NewReader(data))
		if diff := cmp.Diff(a, read); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
		again, _ := image(t, ref, "layer")
		if !bytes.Equal(data, again) {
			t.Error("the same image gives other bytes")
		}
		for n := 0; n < len(data)-1024; n += 512 {
			if _, err := bundle.ReadArchive(bytes.NewReader(data[:n])); err == nil {
				t.Errorf("%d bytes of %d are a whole archive", n, len(data))
			}
		}
	}
	if _, err := bundle.ImageNames("Not An Image"); err == nil || err.Error() != `"Not An Image" is not the name of an image` {
		t.Error(err)
	}
}

func TestArchivesOfTwoImagesHaveTwoNames(t *testing.T) {
	const digest = "@sha256:9999999999999999999999999999999999999999999999999999999999999999"
	if a, b := bundle.ArchiveName("quay.io/a/agent:v1"+digest), bundle.ArchiveName("quay.io/b/agent:v1"+digest); a == b {
		t.Error(a)
	}
}

func FuzzReadArchive(f *testing.F) {
	data, _ := image(f, "busybox", "layer")
	f.Add(data)
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = bundle.ReadArchive(bytes.NewReader(data)) })
}

// The manifests of all pod networks name their images in the same places; those of Cilium are pinned.
func TestImagesOfPodNetworks(t *testing.T) {
	for name, want := range map[string]string{
		"calico-typha-v3.25.yaml": "registry.example.com/cni:v1 registry.example.com/node:v1 registry.example.com/typha:v1",
		"flannel-v0.28.yaml":      "registry.example.com/flannel-cni-plugin:v1 registry.example.com/flannel:v1",
		"cilium-v1.18.yaml": "registry.example.com/cilium:v1@sha256:" + strings.Repeat("9", 64) +
			" registry.example.com/operator-generic:v1@sha256:" + strings.Repeat("8", 64),
	} {
		text, err := os.ReadFile("../../test/manifests/" + name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := bundle.ManifestImages(text)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}
