// SPDX-License-Identifier: Apache-2.0

// Package bundle says what a disk must hold so that the nodes of a cluster need no network, and whether one does.
//
// In go a Cluster, the package indices of repositories and the bytes of their signatures; out come the packages and
// images to fetch, the files that describe them, and, for a finished bundle, everything that is wrong with it. What it
// says depends on nothing else: the package is pure, and fetching is cmd/hakube-seed/download's.
package bundle

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hakube/hakube-seed/generator/cluster"
)

// Where things are in a bundle.
const (
	SumsFile     = "SHA256SUMS"
	ManifestFile = "bundle.json"
	PackagesFile = "debs/Packages"
	CNIFile      = "manifests/cni.yaml"
	DebsDir      = "debs/"
	ImagesDir    = "images/"
	FilesDir     = "files/"
)

// Architecture is the only one there is, by Debian's name, which is also Go's.
const Architecture = "amd64"

// Needs is what the nodes of a cluster that take their software from a bundle need of it.
type Needs struct {
	Version  cluster.Version
	OS       cluster.OS
	Label    string // of the volume
	Packages []Root
	Images   []Image
	CNI      cluster.CNI
}

// Root is a package that a role asks for by name.
type Root struct {
	Name    string
	Version string // what its version begins with, up to the revision; empty: any
	Role    string // who installs it, in words
}

// Image is a container image that nodes must have.
type Image struct {
	Ref    string
	Group  string // the directory below images/: node, control-plane or etcd
	Needed string // who needs it, in words
}

// The groups of images: control planes import the first two, workers the first only, etcd nodes pause of the first and the last.
const (
	GroupNode         = "node"
	GroupControlPlane = "control-plane"
	GroupEtcd         = "etcd"
)

// The roles in words, as they stand behind "needed by".
const (
	everyNode         = "control planes and workers"
	everyControlPlane = "control planes"
	everyBalancer     = "load balancers"
	everyEtcdNode     = "etcd nodes"
	everybody         = "the firewall of every node"
)

// nodePackages are installed on every node with a kubelet. kubeadm's package depended on kubelet and kubectl
// up to 1.29, and on cri-tools up to 1.31.
var nodePackages = []string{"containerd", "conntrack", "cri-tools", "ebtables", "ethtool", "iptables", "kubernetes-cni", "socat"}

// pinnedPackages must have the exact version of Kubernetes.
var pinnedPackages = []string{"kubeadm", "kubectl", "kubelet"}

// NeedsOf returns what a bundle for the cluster must hold. manifest is the pod network's, nil when there is none.
func NeedsOf(c *cluster.Cluster, manifest []byte) (Needs, error) {
	nodes := slices.DeleteFunc(slices.Clone(c.Nodes), func(n cluster.Node) bool { return n.Software != cluster.SoftwareBundle })
	if len(nodes) == 0 {
		return Needs{}, fmt.Errorf("no node of cluster %q takes its software from a bundle; add software: bundle to the inventory", c.Name)
	}
	for _, n := range nodes[1:] {
		if n.OS.ID != nodes[0].OS.ID {
			return Needs{}, fmt.Errorf("%s runs %s and %s runs %s; a bundle is for one operating system", nodes[0].Name, nodes[0].OS.Name, n.Name, n.OS.Name)
		}
	}
	needs := Needs{Version: c.Version, OS: nodes[0].OS, Label: nodes[0].Bundle.Label, CNI: c.CNI}
	has := func(wanted func(cluster.Role) bool) bool {
		return slices.ContainsFunc(nodes, func(n cluster.Node) bool { return wanted(n.Role) })
	}
	var hosts []string
	if has(cluster.Role.InKubernetes) {
		hosts = append(hosts, everyNode)
	}
	if has(isEtcd) {
		hosts = append(hosts, everyEtcdNode)
	}
	if len(hosts) > 0 {
		needs.Packages = nodePackagesFor(strings.Join(hosts, " and "))
	}
	switch {
	case has(cluster.Role.InKubernetes):
		for _, name := range pinnedPackages {
			needs.Packages = append(needs.Packages, Root{name, c.Version.String(), everyNode})
		}
		images, err := nodeImages(c, manifest)
		if err != nil {
			return Needs{}, err
		}
		needs.Images = images
	case has(isEtcd):
		needs.Packages = append(needs.Packages, Root{"kubelet", c.Version.String(), everyEtcdNode})
		needs.Images = []Image{pauseImage(c, everyEtcdNode)}
	}
	if has(func(r cluster.Role) bool { return r == cluster.RoleControlPlane }) {
		needs.Images = append(needs.Images, controlPlaneImages(c)...)
	}
	if has(isEtcd) {
		needs.Images = append(needs.Images, etcdImage(c, GroupEtcd, everyEtcdNode))
	}
	needs.balancing(c, nodes)
	if kind := c.Firewall.Kind; kind != "none" {
		needs.Packages = append(needs.Packages, Root{kind, "", everybody}) // the package has the firewall's name
	}
	return needs, nil
}

// balancing adds what nodes need to stand in front of the API servers.
func (needs *Needs) balancing(c *cluster.Cluster, nodes []cluster.Node) {
	for _, n := range nodes {
		for _, name := range c.BalancerPackages(n) {
			root := Root{name, "", everyBalancer}
			if n.Role == cluster.RoleControlPlane {
				root.Role = everyControlPlane
			}
			if !slices.Contains(needs.Packages, root) {
				needs.Packages = append(needs.Packages, root)
			}
		}
	}
	if slices.ContainsFunc(nodes, c.RunsKubeVIP) {
		needs.Images = append(needs.Images, Image{c.LoadBalancer.Image, GroupControlPlane, everyControlPlane})
	}
}

func isEtcd(r cluster.Role) bool { return r == cluster.RoleEtcd }

func nodePackagesFor(who string) []Root {
	roots := make([]Root, len(nodePackages))
	for i, name := range nodePackages {
		roots[i] = Root{name, "", who}
	}
	return roots
}

func pauseImage(c *cluster.Cluster, who string) Image {
	return Image{c.Kubeadm.ImageRepository + "/pause:" + c.Release.PauseTag, GroupNode, who}
}

func etcdImage(c *cluster.Cluster, group, who string) Image {
	return Image{c.Kubeadm.ImageRepository + "/etcd:" + c.Release.EtcdTag, group, who}
}

func nodeImages(c *cluster.Cluster, manifest []byte) ([]Image, error) {
	repository := c.Kubeadm.ImageRepository
	coredns := repository + "/coredns"
	if repository == cluster.PublicRegistry {
		coredns += "/coredns" // a folder that other registries do not have
	}
	images := []Image{
		{repository + "/kube-proxy:v" + c.Version.String(), GroupNode, everyNode},
		pauseImage(c, everyNode),
		{coredns + ":" + c.Release.CoreDNSTag, GroupNode, everyNode},
	}
	refs, err := ManifestImages(manifest)
	if err != nil {
		return nil, fmt.Errorf("the CNI manifest: %w", err)
	}
	for _, ref := range refs {
		images = append(images, Image{ref, GroupNode, "the CNI manifest"})
	}
	return images, nil
}

func controlPlaneImages(c *cluster.Cluster) []Image {
	var images []Image
	for _, name := range []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler"} {
		images = append(images, Image{c.Kubeadm.ImageRepository + "/" + name + ":v" + c.Version.String(), GroupControlPlane, everyControlPlane})
	}
	if c.ExternalEtcd() {
		return images
	}
	return append(images, etcdImage(c, GroupControlPlane, everyControlPlane))
}
