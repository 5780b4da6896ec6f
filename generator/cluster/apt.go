// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"

	"github.com/hakube/hakube-seed/generator/inventory"
)

var fingerprintPattern = regexp.MustCompile(`^[0-9A-F]{40}$`)

func planAPT(p *planner) {
	given, apt := p.inv.APT, &p.cluster.APT
	apt.Mirror = p.address("apt.mirror", given.Mirror)
	apt.SecurityMirror = p.address("apt.securityMirror", given.SecurityMirror)
	apt.Kubernetes = p.address("apt.kubernetes", given.Kubernetes)
	if given.Kubernetes == "" {
		apt.Kubernetes = fmt.Sprintf(defaults.kubernetesRepository, p.cluster.Version.Minor)
	}
	p.checkRepositoryMinor(given.Kubernetes)
	apt.Fingerprint = defaults.kubernetesFingerprint
	if given.Fingerprint != "" {
		apt.Fingerprint = strings.ToUpper(strings.ReplaceAll(given.Fingerprint, " ", ""))
		if !fingerprintPattern.MatchString(apt.Fingerprint) {
			p.refuse("apt.fingerprint", fmt.Sprintf("%q is not the fingerprint of a key", given.Fingerprint), "40 hexadecimal digits, as gpg --show-keys prints")
			apt.Fingerprint = ""
		}
	}
	apt.Key = p.repositoryKey(given.KeyFile, apt.Fingerprint)
	if given.MirrorKeyFile != "" {
		apt.MirrorKey, _ = p.publicKey("apt.mirrorKeyFile", given.MirrorKeyFile)
	}
	p.checkMirror()
	p.planCRIDockerd()
	if !p.anySoftware(SoftwareAPT) && !p.anySoftware(SoftwareBundle) && p.inv.Has("apt") {
		p.warn("apt", "no node takes its software from package repositories, and no bundle is made from them", "add software: apt")
	}
}

func (p *planner) anySoftware(wanted Software) bool {
	for _, node := range p.cluster.Nodes {
		if node.Software == wanted {
			return true
		}
	}
	return false
}

// address returns the URL of a server, without a slash at its end; nothing for one that is wrong or not given.
func (p *planner) address(path, given string) string {
	if given == "" || !p.check(path, parseServerURL(given)) {
		return ""
	}
	return strings.TrimRight(given, "/")
}

func parseServerURL(s string) *problem {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || strings.ContainsAny(s, " \t\n\r\"\\"):
		return &problem{"this is not a URL", "as in http://mirror.lan/debian"}
	case u.User != nil:
		return &problem{"the URL holds a login, which every reader of the medium could see", "let the server know the nodes by their addresses"}
	case u.Scheme != "https" && u.Scheme != "http":
		return &problem{fmt.Sprintf("nodes speak https or http, not %s", u.Scheme), ""}
	case u.RawQuery != "" || u.Fragment != "":
		return &problem{"nodes add a path to this URL; it cannot have ? or #", ""}
	}
	return nil
}

var repositoryMinor = regexp.MustCompile(`/v1\.([0-9]+)/`)

// checkRepositoryMinor warns of a mirror for another minor: apt would say only that there is no such version.
func (p *planner) checkRepositoryMinor(address string) {
	found := repositoryMinor.FindStringSubmatch(address + "/")
	if found != nil && !p.versionUnclear() && found[1] != fmt.Sprint(p.cluster.Version.Minor) {
		p.warn("apt.kubernetes", fmt.Sprintf("this looks like the repository of Kubernetes 1.%s, and the cluster runs %s", found[1], p.cluster.Version), "there is one repository per minor")
	}
}

// checkMirror holds the mirror against the operating systems that would use it.
func (p *planner) checkMirror() {
	const path = "apt.mirror"
	if p.cluster.APT.Mirror == "" {
		return
	}
	used := p.installing(func(Node) bool { return true })
	distributions := map[string]bool{}
	for _, system := range used {
		distributions[system.Distribution()] = true
	}
	switch {
	case len(distributions) > 1:
		p.refuse(path, fmt.Sprintf("one mirror cannot serve %s", names(used)), "give all nodes with software: apt the same distribution, or leave the mirror out")
	case distributions["debian"] && p.cluster.APT.SecurityMirror == "":
		p.warn(path, "Debian's security fixes are not in the mirror of the distribution; nodes will get none", "add apt.securityMirror")
	}
}

// installing returns the operating systems of the wanted nodes that install from package repositories, each once.
func (p *planner) installing(wanted func(Node) bool) []OS {
	var used []OS
	for _, node := range p.cluster.Nodes {
		if node.Software == SoftwareAPT && node.OS.ID != "" && wanted(node) && !slices.ContainsFunc(used, func(o OS) bool { return o.ID == node.OS.ID }) {
			used = append(used, node.OS)
		}
	}
	return used
}

func names(systems []OS) string {
	var all []string
	for _, system := range systems {
		all = append(all, system.Name)
	}
	return strings.Join(all, " and ")
}

// repositoryKey returns the key of the Kubernetes repository, nil where nodes fetch it.
func (p *planner) repositoryKey(name, fingerprint string) []byte {
	const path = "apt.keyFile"
	if name == "" {
		return nil
	}
	content, key := p.publicKey(path, name)
	if key == nil {
		return nil
	}
	if got := strings.ToUpper(hex.EncodeToString(key.PrimaryKey.Fingerprint)); fingerprint != "" && got != fingerprint {
		p.refuse(path, fmt.Sprintf("the file %q holds the key %s, and the known one is %s", name, got, fingerprint), "for a repository that signs with a key of its own, add apt.fingerprint")
		return nil
	}
	p.warnExpiry(path, key)
	return content
}

// publicKey returns the one key in a file, and the file as apt reads it from a .asc file: in ASCII armour.
func (p *planner) publicKey(path, name string) ([]byte, *openpgp.Entity) {
	content, found := p.file(path, name)
	if !found {
		return nil, nil
	}
	if !bytes.Contains(content, []byte("-----BEGIN PGP PUBLIC KEY BLOCK-----")) {
		p.refuse(path, fmt.Sprintf("the file %q is not a public key in ASCII armour", name), "the Release.key of a repository is one; gpg --armor --export writes one")
		return nil, nil
	}
	keys, err := openpgp.ReadArmoredKeyRing(bytes.NewReader(content))
	switch {
	case err != nil || len(keys) == 0:
		p.refuse(path, fmt.Sprintf("the file %q holds no key that can be read", name), "")
		return nil, nil
	case len(keys) > 1 || bytes.Count(content, []byte("-----BEGIN")) > 1:
		p.refuse(path, fmt.Sprintf("the file %q holds more than one key", name), "nodes trust one: keep the one that signs the repository")
		return nil, nil
	}
	return content, keys[0]
}

// warnExpiry says until when a key on a medium is good. Nodes that fetch the key get a renewed one.
func (p *planner) warnExpiry(path string, key *openpgp.Entity) {
	identity := key.PrimaryIdentity()
	if identity == nil || identity.SelfSignature == nil || identity.SelfSignature.KeyLifetimeSecs == nil || *identity.SelfSignature.KeyLifetimeSecs == 0 {
		return
	}
	ends := key.PrimaryKey.CreationTime.Add(time.Duration(*identity.SelfSignature.KeyLifetimeSecs) * time.Second).UTC()
	p.warn(path, fmt.Sprintf("the key ends on %s, and from then on nodes can install nothing with these media", ends.Format(time.DateOnly)),
		"leave keyFile out: nodes then fetch the key, and take it only if it has the right fingerprint")
}

// planCRIDockerd wants the one package that Docker needs and no distribution has.
func (p *planner) planCRIDockerd() {
	const path = "apt.criDockerd"
	given := p.inv.APT.CRIDockerd
	used := p.installing(func(n Node) bool { return n.Runtime == runtimeDocker && n.Role.RunsKubelet() })
	needed := len(used) > 0
	switch {
	case given == (inventory.Package{}):
		if needed {
			p.refuse("runtime", "Kubernetes talks to Docker through cri-dockerd only, which no package repository of Ubuntu or Debian has (software: apt)",
				"use containerd, or add apt.criDockerd with url and sha256 of its .deb file for this operating system")
		}
		return
	case !needed:
		p.warn(path, "no node has Docker from package repositories", "add runtime: docker")
	}
	if given.URL == "" {
		p.refuse(path+".url", "the address of the package is missing", "add url: with the address of the .deb file")
	} else if p.check(path+".url", parseServerURL(given.URL)) && !strings.HasSuffix(given.URL, ".deb") {
		p.refuse(path+".url", "this is not the address of a .deb file", "")
	}
	if !sumPattern.MatchString(given.SHA256) {
		p.refuse(path+".sha256", fmt.Sprintf("%q is not a SHA-256 checksum", given.SHA256), "64 hexadecimal digits, as sha256sum prints")
	}
	if len(used) > 1 {
		p.refuse(path, fmt.Sprintf("one package cannot serve %s", names(used)), "give all nodes with Docker the same operating system")
	}
	p.cluster.APT.CRIDockerd = Package{given.URL, strings.ToLower(given.SHA256)}
}
