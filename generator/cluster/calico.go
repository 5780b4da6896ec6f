// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"

	"github.com/hakube/hakube-seed/generator/manifest"
)

// calico is the table of Calico releases.
var calico = cniReleases{"Calico", []cniRelease{
	{"v3.32.1", 34, 36, "5.10", "a1df919d9721cf667accdc3e72848911b0cb25cfab7d2478ad0c996302c95744", "7ecc42a5ca2bd47764384f5c52b89b007c06cbf907fd3214c1cf4abc75ead76f"},
	{"v3.31.7", 32, 35, "5.10", "d6d8a489a4ed8e5b8efd8b339047b496ca657b55ee2e3618e791507b0a853e8d", "86bdaabf6098f98320773a257f3408f70a8654e9ccf26a48e717ef2d028d71b7"},
	{"v3.30.4", 30, 33, "3.10", "1e0f605a1f0a337a198a6ed8512c4ade67a2d8ab239f0bb67062a663fed84e6d", "0e940a03b83d5ce1d136fdd0773118aa6c1f8329bb4bafd81bc0a65485dce96c"},
	{"v3.29.6", 29, 32, "3.10", "4151e2aa54478b8396bb8ccaa16f3e697da9b6929e715cbec5dc9a98d3c5f229", "507496275ea6069de13c3e6c22342351e1205657d3daa17efa59ba760cebf073"},
	{"v3.28.5", 27, 30, "3.10", "206678e7adb2e931bb97385300c408490635616f371941d68468207d6e0f9713", "0126ae47ad72cd8c6266f5ea07a299c0ab0ff56a6f06743d26494b10291080f0"},
	{"v3.27.5", 26, 29, "3.10", "a8b89fd22e304cea657d5a4ee06a350bb2287dc6d39ff83e06e8a7e5cf9f172b", "0e69c1b76d9543bcccda4c672e2d2cf6eb1e369e3ab011e06da56b17663f8c7c"},
	{"v3.25.2", 22, 26, "3.10", "67244318479625fc58bbd01653cf2b397ee0227d0cd143f2f4d55c7a96ce0945", "73122fb15ff792b86bcfcdb93519c9a99cd8c8da59821b7ce2e65870627566f8"},
}}

// calicoURL is where a manifest of a release is.
func calicoURL(r cniRelease, file string) string {
	return fmt.Sprintf("https://raw.githubusercontent.com/projectcalico/calico/%s/manifests/%s", r.version, file)
}

func (p *planner) planCalico(m *manifest.Manifest) {
	cni := &p.cluster.CNI
	p.planEncapsulation(encapsulationVXLAN, encapsulationIPIP, encapsulationNone)
	cni.BlockSizes = p.blockSizes()
	typha := p.planTypha(m)
	release, path, chosen := p.planRelease(calico)
	if chosen {
		p.warnCalico(release, path)
		cni.Version = release.version
		cni.URL, cni.SHA256 = calicoURL(release, "calico.yaml"), release.plain
		if cni.Typha {
			cni.URL, cni.SHA256 = calicoURL(release, "calico-typha.yaml"), release.withTypha
		}
		if cni.Encapsulation == "" {
			cni.Encapsulation = encapsulationIPIP // as these manifests have it
		}
	}
	p.fit(m, p.calicoPatches(typha)...)
	if m != nil && cni.Encapsulation == "" {
		cni.Encapsulation = calicoEncapsulation(m)
	}
}

func (p *planner) warnCalico(release cniRelease, path string) {
	minor := p.cluster.Version.Minor
	if !p.versionUnclear() && !release.testedWith(minor) {
		p.warn(path, fmt.Sprintf("Calico %s is tested with Kubernetes 1.%d-1.%d, not with %s", release.version, release.oldest, release.newest, p.cluster.Version), betterCalico(release, minor))
	}
	for _, g := range p.guests(anyNode) {
		if older(g.Kernel, release.minKernel) {
			p.warn(path, fmt.Sprintf("Calico %s wants kernel %s or later, and %s has %s", release.version, release.minKernel, g.Name, g.Kernel), "")
		}
	}
}

func betterCalico(release cniRelease, minor int) string {
	switch better := calico.newestFor(minor); {
	case better.testedWith(minor):
		return fmt.Sprintf("use %s", better.version)
	case better.version == release.version:
		return "it is the newest one known; a newer manifest can be given as cni.manifest"
	default:
		return fmt.Sprintf("%s is the newest one known", better.version)
	}
}

// blockSizes are the nodes' parts of the pod subnets as far as Calico takes them: /20 to /32, and /116 to /128.
func (p *planner) blockSizes() []int {
	var sizes []int
	for i, mask := range p.cluster.NodeCIDRMasks {
		length := p.cluster.PodSubnets[i].Addr().BitLen()
		sizes = append(sizes, min(max(mask, length-12), length))
	}
	return sizes
}
