// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"fmt"
	"slices"

	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/seeds"
	"github.com/hakube/hakube-seed/templates"
)

// virtualIP is the address that moves, empty where there is none.
func (g *Generator) virtualIP() string {
	if address := g.cluster.LoadBalancer.VirtualIP; address.IsValid() {
		return address.String()
	}
	return ""
}

// haproxyView is what haproxy.cfg needs.
type haproxyView struct {
	Cluster      string
	Endpoint     string
	Binds        []string // where it listens, one for each family of the node's
	HTTPCheckSSL bool
	AlivePort    uint16 // where it says that it lives; 0 when nobody asks
	Servers      []server
}

type server struct{ Name, Address string }

// anyAddress is how haproxy listens on a port of all addresses of a family. Its IPv6 socket leaves IPv4 to the other one.
var anyAddress = map[cluster.Family]string{cluster.IPv4: "*:%d", cluster.IPv6: ":::%d v6only"}

func (g *Generator) haproxyView(n cluster.Node) haproxyView {
	view := haproxyView{Cluster: g.cluster.Name, Endpoint: g.cluster.Endpoint.Name, HTTPCheckSSL: n.OS.HTTPCheckSSL}
	for _, a := range n.Addresses {
		view.Binds = append(view.Binds, fmt.Sprintf(anyAddress[cluster.FamilyOf(a)], g.cluster.Endpoint.Port))
	}
	if g.cluster.VRRPPeers(n) != nil {
		view.AlivePort = cluster.StatisticsPort
	}
	for _, cp := range g.controlPlanes {
		view.Servers = append(view.Servers, server{cp.Name, apiServer(cp)})
	}
	return view
}

// keepalivedView is what keepalived.conf needs.
type keepalivedView struct {
	Cluster, Node      string
	Address, VirtualIP string
	Peers              []string
	RouterID, Priority int
	DownTimer          bool
	Password           string
}

// keepalivedConfig is the configuration of keepalived: a secret, because it has the password that adverts carry.
func (g *Generator) keepalivedConfig(n cluster.Node) (seeds.GuestFile, error) {
	view := keepalivedView{
		Cluster: g.cluster.Name, Node: n.Name, Address: n.Address.String(), VirtualIP: g.virtualIP(), Peers: addressesOf(g.cluster.VRRPPeers(n)),
		RouterID: g.cluster.LoadBalancer.RouterID, Priority: g.vrrpPriority(n), DownTimer: n.OS.DownTimer,
		Password: g.secrets.VRRPPassword(),
	}
	content, err := templates.Render("etc/hakube/keepalived.conf", view)
	return seeds.GuestFile{Path: configDir + "keepalived.conf", Mode: 0o600, Content: content, Secret: vrrpPassword}, err
}

func addressesOf(nodes []cluster.Node) []string {
	var addresses []string
	for _, n := range nodes {
		addresses = append(addresses, n.Address.String())
	}
	return addresses
}

// vrrpPassword says in words what the secret of keepalived.conf is.
const vrrpPassword = "VRRP password"

// vrrpPriority is highest for the first of the routers. Ten apart, two that begin at once differ by 40 ms, so that one has
// claimed the address before the other one tries.
func (g *Generator) vrrpPriority(n cluster.Node) int {
	i := slices.IndexFunc(g.cluster.VRRPRouters(), func(r cluster.Node) bool { return r.Name == n.Name })
	return max(254-10*i, 1)
}

// balancerFiles lists what nodes of a kind share for balancing.
func (g *Generator) balancerFiles(n cluster.Node) ([]seeds.GuestFile, error) {
	var list fileList
	if g.cluster.RunsHAProxy(n) {
		list.render(configDir+"haproxy.cfg", g.haproxyView(n))
	}
	if g.cluster.VRRPPeers(n) != nil {
		list.text(libraryDir+"haproxy-alive.py", 0o644)
		list.text(libraryDir+"virtual-ip", 0o644)
	}
	if g.cluster.RunsKubeVIP(n) {
		pod, err := g.kubeVIPPod()
		list.note(err)
		list.add(configDir+"kube-vip.yaml", 0o644, pod)
	}
	return list.files, list.err
}

// envVar is an entry of a container's environment.
type envVar struct {
	Name  string `yaml:"name"`
	Value string `yaml:"value"`
}

// kubeVIPPod is kube-vip as a static pod. What only the guest knows, its network card and which of kubeadm's kubeconfigs is
// good at this moment, stands between @. kube-vip asks the API server of its own machine, under a name of its certificate:
// the virtual IP need not be up for that.
func (g *Generator) kubeVIPPod() ([]byte, error) {
	type m = map[string]any
	lb := g.cluster.LoadBalancer
	return encode(m{
		"apiVersion": "v1",
		"kind":       "Pod",
		"metadata":   m{"name": "kube-vip", "namespace": "kube-system"},
		"spec": m{
			"hostNetwork":       true,
			"priorityClassName": "system-node-critical",
			"hostAliases":       []m{{"ip": "127.0.0.1", "hostnames": []string{"kubernetes"}}},
			"containers": []m{{
				"name":            "kube-vip",
				"image":           lb.Image,
				"imagePullPolicy": "IfNotPresent",
				"args":            []string{"manager"},
				"env": []envVar{
					{"vip_arp", "true"},
					{"vip_interface", "@interface@"},
					{"address", lb.VirtualIP.String()},
					{"vip_subnet", "32"},
					{"port", "6443"},
					{"cp_enable", "true"},
					{"cp_namespace", "kube-system"},
					{"vip_leaderelection", "true"},
					{"vip_leasename", "plndr-cp-lock"},
					{"vip_leaseduration", "5"},
					{"vip_renewdeadline", "3"},
					{"vip_retryperiod", "1"},
					{"prometheus_server", "127.0.0.1:2112"},
				},
				"securityContext": m{"capabilities": m{"add": []string{"NET_ADMIN", "NET_RAW"}, "drop": []string{"ALL"}}},
				"volumeMounts":    []m{{"name": "kubeconfig", "mountPath": "/etc/kubernetes/admin.conf", "readOnly": true}},
			}},
			"volumes": []m{{"name": "kubeconfig", "hostPath": m{"path": "/etc/kubernetes/@kubeconfig@", "type": "File"}}},
		},
	})
}
