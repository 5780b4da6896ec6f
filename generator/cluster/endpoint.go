// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// looksLikeAddress tells an address, even a mistyped one, from a name: no top-level domain is a number.
func looksLikeAddress(s string) bool {
	last := s[strings.LastIndexByte(s, '.')+1:]
	return strings.Contains(s, ":") || last != "" && strings.Trim(last, "0123456789") == ""
}

// parseEndpoint reads NAME, ADDRESS, NAME:PORT or ADDRESS:PORT; port is the one where none was given. The name stays empty
// when nothing was given.
func parseEndpoint(s string, port uint16) (Endpoint, *problem) {
	endpoint := Endpoint{Port: port}
	if s == "" {
		return endpoint, nil
	}
	if _, rest, found := strings.Cut(s, "://"); found {
		return endpoint, &problem{fmt.Sprintf("%q is a URL; the endpoint is a name or address, and optionally a port", s), fmt.Sprintf("write %s", strings.TrimRight(rest, "/"))}
	}
	host, text, hasPort, found := splitEndpoint(s)
	if found != nil {
		return endpoint, found
	}
	if hasPort {
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil || n == 0 {
			return endpoint, &problem{fmt.Sprintf("%q is not a port", text), "a number from 1 to 65535, as in k8s-lb:6443"}
		}
		endpoint.Port = uint16(n)
	}
	return endpoint.at(host)
}

// splitEndpoint separates the port. An IPv6 address is in brackets when a port follows it.
func splitEndpoint(s string) (host, port string, hasPort bool, found *problem) {
	if rest, bracket := strings.CutPrefix(s, "["); bracket {
		host, rest, closed := strings.Cut(rest, "]")
		port, hasPort := strings.CutPrefix(rest, ":")
		if !closed || rest != "" && !hasPort || !strings.Contains(host, ":") {
			return "", "", false, &problem{fmt.Sprintf("%q is not an IPv6 address in brackets", s), "as in [fd00:10::100]:6443"}
		}
		return host, port, hasPort, nil
	}
	if strings.Count(s, ":") > 1 {
		return s, "", false, nil
	}
	host, port, hasPort = strings.Cut(s, ":")
	return host, port, hasPort, nil
}

func (e Endpoint) at(host string) (Endpoint, *problem) {
	if looksLikeAddress(host) {
		addr, found := parseAddress(host)
		if found != nil {
			return e, found
		}
		e.Name, e.Address = addr.String(), addr
		return e, nil
	}
	if host == "localhost" {
		return e, &problem{`"localhost" is another machine on every node`, "name the load balancer"}
	}
	e.Name = host
	return e, parseDomain(host)
}

func planEndpoint(p *planner) {
	port := defaults.endpointPort
	if p.cluster.LoadBalancer.Kind == BalancerControlPlanes {
		port = defaults.balancedPort
	}
	endpoint, found := parseEndpoint(p.inv.Endpoint, port)
	if !p.check("endpoint", found) || p.rolesUnclear {
		return
	}
	p.cluster.Endpoint = endpoint
	balancers, planes := p.cluster.NodesWith(RoleLoadBalancer), p.cluster.NodesWith(RoleControlPlane)
	switch {
	case len(planes) == 0: // reported with the topology
	case p.cluster.LoadBalancer.VirtualIP.IsValid():
		p.endpointAtVirtualIP()
	case p.inv.VirtualIP != "" || p.inv.LoadBalancer != "" && len(balancers) == 0 || len(balancers) > 1: // reported with the load balancer
	case len(balancers) == 1:
		p.endpointAtBalancer(balancers[0])
	case len(planes) == 1:
		p.endpointAtControlPlane(planes[0])
	default:
		p.endpointOfMany(len(planes))
	}
}

// endpointAtBalancer takes the load balancer's name, its address or any name that no other node has.
func (p *planner) endpointAtBalancer(balancer Node) {
	endpoint := &p.cluster.Endpoint
	p.checkBalancedPort("on the load balancer")
	hint := fmt.Sprintf("write endpoint: %s, or leave it out", balancer.Name)
	switch {
	case endpoint.Name == "" || endpoint.Name == balancer.Name:
		endpoint.Name, endpoint.Address = balancer.Name, balancer.Address
	case p.endpointIsOther(balancer, hint):
	case !endpoint.Address.IsValid():
		endpoint.Address = balancer.Address
	case balancer.Address.IsValid() && !slices.Contains(balancer.Addresses, endpoint.Address):
		p.refuse("endpoint", fmt.Sprintf("%s is no node's address, but %s is the load balancer, at %s", endpoint.Address, balancer.Name, balancer.Address), hint+"; a load balancer of your own needs no node")
	}
}

// endpointAtVirtualIP takes the virtual IP or any name that no node has.
func (p *planner) endpointAtVirtualIP() {
	endpoint, address := &p.cluster.Endpoint, p.cluster.LoadBalancer.VirtualIP
	switch p.cluster.LoadBalancer.Kind {
	case BalancerKubeVIP:
		if endpoint.Port != defaults.endpointPort {
			p.refuse("endpoint", fmt.Sprintf("port %d: kube-vip leads to the API servers, which listen on %d", endpoint.Port, defaults.endpointPort), "leave the port out; only HAProxy can use another one")
		}
	case BalancerControlPlanes:
		p.checkBalancedPort("on the control planes")
	default:
		p.checkBalancedPort("on the load balancers")
	}
	hint := fmt.Sprintf("write endpoint: %s, or leave it out", address)
	switch {
	case endpoint.Name == "":
		endpoint.Name, endpoint.Address = address.String(), address
	case p.endpointIsOther(Node{}, hint):
	case !endpoint.Address.IsValid():
		endpoint.Address = address
	case endpoint.Address != address:
		p.refuse("endpoint", fmt.Sprintf("%s is no node's address, but %s is the virtual IP", endpoint.Address, address), hint+"; a load balancer of your own needs no virtualIP")
	}
}

// checkBalancedPort reports a port that HAProxy cannot have, because something else has it there.
func (p *planner) checkBalancedPort(where string) {
	port, free := p.cluster.Endpoint.Port, defaults.endpointPort
	user := map[uint16]string{22: "the SSH server", StatisticsPort: "haproxy's own statistics"}[port]
	if p.cluster.LoadBalancer.Kind == BalancerControlPlanes {
		free = defaults.balancedPort
		user = cmp.Or(user, controlPlanePorts(port))
	}
	if user != "" {
		p.refuse("endpoint", fmt.Sprintf("port %d is taken %s by %s", port, where, user), fmt.Sprintf("use %d", free))
	}
}

// controlPlanePorts names what listens on a control plane's port, or nothing.
func controlPlanePorts(port uint16) string {
	for _, p := range []struct {
		first, last uint16
		name        string
	}{
		{6443, 6443, "the API server"},
		{2379, 2381, "etcd"},
		{10248, 10250, "the kubelet"},
		{10256, 10259, "Kubernetes"},
		{30000, 32767, "services (node ports)"},
	} {
		if p.first <= port && port <= p.last {
			return p.name
		}
	}
	return ""
}

// endpointAtControlPlane takes the only control plane's name or address, or the address of a load balancer elsewhere.
func (p *planner) endpointAtControlPlane(plane Node) {
	endpoint := &p.cluster.Endpoint
	atPlane := endpoint.Address.IsValid() && slices.Contains(plane.Addresses, endpoint.Address)
	if endpoint.Name == "" || endpoint.Name == plane.Name {
		endpoint.Name, endpoint.Address, atPlane = plane.Name, plane.Address, true
	}
	switch {
	case !atPlane:
		p.endpointOutside(plane, fmt.Sprintf("write endpoint: %s, or the address of a load balancer of your own", plane.Name))
	case endpoint.Port != defaults.endpointPort:
		p.refuse("endpoint", fmt.Sprintf("port %d: the API server of %s listens on %d", endpoint.Port, plane.Name, defaults.endpointPort), "leave the port out; only a load balancer can use another one")
	}
}

// endpointOfMany takes the address of a load balancer that is no node: several control planes need one.
func (p *planner) endpointOfMany(planes int) {
	if p.cluster.Endpoint.Name == "" {
		p.refuse("nodes", fmt.Sprintf("%d control planes need a load balancer in front of them, and there is none", planes),
			"add a node with role: load-balancer, or two of them and a virtualIP; or a virtualIP with loadBalancer: control-planes or kube-vip; or set endpoint to the address of a load balancer of your own")
		return
	}
	p.endpointOutside(Node{}, "add a node with role: load-balancer, or set endpoint to the address of a load balancer of your own")
}

// endpointOutside checks an endpoint that is to be a load balancer outside the inventory.
func (p *planner) endpointOutside(target Node, hint string) {
	endpoint := p.cluster.Endpoint
	switch {
	case p.endpointIsOther(target, hint):
	case !endpoint.Address.IsValid():
		p.refuse("endpoint", fmt.Sprintf("%q is no node's name and there is no load balancer node, so its address is not known", endpoint.Name), hint)
	case !slices.Contains(p.networkFamilies(), FamilyOf(endpoint.Address)):
		p.refuse("endpoint", fmt.Sprintf("%s is an %s address, and nodes have none", endpoint.Address, FamilyOf(endpoint.Address)), "give network.cidr a network of that family also, or write another address")
	case p.onNodeNetwork(endpoint.Address):
		p.check("endpoint", p.inNetwork(endpoint.Address))
	default:
		p.checkNotInside("endpoint", endpoint.Address)
	}
}

// endpointIsOther reports an endpoint that is a node, but not the one that API requests go to.
func (p *planner) endpointIsOther(target Node, hint string) bool {
	endpoint := p.cluster.Endpoint
	for i, node := range p.cluster.Nodes {
		byName := node.Name != "" && node.Name == endpoint.Name
		byAddress := endpoint.Address.IsValid() && slices.Contains(node.Addresses, endpoint.Address)
		isTarget := node.Role == target.Role && node.Name == target.Name
		if isTarget || !byName && !byAddress {
			continue
		}
		p.refuse("endpoint", fmt.Sprintf("%s is %s (%s); the endpoint is where requests to all API servers go", endpoint.Name, node.Role.inWords(), p.place(itemPath("nodes", i))), hint)
		return true
	}
	return false
}
