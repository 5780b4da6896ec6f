// SPDX-License-Identifier: Apache-2.0

package cluster

import "time"

// defaults is what an inventory gets where it says nothing. Defaults that follow from other fields are not here: the
// login user (from the operating system), the nameserver (the gateway), the endpoint (the load balancer), the Calico
// release and the key algorithm (from the Kubernetes version).
var defaults = struct {
	os, timezone, runtime, cni, proxyMode, patchType string
	firewall                                         string
	protocol                                         Protocol
	software                                         Software
	podSubnets, serviceSubnets                       map[Family]string
	nodeCIDRMasks                                    map[Family]int
	dnsDomain                                        string
	generation                                       int
	primary, device, bondMode                        string
	endpointPort, balancedPort                       uint16
	kubeVIPImage                                     string
	bundle                                           Bundle
	hyperVSwitch, hyperVImage, hyperVBundle          string
	hyperVDiskType, hyperVStart                      string
	hyperVGeneration                                 int
	imageRepository, fileMode                        string
	kubernetesRepository, kubernetesFingerprint      string
	typhaAbove                                       int
	timeouts                                         Timeouts
}{
	os:              "ubuntu-24.04",                     // its kernel and containerd satisfy every Kubernetes that is supported today
	timezone:        "Etc/UTC",                          // logs of all nodes, and of nodes elsewhere, can be compared
	runtime:         runtimeContainerd,                  // Kubernetes talks to Docker only through an adapter since 1.24
	cni:             cniCalico,                          // network policies, and no requirement beyond one network of nodes
	proxyMode:       "iptables",                         // kubeadm's own choice; written out because kube-proxy warns when it is not
	patchType:       "strategic",                        // kubeadm's own choice
	software:        SoftwareAPT,                        // needs nothing but the internet
	dnsDomain:       "cluster.local",                    // charts and programs everywhere have it written into them
	generation:      1,                                  // raised by hand only
	primary:         "primary",                          // the only card needs no other name
	device:          "e*",                               // what kernels and systemd call cards: eth0 on Hyper-V, ens18 and enp1s0 elsewhere
	bondMode:        "active-backup",                    // works on any switch, and on virtual ones nothing else does
	endpointPort:    6443,                               // where kube-apiserver listens
	balancedPort:    8443,                               // of HAProxy beside a kube-apiserver; kubeadm's documents use it for this, too
	kubeVIPImage:    "ghcr.io/kube-vip/kube-vip:v1.2.3", // its newest release in August 2026
	imageRepository: "registry.k8s.io",                  // what kubeadm of 1.24 asks for, k8s.gcr.io, has been frozen since April 2023
	fileMode:        "0644",                             // what files below /etc usually have
	firewall:        firewallNone,                       // a network of their own, or the hypervisor's, protects most clusters
	protocol:        TCP,                                // what most programs speak
	// 256 nodes of /24 or /64, and seldom used by home and office networks
	podSubnets: map[Family]string{IPv4: "10.244.0.0/16", IPv6: "fd00:10:244::/56"},
	// kubeadm's 10.96.0.0/12, cut down so that it collides with less; kube-apiserver takes no more than a /108 of IPv6
	serviceSubnets: map[Family]string{IPv4: "10.96.0.0/16", IPv6: "fd00:10:96::/112"},
	nodeCIDRMasks:  map[Family]int{IPv4: 24, IPv6: 64}, // kube-controller-manager's own choice; room for the kubelet's 110 pods
	// one repository per minor; its key was read on 2026-11-23 and is the one of all minors from 1.24 on
	kubernetesRepository:  "https://pkgs.k8s.io/core:/stable:/v1.%d/deb",
	kubernetesFingerprint: "DE15B14486CD377B9E876E1A234654DA9A296436",
	typhaAbove:            50, // Calico's manifest says so; below, Typha is one more thing to wait for
	bundle: Bundle{
		Path:  "/opt/hakube-bundle", // /opt is for software that no package manager owns
		Label: "HAKUBE",             // upper case fits ISO 9660, FAT and ext4 alike
	},
	hyperVSwitch:     "hakube",         // Default Switch, which every Windows 10 has, takes another network at every start
	hyperVImage:      "image.vhdx",     // beside the media
	hyperVBundle:     "bundle.iso",     // what the examples of bundle create call it
	hyperVDiskType:   diskDifferencing, // made in a second, and as small as what differs
	hyperVStart:      startAlways,      // a cluster is to come back with its host
	hyperVGeneration: 2,                // Secure Boot, and no emulated devices
	timeouts: Timeouts{
		ControlPlaneComponentHealthCheck: 10 * time.Minute, // kubeadm's 4m is too short for slow disks and a late load balancer
		KubeletHealthCheck:               4 * time.Minute,  // kubeadm's own
		KubernetesAPICall:                3 * time.Minute,  // its 1m is what init really waits for a first answer; slow machines exceed it
		EtcdAPICall:                      10 * time.Minute, // etcd takes one learner at a time, and others queue for its 2m
		TLSBootstrap:                     10 * time.Minute, // its 5m ends before a slow control plane has signed
		Discovery:                        15 * time.Minute, // machines are powered on in any order; its 5m would punish that
		UpgradeManifests:                 5 * time.Minute,  // kubeadm's own
	},
}
