// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

func planProxy(p *planner) {
	given, proxy := p.inv.Proxy, &p.cluster.Proxy
	if given.HTTP == "" && given.HTTPS == "" {
		if len(given.NoProxy) > 0 {
			p.warn("proxy.noProxy", "there is no proxy to be left out", "add proxy.http")
		}
		return
	}
	proxy.HTTP, proxy.HTTPS = p.proxyAddress("proxy.http", given.HTTP), p.proxyAddress("proxy.https", given.HTTPS)
	if given.HTTPS == "" {
		proxy.HTTPS = proxy.HTTP
	}
	proxy.NoProxy = p.ownNames()
	for i, item := range given.NoProxy {
		if p.check(itemPath("proxy.noProxy", i), parseNoProxy(item)) {
			proxy.NoProxy = append(proxy.NoProxy, item)
		}
	}
}

func (p *planner) proxyAddress(path, given string) string {
	address := p.address(path, given)
	u, err := url.Parse(address)
	switch {
	case address == "" || err != nil:
	case u.Scheme != "http":
		p.refuse(path, "nodes speak http to a proxy, also for what they ask of it over https", fmt.Sprintf("write http://%s if the proxy takes that", u.Host))
	case strings.Trim(u.Path, "/") != "":
		p.refuse(path, "a proxy has a host and a port, and no path", fmt.Sprintf("write %s://%s", u.Scheme, u.Host))
	}
	return address
}

// ownNames is what no node may ask a proxy for: itself, the endpoint, nodes, pods, services. Programs differ in what they
// understand: some take networks, some only names and addresses, so what every node talks to is there as both.
func (p *planner) ownNames() []string {
	c := p.cluster
	names := []string{"localhost", "127.0.0.1", "::1", ".svc", "." + c.DNSDomain}
	if c.Endpoint.Name != "" {
		names = append(names, c.Endpoint.Name)
	}
	for _, node := range c.Nodes {
		if node.Role == RoleWorker {
			continue
		}
		if node.Name != c.Endpoint.Name {
			names = append(names, node.Name)
		}
		for _, address := range node.Addresses {
			names = append(names, address.String())
		}
	}
	for _, subnet := range c.Network.Subnets {
		names = append(names, subnet.CIDR.String())
	}
	for _, subnet := range slices.Concat(c.PodSubnets, c.ServiceSubnets) {
		names = append(names, subnet.String())
	}
	return names
}

func parseNoProxy(s string) *problem {
	if _, err := netip.ParsePrefix(s); err == nil {
		return nil
	}
	if _, err := netip.ParseAddr(s); err == nil {
		return nil
	}
	if strings.HasPrefix(s, "*.") {
		return &problem{fmt.Sprintf("%q has a star, which few programs understand", s), fmt.Sprintf("write %q", s[1:])}
	}
	if isDomain(strings.TrimPrefix(s, ".")) {
		return nil
	}
	return &problem{fmt.Sprintf("%q is neither a name, a domain, an address nor a network", s), "as in .lan, mirror.lan or 10.0.0.0/8"}
}
