// SPDX-License-Identifier: Apache-2.0

// Package inventory reads inventory.yaml, the one file a user writes, into an Inventory.
//
// In go the file's bytes; out comes an Inventory that holds exactly what the user wrote (no default is
// filled in here, no rule across fields is checked: package cluster does both) and the Diagnostics of everything that
// is not YAML of this schema: unknown and duplicate keys, wrong types, unknown apiVersion. Every path of the schema has
// a position, so that later stages can report a path and the user sees file:line:col.
//
// The package is pure: it opens no file, and files that an inventory names are listed by FileReferences.
package inventory

// APIVersion is the only schema version that this program reads.
const APIVersion = "hakube-seed/v1"

// Inventory is one cluster as its user describes it. The zero value of a field means that the key was not given.
// The doc tag of a field is its reference text: JSON Schema, `hakube-seed schema` and the docs are made from it. The
// jsonschema tag holds what an editor can check while the user types; the rules themselves are in package cluster.
type Inventory struct {
	APIVersion        string            `yaml:"apiVersion" jsonschema:"required" doc:"Schema version of this file: hakube-seed/v1."`
	Cluster           string            `yaml:"cluster" jsonschema:"required,minLength=1" doc:"Name of the cluster: lower-case letters, digits and dashes."`
	KubernetesVersion string            `yaml:"kubernetesVersion" jsonschema:"required,pattern=^v?1[.][0-9]+[.][0-9]+$" doc:"Exact Kubernetes version, e.g. 1.37.2."`
	Endpoint          string            `yaml:"endpoint" doc:"Name or address, and optionally :port, under which every node reaches the API. Default: the virtual IP, else the load balancer node's name, else the only control plane's; port 6443, with loadBalancer: control-planes 8443."`
	LoadBalancer      string            `yaml:"loadBalancer" jsonschema:"enum=nodes,enum=control-planes,enum=kube-vip" doc:"What stands in front of the API servers: nodes (HAProxy on the nodes with role load-balancer; several share virtualIP), control-planes (HAProxy on the control planes themselves) or kube-vip (a static pod on the control planes that moves virtualIP). Default: nodes where there are load balancer nodes, else none of the inventory's."`
	VirtualIP         string            `yaml:"virtualIP" doc:"A free address of the nodes' network that moves to another machine when the one that has it dies. Needed by two load balancer nodes, control-planes and kube-vip."`
	VirtualRouterID   int               `yaml:"virtualRouterID" jsonschema:"minimum=1,maximum=255" doc:"Number by which VRRP tells virtual IPs on one network apart. Default: derived from the cluster's name."`
	KubeVIP           KubeVIP           `yaml:"kubeVIP" doc:"kube-vip (loadBalancer: kube-vip)."`
	PodSubnet         PerFamily[string] `yaml:"podSubnet" jsonschema:"pattern=^[0-9A-Fa-f.:]+/[0-9]+(\\, *[0-9A-Fa-f.:]+/[0-9]+)?$" doc:"Addresses for pods (CIDR); a list of two for dual stack, the first family of network.cidr first. Default: of each family of network.cidr, 10.244.0.0/16 and fd00:10:244::/56."`
	ServiceSubnet     PerFamily[string] `yaml:"serviceSubnet" jsonschema:"pattern=^[0-9A-Fa-f.:]+/[0-9]+(\\, *[0-9A-Fa-f.:]+/[0-9]+)?$" doc:"Addresses for services (CIDR), of families that podSubnet has. Default: of each family of podSubnet, 10.96.0.0/16 and fd00:10:96::/112."`
	NodeCIDRMask      PerFamily[int]    `yaml:"nodeCIDRMask" jsonschema:"minimum=1,maximum=128" doc:"Prefix length of one node's part of podSubnet; a list where podSubnet is one. Default: chosen so that every node gets one and a spare is left."`
	DNSDomain         string            `yaml:"dnsDomain" doc:"DNS domain of the cluster. Default cluster.local."`
	Network           Network           `yaml:"network" jsonschema:"required" doc:"The network that the nodes are on."`
	Hosts             []Host            `yaml:"hosts" doc:"More names for the hosts files of the nodes, e.g. of a registry that no DNS server knows."`
	OS                string            `yaml:"os" jsonschema:"enum=ubuntu-18.04,enum=ubuntu-20.04,enum=ubuntu-22.04,enum=ubuntu-24.04,enum=ubuntu-26.04,enum=debian-12,enum=debian-13" doc:"Operating system of the VM images. Default ubuntu-24.04."`
	User              User              `yaml:"user" doc:"The login user made on every node."`
	Timezone          string            `yaml:"timezone" doc:"Time zone of the nodes, e.g. Asia/Seoul. Default Etc/UTC."`
	Runtime           string            `yaml:"runtime" jsonschema:"enum=containerd,enum=docker" doc:"Container runtime. Default containerd."`
	CNI               CNI               `yaml:"cni" doc:"The pod network."`
	Firewall          Firewall          `yaml:"firewall" doc:"The firewall of every node: none, nftables or ufw; or a mapping, for more than that."`
	Software          string            `yaml:"software" jsonschema:"enum=apt,enum=bundle,enum=image" doc:"Where Kubernetes and the container runtime come from: apt (package repositories), bundle (a disk that is carried in), image (already in the VM image). Default apt."`
	APT               APT               `yaml:"apt" doc:"Package repositories (software: apt). Default: the VM image's own, and pkgs.k8s.io."`
	Bundle            Bundle            `yaml:"bundle" doc:"Where nodes find the bundle (software: bundle)."`
	Proxy             Proxy             `yaml:"proxy" doc:"The proxy through which nodes reach the internet."`
	Registries        []Registry        `yaml:"registries" doc:"Container registries: mirrors, certificate authorities, logins."`
	CACertificates    []string          `yaml:"caCertificates" doc:"Files with certificates (PEM) of authorities that every node is to trust, relative to the inventory."`
	Progress          Progress          `yaml:"progress" doc:"Where nodes tell how far they are, besides their console, login banner and Hyper-V's key-value pairs."`
	Preflight         Preflight         `yaml:"preflight" doc:"What every machine is looked at for before anything is changed on it."`
	Kubeadm           Kubeadm           `yaml:"kubeadm" doc:"Settings of kubeadm itself."`
	APIServer         Component         `yaml:"apiServer" doc:"kube-apiserver."`
	ControllerManager Component         `yaml:"controllerManager" doc:"kube-controller-manager."`
	Scheduler         Component         `yaml:"scheduler" doc:"kube-scheduler."`
	Etcd              Component         `yaml:"etcd" doc:"etcd."`
	Kubelet           Kubelet           `yaml:"kubelet" doc:"The kubelet of every node."`
	KubeProxy         KubeProxy         `yaml:"kubeProxy" doc:"kube-proxy."`
	Secrets           Secrets           `yaml:"secrets" doc:"How secrets are made. They are kept in the secrets directory, never in this file."`
	Files             []File            `yaml:"files" doc:"Extra files for every node."`
	Commands          Commands          `yaml:"commands" doc:"Extra commands for every node."`
	HyperV            HyperV            `yaml:"hyperv" doc:"How the scripts for a Hyper-V host make the machines. With this key, cards without mac get a MAC address made of their names, which the scripts give them."`
	Nodes             []Node            `yaml:"nodes" jsonschema:"required,minItems=1" doc:"The machines."`

	source source
}

// Network is the network that all nodes share.
type Network struct {
	CIDR        PerFamily[string] `yaml:"cidr" jsonschema:"required,pattern=^[0-9A-Fa-f.:]+/[0-9]+(\\, *[0-9A-Fa-f.:]+/[0-9]+)?$" doc:"The nodes' network, e.g. 10.1.10.0/24; for dual stack one of each IP family, the primary one first: [10.1.10.0/24, fd00:10::/64]."`
	Gateway     PerFamily[string] `yaml:"gateway" jsonschema:"pattern=^((25[0-5]|(2[0-4]|1?[0-9])?[0-9])([.](25[0-5]|(2[0-4]|1?[0-9])?[0-9])){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)(\\, *((25[0-5]|(2[0-4]|1?[0-9])?[0-9])([.](25[0-5]|(2[0-4]|1?[0-9])?[0-9])){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*))?$" doc:"The default gateway, an address of the network; one of each family. It is left out where an interface with dhcp4 or dhcp6 brings the default route."`
	Subnets     []Subnet          `yaml:"subnets" doc:"More networks that nodes are on; a node is on the one that its address is of. The gateways route between them."`
	Interface   string            `yaml:"interface" doc:"Name of the interface that has the nodes' addresses. Default: primary, a card."`
	Interfaces  []SharedInterface `yaml:"interfaces" doc:"Network interfaces that all nodes have; a node's own entry of the same name adds to one."`
	Nameservers []string          `yaml:"nameservers" jsonschema:"pattern=^((25[0-5]|(2[0-4]|1?[0-9])?[0-9])([.](25[0-5]|(2[0-4]|1?[0-9])?[0-9])){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)$" doc:"DNS servers. Default: the gateway."`
	Search      []string          `yaml:"search" doc:"DNS search domains."`
	NTP         []string          `yaml:"ntp" doc:"Time servers (names or addresses). Default: what the image is set to; Hyper-V hosts give their guests the time."`
}

// Interface is a network interface of a node: a card, a bond of cards, or a VLAN on one of them.
type Interface struct {
	Name      string   `yaml:"name" jsonschema:"required,minLength=1" doc:"Its name in this file; a bond or VLAN has it on the node, too."`
	MAC       string   `yaml:"mac" jsonschema:"pattern=^[0-9A-Fa-f]{2}([:-]?[0-9A-Fa-f]{2}){5}$" doc:"A card: by its MAC address."`
	Device    string   `yaml:"device" doc:"A card: by its name on the node, such as enp2s0. Without mac and device the node's only card is taken."`
	Bond      Bond     `yaml:"bond" doc:"A bond of cards."`
	VLAN      VLAN     `yaml:"vlan" doc:"A VLAN on a card or a bond."`
	Addresses []string `yaml:"addresses" jsonschema:"pattern=^[0-9A-Fa-f.:]+/[0-9]+$" doc:"Addresses with their prefix lengths, e.g. 10.50.0.11/24, besides the node's own."`
	DHCP4     *bool    `yaml:"dhcp4" doc:"Take an IPv4 address from a DHCP server; its default route only where network.gateway is left out."`
	DHCP6     *bool    `yaml:"dhcp6" doc:"Take IPv6 addresses and the default route from a router and a DHCP server."`
	MTU       int      `yaml:"mtu" jsonschema:"minimum=68,maximum=65535" doc:"Largest packet in bytes. Default: the card's, usually 1500."`
	Routes    []Route  `yaml:"routes" doc:"Static routes, besides the default route."`
}

// SharedInterface is what all nodes have of an Interface: everything but what must differ.
type SharedInterface struct {
	Name   string  `yaml:"name" jsonschema:"required,minLength=1" doc:"Its name in this file; a bond or VLAN has it on the node, too."`
	Device string  `yaml:"device" doc:"A card: by its name on the node, such as enp2s0. Without mac, which only a node can give, and device the node's only card is taken."`
	Bond   Bond    `yaml:"bond" doc:"A bond of cards."`
	VLAN   VLAN    `yaml:"vlan" doc:"A VLAN on a card or a bond."`
	DHCP4  *bool   `yaml:"dhcp4" doc:"Take an IPv4 address from a DHCP server; its default route only where network.gateway is left out."`
	DHCP6  *bool   `yaml:"dhcp6" doc:"Take IPv6 addresses and the default route from a router and a DHCP server."`
	MTU    int     `yaml:"mtu" jsonschema:"minimum=68,maximum=65535" doc:"Largest packet in bytes. Default: the card's, usually 1500."`
	Routes []Route `yaml:"routes" doc:"Static routes, besides the default route."`
}

// Interface is the interface of a node that adds nothing.
func (s SharedInterface) Interface() Interface {
	return Interface{Name: s.Name, Device: s.Device, Bond: s.Bond, VLAN: s.VLAN, DHCP4: s.DHCP4, DHCP6: s.DHCP6, MTU: s.MTU, Routes: s.Routes}
}

// Bond is several cards that work as one.
type Bond struct {
	Members []string `yaml:"members" doc:"Names of the cards."`
	Mode    string   `yaml:"mode" jsonschema:"enum=balance-rr,enum=active-backup,enum=balance-xor,enum=broadcast,enum=802.3ad,enum=balance-tlb,enum=balance-alb" doc:"How they work together. Default active-backup, which no switch needs to know of."`
}

// VLAN is a tagged network on a card or a bond.
type VLAN struct {
	ID   int    `yaml:"id" jsonschema:"minimum=1,maximum=4094" doc:"The tag."`
	Link string `yaml:"link" doc:"Name of the card or bond that it is on."`
}

// Route is a static route.
type Route struct {
	To  string `yaml:"to" jsonschema:"required,pattern=^[0-9A-Fa-f.:]+/[0-9]+$" doc:"The network to reach."`
	Via string `yaml:"via" jsonschema:"required,pattern=^((25[0-5]|(2[0-4]|1?[0-9])?[0-9])([.](25[0-5]|(2[0-4]|1?[0-9])?[0-9])){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)$" doc:"The router, an address of the interface's network."`
}

// Host is an address with its names.
type Host struct {
	Address string   `yaml:"address" jsonschema:"required,pattern=^((25[0-5]|(2[0-4]|1?[0-9])?[0-9])([.](25[0-5]|(2[0-4]|1?[0-9])?[0-9])){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)$" doc:"The address."`
	Names   []string `yaml:"names" jsonschema:"required,minItems=1" doc:"Its names."`
}

// Subnet is a network of nodes besides the first.
type Subnet struct {
	CIDR    PerFamily[string] `yaml:"cidr" jsonschema:"required,pattern=^[0-9A-Fa-f.:]+/[0-9]+(\\, *[0-9A-Fa-f.:]+/[0-9]+)?$" doc:"The network; for dual stack one of each IP family."`
	Gateway PerFamily[string] `yaml:"gateway" jsonschema:"pattern=^((25[0-5]|(2[0-4]|1?[0-9])?[0-9])([.](25[0-5]|(2[0-4]|1?[0-9])?[0-9])){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)(\\, *((25[0-5]|(2[0-4]|1?[0-9])?[0-9])([.](25[0-5]|(2[0-4]|1?[0-9])?[0-9])){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*))?$" doc:"Its default gateway; one of each family."`
}

// User is the login user of the nodes.
type User struct {
	Name         string   `yaml:"name" doc:"Login name. Default: ubuntu or debian, by operating system."`
	SSHKeys      []string `yaml:"sshKeys" doc:"Public SSH keys, each as in authorized_keys."`
	PasswordHash string   `yaml:"passwordHash" doc:"Password hash as in /etc/shadow (mkpasswd -m sha-512), for a login on the console."`
}

// KubeVIP configures kube-vip.
type KubeVIP struct {
	Image string `yaml:"image" doc:"Its image. Default: the release that this program knows, from ghcr.io."`
}

// CNI selects the pod network.
type CNI struct {
	Name          string   `yaml:"name" jsonschema:"enum=calico,enum=flannel,enum=cilium,enum=manifest,enum=none" doc:"calico; flannel; cilium (by a manifest that you have rendered); manifest (apply the given one as it is); none (you install one). Default calico."`
	Version       string   `yaml:"version" doc:"Release of Calico or flannel, e.g. v3.32.1, whose manifest this program knows by checksum. Default: the newest known one that is tested with the Kubernetes version."`
	Encapsulation string   `yaml:"encapsulation" jsonschema:"enum=vxlan,enum=ipip,enum=none" doc:"How packets between pods cross the nodes' network: ipip or vxlan (UDP), or none (routes between nodes of one network). Default: as the manifest has it; Calico's own has ipip, flannel's vxlan. Cilium's is chosen when its manifest is rendered."`
	MTU           int      `yaml:"mtu" jsonschema:"minimum=1280,maximum=65535" doc:"Largest packet of a pod, in bytes. Default: the network card's less what the encapsulation takes, found on each node."`
	Typha         *bool    `yaml:"typha" doc:"Calico with Typha, worth its cost above 50 nodes. Default: only above 50 nodes, or as the given manifest has it."`
	Manifest      Manifest `yaml:"manifest" doc:"The manifest to apply instead of a known release's. Of calico, flannel and cilium the settings that follow from this inventory are set in it."`
}

// Manifest names a Kubernetes manifest: a file, or a URL with its checksum.
type Manifest struct {
	File   string `yaml:"file" doc:"Manifest file, relative to the inventory."`
	URL    string `yaml:"url" doc:"Address that the first control plane downloads the manifest from."`
	SHA256 string `yaml:"sha256" jsonschema:"pattern=^[0-9A-Fa-f]{64}$" doc:"SHA-256 of what the URL must deliver, 64 hexadecimal digits."`
}

// Firewall closes every port of the nodes but those that the cluster needs.
type Firewall struct {
	Kind  string   `yaml:"kind" short:"" jsonschema:"enum=none,enum=nftables,enum=ufw" doc:"none; nftables (a table of its own, inet hakube); ufw. Default none."`
	SSH   []string `yaml:"ssh" doc:"Networks and addresses that may log in by SSH. Default: all if there are user.sshKeys, else none."`
	Allow []Allow  `yaml:"allow" doc:"More ports to open: of pods with hostNetwork, of programs of yours, of a pod network that is not known here."`
}

// Allow is a port that the cluster itself does not need.
type Allow struct {
	Ports    string   `yaml:"ports" jsonschema:"oneof_type=string;integer" doc:"A port, or a range of ports such as 7000-7010."`
	Protocol string   `yaml:"protocol" jsonschema:"enum=tcp,enum=udp,enum=ipip,enum=esp" doc:"tcp, udp, or a protocol without ports: ipip, esp. Default tcp."`
	From     []string `yaml:"from" doc:"Networks and addresses that may use it. Default: all."`
	Roles    []string `yaml:"roles" jsonschema:"enum=control-plane,enum=worker,enum=load-balancer,enum=etcd" doc:"Roles whose nodes have it. Default: all."`
}

// Bundle tells nodes where the bundle's files are.
type Bundle struct {
	Path  string `yaml:"path" doc:"Directory of the VM image that holds the bundle; looked at first. Default /opt/hakube-bundle."`
	Label string `yaml:"label" doc:"Volume label of the disk that holds the bundle; looked for second. Default HAKUBE."`
}

// APT names the package repositories.
type APT struct {
	Mirror         string  `yaml:"mirror" jsonschema:"pattern=^https?://" doc:"Mirror of the distribution, e.g. http://mirror.lan/debian; it replaces the distribution's package sources of the image."`
	SecurityMirror string  `yaml:"securityMirror" jsonschema:"pattern=^https?://" doc:"Mirror of the distribution's security fixes, e.g. http://mirror.lan/debian-security. Default: on Ubuntu the mirror, on Debian none."`
	MirrorKeyFile  string  `yaml:"mirrorKeyFile" doc:"File with the key (ASCII armour) of a mirror that signs by itself, relative to the inventory. Default: the distribution's own keys."`
	Kubernetes     string  `yaml:"kubernetes" jsonschema:"pattern=^https?://" doc:"Repository of this Kubernetes minor: the address that Release.key and Packages lie below. Default https://pkgs.k8s.io/core:/stable:/v1.MINOR/deb."`
	Fingerprint    string  `yaml:"fingerprint" jsonschema:"pattern=^([0-9A-Fa-f] *){40}$" doc:"Fingerprint of the key that signs the Kubernetes repository, 40 hexadecimal digits. Default: that of pkgs.k8s.io."`
	KeyFile        string  `yaml:"keyFile" doc:"File with that key, relative to the inventory. Default: nodes fetch Release.key, which outlives an expiry date."`
	CRIDockerd     Package `yaml:"criDockerd" doc:"cri-dockerd, through which Kubernetes talks to Docker (runtime: docker); no distribution has it."`
}

// Package is a single .deb file.
type Package struct {
	URL    string `yaml:"url" jsonschema:"pattern=^https?://" doc:"Address of the .deb file."`
	SHA256 string `yaml:"sha256" jsonschema:"pattern=^[0-9A-Fa-f]{64}$" doc:"Its SHA-256, 64 hexadecimal digits."`
}

// Progress is where nodes tell how far they are.
type Progress struct {
	URL string `yaml:"url" jsonschema:"pattern=^https?://" doc:"A server that every node posts its events to (JSON), e.g. http://10.1.10.5:8080/events. Nothing waits for it. Over https it needs a certificate of the system's authorities or of caCertificates. Default: none."`
}

// Proxy is the way to the internet.
type Proxy struct {
	HTTP    string   `yaml:"http" jsonschema:"pattern=^http://" doc:"Proxy for http, e.g. http://proxy.lan:3128; spoken to over http itself."`
	HTTPS   string   `yaml:"https" jsonschema:"pattern=^http://" doc:"Proxy for https. Default: that for http."`
	NoProxy []string `yaml:"noProxy" doc:"Names, domains (.lan) and networks to reach without it, besides the nodes, pods, services and the cluster's domain."`
}

// Registry says how nodes reach one container registry.
type Registry struct {
	Name         string   `yaml:"name" jsonschema:"required,minLength=1" doc:"The registry as images name it, e.g. registry.k8s.io."`
	Mirrors      []string `yaml:"mirrors" jsonschema:"pattern=^https?://" doc:"Addresses to ask first, in this order; one with a path, such as https://harbor.lan/v2/k8s, is used as it is."`
	CAFile       string   `yaml:"caFile" doc:"File with the certificate (PEM) of the authority of the mirrors, or of the registry when it has none; relative to the inventory."`
	Username     string   `yaml:"username" doc:"Login at the mirrors, or at the registry when it has none."`
	PasswordFile string   `yaml:"passwordFile" doc:"File with the login's password, relative to the inventory."`
}

// Preflight is how machines are looked at before anything is changed on them.
type Preflight struct {
	Ignore []string `yaml:"ignore" jsonschema:"enum=cpus,enum=memory,enum=disk,enum=kernel,enum=cgroup,enum=product-uuid,enum=clock,enum=address,enum=gateway,enum=ports" doc:"Checks to leave out: cpus, memory, disk, kernel, cgroup, product-uuid, clock, address (in use by another machine), gateway, ports."`
}

// Kubeadm holds settings of kubeadm itself.
type Kubeadm struct {
	Timeouts              map[string]string `yaml:"timeouts" doc:"kubeadm's timeouts by name, e.g. kubernetesAPICall: 3m."`
	IgnorePreflightErrors []string          `yaml:"ignorePreflightErrors" doc:"Preflight checks whose errors are not to stop kubeadm, e.g. SystemVerification."`
	Patches               []Patch           `yaml:"patches" doc:"Patches that kubeadm applies to the manifests it writes."`
	CertSANs              []string          `yaml:"certSANs" doc:"More names and addresses for the API server's certificate."`
	ImageRepository       string            `yaml:"imageRepository" doc:"Registry of the Kubernetes images. Default registry.k8s.io."`
}

// Patch is one file of kubeadm's patches directory.
type Patch struct {
	Target  string `yaml:"target" jsonschema:"required,enum=kube-apiserver,enum=kube-controller-manager,enum=kube-scheduler,enum=etcd,enum=kubeletconfiguration,enum=corednsdeployment,enum=kubeproxydaemonset" doc:"What is patched: kube-apiserver, kube-controller-manager, kube-scheduler, etcd, kubeletconfiguration, corednsdeployment (from 1.32), kubeproxydaemonset (from 1.37)."`
	Type    string `yaml:"type" jsonschema:"enum=strategic,enum=merge,enum=json" doc:"strategic, merge or json. Default strategic."`
	Content string `yaml:"content" doc:"The patch."`
	File    string `yaml:"file" doc:"File that holds the patch, relative to the inventory, instead of content."`
}

// Component is a control plane program that kubeadm starts.
type Component struct {
	ExtraArgs map[string]string `yaml:"extraArgs" doc:"Command line arguments by name, without dashes."`
}

// Kubelet configures the kubelet.
type Kubelet struct {
	ExtraArgs map[string]string `yaml:"extraArgs" doc:"Command line arguments by name, without dashes."`
	Config    map[string]any    `yaml:"config" doc:"Fields of KubeletConfiguration (kubelet.config.k8s.io/v1beta1)."`
}

// KubeProxy configures kube-proxy.
type KubeProxy struct {
	Mode   string         `yaml:"mode" jsonschema:"enum=iptables,enum=nftables,enum=ipvs,enum=none" doc:"iptables, nftables or ipvs; none where the pod network does its work, as Cilium can. Default iptables."`
	Config map[string]any `yaml:"config" doc:"Fields of KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1)."`
}

// Secrets says how secrets are made; values given by hand win over made ones.
type Secrets struct {
	Algorithm      string `yaml:"algorithm" jsonschema:"enum=ECDSA-P256,enum=RSA-2048" doc:"Key algorithm of the certificate authorities: ECDSA-P256 or RSA-2048. Default ECDSA-P256, RSA-2048 below Kubernetes 1.31."`
	BootstrapToken string `yaml:"bootstrapToken" jsonschema:"pattern=^[a-z0-9]{6}[.][a-z0-9]{16}$" doc:"Bootstrap token to use, [a-z0-9]{6}.[a-z0-9]{16}. Default: made at random."`
	CertificateKey string `yaml:"certificateKey" jsonschema:"pattern=^[0-9A-Fa-f]{64}$" doc:"Certificate key to use, 64 hexadecimal digits. Default: made at random."`
}

// File is an extra file on a node.
type File struct {
	Path    string `yaml:"path" jsonschema:"required,pattern=^/" doc:"Absolute path on the node."`
	Mode    string `yaml:"mode" jsonschema:"oneof_type=string;integer" doc:"Permissions in octal, in quotes. Default \"0644\"."`
	Content string `yaml:"content" doc:"The file's text."`
	File    string `yaml:"file" doc:"File to copy, relative to the inventory, instead of content."`
}

// Commands are shell command lines run as root, each a step of its own that stops the sequence when it fails.
type Commands struct {
	Before []string `yaml:"before" doc:"Run after the network and time are up, before anything is installed."`
	After  []string `yaml:"after" doc:"Run when the node is part of the cluster."`
}

// Node is one machine.
type Node struct {
	Name       string            `yaml:"name" jsonschema:"required,minLength=1" doc:"Host name and Kubernetes node name."`
	Role       string            `yaml:"role" jsonschema:"required,enum=control-plane,enum=worker,enum=load-balancer,enum=etcd" doc:"control-plane, worker, load-balancer or etcd. With nodes that are etcd (3 or 5), etcd runs there and not on the control planes."`
	Address    PerFamily[string] `yaml:"address" jsonschema:"required,pattern=^((25[0-5]|(2[0-4]|1?[0-9])?[0-9])([.](25[0-5]|(2[0-4]|1?[0-9])?[0-9])){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)(\\, *((25[0-5]|(2[0-4]|1?[0-9])?[0-9])([.](25[0-5]|(2[0-4]|1?[0-9])?[0-9])){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*))?$" doc:"Address in the nodes' network; for dual stack one of each IP family: [10.1.10.101, fd00:10::101]."`
	MAC        string            `yaml:"mac" jsonschema:"pattern=^[0-9A-Fa-f]{2}([:-]?[0-9A-Fa-f]{2}){5}$" doc:"MAC address of the network card. Without it the only card is taken, whatever its address."`
	Interface  string            `yaml:"interface" doc:"Name of the interface that has the node's addresses, where it differs from network.interface."`
	Interfaces []Interface       `yaml:"interfaces" doc:"Network interfaces of this node, and what it has of its own in those of network.interfaces, by name."`
	Generation int               `yaml:"generation" jsonschema:"minimum=1" doc:"Raise it to make cloud-init treat the medium as a new machine's. Default 1."`
	OS         string            `yaml:"os" jsonschema:"enum=ubuntu-18.04,enum=ubuntu-20.04,enum=ubuntu-22.04,enum=ubuntu-24.04,enum=ubuntu-26.04,enum=debian-12,enum=debian-13" doc:"Operating system, where it differs from the cluster's."`
	Timezone   string            `yaml:"timezone" doc:"Time zone, where it differs."`
	Software   string            `yaml:"software" jsonschema:"enum=apt,enum=bundle,enum=image" doc:"Software source, where it differs."`
	Labels     map[string]string `yaml:"labels" doc:"Kubernetes node labels, set by the kubelet."`
	Taints     []string          `yaml:"taints" doc:"Kubernetes node taints, key=value:Effect."`
	Kubelet    NodeKubelet       `yaml:"kubelet" doc:"The kubelet of this node."`
	Files      []File            `yaml:"files" doc:"Extra files for this node."`
	Commands   Commands          `yaml:"commands" doc:"Extra commands for this node, after the cluster's."`
	HyperV     NodeHyperV        `yaml:"hyperv" doc:"What is different about this node's machine on Hyper-V."`
}

// NodeKubelet configures the kubelet of one node.
type NodeKubelet struct {
	ExtraArgs map[string]string `yaml:"extraArgs" doc:"Command line arguments by name, without dashes; they win over the cluster's."`
}
