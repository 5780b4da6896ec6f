// SPDX-License-Identifier: Apache-2.0

package cluster

import "testing"

func TestCniRules(t *testing.T) {
	runRules(t, []ruleTest{
		{
			name: "unknown pod network",
			add:  "cni: {name: calicoo}",
			want: `
error: cni.name: "calicoo" is not a known pod network; known: calico, flannel, cilium, manifest, none
  hint: did you mean "calico"?
`,
		},
		{
			name: "a pod network that is not known by name",
			add:  "cni: {name: antrea}",
			want: `
error: cni.name: "antrea" is not a known pod network; known: calico, flannel, cilium, manifest, none
  hint: use name: manifest, with the manifest of antrea that you have rendered
`,
		},
		{
			name: "unknown Calico",
			add:  "cni: {version: v3.26.0}",
			want: `
error: cni.version: the manifest of Calico "v3.26.0" is not known by checksum; known: v3.32.1, v3.31.7, v3.30.4, v3.29.6, v3.28.5, v3.27.5, v3.25.2
  hint: give it as cni.manifest, as a file or with url and sha256
`,
		},
		{
			name: "Calico without its v",
			add:  "cni: {version: 3.32.1}",
			want: `
error: cni.version: the manifest of Calico "3.32.1" is not known by checksum; known: v3.32.1, v3.31.7, v3.30.4, v3.29.6, v3.28.5, v3.27.5, v3.25.2
  hint: did you mean "v3.32.1"?
`,
		},
		{
			name: "Calico of another time",
			add:  "cni: {version: v3.28.5}",
			want: `
warning: cni.version: Calico v3.28.5 is tested with Kubernetes 1.27-1.30, not with 1.36.3
  hint: use v3.32.1
`,
		},
		{
			name: "Calico after the newest",
			edit: []string{"1.36.3", "1.37.2"},
			add:  "cni: {version: v3.31.7}",
			want: `
warning: cni.version: Calico v3.31.7 is tested with Kubernetes 1.32-1.35, not with 1.37.2
  hint: v3.32.1 is the newest one known
`,
		},
		{
			name: "newest Calico too old",
			edit: []string{"1.36.3", "1.37.2"},
			add:  "cni: {name: calico}",
			want: `
warning: cni: Calico v3.32.1 is tested with Kubernetes 1.34-1.36, not with 1.37.2
  hint: it is the newest one known; a newer manifest can be given as cni.manifest
`,
		},
		{
			name: "Calico on an old kernel",
			edit: []string{"1.36.3", "1.34.4"},
			add: `cni: {version: v3.31.7}
os: ubuntu-20.04
software: image`,
			want: `
warning: kubernetesVersion: Kubernetes 1.34 is out of upstream support; packages still exist but get no fixes
warning: cni.version: Calico v3.31.7 wants kernel 5.10 or later, and Ubuntu 20.04 has 5.4
warning: os: Ubuntu 20.04 boots cgroup v1, which Kubernetes 1.34.4 warns about and 1.35 refuses
  hint: use ubuntu-22.04 or later
`,
		},
		{
			name: "Typha without need",
			add:  "cni: {typha: true}",
			want: `
warning: cni.typha: Typha pays off above 50 nodes; with 4 it is one more thing that must run before pods have a network
  hint: leave it out
`,
		},
		{
			name: "no Typha with many nodes",
			edit: []string{"  - {name: w1", moreNodes(60, RoleWorker) + "  - {name: w1"},
			add:  "cni: {typha: false}",
			want: `
warning: cni.typha: without Typha, 64 nodes ask the API server for every change of the network
  hint: leave it out to have Typha
`,
		},
		{
			name: "version and manifest",
			add:  "cni: {name: calico, version: v3.32.1, manifest: {file: calico-v3.32.yaml}}",
			want: `
error: cni.version: version and manifest both choose a manifest
  hint: keep one of them
`,
		},
		{
			name: "manifest without a name",
			add:  "cni: {manifest: {file: calico-v3.32.yaml}}",
			want: `
error: cni.manifest: a manifest needs a name beside it
  hint: add name: calico, flannel or cilium (its settings are fitted to this cluster), or name: manifest (applied as it is)
`,
		},
		{
			name: "no manifest",
			add:  "cni: {name: manifest}",
			want: `
error: cni: name: manifest needs a manifest
  hint: add manifest: with file:, or with url: and sha256:
`,
		},
		{
			name: "manifest of neither file nor URL",
			add:  "cni: {name: manifest, manifest: {sha256: 0000000000000000000000000000000000000000000000000000000000000000}}",
			want: `
error: cni.manifest: neither file nor url is given
  hint: add file:, or url: with its sha256:
`,
		},
		{
			name: "manifest of both file and URL",
			add:  `cni: {name: manifest, manifest: {file: calico.yaml, url: "https://example.com/a.yaml"}}`,
			want: `
error: cni.manifest: file and url are both given
  hint: keep one of them
`,
		},
		{
			name: "manifest that is not there",
			add:  "cni: {name: manifest, manifest: {file: missing.yaml}}",
			want: `
error: cni.manifest.file: there is no file "missing.yaml"
  hint: names are relative to the inventory
`,
		},
		{
			name: "manifest that is empty",
			add:  "cni: {name: manifest, manifest: {file: empty.yaml}}",
			want: `
error: cni.manifest.file: the file "empty.yaml" is empty
`,
		},
		{
			name: "manifest with another checksum",
			add:  "cni: {name: manifest, manifest: {file: calico.yaml, sha256: 0000000000000000000000000000000000000000000000000000000000000000}}",
			want: `
error: cni.manifest.sha256: the file "calico.yaml" has the checksum bac33b4c6ac6e0a5745fec05e34589c0311e6b8da3abd1ab4b4f70205a8f1720
`,
		},
		{
			name: "download without a checksum",
			add:  `cni: {name: manifest, manifest: {url: "https://example.com/a.yaml"}}`,
			want: `
error: cni.manifest: a manifest that is downloaded needs its checksum
  hint: add sha256: with what sha256sum prints for it
`,
		},
		{
			name: "download with a short checksum",
			add:  `cni: {name: manifest, manifest: {url: "https://example.com/a.yaml", sha256: abc}}`,
			want: `
error: cni.manifest.sha256: "abc" is not a SHA-256 checksum
  hint: 64 hexadecimal digits, as sha256sum prints
`,
		},
		{
			name: "download over ftp",
			add:  `cni: {name: manifest, manifest: {url: "ftp://example.com/a.yaml", sha256: 0000000000000000000000000000000000000000000000000000000000000000}}`,
			want: `
error: cni.manifest.url: the first control plane downloads over https or http, not ftp
`,
		},
		{
			name: "download with a login",
			add:  `cni: {name: manifest, manifest: {url: "https://ops:hunter2@example.com/a.yaml", sha256: 0000000000000000000000000000000000000000000000000000000000000000}}`,
			want: `
error: cni.manifest.url: the URL holds a login, which every reader of the medium could see
  hint: use an address that needs none, or file:
`,
		},
		{
			name: "URL that is none",
			add:  "cni: {name: manifest, manifest: {url: example.com/a.yaml, sha256: 0000000000000000000000000000000000000000000000000000000000000000}}",
			want: `
error: cni.manifest.url: this is not a URL
  hint: as in https://example.com/cni.yaml
`,
		},
		{
			name: "a known manifest, which bundle create carries",
			add: `cni: {name: calico}
software: bundle`,
		},
		{
			name: "manifest for no pod network",
			add:  "cni: {name: none, version: v3.32.1, typha: true, manifest: {file: calico.yaml}}",
			want: `
error: cni.version: has no meaning with cni.name none
  hint: leave it out
error: cni.typha: has no meaning with cni.name none
  hint: leave it out
error: cni.manifest: has no meaning with cni.name none
  hint: leave it out
`,
		},
	})
}
