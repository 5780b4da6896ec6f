// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/seeds"
	"github.com/hakube/hakube-seed/templates"
)

// aptSettings is what the packages step reads.
func (g *Generator) aptSettings() []variable {
	apt := g.cluster.APT
	return []variable{
		{"APT_MIRROR", apt.Mirror},
		{"APT_SECURITY_MIRROR", apt.SecurityMirror},
		{"APT_KUBERNETES", apt.Kubernetes},
		{"APT_FINGERPRINT", apt.Fingerprint},
		{"APT_CRI_DOCKERD_URL", apt.CRIDockerd.URL},
		{"APT_CRI_DOCKERD_SHA256", apt.CRIDockerd.SHA256},
	}
}

// proxySettings are the variables that programs look for, each in both spellings.
func proxySettings(p cluster.Proxy) []variable {
	var settings []variable
	for _, v := range []variable{{"http_proxy", p.HTTP}, {"https_proxy", p.HTTPS}, {"no_proxy", strings.Join(p.NoProxy, ",")}} {
		if v.Value != "" {
			settings = append(settings, v, variable{strings.ToUpper(v.Name), v.Value})
		}
	}
	return settings
}

// aptProxyView is what apt-proxy.conf needs; apt itself knows no networks to leave out.
type aptProxyView struct {
	HTTP, HTTPS string
	Direct      []string // hosts of mirrors that are reached without a proxy
}

func (g *Generator) aptProxy() aptProxyView {
	view := aptProxyView{HTTP: g.cluster.Proxy.HTTP, HTTPS: g.cluster.Proxy.HTTPS}
	for _, address := range []string{g.cluster.APT.Mirror, g.cluster.APT.SecurityMirror, g.cluster.APT.Kubernetes} {
		u, err := url.Parse(address)
		if err == nil && u.Host != "" && withoutProxy(g.cluster.Proxy, u.Hostname()) && !slices.Contains(view.Direct, u.Hostname()) {
			view.Direct = append(view.Direct, u.Hostname())
		}
	}
	return view
}

// withoutProxy reports whether a host is one of those that are reached directly.
func withoutProxy(p cluster.Proxy, host string) bool {
	address, err := netip.ParseAddr(host)
	return slices.ContainsFunc(p.NoProxy, func(item string) bool {
		if subnet, notSubnet := netip.ParsePrefix(item); notSubnet == nil {
			return err == nil && subnet.Contains(address)
		}
		return host == strings.TrimPrefix(item, ".") || strings.HasSuffix(host, "."+strings.TrimPrefix(item, "."))
	})
}

// registryView is what a registry's hosts.toml needs.
type registryView struct {
	Name, Server  string
	Hosts         []registryHost
	CA            string // path on the guest, empty for the system's authorities
	Authorization string // value of the header, empty for no login
}

type registryHost struct {
	URL          string
	OverridePath bool // the URL has the path of the API already
}

func newRegistryView(r cluster.Registry) registryView {
	view := registryView{Name: r.Name, Server: "https://" + r.Name}
	if r.Name == "docker.io" {
		view.Server = "https://registry-1.docker.io" // the API is not where the name is
	}
	mirrors := r.Mirrors
	if len(mirrors) == 0 {
		mirrors = []string{view.Server}
	}
	for _, mirror := range mirrors {
		u, err := url.Parse(mirror)
		view.Hosts = append(view.Hosts, registryHost{mirror, err == nil && strings.Trim(u.Path, "/") != ""})
	}
	if r.CA != nil {
		view.CA = "/etc/containerd/certs.d/" + r.Name + "/ca.crt"
	}
	if r.Username != "" {
		view.Authorization = "Basic " + basicLogin(r)
	}
	return view
}

// passwordOf says in words what a registry's password is.
func passwordOf(r cluster.Registry) string { return "password for registry " + r.Name }

// basicLogin is login and password as HTTP's basic authentication sends them (RFC 7617).
func basicLogin(r cluster.Registry) string {
	return base64.StdEncoding.EncodeToString([]byte(r.Username + ":" + r.Password))
}

// registryFiles tell containerd how to reach registries. A login in them is a secret.
func (l *fileList) registryFiles(registries []cluster.Registry) {
	for _, r := range registries {
		dir := configDir + "registries/" + r.Name + "/"
		content, err := templates.Render("etc/hakube/hosts.toml", newRegistryView(r))
		l.note(err)
		file := seeds.GuestFile{Path: dir + "hosts.toml", Mode: 0o600, Content: content}
		if r.Password != "" {
			file.Secret = passwordOf(r)
		}
		l.files = append(l.files, file)
		if r.CA != nil {
			l.add(dir+"ca.crt", 0o644, r.CA)
		}
	}
}

// softwareFiles are the settings of everything that is downloaded.
func (g *Generator) softwareFiles(n cluster.Node) ([]seeds.GuestFile, error) {
	var list fileList
	for i, certificates := range g.cluster.CACertificates {
		list.add(fmt.Sprintf("%scertificates/%d.crt", configDir, i+1), 0o644, certificates)
	}
	proxied := g.cluster.Proxy.HTTP+g.cluster.Proxy.HTTPS != ""
	if proxied {
		list.render(configDir+"proxy.env", proxySettings(g.cluster.Proxy))
		list.text(configDir+"proxy.service.conf", 0o644)
	}
	if n.Software != cluster.SoftwareAPT {
		return list.files, list.err
	}
	list.text(libraryDir+"apt.py", 0o644)
	list.render(configDir+"apt.env", g.aptSettings())
	if proxied {
		list.render(configDir+"apt-proxy.conf", g.aptProxy())
	}
	if g.cluster.APT.Key != nil && n.Role.InKubernetes() {
		list.add(configDir+"kubernetes.asc", 0o644, g.cluster.APT.Key)
	}
	return list.files, list.err
}
