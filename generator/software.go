// SPDX-License-Identifier: Apache-2.0

package generator

import (
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
func (g *Generator) proxySettings() []variable {
	p := g.cluster.Proxy
	var settings []variable
	for _, v := range []variable{
		{"http_proxy", p.HTTP}, {"https_proxy", p.HTTPS}, {"no_proxy", strings.Join(append(slices.Clone(p.NoProxy), g.directHosts()...), ",")},
	} {
		if v.Value != "" {
			settings = append(settings, v, variable{strings.ToUpper(v.Name), v.Value})
		}
	}
	return settings
}

// aptProxyView is what apt-proxy.conf needs.
type aptProxyView struct {
	HTTP, HTTPS string
	Direct      []string // hosts that are reached without a proxy
}

func (g *Generator) aptProxy() aptProxyView {
	return aptProxyView{g.cluster.Proxy.HTTP, g.cluster.Proxy.HTTPS, g.directHosts()}
}

// directHosts are the hosts that nodes download from without the proxy. Neither apt nor Python knows networks to leave
// out, so these are named one by one.
func (g *Generator) directHosts() []string {
	apt := g.cluster.APT
	var hosts []string
	for _, address := range []string{apt.Mirror, apt.SecurityMirror, apt.Kubernetes, apt.CRIDockerd.URL, g.cluster.CNI.URL} {
		u, err := url.Parse(address)
		if err == nil && u.Host != "" && withoutProxy(g.cluster.Proxy, u.Hostname()) && !slices.Contains(hosts, u.Hostname()) {
			hosts = append(hosts, u.Hostname())
		}
	}
	return hosts
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
	Name, Server string
	Hosts        []registryHost
	CA           string // path on the guest, empty for the system's authorities
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
	return view
}

// passwordOf says in words what a registry's password is.
func passwordOf(r cluster.Registry) string { return "password for registry " + r.Name }

// login is a registry's account, as containerd finds it by the host that it speaks to.
type login struct{ Host, Username, Password string }

// logins lists the accounts at all registries and mirrors, one a host: several registries may have the same mirror.
func (g *Generator) logins() []login {
	var all []login
	for _, r := range g.cluster.Registries {
		for _, h := range newRegistryView(r).Hosts {
			u, err := url.Parse(h.URL)
			if err == nil && r.Username != "" && !slices.ContainsFunc(all, func(l login) bool { return l.Host == u.Host }) {
				all = append(all, login{u.Host, r.Username, r.Password})
			}
		}
	}
	return all
}

// containerdConfig is the configuration of containerd, a secret where it has logins: only there does every containerd
// since 1.6 look for what it answers a registry's challenge with.
func (g *Generator) containerdConfig() (seeds.GuestFile, error) {
	content, err := templates.Render("etc/hakube/containerd.toml", containerdView{g.pauseImage(), g.logins()})
	file := seeds.GuestFile{Path: configDir + "containerd.toml", Mode: 0o644, Content: content}
	var held []string
	for _, r := range g.cluster.Registries {
		if r.Username != "" {
			held = append(held, passwordOf(r))
		}
	}
	if len(held) > 0 {
		file.Mode, file.Secret = 0o600, strings.Join(held, ", ")
	}
	return file, err
}

// registryFiles tell containerd where it finds registries.
func (l *fileList) registryFiles(registries []cluster.Registry) {
	for _, r := range registries {
		dir := configDir + "registries/" + r.Name + "/"
		content, err := templates.Render("etc/hakube/hosts.toml", newRegistryView(r))
		l.note(err)
		l.add(dir+"hosts.toml", 0o644, content)
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
		list.render(configDir+"proxy.env", g.proxySettings())
		list.text(configDir+"proxy.service.conf", 0o644)
	}
	if n.Software != cluster.SoftwareImage {
		list.text(libraryDir+"apt.py", 0o644)
		list.text(libraryDir+"package-manager", 0o644)
	}
	if n.Software != cluster.SoftwareAPT {
		return list.files, list.err
	}
	list.render(configDir+"apt.env", g.aptSettings())
	if proxied {
		list.render(configDir+"apt-proxy.conf", g.aptProxy())
	}
	if g.cluster.APT.MirrorKey != nil {
		list.add(configDir+"mirror.asc", 0o644, g.cluster.APT.MirrorKey)
	}
	if g.cluster.APT.Key != nil && n.Role.RunsKubelet() {
		list.add(configDir+"kubernetes.asc", 0o644, g.cluster.APT.Key)
	}
	return list.files, list.err
}
