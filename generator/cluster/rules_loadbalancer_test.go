// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Edits of the plain inventory: a second load balancer in place of its worker, and no load balancer at all.
var (
	pair    = []string{"w1, role: worker", "lb2, role: load-balancer"}
	without = []string{"lb, role: load-balancer", "lb, role: worker"}
)

const noWorker = `
warning: nodes: there is no worker; only pods that tolerate the control planes' taint will run
  hint: add a node with role: worker, or give a control plane taints: []
`

func TestLoadBalancerRules(t *testing.T) {
	runRules(t, []ruleTest{
		{name: "pair", edit: pair, add: "virtualIP: 10.1.10.9", want: noWorker},
		{name: "pair by a name", edit: pair, add: "virtualIP: 10.1.10.9\nendpoint: api:443", want: noWorker},
		{name: "on the control planes", edit: without, add: "loadBalancer: control-planes\nvirtualIP: 10.1.10.9"},
		{name: "kube-vip", edit: without, add: "loadBalancer: kube-vip\nvirtualIP: 10.1.10.9\nendpoint: 10.1.10.9:6443"},
		{name: "nodes, said twice", add: "loadBalancer: nodes"},
		{
			name: "second load balancer without a virtual IP",
			edit: pair,
			want: noWorker[1:] + `error: nodes[4].role: node lb2 is a second load balancer beside node lb; they need a virtual IP that moves between them
  hint: add virtualIP: with an address of network.cidr that no machine has
`,
		},
		{
			name: "virtual IP of one load balancer",
			add:  "virtualIP: 10.1.10.9",
			want: `
error: virtualIP: a virtual IP moves between load balancers, and node lb is the only one
  hint: add a second node with role: load-balancer, or leave virtualIP out
`,
		},
		{
			name: "virtual IP of nobody",
			edit: without,
			add:  "virtualIP: 10.1.10.9",
			want: `
error: virtualIP: no machine of this inventory would hold the virtual IP: there is no load balancer
  hint: add loadBalancer: control-planes or loadBalancer: kube-vip, or two nodes with role: load-balancer; the address of a load balancer of your own is the endpoint
`,
		},
		{
			name: "unknown",
			edit: without,
			add:  "loadBalancer: kubevip",
			want: `
error: loadBalancer: "kubevip" is not a known load balancer; known: nodes, control-planes, kube-vip
  hint: did you mean "kube-vip"?
`,
		},
		{
			name: "nodes without any",
			edit: without,
			add:  "loadBalancer: nodes",
			want: `
error: loadBalancer: no node has the role load-balancer
  hint: give two nodes role: load-balancer
`,
		},
		{
			name: "control planes without a virtual IP",
			edit: without,
			add:  "loadBalancer: control-planes",
			want: `
error: loadBalancer: control-planes needs a virtual IP that moves between the control planes
  hint: add virtualIP: with an address of network.cidr that no machine has
`,
		},
		{
			name: "only control plane",
			edit: []string{"lb, role: load-balancer", "lb, role: worker", "cp2, role: control-plane", "cp2, role: worker", "cp3, role: control-plane", "cp3, role: worker"},
			add:  "loadBalancer: control-planes\nvirtualIP: 10.1.10.9",
			want: `
error: loadBalancer: the only control plane has nobody to share a virtual IP with
  hint: add control planes, or leave loadBalancer and virtualIP out
`,
		},
		{
			name: "kube-vip beside a load balancer node",
			add:  "loadBalancer: kube-vip\nvirtualIP: 10.1.10.9",
			want: `
error: nodes[0].role: node lb is a load balancer, but loadBalancer: kube-vip leaves balancing to the control planes
  hint: leave out the node, or loadBalancer
`,
		},
		{
			name: "virtual IP of a node",
			edit: pair,
			add:  "virtualIP: 10.1.10.12",
			want: `
error: virtualIP: 10.1.10.12 is the address of node cp2 already (nodes[2].address in line 10)
  hint: the virtual IP is one more address, which no machine has for itself` + noWorker,
		},
		{
			name: "virtual IP elsewhere",
			edit: pair,
			add:  "virtualIP: 10.1.11.9",
			want: `
error: virtualIP: 10.1.11.9 is outside network.cidr 10.1.10.0/24` + noWorker,
		},
		{
			name: "virtual IP of the gateway",
			edit: pair,
			add:  "virtualIP: 10.1.10.1",
			want: `
error: virtualIP: 10.1.10.1 is the gateway's address` + noWorker,
		},
		{
			name: "virtual IP of IPv6",
			edit: pair,
			add:  "virtualIP: fd00::9",
			want: `
error: virtualIP: fd00::9 is an IPv6 address; a virtual IP is of IPv4 for now` + noWorker,
		},
		{
			name: "load balancers on two networks",
			edit: append([]string{"gateway: 10.1.10.1}", "gateway: 10.1.10.1, subnets: [{cidr: 10.1.20.0/24, gateway: 10.1.20.1}]}", "10.1.10.21", "10.1.20.21"}, pair...),
			add:  "virtualIP: 10.1.10.9",
			want: noWorker[1:] + `error: nodes[4].address: node lb2, at 10.1.20.21, is not on 10.1.10.0/24, the network of the virtual IP 10.1.10.9
  hint: an address moves only between machines of one network, whose first family is IPv4
`,
		},
		{
			name: "endpoint is one of the pair",
			edit: pair,
			add:  "virtualIP: 10.1.10.9\nendpoint: lb2",
			want: `
error: endpoint: lb2 is a load balancer (nodes[4] in line 13); the endpoint is where requests to all API servers go
  hint: write endpoint: 10.1.10.9, or leave it out` + noWorker,
		},
		{
			name: "endpoint is another address",
			edit: pair,
			add:  "virtualIP: 10.1.10.9\nendpoint: 10.1.10.8",
			want: `
error: endpoint: 10.1.10.8 is no node's address, but 10.1.10.9 is the virtual IP
  hint: write endpoint: 10.1.10.9, or leave it out; a load balancer of your own needs no virtualIP` + noWorker,
		},
		{
			name: "HAProxy at the API server's port",
			edit: without,
			add:  "loadBalancer: control-planes\nvirtualIP: 10.1.10.9\nendpoint: api:6443",
			want: `
error: endpoint: port 6443 is taken on the control planes by the API server
  hint: use 8443
`,
		},
		{
			name: "HAProxy at a node port",
			edit: without,
			add:  "loadBalancer: control-planes\nvirtualIP: 10.1.10.9\nendpoint: api:30443",
			want: `
error: endpoint: port 30443 is taken on the control planes by services (node ports)
  hint: use 8443
`,
		},
		{
			name: "kube-vip at another port",
			edit: without,
			add:  "loadBalancer: kube-vip\nvirtualIP: 10.1.10.9\nendpoint: api:8443",
			want: `
error: endpoint: port 8443: kube-vip leads to the API servers, which listen on 6443
  hint: leave the port out; only HAProxy can use another one
`,
		},
		{
			name: "router ID out of range",
			edit: pair,
			add:  "virtualIP: 10.1.10.9\nvirtualRouterID: 256",
			want: `
error: virtualRouterID: 256 is not a virtual router ID
  hint: a number from 1 to 255` + noWorker,
		},
		{
			name: "router ID without VRRP",
			add:  "virtualRouterID: 51",
			want: `
error: virtualRouterID: nobody speaks VRRP in this cluster
  hint: leave it out
`,
		},
		{
			name: "image of kube-vip without kube-vip",
			add:  "kubeVIP: {image: kube-vip:v1}",
			want: `
error: kubeVIP.image: kube-vip does not run in this cluster
  hint: leave it out, or add loadBalancer: kube-vip
`,
		},
		{
			name: "image of kube-vip that moves",
			edit: without,
			add:  "loadBalancer: kube-vip\nvirtualIP: 10.1.10.9\nkubeVIP: {image: registry.lan:5000/kube-vip}",
			want: `
error: kubeVIP.image: "registry.lan:5000/kube-vip" does not name one release of an image
  hint: with registry and tag, as in ghcr.io/kube-vip/kube-vip:v1.2.3
`,
		},
	})
}

// balanced plans the plain inventory with another way of balancing.
func balanced(t *testing.T, edit []string, add string) *Cluster {
	t.Helper()
	c, diagnostics := Plan(ruleTest{edit: edit, add: add}.inventory(t), nil)
	if c == nil {
		t.Fatal(text(diagnostics))
	}
	return c
}

func namesOf(nodes []Node) []string {
	var names []string
	for _, n := range nodes {
		names = append(names, n.Name)
	}
	return names
}

// Who speaks VRRP to whom, what is installed and where the endpoint is follow from the kind alone.
func TestBalancingOfEachKind(t *testing.T) {
	vip := netip.MustParseAddr("10.1.10.9")
	for _, tt := range []struct {
		name     string
		cluster  *Cluster
		want     LoadBalancer
		endpoint Endpoint
		routers  []string
		packages []string // of the first control plane
	}{
		{"one", balanced(t, nil, ""), LoadBalancer{Kind: BalancerNodes}, Endpoint{"lb", netip.MustParseAddr("10.1.10.10"), 6443}, nil, nil},
		{"pair", balanced(t, pair, "virtualIP: 10.1.10.9"), LoadBalancer{BalancerNodes, vip, 75, ""}, Endpoint{"10.1.10.9", vip, 6443}, []string{"lb", "lb2"}, nil},
		{
			"control planes", balanced(t, without, "loadBalancer: control-planes\nvirtualIP: 10.1.10.9\nvirtualRouterID: 7\nendpoint: api:9443"),
			LoadBalancer{BalancerControlPlanes, vip, 7, ""},
			Endpoint{"api", vip, 9443},
			[]string{"cp1", "cp2", "cp3"},
			[]string{"haproxy", "keepalived"},
		},
		{
			"kube-vip", balanced(t, without, "loadBalancer: kube-vip\nvirtualIP: 10.1.10.9"),
			LoadBalancer{BalancerKubeVIP, vip, 0, "ghcr.io/kube-vip/kube-vip:v1.2.3"},
			Endpoint{"10.1.10.9", vip, 6443},
			nil, nil,
		},
	} {
		c := tt.cluster
		if diff := cmp.Diff(tt.want, c.LoadBalancer, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
		if c.Endpoint != tt.endpoint {
			t.Errorf("%s: endpoint %v, want %v", tt.name, c.Endpoint, tt.endpoint)
		}
		if diff := cmp.Diff(tt.routers, namesOf(c.VRRPRouters())); diff != "" {
			t.Errorf("%s: who speaks VRRP (-want +got):\n%s", tt.name, diff)
		}
		for _, n := range c.VRRPRouters() {
			if peers := namesOf(c.VRRPPeers(n)); len(peers) != len(tt.routers)-1 || cmp.Equal(peers, tt.routers) {
				t.Errorf("%s: %s speaks to %v", tt.name, n.Name, peers)
			}
		}
		if peers := c.VRRPPeers(Node{Name: "w1", Role: RoleWorker}); peers != nil {
			t.Errorf("%s: a worker speaks VRRP to %v", tt.name, namesOf(peers))
		}
		if diff := cmp.Diff(tt.packages, c.BalancerPackages(c.FirstControlPlane())); diff != "" {
			t.Errorf("%s: packages of a control plane (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestClashesOfNeighbours(t *testing.T) {
	const shared = "virtualIP: 10.1.10.9\nvirtualRouterID: 51"
	mine := ruleTest{edit: pair, add: shared}
	other := func(name, network, vip string) *Cluster {
		return balanced(t, append([]string{"cluster: lab", "cluster: " + name, "10.1.10.", network}, pair...), "virtualIP: "+vip+"\nvirtualRouterID: 51")
	}
	inv := mine.inventory(t)
	c, _ := Plan(inv, nil)
	for _, tt := range []struct {
		name   string
		others []Neighbour
		want   string
	}{
		{"the same cluster in another file", []Neighbour{{"copy.yaml", other("lab", "10.1.10.", "10.1.10.9")}}, ""},
		{"another network", []Neighbour{{"far.yaml", other("far", "10.1.11.", "10.1.11.9")}}, ""},
		{
			"the same number",
			[]Neighbour{{"b.yaml", other("b", "10.1.10.", "10.1.10.8")}},
			"warning: virtualRouterID: virtual router ID 51 is that of cluster \"b\", too (b.yaml), on the same network\n  hint: write virtualRouterID: 52 in one of the two\n",
		},
		{
			"the same address and number",
			[]Neighbour{{"b.yaml", other("b", "10.1.10.", "10.1.10.9")}},
			"warning: virtualIP: 10.1.10.9 is the virtual IP of cluster \"b\", too (b.yaml)\n" +
				"warning: virtualRouterID: virtual router ID 51 is that of cluster \"b\", too (b.yaml), on the same network\n  hint: write virtualRouterID: 52 in one of the two\n",
		},
	} {
		if diff := cmp.Diff(tt.want, said(Clashes(inv, c, tt.others))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	if clashes := Clashes(inv, balanced(t, nil, ""), []Neighbour{{"b.yaml", other("b", "10.1.10.", "10.1.10.9")}}); clashes != nil {
		t.Errorf("a cluster without a virtual IP clashes: %s", text(clashes))
	}
}
