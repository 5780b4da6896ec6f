// SPDX-License-Identifier: Apache-2.0

package download

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
)

// Registries says how registries are reached: at which mirrors, with which login and authorities. It is the keychain of
// the library, too.
type Registries []Registry

// Registry is one of them.
type Registry struct {
	Name     string   // as in images: docker.io
	Mirrors  []string // URLs, asked in this order; empty: the registry itself
	CA       []byte   // PEM of authorities to trust beside the others
	Username string   // of the mirrors, or of the registry itself; empty: no login
	Password string
}

// dockerHub is docker.io as the library calls it.
const dockerHub = name.DefaultRegistry

// hosts lists the addresses at which a registry is asked: those of its mirrors, else its own.
func hosts(r Registry) []string {
	if len(r.Mirrors) == 0 {
		return []string{"https://" + strings.Replace(r.Name, "docker.io", dockerHub, 1)}
	}
	return r.Mirrors
}

// references returns what to ask for, one after the other: the image itself, or the same image of the registry's mirrors.
func (r Registries) references(ref string) ([]name.Reference, error) {
	parsed, err := name.ParseReference(ref)
	if err != nil {
		return nil, fmt.Errorf("%q is not the name of an image", ref)
	}
	registry := strings.Replace(parsed.Context().RegistryStr(), dockerHub, "docker.io", 1)
	i := slices.IndexFunc(r, func(known Registry) bool { return known.Name == registry })
	if i < 0 || len(r[i].Mirrors) == 0 {
		return []name.Reference{parsed}, nil
	}
	var all []name.Reference
	for _, mirror := range r[i].Mirrors {
		asked, err := atMirror(parsed, mirror)
		if err != nil {
			return nil, err
		}
		all = append(all, asked)
	}
	return all, nil
}

// atMirror returns the same image at another address.
func atMirror(ref name.Reference, mirror string) (name.Reference, error) {
	host, insecure := strings.CutPrefix(mirror, "http://")
	host = strings.TrimRight(strings.TrimPrefix(host, "https://"), "/")
	// containerd wants the path of the API in it, the library adds that itself
	host = strings.Replace(host+"/", "/v2/", "/", 1)
	separator := ":"
	if strings.Contains(ref.Name(), "@") {
		separator = "@"
	}
	var options []name.Option
	if insecure {
		options = append(options, name.Insecure)
	}
	found, err := name.ParseReference(host+ref.Context().RepositoryStr()+separator+ref.Identifier(), options...)
	if err != nil {
		return nil, fmt.Errorf("%q is not the address of a registry", mirror)
	}
	return found, nil
}

// Resolve returns the login at a host: the inventory's, else this machine's.
func (r Registries) Resolve(at authn.Resource) (authn.Authenticator, error) {
	for _, known := range r {
		for _, host := range hosts(known) {
			if u, err := url.Parse(host); err == nil && known.Username != "" && u.Host == at.RegistryStr() {
				return authn.FromConfig(authn.AuthConfig{Username: known.Username, Password: known.Password}), nil
			}
		}
	}
	return authn.DefaultKeychain.Resolve(at)
}

// Trust makes the client ask these registries as they want it, and trust authorities (PEM) beside those of this machine.
func (c *Client) Trust(registries Registries, authorities [][]byte) {
	c.registries = registries
	everywhere := trusting(c.Transport, authorities)
	byHost := hostTransport{everywhere, map[string]http.RoundTripper{}, map[string]bool{}}
	for _, r := range registries {
		for _, host := range hosts(r) {
			u, err := url.Parse(host)
			if err != nil {
				continue
			}
			byHost.secure[u.Host] = u.Scheme == "https"
			if r.CA != nil {
				byHost.hosts[u.Host] = trusting(everywhere, [][]byte{r.CA})
			}
		}
	}
	c.Transport = byHost
}

// trusting returns a transport that trusts more authorities.
func trusting(t http.RoundTripper, authorities [][]byte) http.RoundTripper {
	base, ok := t.(*http.Transport)
	if !ok || len(authorities) == 0 {
		return t
	}
	more := base.Clone()
	if more.TLSClientConfig == nil {
		more.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	pool := x509.NewCertPool()
	if known := more.TLSClientConfig.RootCAs; known != nil {
		pool = known.Clone()
	} else if system, err := x509.SystemCertPool(); err == nil {
		pool = system
	}
	for _, a := range authorities {
		pool.AppendCertsFromPEM(a)
	}
	more.TLSClientConfig.RootCAs = pool
	return more
}

// hostTransport asks each host in its own way.
type hostTransport struct {
	http.RoundTripper
	hosts  map[string]http.RoundTripper
	secure map[string]bool
}

var errNotSecure = errors.New("it is asked by https alone")

// RoundTrip keeps the library from its habit of trying http, with the login, at private addresses.
func (t hostTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme == "http" && t.secure[r.URL.Host] {
		return nil, errNotSecure
	}
	if own := t.hosts[r.URL.Host]; own != nil {
		return own.RoundTrip(r)
	}
	return t.RoundTripper.RoundTrip(r)
}
