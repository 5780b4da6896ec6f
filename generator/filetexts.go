// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"slices"
	"strings"
)

// fileText says why a guest file is on a medium.
type fileText struct {
	path  string   // of the file, or of a directory and all that is below it when it ends in a slash
	steps []string // the steps that use it, the first of these that the node has counts; nil: the engine itself
	why   string
}

// joins are the steps that make a machine a member of the cluster.
var joins = []string{"init", "join"}

// fileTexts has a row for every guest file; the first that fits counts.
var fileTexts = []fileText{
	{"/usr/local/sbin/hakube", nil, "the step engine: runs the steps, and tells every channel how far they are"},
	{"/usr/local/lib/hakube/functions", nil, "what the steps share"},
	{libraryDir + "events", nil, "tells every channel how far this machine is"},
	{libraryDir + "channels/", nil, "a channel of progress"},
	{libraryDir + "kvp.py", nil, "writes progress where a Hyper-V host reads it"},
	{libraryDir + "post.py", nil, "posts progress to the inventory's server"},
	{libraryDir + "redact", nil, "takes what looks like a secret out of all that is shown"},
	{libraryDir + "advice", nil, "what a person can do about a failure"},
	{libraryDir + "support", nil, "packs logs without secrets for whoever helps"},
	{"/usr/local/lib/hakube/medium", nil, "says at every boot whose medium is in the drive"},
	{"/etc/systemd/system/hakube.service", nil, "goes on with the steps after a failure and at every boot"},
	{configDir + "steps", nil, "the steps of this node and their time limits"},
	{configDir + "node.env", nil, "what the steps know of this node"},
	{configDir + "node.json", nil, "what this medium is; hakube-seed inspect reads it"},
	{configDir + "shared.sha256", nil, "shows whether cloud-init wrote the guest files whole"},
	{configDir + "files.sha256", nil, "shows whether cloud-init wrote the guest files whole"},
	{configDir + "redact.sed", nil, "takes the secrets of this medium out of all that is shown"},
	{configDir + "ca.crt", nil, "the cluster's CA certificate: what the API servers are known by"},
	{"/usr/local/lib/hakube/api.py", nil, "asks API servers, trusting the cluster's CA only"},

	{"/usr/local/lib/hakube/arp.py", []string{"preflight"}, "asks the network who has an address"},
	{configDir + "hosts", []string{"hosts"}, "names of the endpoint and of the nodes"},
	{configDir + "modules.conf", []string{"kernel"}, "kernel modules"},
	{configDir + "sysctl.conf", []string{"kernel"}, "kernel settings"},
	{configDir + "certificates/", []string{"trust"}, "your certificate authorities"},
	{configDir + "apt.env", []string{"packages"}, "repositories and the versions to install"},
	{configDir + "apt-proxy.conf", []string{"packages"}, "the proxy, for apt"},
	{configDir + "mirror.asc", []string{"packages"}, "the key that your mirror signs with"},
	{configDir + "kubernetes.asc", []string{"packages"}, "the key of the Kubernetes repository"},
	{configDir + "proxy.env", []string{"packages"}, "the proxy, for all that is downloaded"},
	{"/usr/local/lib/hakube/apt.py", []string{"packages"}, "reads repositories and checks their keys"},
	{"/usr/local/lib/hakube/package-manager", []string{"packages"}, "waits for other package managers"},
	{"/usr/local/lib/hakube/bundle", []string{"packages"}, "finds the bundle"},
	{"/usr/local/lib/hakube/firewall", []string{"firewall"}, "loads the rules, and again when something has removed them"},
	{"/usr/local/lib/hakube/ufw-rules", []string{"firewall"}, "what the role lets in"},
	{configDir + "firewall.nft", []string{"firewall"}, "what the role lets in"},
	{"/etc/systemd/system/hakube-firewall.service", []string{"firewall"}, "loads the rules at every boot"},
	{configDir + "containerd.toml", []string{"runtime"}, "containerd's configuration; with a registry's login it holds a password"},
	{configDir + "registries/", []string{"runtime"}, "mirrors of a registry, and their authority"},
	{configDir + "daemon.json", []string{"runtime"}, "Docker's configuration"},
	{configDir + "cri-docker.conf", []string{"runtime"}, "cri-dockerd's configuration"},
	{configDir + "proxy.service.conf", []string{"runtime"}, "the proxy, for the container runtime"},
	{configDir + "kubeadm-images.yaml", []string{"images"}, "from which kubeadm names its images"},

	{configDir + "haproxy.cfg", []string{"haproxy"}, "HAProxy's configuration: the API servers behind it"},
	{configDir + "keepalived.conf", []string{"keepalived"}, "who has the virtual IP; the adverts carry a password"},
	{"/usr/local/lib/hakube/haproxy-alive.py", []string{"keepalived"}, "by which keepalived sees whether HAProxy answers"},
	{"/usr/local/lib/hakube/virtual-ip", []string{"keepalived"}, "tells on the console when the virtual IP moves"},
	{configDir + "kube-vip.yaml", joins, "kube-vip's static pod"},

	{"/usr/local/lib/hakube/etcd.py", []string{"wait-etcd", "etcd", "init", "join"}, "asks the etcd nodes"},
	{"/usr/local/lib/hakube/etcdmember.py", []string{"etcd"}, "finds out whether the etcd cluster lives, and joins it"},
	{configDir + "etcd.yaml", []string{"etcd"}, "etcd's static pod"},
	{kubeletConfig, []string{"etcd"}, "the configuration of a kubelet that knows no API server"},
	{configDir + "kubelet.service.conf", []string{"etcd"}, "starts the kubelet with it"},
	{configDir + "pki/apiserver-etcd-client.", []string{"wait-etcd"}, "by which the API server of this machine is known to etcd"},
	{configDir + "pki/etcd/ca.key", []string{"init"}, "the etcd CA's key: signs the certificates of etcd here, and goes to the other control planes encrypted"},
	{configDir + "pki/etcd/ca.crt", []string{"wait-etcd", "etcd", "init"}, "the etcd CA's certificate"},
	{configDir + "pki/etcd/", []string{"etcd"}, "by which this member of etcd is known to clients, to the other members and to its own probe"},
	{configDir + "pki/ca.key", []string{"init"}, "the cluster CA's key: signs every certificate of the cluster, and goes to the other control planes encrypted"},
	{configDir + "pki/front-proxy-ca.key", []string{"init"}, "signs the certificate by which extensions of the API know it"},
	{configDir + "pki/sa.key", []string{"init"}, "signs the tokens of service accounts"},
	{configDir + "pki/", []string{"init"}, "the public half of a key that the cluster keeps for life"},
	{configDir + "kubeadm-init.yaml", []string{"init"}, "kubeadm's documents: makes the bootstrap token, and encrypts the uploaded certificates with the certificate key"},
	{configDir + "kubeadm-join.yaml", joins, "kubeadm's document: the bootstrap token lets the machine in; on a control plane the certificate key opens the uploaded certificates"},
	{patchesDir + "/", joins, "your changes to what kubeadm writes"},
	{"/usr/local/lib/hakube/rejoin", []string{"init"}, "takes the old place in a cluster that lives"},
	{cniDir, []string{"cni"}, "the pod network's manifest, and the settings that are put into it"},
	{"/usr/local/lib/hakube/keeper", []string{"keeper"}, "keeps the join credentials alive, and deletes them at last"},
	{"/usr/local/lib/hakube/voters", []string{"keeper"}, "counts the members of etcd"},
	{"/usr/local/lib/hakube/clones", []string{"keeper"}, "finds machines that have the same product UUID"},
	{"/etc/systemd/system/hakube-keeper.service", []string{"keeper"}, "runs the keeper until the cluster is complete"},
	{configDir + "nodes", []string{"keeper"}, "the nodes to wait for"},
}

// textOf returns why a guest file is there; a file of the user's has no row.
func textOf(path string) fileText {
	i := slices.IndexFunc(fileTexts, func(t fileText) bool {
		return t.path == path || strings.HasSuffix(t.path, "/") && strings.HasPrefix(path, t.path) ||
			strings.HasSuffix(t.path, ".") && strings.HasPrefix(path, t.path)
	})
	if i < 0 {
		return fileText{path, nil, "a file of yours (files of the inventory)"}
	}
	return fileTexts[i]
}
