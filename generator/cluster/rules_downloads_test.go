// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	ownKey    = "apt: {fingerprint: 05270F3FC822389ED9FCDE756B92B029E853DC4F, keyFile: repository.asc}"
	endingKey = "apt: {fingerprint: 563E972E5BE20C45019DC49395C0DDF09340F4A5, keyFile: ending.asc}"
	sum       = "5f4dcc3b5aa765d61d8327deb882cf992b95990a9d1f0e7d3c5b8a6e4f2d1c0b"
)

func downloadFiles(t *testing.T) {
	t.Helper()
	for name, path := range map[string]string{
		"repository.asc": examples + "/full/repository.asc",
		"ending.asc":     "testdata/expiring.asc",
		"authority.pem":  examples + "/full/authority.pem",
		"leaf.pem":       "testdata/leaf.pem",
	} {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		testFiles[name] = content
	}
	testFiles["both.asc"] = append(append([]byte{}, testFiles["repository.asc"]...), testFiles["ending.asc"]...)
	testFiles["password"] = []byte("hunter2\n")
	testFiles["two-lines"] = []byte("hunter2\nhunter2\n")
	testFiles["key.pem"] = []byte("-----BEGIN PRIVATE KEY-----\naHVudGVyMg==\n-----END PRIVATE KEY-----\n")
	testFiles["damaged.pem"] = []byte("-----BEGIN CERTIFICATE-----\naHVudGVyMg==\n-----END CERTIFICATE-----\n")
	testFiles["damaged.asc"] = []byte("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxsBN\n-----END PGP PUBLIC KEY BLOCK-----\n")
}

func TestPackageRepositoryRules(t *testing.T) {
	downloadFiles(t)
	runRules(t, []ruleTest{
		{name: "mirrors", add: "apt: {mirror: http://mirror.lan/ubuntu/, securityMirror: https://mirror.lan/security, kubernetes: http://mirror.lan/v1.36/deb/}"},
		{name: "key of a repository of one's own", add: ownKey},
		{name: "key of a mirror", add: "apt: {mirror: http://mirror.lan/ubuntu, mirrorKeyFile: repository.asc}"},
		{
			name: "one mirror for two distributions",
			add:  "apt: {mirror: http://mirror.lan/ubuntu}",
			edit: []string{"address: 10.1.10.10", "address: 10.1.10.10, os: debian-12"},
			want: `
error: apt.mirror: one mirror cannot serve Debian 12 and Ubuntu 24.04
  hint: give all nodes with software: apt the same distribution, or leave the mirror out
`,
		},
		{
			name: "Debian without its fixes",
			add:  "apt: {mirror: http://mirror.lan/debian}\nos: debian-13",
			want: `
warning: apt.mirror: Debian's security fixes are not in the mirror of the distribution; nodes will get none
  hint: add apt.securityMirror
warning: os: Debian 13 has containerd 1.7.24, which works up to Kubernetes 1.37 with warnings, and not with 1.38; Kubernetes 1.36.3 is tested with 2.2.0 and later
`,
		},
		{
			name: "two keys",
			add:  "apt: {keyFile: both.asc, mirrorKeyFile: both.asc}",
			want: `
error: apt.keyFile: the file "both.asc" holds more than one key
  hint: nodes trust one: keep the one that signs the repository
error: apt.mirrorKeyFile: the file "both.asc" holds more than one key
  hint: nodes trust one: keep the one that signs the repository
`,
		},
		{name: "fingerprint as gpg prints it", add: "apt: {fingerprint: DE15 B144 86CD 377B 9E87  6E1A 2346 54DA 9A29 6436}"},
		{
			name: "not addresses",
			add:  "apt: {mirror: mirror.lan/ubuntu, securityMirror: 'http://', kubernetes: 'ftp://mirror.lan'}",
			want: `
error: apt.mirror: this is not a URL
  hint: as in http://mirror.lan/debian
error: apt.securityMirror: this is not a URL
  hint: as in http://mirror.lan/debian
error: apt.kubernetes: nodes speak https or http, not ftp
`,
		},
		{
			name: "login and query in addresses",
			add:  "apt: {mirror: 'http://me:hunter2@mirror.lan', kubernetes: 'http://mirror.lan/?a=hunter2'}",
			want: `
error: apt.mirror: the URL holds a login, which every reader of the medium could see
  hint: let the server know the nodes by their addresses
error: apt.kubernetes: nodes add a path to this URL; it cannot have ? or #
`,
		},
		{
			name: "another minor's repository",
			add:  "apt: {kubernetes: 'http://mirror.lan/v1.35/deb'}",
			want: `
warning: apt.kubernetes: this looks like the repository of Kubernetes 1.35, and the cluster runs 1.36.3
  hint: there is one repository per minor
`,
		},
		{
			name: "not a fingerprint",
			add:  "apt: {fingerprint: 9A296436}",
			want: `
error: apt.fingerprint: "9A296436" is not the fingerprint of a key
  hint: 40 hexadecimal digits, as gpg --show-keys prints
`,
		},
		{
			name: "another key than the known one",
			add:  "apt: {keyFile: repository.asc}",
			want: `
error: apt.keyFile: the file "repository.asc" holds the key 05270F3FC822389ED9FCDE756B92B029E853DC4F, and the known one is DE15B14486CD377B9E876E1A234654DA9A296436
  hint: for a repository that signs with a key of its own, add apt.fingerprint
`,
		},
		{
			name: "a key that ends",
			add:  endingKey,
			want: `
warning: apt.keyFile: the key ends on 2026-12-29, and from then on nodes can install nothing with these media
  hint: leave keyFile out: nodes then fetch the key, and take it only if it has the right fingerprint
`,
		},
		{
			name: "no such file",
			add:  "apt: {keyFile: gone.asc}",
			want: `
error: apt.keyFile: there is no file "gone.asc"
  hint: names are relative to the inventory
`,
		},
		{
			name: "not a key",
			add:  "apt: {keyFile: calico.yaml}",
			want: `
error: apt.keyFile: the file "calico.yaml" is not a public key in ASCII armour
  hint: the Release.key of a repository is one; gpg --armor --export writes one
`,
		},
		{
			name: "damaged key",
			add:  "apt: {keyFile: damaged.asc}",
			want: `
error: apt.keyFile: the file "damaged.asc" holds no key that can be read
`,
		},
		{
			name: "nobody uses it",
			add:  "software: image\ncni: {name: none}\napt: {mirror: http://mirror.lan/ubuntu}",
			want: `
warning: apt: no node takes its software from package repositories, and no bundle is made from them
  hint: add software: apt
`,
		},
	})
}

func TestDockerRules(t *testing.T) {
	runRules(t, []ruleTest{
		{name: "cri-dockerd", add: "runtime: docker\napt: {criDockerd: {url: http://mirror.lan/cri-dockerd.deb, sha256: " + sum + "}}"},
		{
			name: "cri-dockerd without its address",
			add:  "runtime: docker\napt: {criDockerd: {sha256: " + sum + "}}",
			want: `
error: apt.criDockerd.url: the address of the package is missing
  hint: add url: with the address of the .deb file
`,
		},
		{
			name: "cri-dockerd without its checksum, and no package",
			add:  "runtime: docker\napt: {criDockerd: {url: http://mirror.lan/cri-dockerd.tgz}}",
			want: `
error: apt.criDockerd.sha256: "" is not a SHA-256 checksum
  hint: 64 hexadecimal digits, as sha256sum prints
error: apt.criDockerd.url: this is not the address of a .deb file
`,
		},
		{
			name: "one cri-dockerd for two systems",
			add:  "runtime: docker\napt: {criDockerd: {url: http://mirror.lan/cri-dockerd.deb, sha256: " + sum + "}}",
			edit: []string{"address: 10.1.10.21", "address: 10.1.10.21, os: ubuntu-22.04"},
			want: `
error: apt.criDockerd: one package cannot serve Ubuntu 24.04 and Ubuntu 22.04
  hint: give all nodes with Docker the same operating system
`,
		},
		{
			name: "cri-dockerd without Docker",
			add:  "apt: {criDockerd: {url: http://mirror.lan/cri-dockerd.deb, sha256: " + sum + "}}",
			want: `
warning: apt.criDockerd: no node has Docker from package repositories
  hint: add runtime: docker
`,
		},
		{
			name: "registries of containerd",
			add:  "runtime: docker\nsoftware: image\ncni: {name: none}\nregistries: [{name: docker.io, mirrors: [http://mirror.lan]}]",
			want: `
error: registries: these are settings of containerd, and the runtime is docker
  hint: use containerd, or kubeadm.imageRepository with a registry that needs no login
`,
		},
	})
}

func TestProxyRules(t *testing.T) {
	runRules(t, []ruleTest{
		{name: "proxy", add: "proxy: {http: http://proxy.lan:3128, noProxy: [.lan, mirror.lan, 10.0.0.0/8, 10.0.0.1]}"},
		{
			name: "what proxies do not have",
			add:  "proxy: {http: 'http://proxy.lan:3128/path', https: 'socks5://proxy.lan', noProxy: ['*.lan', 'a b', '10.0.0.0/33']}",
			want: `
error: proxy.http: a proxy has a host and a port, and no path
  hint: write http://proxy.lan:3128
error: proxy.https: nodes speak https or http, not socks5
error: proxy.noProxy[0]: "*.lan" has a star, which few programs understand
  hint: write ".lan"
error: proxy.noProxy[1]: "a b" is neither a name, a domain, an address nor a network
  hint: as in .lan, mirror.lan or 10.0.0.0/8
error: proxy.noProxy[2]: "10.0.0.0/33" is neither a name, a domain, an address nor a network
  hint: as in .lan, mirror.lan or 10.0.0.0/8
`,
		},
		{
			name: "a proxy that wants to be spoken to over https",
			add:  "proxy: {http: 'http://proxy.lan:3128', https: 'https://proxy.lan:3129'}",
			want: `
error: proxy.https: nodes speak http to a proxy, also for what they ask of it over https
  hint: write http://proxy.lan:3129 if the proxy takes that
`,
		},
		{
			name: "exceptions without a rule",
			add:  "proxy: {noProxy: [.lan]}",
			want: `
warning: proxy.noProxy: there is no proxy to be left out
  hint: add proxy.http
`,
		},
	})
}

func TestRegistryRules(t *testing.T) {
	downloadFiles(t)
	runRules(t, []ruleTest{
		{name: "registries", add: "registries: [{name: registry.k8s.io, mirrors: [https://a.lan, http://b.lan:5000/v2/k8s]}, {name: 'own.lan:5000', caFile: authority.pem, username: me, passwordFile: password}]"},
		{
			name: "names",
			add:  "registries: [{name: 'https://own.lan'}, {name: own.lan/team}, {name: Own.lan}, {name: own.lan}, {name: own.lan}]",
			want: `
error: registries[0].name: "https://own.lan" is an address; a registry is named as in an image
  hint: write own.lan
error: registries[1].name: "own.lan/team" has a path; a registry is the part of an image's name before the first slash
  hint: write own.lan
error: registries[2].name: "Own.lan" is not the name of a registry
  hint: as in registry.k8s.io or registry.lan:5000
error: registries[4].name: registry "own.lan" is described twice (registries[3].name in line 6)
  hint: put all mirrors into one entry
`,
		},
		{
			name: "logins",
			add: `registries:
  - {name: a.lan, passwordFile: password}
  - {name: b.lan, username: me}
  - {name: c.lan, username: "me:you", passwordFile: password}
  - {name: d.lan, username: me, passwordFile: two-lines}
  - {name: e.lan, username: me, passwordFile: gone}
  - {name: f.lan, username: me, passwordFile: password, mirrors: ["http://f.lan"]}`,
			want: `
error: registries[0]: there is a password without a login
  hint: add username:
error: registries[1]: there is a login without a password
  hint: add passwordFile: with a file beside the inventory, which holds nothing but the password
error: registries[2].username: a login cannot hold a colon or a control character
error: registries[3].passwordFile: the file "two-lines" does not hold one line with a password
error: registries[4].passwordFile: there is no file "gone"
  hint: names are relative to the inventory
warning: registries[5].username: the password goes to http://f.lan in plain text
  hint: use https, with caFile: for an authority of your own
`,
		},
		{name: "one mirror, one login", add: "registries: [{name: a.lan, mirrors: [https://m.lan/v2/a], username: me, passwordFile: password}, {name: b.lan, mirrors: [https://m.lan/v2/b], username: me, passwordFile: password}]"},
		{
			name: "one mirror, two logins",
			add:  "registries: [{name: a.lan, mirrors: [https://m.lan/v2/a], username: me, passwordFile: password}, {name: b.lan, mirrors: [https://m.lan/v2/b], username: you, passwordFile: password}]",
			want: `
error: registries[1]: registry "a.lan" has another login at m.lan
  hint: give both the same, or mirrors under different names
`,
		},
		{
			name: "authorities",
			add:  "caCertificates: [authority.pem, leaf.pem, key.pem, damaged.pem, calico.yaml, gone.pem]",
			want: `
warning: caCertificates[1]: the certificate of "registry.lan" in "leaf.pem" is not an authority's; few programs trust it as one
error: caCertificates[2]: the file "key.pem" holds a private key, not only certificates
  hint: keep keys to yourself: nodes need the authority's certificate alone
error: caCertificates[3]: the file "damaged.pem" holds a damaged certificate
error: caCertificates[4]: the file "calico.yaml" holds no certificate in PEM
  hint: openssl x509 -inform der -outform pem turns the other form into it
error: caCertificates[5]: there is no file "gone.pem"
  hint: names are relative to the inventory
`,
		},
	})
}

// What nodes reach without the proxy: each other, pods, services, and what the user adds.
func TestProxyLeavesOutTheClusterItself(t *testing.T) {
	c := planned(t, ruleTest{add: "proxy: {http: http://proxy.lan:3128, noProxy: [.lan]}"})
	want := Proxy{
		HTTP: "http://proxy.lan:3128", HTTPS: "http://proxy.lan:3128",
		NoProxy: []string{
			"localhost", "127.0.0.1", "::1", ".svc", ".cluster.local", "lb", "10.1.10.10",
			"cp1", "10.1.10.11", "cp2", "10.1.10.12", "cp3", "10.1.10.13", "10.1.10.0/24", "10.244.0.0/16", "10.96.0.0/16", ".lan",
		},
	}
	if diff := cmp.Diff(want, c.Proxy); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}
