// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"net/netip"
	"slices"
)

// Opening is something that the nodes of a role answer to, and who may ask.
type Opening struct {
	Protocol Protocol
	Ports    Ports          // zero for a protocol without ports
	From     []netip.Prefix // nil: everybody
	To       []netip.Prefix // nil: every address of the node
	Purpose  string
}

// Protocol is one by its name; empty means all of them.
type Protocol string

// The protocols.
const (
	TCP  Protocol = "tcp"
	UDP  Protocol = "udp"
	IPIP Protocol = "ipip"
	ESP  Protocol = "esp"
	VRRP Protocol = "vrrp"
)

// Number is the number of a protocol without ports (IANA), else 0.
func (p Protocol) Number() int {
	return map[Protocol]int{IPIP: 4, ESP: 50, VRRP: 112}[p]
}

// Ports is a range of ports; First equals Last for a single one.
type Ports struct{ First, Last uint16 }

func one(port uint16) Ports { return Ports{port, port} }

// source names who may ask, in the words of the documentation.
type source string

const (
	fromAll       source = "all"
	fromNodes     source = "nodes"
	fromCluster   source = "nodes, pods"
	fromBalancers source = "load balancers"
	fromSSH       source = "firewall.ssh"
)

// port is a row of the table of ports.
type port struct {
	roles    []Role
	protocol Protocol
	ports    Ports
	from     source
	purpose  string
	when     string              // in words; empty: always
	holds    func(*Cluster) bool // the same, nil: always
	set      func(*Cluster) Ports
	to       func(*Cluster) []netip.Prefix
}

var (
	everyRole     = []Role{RoleControlPlane, RoleWorker, RoleLoadBalancer, RoleEtcd}
	kubernetes    = []Role{RoleControlPlane, RoleWorker}
	controlPlanes = []Role{RoleControlPlane}
	workers       = []Role{RoleWorker}
	balancers     = []Role{RoleLoadBalancer}
	etcdNodes     = []Role{RoleEtcd}
)

// ports is the table of everything that nodes answer to: both firewalls and the documentation are made from it. Networks
// stand in it, not single nodes, so that a node that is added later needs no change on those that are there.
var ports = []port{
	{roles: everyRole, protocol: TCP, ports: one(22), from: fromSSH, purpose: "SSH"},

	{roles: controlPlanes, protocol: TCP, ports: one(6443), from: fromCluster, purpose: "API server", when: "loadBalancer: nodes or control-planes", holds: behindHAProxy},
	{roles: controlPlanes, protocol: TCP, ports: one(6443), from: fromAll, purpose: "API server", when: "loadBalancer: kube-vip, or none", holds: reachedDirectly},
	{roles: controlPlanes, protocol: TCP, ports: Ports{2379, 2380}, from: fromNodes, purpose: "etcd: clients, peers", when: "no node has role: etcd", holds: stackedEtcd},
	{roles: etcdNodes, protocol: TCP, ports: Ports{2379, 2380}, from: fromNodes, purpose: "etcd: clients, peers"},
	{roles: controlPlanes, protocol: TCP, ports: one(10257), from: fromCluster, purpose: "controller manager"},
	{roles: controlPlanes, protocol: TCP, ports: one(10259), from: fromCluster, purpose: "scheduler"},
	{roles: kubernetes, protocol: TCP, ports: one(10250), from: fromCluster, purpose: "kubelet"},
	{roles: workers, protocol: TCP, ports: one(10256), from: fromAll, purpose: "kube-proxy: health, for load balancers in front of services"},
	{roles: workers, protocol: TCP, ports: Ports{30000, 32767}, from: fromAll, purpose: "services of type NodePort", set: nodePorts},
	{roles: workers, protocol: UDP, ports: Ports{30000, 32767}, from: fromAll, purpose: "services of type NodePort", set: nodePorts},
	{roles: kubernetes, from: fromCluster, purpose: "services, which are addresses of every node", when: "kubeProxy.mode: ipvs", holds: usesIPVS, to: services},

	{roles: balancers, protocol: TCP, ports: one(6443), from: fromAll, purpose: "the API, on the port of endpoint", set: endpointPort},
	{roles: controlPlanes, protocol: TCP, ports: one(8443), from: fromAll, purpose: "the API, on the port of endpoint", when: "loadBalancer: control-planes", holds: balancesItself, set: endpointPort},
	{roles: balancers, protocol: VRRP, from: fromBalancers, purpose: "keepalived: who has the virtual IP", when: "several share virtualIP", holds: speaksVRRP},
	{roles: controlPlanes, protocol: VRRP, from: fromBalancers, purpose: "keepalived: who has the virtual IP", when: "loadBalancer: control-planes", holds: balancesItself},

	// What Calico's encapsulation is, a manifest that is downloaded does not tell.
	{roles: kubernetes, protocol: TCP, ports: one(179), from: fromNodes, purpose: "Calico: BGP", when: "cni.name: calico, unless vxlan", holds: podNetwork(cniCalico, encapsulationIPIP, encapsulationNone, "")},
	{roles: kubernetes, protocol: IPIP, from: fromNodes, purpose: "Calico: IP in IP", when: "cni.name: calico with ipip", holds: podNetwork(cniCalico, encapsulationIPIP, "")},
	{roles: kubernetes, protocol: UDP, ports: one(4789), from: fromNodes, purpose: "Calico: VXLAN", when: "cni.name: calico with vxlan", holds: podNetwork(cniCalico, encapsulationVXLAN, "")},
	{roles: kubernetes, protocol: TCP, ports: one(5473), from: fromNodes, purpose: "Calico: Typha", when: "cni.name: calico with typha", holds: usesTypha},
	// 8472 is the Linux kernel's own port for VXLAN, older than the standard's.
	{roles: kubernetes, protocol: UDP, ports: one(8472), from: fromNodes, purpose: "flannel: VXLAN", when: "cni.name: flannel with vxlan", holds: podNetwork(cniFlannel, encapsulationVXLAN)},
	{roles: kubernetes, protocol: UDP, ports: one(8472), from: fromNodes, purpose: "Cilium: VXLAN", when: "cni.name: cilium with vxlan", holds: podNetwork(cniCilium, encapsulationVXLAN, "")},
	{roles: kubernetes, protocol: UDP, ports: one(6081), from: fromNodes, purpose: "Cilium: Geneve", when: "cni.name: cilium with geneve", holds: podNetwork(cniCilium, encapsulationGeneve, "")},
	{roles: kubernetes, protocol: TCP, ports: one(4240), from: fromNodes, purpose: "Cilium: health of nodes", when: "cni.name: cilium", holds: usesCilium},
	{roles: kubernetes, protocol: TCP, ports: one(4244), from: fromNodes, purpose: "Cilium: Hubble", when: "cni.name: cilium", holds: usesCilium},
}

func behindHAProxy(c *Cluster) bool   { return slices.ContainsFunc(c.Nodes, c.RunsHAProxy) }
func reachedDirectly(c *Cluster) bool { return !behindHAProxy(c) }
func balancesItself(c *Cluster) bool  { return c.LoadBalancer.Kind == BalancerControlPlanes }
func speaksVRRP(c *Cluster) bool      { return len(c.VRRPRouters()) > 0 }
func stackedEtcd(c *Cluster) bool     { return !c.ExternalEtcd() }
func usesIPVS(c *Cluster) bool        { return c.KubeProxyMode == "ipvs" }
func usesCilium(c *Cluster) bool      { return c.CNI.Name == cniCilium }
func usesTypha(c *Cluster) bool       { return c.CNI.Name == cniCalico && c.CNI.Typha }

// podNetwork tells whether the pod network has a name and one of the encapsulations; empty is one that is not known.
func podNetwork(name string, encapsulations ...string) func(*Cluster) bool {
	return func(c *Cluster) bool {
		return c.CNI.Name == name && slices.Contains(encapsulations, c.CNI.Encapsulation)
	}
}

func services(c *Cluster) []netip.Prefix { return c.ServiceSubnets }
func endpointPort(c *Cluster) Ports      { return one(c.Endpoint.Port) }

// nodePorts follows the API server, which can be told of another range.
func nodePorts(c *Cluster) Ports {
	for _, a := range c.APIServerArgs {
		if a.Name == "service-node-port-range" {
			if given, found := parsePorts(a.Value); found == nil {
				return given
			}
		}
	}
	return Ports{30000, 32767}
}

// Openings returns what the firewall of a role's nodes lets in, in the order of the table, the user's own last.
func (c *Cluster) Openings(role Role) []Opening {
	var openings []Opening
	for _, row := range ports {
		if !slices.Contains(row.roles, role) || row.holds != nil && !row.holds(c) {
			continue
		}
		from, closed := c.sources(row.from)
		if closed {
			continue
		}
		o := Opening{Protocol: row.protocol, Ports: row.ports, From: from, Purpose: row.purpose}
		if row.set != nil {
			o.Ports = row.set(c)
		}
		if row.to != nil {
			o.To = row.to(c)
		}
		openings = append(openings, o)
	}
	for _, a := range c.Firewall.Allow {
		if len(a.Roles) == 0 || slices.Contains(a.Roles, role) {
			openings = append(openings, a.Opening)
		}
	}
	return openings
}

// sources returns the networks of a source, nil for all; closed when nobody may ask.
func (c *Cluster) sources(s source) (from []netip.Prefix, closed bool) {
	var nodes []netip.Prefix
	for _, s := range c.Network.Subnets {
		nodes = append(nodes, s.CIDR)
	}
	switch s {
	case fromNodes:
		return nodes, false
	case fromCluster:
		return append(nodes, c.PodSubnets...), false
	case fromBalancers:
		for _, n := range c.VRRPRouters() {
			for _, a := range n.Addresses {
				from = append(from, netip.PrefixFrom(a, a.BitLen()))
			}
		}
		return from, false
	case fromSSH:
		return c.Firewall.SSH, c.Firewall.NoSSH
	}
	return nil, false
}
