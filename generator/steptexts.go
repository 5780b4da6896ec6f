// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"slices"
	"strings"
)

// StepText says for people what a step is for.
type StepText struct {
	Source string // template of its script; before and after stand for commands of the user's
	Does   string
	Waits  string // what it waits for; empty: for nothing
}

// stepTexts has every step once, in the order in which they run. explain and the documentation are made from it.
var stepTexts = []StepText{
	{"preflight", "Looks at the machine and changes nothing: processors, memory, disk, kernel, its address and ports. Names all that is wrong at once.", ""},
	{"identity", "Makes the machine this node for good: a machine-id of its own, and from now on no other medium changes anything.", ""},
	{"hosts", "Writes the names of the endpoint and the nodes into /etc/hosts, and sets the host name.", ""},
	{"swap", "Switches swap off, now and at every boot: the kubelet does not start with it.", ""},
	{"kernel", "Loads the modules and makes the settings that pod networking needs.", ""},
	{"time", "Sets time zone and time servers. A clock before the cluster's certificates would make them worthless.", "the clock to be synchronised, 60 s at most"},
	{"trust", "Installs your certificate authorities, before anything is downloaded.", ""},
	{"before", "Runs a command of yours (commands before), with sh.", ""},
	{"packages-apt", "Installs what the role needs from package repositories, at pinned versions, and holds it there.", "other package managers to finish, and servers that do not answer yet"},
	{"packages-bundle", "Installs what the role needs from the bundle, after the checksum of each file.", "the disk with the bundle"},
	{"packages-image", "Checks that what the role needs is in the VM image, at the inventory's version.", ""},
	{"firewall-nftables", "Closes every port but those of docs/ports.md, with nftables.", ""},
	{"firewall-ufw", "Closes every port but those of docs/ports.md, with ufw.", ""},
	{"runtime-containerd", "Configures and starts containerd, with its registries and its proxy.", "containerd to answer"},
	{"runtime-docker", "Configures and starts Docker and cri-dockerd.", "cri-dockerd's socket"},
	{"images-registry", "Pulls the control plane's container images; other nodes leave that to their kubelet.", "the registry to answer"},
	{"images-bundle", "Imports the container images of the role from the bundle, after their checksums.", "the disk with the bundle"},
	{"wait-etcd", "Asks the etcd nodes, with the certificate that the API server will use.", "a majority of the etcd nodes"},
	{"haproxy", "Starts HAProxy in front of the API servers; it needs none of them to be there.", "HAProxy to listen"},
	{"keepalived", "Starts keepalived, after asking the network whether the virtual IP is somebody else's.", "one machine to take the virtual IP"},
	{"verify-load-balancer", "Checks that HAProxy, and keepalived where there is one, run.", ""},
	{"etcd", "Starts this node's etcd as a static pod: of a new cluster, or as a member of the one that lives.", "the API servers and the other etcd nodes to say whether the cluster lives"},
	{"verify-etcd", "Checks that this node's etcd has a vote.", "a majority of the etcd nodes, and its own data to catch up"},
	{"init", "Starts the cluster with kubeadm init, unless any of its API servers answers already: then this machine takes its old place in it.", "an answer of the endpoint and of the other control planes"},
	{"wait", "Lets the others go first.", "the API at the endpoint; on a control plane also the control plane before this one, 600 s at most"},
	{"join", "Joins the cluster with kubeadm join. A control plane that was cut off resumes; a healthy member is never reset.", "kubeadm, six attempts"},
	{"kube-vip", "Gives kube-vip the rights that it keeps, in place of those it had for init.", "the API at the virtual IP"},
	{"user-kubeconfig", "Gives root and the login user the administrator's kubeconfig.", ""},
	{"cni", "Applies the pod network's manifest, with the inventory's settings put in place.", "the manifest, where it is downloaded, and the API to take every object"},
	{"keeper", "Hands over to hakube-keeper.service: it keeps the join credentials alive until every node has joined, then deletes them and says that the cluster is complete.", ""},
	{"verify", "Checks that this node is Ready at the inventory's version; on a control plane also its API server, and that its etcd has a vote.", "the node to be Ready"},
	{"after", "Runs a command of yours (commands after), with sh.", ""},
	{"scrub", "Erases what the medium left on the disk: cloud-init's copies, join credentials, keys that are in place elsewhere.", ""},
	{"eject", "Opens the drive with the medium, which is a copy of secrets.", ""},
}

// StepTexts returns what every step that any node has is for, in the order in which they run.
func StepTexts() []StepText { return slices.Clone(stepTexts) }

// text returns what the step is for. A test holds that every step has its text.
func (s step) text() StepText {
	source := s.Source
	if s.Script != "" {
		source, _, _ = strings.Cut(s.Name, "-")
	}
	i := slices.IndexFunc(stepTexts, func(t StepText) bool { return t.Source == source })
	if i < 0 {
		return StepText{Source: source}
	}
	return stepTexts[i]
}
