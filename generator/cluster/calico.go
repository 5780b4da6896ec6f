// SPDX-License-Identifier: Apache-2.0

package cluster

import "fmt"

// calicoRelease is a Calico release whose manifests are known by their checksums: one row of the table below.
type calicoRelease struct {
	version          string
	oldest           int    // Kubernetes minors that the release is tested with,
	newest           int    // from and to
	minKernel        string // lowest kernel that the release supports
	plain, withTypha string // SHA-256 of calico.yaml and of calico-typha.yaml
}

// calicoReleases is the table of Calico releases, newest first.
var calicoReleases = []calicoRelease{
	{"v3.32.1", 34, 36, "5.10", "a1df919d9721cf667accdc3e72848911b0cb25cfab7d2478ad0c996302c95744", "7ecc42a5ca2bd47764384f5c52b89b007c06cbf907fd3214c1cf4abc75ead76f"},
	{"v3.31.7", 32, 35, "5.10", "d6d8a489a4ed8e5b8efd8b339047b496ca657b55ee2e3618e791507b0a853e8d", "86bdaabf6098f98320773a257f3408f70a8654e9ccf26a48e717ef2d028d71b7"},
	{"v3.30.4", 30, 33, "3.10", "1e0f605a1f0a337a198a6ed8512c4ade67a2d8ab239f0bb67062a663fed84e6d", "0e940a03b83d5ce1d136fdd0773118aa6c1f8329bb4bafd81bc0a65485dce96c"},
	{"v3.29.6", 29, 32, "3.10", "4151e2aa54478b8396bb8ccaa16f3e697da9b6929e715cbec5dc9a98d3c5f229", "507496275ea6069de13c3e6c22342351e1205657d3daa17efa59ba760cebf073"},
	{"v3.28.5", 27, 30, "3.10", "206678e7adb2e931bb97385300c408490635616f371941d68468207d6e0f9713", "0126ae47ad72cd8c6266f5ea07a299c0ab0ff56a6f06743d26494b10291080f0"},
	{"v3.27.5", 26, 29, "3.10", "a8b89fd22e304cea657d5a4ee06a350bb2287dc6d39ff83e06e8a7e5cf9f172b", "0e69c1b76d9543bcccda4c672e2d2cf6eb1e369e3ab011e06da56b17663f8c7c"},
	{"v3.25.2", 22, 26, "3.10", "67244318479625fc58bbd01653cf2b397ee0227d0cd143f2f4d55c7a96ce0945", "73122fb15ff792b86bcfcdb93519c9a99cd8c8da59821b7ce2e65870627566f8"},
}

// url returns where a manifest of the release is.
func (r calicoRelease) url(file string) string {
	return fmt.Sprintf("https://raw.githubusercontent.com/projectcalico/calico/%s/manifests/%s", r.version, file)
}

func (r calicoRelease) testedWith(minor int) bool { return r.oldest <= minor && minor <= r.newest }

// calicoFor returns the newest release that is tested with a Kubernetes minor, else the newest.
func calicoFor(minor int) calicoRelease {
	for _, r := range calicoReleases {
		if r.testedWith(minor) {
			return r
		}
	}
	return calicoReleases[0]
}

func calicoNamed(version string) (calicoRelease, bool) {
	for _, r := range calicoReleases {
		if r.version == version {
			return r, true
		}
	}
	return calicoRelease{}, false
}

func calicoVersions() []string {
	var versions []string
	for _, r := range calicoReleases {
		versions = append(versions, r.version)
	}
	return versions
}
