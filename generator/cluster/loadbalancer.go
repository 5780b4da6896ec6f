// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// LoadBalancer is what of the cluster stands in front of its API servers.
type LoadBalancer struct {
	Kind      string     // one of the Balancer constants; empty: nothing of this cluster
	VirtualIP netip.Addr // moves between the machines that balance; zero when there is one such machine only
	RouterID  int        // VRRP's number of VirtualIP; 0 where nobody speaks VRRP
	Image     string     // of kube-vip
}

// The kinds of load balancer.
const (
	BalancerNodes         = "nodes"          // HAProxy on nodes of their own
	BalancerControlPlanes = "control-planes" // HAProxy on the control planes
	BalancerKubeVIP       = "kube-vip"       // no HAProxy: the virtual IP leads to one API server
)

// StatisticsPort is where HAProxy says, to its own machine only, that it lives.
const StatisticsPort = 8404

// RunsHAProxy reports whether HAProxy runs on a node.
func (c *Cluster) RunsHAProxy(n Node) bool {
	return n.Role == RoleLoadBalancer || n.Role == RoleControlPlane && c.LoadBalancer.Kind == BalancerControlPlanes
}

// RunsKubeVIP reports whether kube-vip runs on a node.
func (c *Cluster) RunsKubeVIP(n Node) bool {
	return n.Role == RoleControlPlane && c.LoadBalancer.Kind == BalancerKubeVIP
}

// VRRPRouters returns the nodes that speak VRRP (IP protocol 112) to each other, in the order in which they would take the
// virtual IP. Nobody else sends or receives it.
func (c *Cluster) VRRPRouters() []Node {
	if c.LoadBalancer.RouterID == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(c.Nodes), func(n Node) bool { return !c.RunsHAProxy(n) })
}

// VRRPPeers returns the nodes that a node speaks VRRP to.
func (c *Cluster) VRRPPeers(n Node) []Node {
	routers := c.VRRPRouters()
	peers := slices.DeleteFunc(slices.Clone(routers), func(r Node) bool { return r.Name == n.Name })
	if len(peers) == len(routers) {
		return nil
	}
	return peers
}

// BalancerPackages returns the distribution's packages that balancing needs on a node; their programs have the same names.
func (c *Cluster) BalancerPackages(n Node) []string {
	var packages []string
	if c.RunsHAProxy(n) {
		packages = append(packages, "haproxy")
	}
	if c.VRRPPeers(n) != nil {
		packages = append(packages, "keepalived")
	}
	return packages
}

func planLoadBalancer(p *planner) {
	given := p.inv.LoadBalancer
	if given != "" && !p.check("loadBalancer", choice("load balancer", given, []string{BalancerNodes, BalancerControlPlanes, BalancerKubeVIP})) {
		return
	}
	address := p.virtualIP()
	if p.rolesUnclear || len(p.inv.Nodes) == 0 {
		return
	}
	lb := &p.cluster.LoadBalancer
	lb.Kind, lb.VirtualIP = given, address
	if given == "" && p.count(RoleLoadBalancer) > 0 {
		lb.Kind = BalancerNodes
	}
	switch lb.Kind {
	case BalancerNodes:
		p.checkBalancerNodes()
	case BalancerControlPlanes, BalancerKubeVIP:
		p.checkBalancingPlanes()
	default:
		if p.inv.VirtualIP != "" {
			p.refuse("virtualIP", "no machine of this inventory would hold the virtual IP: there is no load balancer",
				"add loadBalancer: control-planes or loadBalancer: kube-vip, or two nodes with role: load-balancer; the address of a load balancer of your own is the endpoint")
		}
	}
	if lb.VirtualIP.IsValid() {
		p.checkHolders()
	}
	p.planRouterID()
	p.planKubeVIP()
}

// virtualIP reads the address, which is zero when there is none or when it is wrong.
func (p *planner) virtualIP() netip.Addr {
	const path = "virtualIP"
	if p.inv.VirtualIP == "" {
		return netip.Addr{}
	}
	addr, found := parseAddress(p.inv.VirtualIP)
	if found == nil {
		found = p.virtualAddress(addr)
	}
	if !p.check(path, found) {
		return netip.Addr{}
	}
	return addr
}

func (p *planner) virtualAddress(addr netip.Addr) *problem {
	if !addr.Is4() {
		return &problem{fmt.Sprintf("%s is an IPv6 address; a virtual IP is of IPv4 for now", addr), ""}
	}
	if owner, taken := p.addresses[addr]; taken {
		return &problem{fmt.Sprintf("%s is the address of %s already (%s)", addr, p.called(owner.node), p.place(owner.path)), "the virtual IP is one more address, which no machine has for itself"}
	}
	subnet, on := p.cluster.Network.SubnetOf(addr)
	switch {
	case on && addr == subnet.Gateway:
		return &problem{fmt.Sprintf("%s is the gateway's address", addr), ""}
	case !on:
		return p.inNetwork(addr)
	}
	return hostAddress(addr, subnet.CIDR)
}

// checkHolders: an address moves only between machines of its own network.
func (p *planner) checkHolders() {
	lb := p.cluster.LoadBalancer
	network, known := p.cluster.Network.SubnetOf(lb.VirtualIP)
	if !known {
		return
	}
	for i, n := range p.cluster.Nodes {
		if !p.cluster.RunsHAProxy(n) && !p.cluster.RunsKubeVIP(n) || !n.Address.IsValid() || network.CIDR.Contains(n.Address) {
			continue
		}
		p.refuse(nodePath(i, "address"), fmt.Sprintf("%s, at %s, is not on %s, the network of the virtual IP %s", p.called(i), n.Address, network.CIDR, lb.VirtualIP),
			"an address moves only between machines of one network, whose first family is IPv4")
	}
}

// checkBalancerNodes: one node balances alone, several share a virtual IP.
func (p *planner) checkBalancerNodes() {
	var balancers []int
	for i, n := range p.cluster.Nodes {
		if n.Role == RoleLoadBalancer {
			balancers = append(balancers, i)
		}
	}
	shared := p.inv.VirtualIP != ""
	switch {
	case len(balancers) == 0:
		p.refuse("loadBalancer", "no node has the role load-balancer", "give two nodes role: load-balancer")
	case len(balancers) == 1 && shared:
		p.refuse("virtualIP", fmt.Sprintf("a virtual IP moves between load balancers, and %s is the only one", p.called(balancers[0])), "add a second node with role: load-balancer, or leave virtualIP out")
	case len(balancers) > 1 && !shared:
		p.refuse(nodePath(balancers[1], "role"), fmt.Sprintf("%s is a second load balancer beside %s; they need a virtual IP that moves between them", p.called(balancers[1]), p.called(balancers[0])),
			"add virtualIP: with an address of network.cidr that no machine has")
	}
}

// checkBalancingPlanes: the control planes themselves take the place of load balancers.
func (p *planner) checkBalancingPlanes() {
	kind := p.cluster.LoadBalancer.Kind
	for i, n := range p.cluster.Nodes {
		if n.Role == RoleLoadBalancer {
			p.refuse(nodePath(i, "role"), fmt.Sprintf("%s is a load balancer, but loadBalancer: %s leaves balancing to the control planes", p.called(i), kind), "leave out the node, or loadBalancer")
			return
		}
	}
	switch {
	case p.inv.VirtualIP == "":
		p.refuse("loadBalancer", fmt.Sprintf("%s needs a virtual IP that moves between the control planes", kind), "add virtualIP: with an address of network.cidr that no machine has")
	case kind == BalancerControlPlanes && p.count(RoleControlPlane) == 1:
		p.refuse("loadBalancer", "the only control plane has nobody to share a virtual IP with", "add control planes, or leave loadBalancer and virtualIP out")
	}
}

// planKubeVIP fills in the image, which must not move: an image that is carried in is found by its tag.
func (p *planner) planKubeVIP() {
	const path = "kubeVIP.image"
	lb, given := &p.cluster.LoadBalancer, p.inv.KubeVIP.Image
	if lb.Kind != BalancerKubeVIP {
		if given != "" {
			p.refuse(path, "kube-vip does not run in this cluster", "leave it out, or add loadBalancer: kube-vip")
		}
		return
	}
	lb.Image = cmp.Or(given, defaults.kubeVIPImage)
	name := lb.Image[strings.LastIndexByte(lb.Image, '/')+1:]
	if _, tag, _ := strings.Cut(name, ":"); tag == "" || tag == "latest" || strings.ContainsAny(lb.Image, " \t\n\"'") {
		p.refuse(path, fmt.Sprintf("%q does not name one release of an image", given), "with registry and tag, as in "+defaults.kubeVIPImage)
	}
}
