// SPDX-License-Identifier: Apache-2.0

//go:build foreign

package foreign

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hakube/hakube-seed/generator/cluster"
)

// TestKubeadmImages: kubeadm asks for the images that follow from the version table, and for no other: offline media carry
// nothing else, and containerd keeps the pause image that kubeadm pulls, or the kubelet's image collection removes it.
// Only a kubeadm of the very version can be asked.
func TestKubeadmImages(t *testing.T) {
	t.Parallel()
	for _, h := range hearings(t) {
		if !h.own() {
			continue
		}
		path := filepath.Join(scratch(t), "init.yaml")
		write(t, path, firstMedium(t, h.example).file(initFile))
		h.checkImages(t, h.cluster.Kubeadm.ImageRepository, "--config", host(path))
	}
}

// TestKubeadmDefaultRegistry: where kubeadm looks for images by itself.
func TestKubeadmDefaultRegistry(t *testing.T) {
	t.Parallel()
	for _, h := range onePerKubeadm(t) {
		plain := *h.cluster
		plain.Nodes = nil // asked like this, it knows of no etcd but its own
		h.cluster = &plain
		h.checkImages(t, h.cluster.Release.DefaultRegistry, "--kubernetes-version", "v"+h.version.String())
	}
}

func (h hearing) checkImages(t *testing.T, repository string, args ...string) {
	t.Helper()
	v := h.run(t, append([]string{"config", "images", "list"}, args...)...)
	got := strings.Fields(without(v.said, warning))
	slices.Sort(got)
	if want := images(h.cluster, repository); v.failed || !slices.Equal(got, want) {
		t.Errorf("%s: kubeadm v%s wants\n%q\nthe table says\n%q\n%s", h.name, h.version, got, want, v)
	}
}

// images are those that the version table has, in the order of the alphabet.
func images(c *cluster.Cluster, repository string) []string {
	var all []string
	for _, name := range []string{"apiserver", "controller-manager", "proxy", "scheduler"} {
		all = append(all, repository+"/kube-"+name+":v"+c.Version.String())
	}
	dns := repository
	if repository == cluster.PublicRegistry || repository == c.Release.DefaultRegistry {
		dns += "/coredns"
	}
	all = append(all, dns+"/coredns:"+c.Release.CoreDNSTag, repository+"/pause:"+c.Release.PauseTag)
	if !c.ExternalEtcd() {
		all = append(all, repository+"/etcd:"+c.Release.EtcdTag)
	}
	slices.Sort(all)
	return all
}

var learnerMode = regexp.MustCompile(`EtcdLearnerMode=true\|false \(\w+ - default=(true|false)\)`)

// TestKubeadmLearnerMode: whether control planes join etcd as learners, by a kubeadm that leaves the choice.
func TestKubeadmLearnerMode(t *testing.T) {
	t.Parallel()
	for _, h := range onePerKubeadm(t) {
		v := h.run(t, "init", "--help")
		if mode := learnerMode.FindStringSubmatch(v.said); mode != nil && mode[1] == "true" != h.cluster.Release.Learner {
			t.Errorf("kubeadm v%s: %s", h.version, mode[0])
		}
	}
}
