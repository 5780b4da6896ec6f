// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/hakube/hakube-seed/generator/cluster"
)

// variable is a line of node.env.
type variable struct{ Name, Value string }

// nodeEnv is what the steps of a node know about it.
func (g *Generator) nodeEnv(n cluster.Node) []variable {
	c := g.cluster
	return append([]variable{
		{"HAKUBE_CLUSTER", c.Name},
		{"HAKUBE_NODE", n.Name},
		{"HAKUBE_ROLE", string(n.Role)},
		{"HAKUBE_INSTANCE_ID", n.InstanceID},
		{"HAKUBE_ADDRESS", n.Address.String()},
		{"HAKUBE_API_SERVER", ofControlPlane(n, apiServer(n))},
		{"HAKUBE_ETCD_PEER", ofControlPlane(n, "https://"+netip.AddrPortFrom(n.Address, 2380).String())},
		{"HAKUBE_ETCD_LOCAL", ofControlPlane(n, "https://"+net.JoinHostPort(g.loopback(), "2379"))},
		{"HAKUBE_LOOPBACK", g.loopback()},
		{"HAKUBE_FORWARDING", strings.Join(g.forwarding(), " ")},
		{"HAKUBE_ENDPOINT", g.endpoint()},
		{"HAKUBE_PORT", strconv.Itoa(int(c.Endpoint.Port))},
		{"HAKUBE_VIRTUAL_IP", g.virtualIP()},
		{"HAKUBE_VRRP_PEERS", strings.Join(addressesOf(c.VRRPPeers(n)), " ")},
		{"HAKUBE_BALANCER_PACKAGES", strings.Join(c.BalancerPackages(n), " ")},
		{"HAKUBE_INIT_KUBECONFIG", c.Release.InitKubeconfig()},
		{"HAKUBE_PEERS", strings.Join(g.peers(n), " ")},
		{"HAKUBE_PREVIOUS", g.previous(n)},
		{"HAKUBE_ETCD", g.etcdMembers()},
		{"HAKUBE_VERSION", c.Version.String()},
		{"HAKUBE_MINOR", fmt.Sprintf("%d.%d", c.Version.Major, c.Version.Minor)},
		{"HAKUBE_IMAGE_REPOSITORY", c.Kubeadm.ImageRepository},
		{"HAKUBE_CRI_SOCKET", criSocket(n.Runtime)},
		{"HAKUBE_FIREWALL", g.firewallPackage()},
		{"HAKUBE_BUNDLE_PATH", n.Bundle.Path},
		{"HAKUBE_BUNDLE_LABEL", n.Bundle.Label},
		{"HAKUBE_USER", n.User.Name},
		{"HAKUBE_TIMEZONE", n.Timezone},
		{"HAKUBE_NTP", strings.Join(c.Network.NTP, " ")},
		{"HAKUBE_NOT_BEFORE", strconv.FormatInt(g.notBefore.Unix(), 10)},
		{"HAKUBE_TOKEN_ID", g.tokenID(n)},
		{"HAKUBE_SKIP_PHASES", skippedPhases(c)},
		{"HAKUBE_CNI_URL", c.CNI.URL},
		{"HAKUBE_CNI_SHA256", c.CNI.SHA256},
		{"HAKUBE_PROGRESS_URL", c.ProgressURL},
	}, g.preflightEnv(n)...)
}

// ofControlPlane is a value that no other node has a use for.
func ofControlPlane(n cluster.Node, value string) string {
	if n.Role != cluster.RoleControlPlane {
		return ""
	}
	return value
}

// skippedPhases are those of kubeadm init that this cluster does without. They are an argument and not in the document:
// the argument wins, and an init that goes on where it was cut off has more of them.
func skippedPhases(c *cluster.Cluster) string {
	if c.KubeProxyMode == cluster.NoKubeProxy {
		return "addon/kube-proxy"
	}
	return ""
}

// endpoint is host:port of the API as every node reaches it.
func (g *Generator) endpoint() string {
	return net.JoinHostPort(g.cluster.Endpoint.Name, strconv.Itoa(int(g.cluster.Endpoint.Port)))
}

// loopback is where a node's programs reach each other: kubeadm has etcd listen at the one of its primary family.
func (g *Generator) loopback() string {
	if g.cluster.FirstControlPlane().Address.Is6() {
		return "::1"
	}
	return "127.0.0.1"
}

// forwarding are the kernel's settings by which a node forwards what pods send.
func (g *Generator) forwarding() []string {
	var settings []string
	for _, subnet := range g.cluster.PodSubnets {
		settings = append(settings, map[cluster.Family]string{
			cluster.IPv4: "net.ipv4.ip_forward", cluster.IPv6: "net.ipv6.conf.all.forwarding",
		}[cluster.FamilyOf(subnet.Addr())])
	}
	return settings
}

func texts(addresses []netip.Addr) []string {
	list := make([]string, len(addresses))
	for i, a := range addresses {
		list[i] = a.String()
	}
	return list
}

// tokenID is the public half of the bootstrap token, for who joins by it.
func (g *Generator) tokenID(n cluster.Node) string {
	if !n.Role.InKubernetes() {
		return ""
	}
	return g.secrets.TokenID()
}

// peers are the API servers of the other control planes: the first control plane and etcd nodes, who must not start
// anything for a second time, ask them whether the cluster lives.
func (g *Generator) peers(n cluster.Node) []string {
	var peers []string
	if n.Role == cluster.RoleControlPlane || n.Role == cluster.RoleEtcd {
		for _, other := range g.controlPlanes {
			if other.Name != n.Name {
				peers = append(peers, apiServer(other))
			}
		}
	}
	return peers
}

// previous is the API server of the control plane that joins before this one, empty where there is none.
func (g *Generator) previous(n cluster.Node) string {
	i := slices.IndexFunc(g.controlPlanes, func(cp cluster.Node) bool { return cp.Name == n.Name })
	if i < 1 {
		return ""
	}
	return apiServer(g.controlPlanes[i-1])
}

// apiServer is where a control plane's own API server listens; kubeadm's bindPort default.
func apiServer(n cluster.Node) string { return netip.AddrPortFrom(n.Address, 6443).String() }

func criSocket(runtime string) string {
	if runtime == "docker" {
		return "unix:///var/run/cri-dockerd.sock"
	}
	return "unix:///run/containerd/containerd.sock"
}

// host is a line of /etc/hosts.
type host struct{ Address, Names string }

// hosts lists the endpoint, the nodes that are wanted and what the user adds, one line an address. Where the endpoint is a node, its name has
// all addresses of the node.
func hosts(c *cluster.Cluster, want func(cluster.Node) bool) []host {
	var lines []host
	endpoint := ""
	if c.Endpoint.Address.IsValid() && c.Endpoint.Name != c.Endpoint.Address.String() {
		endpoint = c.Endpoint.Name
		if !slices.ContainsFunc(c.Nodes, func(n cluster.Node) bool { return slices.Contains(n.Addresses, c.Endpoint.Address) }) {
			lines = append(lines, host{c.Endpoint.Address.String(), endpoint})
		}
	}
	for _, n := range c.Nodes {
		names := n.Name
		if slices.Contains(n.Addresses, c.Endpoint.Address) && endpoint != "" && endpoint != n.Name {
			names += " " + endpoint
		}
		if want(n) || names != n.Name {
			lines = append(lines, hostLines(n, names)...)
		}
	}
	for _, h := range c.Hosts {
		lines = append(lines, host{h.Address.String(), strings.Join(h.Names, " ")})
	}
	return lines
}

func hostLines(n cluster.Node, names string) []host {
	var lines []host
	for _, address := range n.Addresses {
		lines = append(lines, host{address.String(), names})
	}
	return lines
}

// hostsFor returns every name for the machines people log in to, and for a worker what it needs and its own: a file
// that grew with the cluster on every node would make media of a thousand nodes cost a thousand times as much.
func (g *Generator) hostsFor(n cluster.Node) []host {
	if n.Role != cluster.RoleWorker {
		return g.allHosts
	}
	return append(slices.Clone(g.coreHosts), hostLines(n, n.Name)...)
}

// containerdView is what containerd.toml needs.
type containerdView struct {
	PauseImage string
	Logins     []login
}

// pauseImage is the sandbox image that this Kubernetes' kubeadm pulls; containerd must not want another one.
func (g *Generator) pauseImage() string {
	return g.cluster.Kubeadm.ImageRepository + "/pause:" + g.cluster.Release.PauseTag
}
