// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/hakube/hakube-seed/generator/inventory"
)

var registryPattern = regexp.MustCompile(`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:[0-9]{1,5})?$`)

func planRegistries(p *planner) {
	if p.inv.Runtime == runtimeDocker && len(p.inv.Registries) > 0 {
		p.refuse("registries", "these are settings of containerd, and the runtime is docker", "use containerd, or kubeadm.imageRepository with a registry that needs no login")
		return
	}
	first := map[string]int{}
	for i, given := range p.inv.Registries {
		path := itemPath("registries", i)
		if !p.check(path+".name", parseRegistryName(given.Name)) {
			continue
		}
		if earlier, taken := first[given.Name]; taken {
			p.refuse(path+".name", fmt.Sprintf("registry %q is described twice (%s)", given.Name, p.place(itemPath("registries", earlier)+".name")), "put all mirrors into one entry")
			continue
		}
		first[given.Name] = i
		r := p.registry(path, given)
		p.checkLogins(path, r)
		p.cluster.Registries = append(p.cluster.Registries, r)
	}
}

// checkLogins reports a second account at a host: containerd knows one, whatever is asked for there.
func (p *planner) checkLogins(path string, r Registry) {
	for _, earlier := range p.cluster.Registries {
		for _, host := range r.hosts() {
			if slices.Contains(earlier.hosts(), host) && (earlier.Username != r.Username || earlier.Password != r.Password) {
				p.refuse(path, fmt.Sprintf("registry %q has another login at %s", earlier.Name, host), "give both the same, or mirrors under different names")
				return
			}
		}
	}
}

// hosts returns where images of the registry are asked for.
func (r Registry) hosts() []string {
	if len(r.Mirrors) == 0 {
		return []string{r.Name}
	}
	var hosts []string
	for _, mirror := range r.Mirrors {
		if u, err := url.Parse(mirror); err == nil {
			hosts = append(hosts, u.Host)
		}
	}
	return hosts
}

func parseRegistryName(name string) *problem {
	host, _, hasScheme := strings.Cut(name, "://")
	switch {
	case hasScheme:
		return &problem{fmt.Sprintf("%q is an address; a registry is named as in an image", name), fmt.Sprintf("write %s", strings.TrimPrefix(name, host+"://"))}
	case strings.Contains(name, "/"):
		return &problem{fmt.Sprintf("%q has a path; a registry is the part of an image's name before the first slash", name), fmt.Sprintf("write %s", name[:strings.Index(name, "/")])}
	case !registryPattern.MatchString(name):
		return &problem{fmt.Sprintf("%q is not the name of a registry", name), "as in registry.k8s.io or registry.lan:5000"}
	}
	return nil
}

func (p *planner) registry(path string, given inventory.Registry) Registry {
	r := Registry{Name: given.Name, Username: given.Username}
	for i, mirror := range given.Mirrors {
		if address := p.address(itemPath(path+".mirrors", i), mirror); address != "" {
			r.Mirrors = append(r.Mirrors, address)
		}
	}
	if given.CAFile != "" {
		r.CA = bytes.Join(p.certificates(path+".caFile", given.CAFile), nil)
	}
	switch {
	case given.Username == "" && given.PasswordFile == "":
	case given.Username == "":
		p.refuse(path, "there is a password without a login", "add username:")
	case strings.ContainsAny(given.Username, ":\n\r\x00"):
		p.refuse(path+".username", "a login cannot hold a colon or a control character", "")
	case given.PasswordFile == "":
		p.refuse(path, "there is a login without a password", "add passwordFile: with a file beside the inventory, which holds nothing but the password")
	default:
		content, found := p.file(path+".passwordFile", given.PasswordFile)
		r.Password = strings.TrimRight(string(content), "\r\n")
		if found && (r.Password == "" || strings.ContainsAny(r.Password, "\n\r\x00")) {
			p.refuse(path+".passwordFile", fmt.Sprintf("the file %q does not hold one line with a password", given.PasswordFile), "")
		}
		p.warnPlainLogin(path, r)
	}
	return r
}

// warnPlainLogin warns of a login that everybody on the way could read.
func (p *planner) warnPlainLogin(path string, r Registry) {
	for _, mirror := range r.Mirrors {
		if strings.HasPrefix(mirror, "http://") {
			p.warn(path+".username", fmt.Sprintf("the password goes to %s in plain text", mirror), "use https, with caFile: for an authority of your own")
		}
	}
}

func planCACertificates(p *planner) {
	for i, name := range p.inv.CACertificates {
		p.cluster.CACertificates = append(p.cluster.CACertificates, p.certificates(itemPath("caCertificates", i), name)...)
	}
}

// certificates returns the certificates of authorities in a file, each in PEM of its own: some programs read only the
// first one of a file, and what else a file holds is no node's business.
func (p *planner) certificates(path, name string) [][]byte {
	content, found := p.file(path, name)
	if !found {
		return nil
	}
	var all [][]byte
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			p.refuse(path, fmt.Sprintf("the file %q holds a %s, not only certificates", name, strings.ToLower(block.Type)), "keep keys to yourself: nodes need the authority's certificate alone")
			return nil
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			p.refuse(path, fmt.Sprintf("the file %q holds a damaged certificate", name), "")
			return nil
		}
		if !certificate.IsCA {
			p.warn(path, fmt.Sprintf("the certificate of %q in %q is not an authority's; few programs trust it as one", certificate.Subject.CommonName, name), "")
		}
		all = append(all, pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: block.Bytes}))
	}
	if len(all) == 0 {
		p.refuse(path, fmt.Sprintf("the file %q holds no certificate in PEM", name), "openssl x509 -inform der -outform pem turns the other form into it")
	}
	return all
}
