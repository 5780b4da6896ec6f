// SPDX-License-Identifier: Apache-2.0

// Package cluster turns an Inventory into a Cluster: the plan of one cluster, in which every default is filled in,
// every rule has been checked and every value has its own type.
//
// In go an inventory and the contents of the files it names; out comes a Cluster about which nothing needs to be asked
// again, or no Cluster and the Diagnostics that say why. Version differences live in one table (release.go).
// The package is pure.
package cluster

import (
	"net/netip"
	"strings"
	"time"

	"github.com/hakube/hakube-seed/generator/manifest"
)

// Cluster is a complete plan.
type Cluster struct {
	Name           string
	Version        Version // exact Kubernetes version
	Release        Release // what is true of Version's minor
	Endpoint       Endpoint
	LoadBalancer   LoadBalancer
	PodSubnets     Subnets
	NodeCIDRMasks  []int // prefix lengths of one node's part of each of PodSubnets
	MaxPods        int   // pods per node, all kinds of them counted; 0: the kubelet's default (110)
	ServiceSubnets Subnets
	DNSDomain      string
	Network        Network
	CNI            CNI
	Firewall       Firewall
	Kubeadm        Kubeadm
	Secrets        SecretsPolicy

	APT            APT
	Proxy          Proxy
	Registries     []Registry
	CACertificates [][]byte // PEM, one certificate each
	ProgressURL    string   // where nodes post how far they are, without a slash at its end; empty: nowhere

	APIServerArgs, ControllerManagerArgs, SchedulerArgs, EtcdArgs []Arg

	KubeletConfig   map[string]any // fields of KubeletConfiguration given by the user; a maxPods among them equals MaxPods
	KubeProxyMode   string         // NoKubeProxy: there is none
	KubeProxyConfig map[string]any // fields of KubeProxyConfiguration given by the user

	Hosts  []Host // names of the user's for the nodes' hosts files
	HyperV HyperV
	Nodes  []Node // in the inventory's order
}

// Endpoint is where the API is reached. Name equals Address.String() when the user gave an address.
type Endpoint struct {
	Name    string
	Address netip.Addr
	Port    uint16
}

// CNI is the pod network.
type CNI struct {
	Name          string // "calico", "flannel", "cilium", "manifest" or "none"
	Version       string // release, empty for a manifest of the user's
	Encapsulation string // "ipip", "vxlan", "geneve" or "none"; empty when only the nodes will see the manifest
	MTU           int    // of pods; 0: found on each node
	Typha         bool
	BlockSizes    []int            // prefix length of a Calico block of each of PodSubnets: its NodeCIDRMask as far as Calico takes it; nil without Calico
	Manifest      []byte           // the manifest as the user gave it, nil when it is downloaded
	Fitted        []byte           // the same with its settings in place: what is applied
	URL           string           // where the first control plane downloads it, with
	SHA256        string           // its checksum, 64 lower-case hexadecimal digits
	Patches       []manifest.Patch // the settings that the first control plane puts into what it has downloaded
}

// Firewall is what closes the nodes' ports; what it leaves open is told by Openings.
type Firewall struct {
	Kind  string         // "none", "nftables" or "ufw"
	SSH   []netip.Prefix // who may log in by SSH, nil: everybody
	NoSSH bool           // nobody may
	Allow []Allow        // more openings, the user's
}

// Allow is an opening of the user's.
type Allow struct {
	Opening
	Roles []Role // empty: all
}

// APT is where packages come from.
type APT struct {
	Mirror         string // empty: what the VM image is set to
	SecurityMirror string // empty: none besides Mirror
	MirrorKey      []byte // of a mirror that signs by itself; nil for the distribution's
	Kubernetes     string // repository of this minor, without a slash at its end
	Fingerprint    string // of its key, 40 upper-case hexadecimal digits
	Key            []byte // the key itself; nil when nodes fetch Release.key
	CRIDockerd     Package
}

// Package is a .deb file; zero when there is none.
type Package struct {
	URL    string
	SHA256 string // 64 lower-case hexadecimal digits
}

// Proxy is the way to the internet; empty strings when there is none.
type Proxy struct {
	HTTP, HTTPS string
	NoProxy     []string // names, domains, addresses and networks, this cluster's own among them
}

// Registry is how nodes reach a container registry.
type Registry struct {
	Name     string   // as in images
	Mirrors  []string // URLs, asked in this order; empty: the registry itself
	CA       []byte   // PEM of their authorities, nil for the system's
	Username string   // empty: no login
	Password string
}

// Kubeadm holds settings of kubeadm itself.
type Kubeadm struct {
	Timeouts              Timeouts
	IgnorePreflightErrors []string
	Patches               []Patch
	CertSANs              []string
	ImageRepository       string
}

// Timeouts are kubeadm's, all set.
type Timeouts struct {
	ControlPlaneComponentHealthCheck, KubeletHealthCheck, KubernetesAPICall, EtcdAPICall, TLSBootstrap, Discovery, UpgradeManifests time.Duration
}

// Patch is one file of kubeadm's patches directory; FileName is TARGET[SUFFIX]+TYPE.yaml as kubeadm wants it.
type Patch struct {
	FileName string
	Content  []byte
}

// Arg is a command line argument of a component; Name has no dashes.
type Arg struct{ Name, Value string }

// SecretsPolicy says which secrets to make; the strings are empty when they are to be made at random.
type SecretsPolicy struct {
	Algorithm      string // "ECDSA-P256" or "RSA-2048"
	BootstrapToken string
	CertificateKey string
}

// Role is what a node does.
type Role string

// The roles.
const (
	RoleControlPlane Role = "control-plane"
	RoleWorker       Role = "worker"
	RoleLoadBalancer Role = "load-balancer"
	RoleEtcd         Role = "etcd"
)

// InKubernetes reports whether nodes of this role are nodes of Kubernetes.
func (r Role) InKubernetes() bool { return r == RoleControlPlane || r == RoleWorker }

// RunsKubelet reports whether nodes of this role run a kubelet, if only to keep etcd running.
func (r Role) RunsKubelet() bool { return r.InKubernetes() || r == RoleEtcd }

// Software is where a node's Kubernetes comes from.
type Software string

// The software sources.
const (
	SoftwareAPT    Software = "apt"
	SoftwareBundle Software = "bundle"
	SoftwareImage  Software = "image"
)

// Node is one machine of the plan.
type Node struct {
	Name       string
	Role       Role
	Address    netip.Addr   // the primary one, by which other nodes know this one
	Addresses  []netip.Addr // all that it has in the nodes' networks: Address, and with dual stack that of the other family
	Interface  string       // the one of Interfaces that has Addresses
	Interfaces []Interface  // cards, then bonds of them, then VLANs
	InstanceID string       // from cluster name, node name and generation, never from time or content
	OS         OS
	Timezone   string
	User       User
	Software   Software
	Runtime    string // "containerd" or "docker"
	Bundle     Bundle
	Machine    Machine // the least that it must be
	VM         VirtualMachine
	Labels     []Arg
	Taints     []Taint // nil: kubeadm's own; empty: none, so that pods run on a control plane

	KubeletArgs                   []Arg
	Files                         []File
	CommandsBefore, CommandsAfter []string
}

// User is the login user.
type User struct {
	Name         string
	SSHKeys      []string
	PasswordHash string
}

// Bundle is where the node finds the bundle: Path first, then a volume with Label.
type Bundle struct{ Path, Label string }

// Taint is a Kubernetes node taint.
type Taint struct{ Key, Value, Effect string }

// File is an extra guest file of the user's.
type File struct {
	Path    string
	Mode    uint32 // permission bits
	Content []byte
}

// NodesWith returns the nodes of a role, in the inventory's order.
func (c *Cluster) NodesWith(role Role) []Node {
	var nodes []Node
	for _, n := range c.Nodes {
		if n.Role == role {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// Noun is what a node of this role is called.
func (r Role) Noun() string {
	if r == RoleEtcd {
		return "etcd node" // etcd itself is a program
	}
	return strings.ReplaceAll(string(r), "-", " ")
}

// EtcdMembers returns the nodes on which etcd runs: nodes of its own where there are any, else the control planes.
func (c *Cluster) EtcdMembers() []Node {
	if c.ExternalEtcd() {
		return c.NodesWith(RoleEtcd)
	}
	return c.NodesWith(RoleControlPlane)
}

// ExternalEtcd reports whether etcd runs on nodes of its own.
func (c *Cluster) ExternalEtcd() bool { return len(c.NodesWith(RoleEtcd)) > 0 }

// FirstControlPlane returns the node that runs kubeadm init: the first control plane of the inventory.
func (c *Cluster) FirstControlPlane() Node { return c.NodesWith(RoleControlPlane)[0] }
