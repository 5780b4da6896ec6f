// SPDX-License-Identifier: Apache-2.0

package cluster

import "testing"

func TestSystemsRules(t *testing.T) {
	runRules(t, []ruleTest{
		{
			name: "unknown system",
			add:  "os: ubuntu-2404",
			want: `
error: os: "ubuntu-2404" is not a known operating system; known: ubuntu-18.04, ubuntu-20.04, ubuntu-22.04, ubuntu-24.04, ubuntu-26.04, debian-12, debian-13
  hint: did you mean "ubuntu-24.04"?
`,
		},
		{
			name: "unknown system of a node",
			edit: []string{"address: 10.1.10.21", "address: 10.1.10.21, os: windows"},
			want: `
error: nodes[4].os: "windows" is not a known operating system; known: ubuntu-18.04, ubuntu-20.04, ubuntu-22.04, ubuntu-24.04, ubuntu-26.04, debian-12, debian-13
`,
		},
		{
			name: "cgroup v1 refused",
			add:  "os: ubuntu-20.04",
			want: `
warning: cni: Calico v3.32.1 wants kernel 5.10 or later, and Ubuntu 20.04 has 5.4
error: os: Ubuntu 20.04 boots cgroup v1; kubelet 1.35 and later refuses to start there, and this is 1.36.3
  hint: use ubuntu-22.04 or later, or Kubernetes 1.34 or earlier
warning: os: Ubuntu 20.04 has containerd 1.7.24, which works up to Kubernetes 1.37 with warnings, and not with 1.38; Kubernetes 1.36.3 is tested with 2.2.0 and later
`,
		},
		{
			name: "cgroup v1 refused on one node",
			edit: []string{"address: 10.1.10.21", "address: 10.1.10.21, os: ubuntu-20.04"},
			want: `
warning: cni: Calico v3.32.1 wants kernel 5.10 or later, and Ubuntu 20.04 has 5.4
error: nodes[4].os: Ubuntu 20.04 boots cgroup v1; kubelet 1.35 and later refuses to start there, and this is 1.36.3
  hint: use ubuntu-22.04 or later, or Kubernetes 1.34 or earlier
warning: nodes[4].os: Ubuntu 20.04 has containerd 1.7.24, which works up to Kubernetes 1.37 with warnings, and not with 1.38; Kubernetes 1.36.3 is tested with 2.2.0 and later
`,
		},
		{
			name: "cgroup v1 on the load balancer",
			edit: []string{"address: 10.1.10.10", "address: 10.1.10.10, os: ubuntu-18.04"},
		},
		{
			name: "cgroup v1 taken over by the user",
			add: `os: ubuntu-20.04
kubelet: {config: {failCgroupV1: false}}
kubeadm: {ignorePreflightErrors: [SystemVerification]}
software: image
cni: {name: none}`,
			want: `
warning: os: Ubuntu 20.04 boots cgroup v1, which Kubernetes 1.36.3 no longer supports; failCgroupV1: false makes it start all the same
`,
		},
		{
			name: "cgroup v1 warned about",
			edit: []string{"1.36.3", "1.34.4"},
			add: `os: ubuntu-20.04
software: image
cni: {name: none}`,
			want: `
warning: kubernetesVersion: Kubernetes 1.34 is out of upstream support; packages still exist but get no fixes
warning: os: Ubuntu 20.04 boots cgroup v1, which Kubernetes 1.34.4 warns about and 1.35 refuses
  hint: use ubuntu-22.04 or later
`,
		},
		{
			name: "old kernel refused",
			edit: []string{"1.36.3", "1.33.13"},
			add: `os: ubuntu-18.04
software: image
cni: {name: none}`,
			want: `
warning: kubernetesVersion: Kubernetes 1.33 is out of upstream support; packages still exist but get no fixes
error: os: Ubuntu 18.04 has kernel 4.15; kubeadm 1.33.13 rejects kernels before 4.19
  hint: use ubuntu-20.04 or later, or Kubernetes 1.31 or earlier; for an image with a newer kernel, add SystemVerification to kubeadm.ignorePreflightErrors
warning: os: Ubuntu 18.04 boots cgroup v1, which Kubernetes 1.33.13 warns about and 1.35 refuses
  hint: use ubuntu-22.04 or later
`,
		},
		{
			name: "old kernel taken over by the user",
			edit: []string{"1.36.3", "1.33.13"},
			add: `os: ubuntu-18.04
software: image
cni: {name: none}
kubeadm: {ignorePreflightErrors: [systemverification]}`,
			want: `
warning: kubernetesVersion: Kubernetes 1.33 is out of upstream support; packages still exist but get no fixes
warning: os: Ubuntu 18.04 boots cgroup v1, which Kubernetes 1.33.13 warns about and 1.35 refuses
  hint: use ubuntu-22.04 or later
warning: os: Ubuntu 18.04 has kernel 4.15; kubeadm 1.33.13 rejects kernels before 4.19 unless told to ignore SystemVerification, as here
`,
		},
		{
			name: "containerd older than tested",
			edit: []string{"1.36.3", "1.35.4"},
			add: `os: debian-12
cni: {name: none}`,
			want: `
warning: os: Debian 12 has containerd 1.6.20; Kubernetes 1.35.4 is tested with 1.7.28 and later
`,
		},
		{
			name: "containerd at its end",
			add: `os: debian-12
cni: {name: none}`,
			want: `
warning: os: Debian 12 has containerd 1.6.20, which works up to Kubernetes 1.37 with warnings, and not with 1.38; Kubernetes 1.36.3 is tested with 2.2.0 and later
`,
		},
		{
			name: "containerd from the image",
			add: `os: debian-12
software: image
cni: {name: none}`,
		},
		{
			name: "containerd 1.x refused",
			edit: []string{"1.36.3", "1.38.0"},
			add: `os: debian-13
cni: {name: none}`,
			want: `
warning: kubernetesVersion: Kubernetes 1.38.0 is newer than this program knows (1.24-1.37); the facts of 1.37 and config API v1beta4 are assumed
error: os: Debian 13 has containerd 1.7.24; kubelet 1.38 and later needs containerd 2
  hint: use ubuntu-22.04 or later, Kubernetes 1.37 or earlier, or another software source
`,
		},
		{
			name: "unknown software source",
			add:  "software: pip",
			want: `
error: software: "pip" is not a known software source; known: apt, bundle, image
`,
		},
		{
			name: "unknown software source of a node",
			edit: []string{"address: 10.1.10.21", "address: 10.1.10.21, software: ap"},
			want: `
error: nodes[4].software: "ap" is not a known software source; known: apt, bundle, image
  hint: did you mean "apt"?
`,
		},
		{
			name: "bundle that nobody uses",
			add:  "bundle: {path: /srv/bundle}",
			want: `
warning: bundle: no node takes its software from a bundle
  hint: add software: bundle
`,
		},
		{
			name: "bundle path",
			add: `software: bundle
bundle: {path: srv/bundle}
cni: {name: none}`,
			want: `
error: bundle.path: "srv/bundle" is not an absolute path
  hint: did you mean "/srv/bundle"?
`,
		},
		{
			name: "bundle path not in its shortest form",
			add: `software: bundle
bundle: {path: /srv/../bundle/}
cni: {name: none}`,
			want: `
error: bundle.path: "/srv/../bundle/" is not in its shortest form
  hint: write /bundle
`,
		},
		{
			name: "bundle path that is the root",
			add: `software: bundle
bundle: {path: /}
cni: {name: none}`,
			want: `
error: bundle.path: "/" is the root of the file system
`,
		},
		{
			name: "bundle label of our own media",
			add: `software: bundle
bundle: {label: CIDATA}
cni: {name: none}`,
			want: `
error: bundle.label: "CIDATA" is the label of the media that this program makes; cloud-init would take the bundle for one
  hint: leave it out to use HAKUBE
`,
		},
		{
			name: "bundle label in lower case",
			add: `software: bundle
bundle: {label: hakube}
cni: {name: none}`,
			want: `
error: bundle.label: "hakube" is not a volume label of upper-case letters, digits, _ and -
  hint: did you mean "HAKUBE"?
`,
		},
		{
			name: "bundle label with a space",
			add: `software: bundle
bundle: {label: MY BUNDLE}
cni: {name: none}`,
			want: `
error: bundle.label: "MY BUNDLE" is not a volume label of upper-case letters, digits, _ and -
`,
		},
		{
			name: "bundle label too long",
			add: `software: bundle
bundle: {label: HAKUBE-BUNDLE-2026}
cni: {name: none}`,
			want: `
error: bundle.label: "HAKUBE-BUNDLE-2026" has 18 characters; a volume label has at most 16
`,
		},
		{
			name: "docker from packages",
			add:  "runtime: docker",
			want: `
error: runtime: Kubernetes talks to Docker through cri-dockerd only, which no package repository of Ubuntu or Debian has (software: apt)
  hint: use containerd, or add apt.criDockerd with url and sha256 of its .deb file for this operating system
`,
		},
		{
			name: "docker from a bundle",
			add: `runtime: docker
software: bundle
cni: {name: none}`,
			want: `
error: runtime: Kubernetes talks to Docker through cri-dockerd only, which the bundle does not hold (software: bundle)
  hint: use containerd, software: apt with apt.criDockerd, or software: image with a VM image that holds Docker and cri-dockerd
`,
		},
		{
			name: "docker from the image",
			add: `runtime: docker
software: image`,
		},
		{
			name: "unknown runtime",
			add:  "runtime: dockerd",
			want: `
error: runtime: "dockerd" is not a known container runtime; known: containerd, docker
  hint: did you mean "docker"?
`,
		},
	})
}
