// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"math/bits"
	"net/netip"
)

const (
	kubeletPods = 110 // the kubelet's own limit of pods per node

	// takenAddresses of a node's part are no pod's: its network and broadcast address, the bridge or gateway, the tunnel.
	takenAddresses = 4

	// smallestPart is the longest prefix of a node's part: /28 leaves 12 pods. A control plane runs eight before any of the
	// user's: four of kubeadm, kube-proxy, the network's agent, two of CoreDNS.
	smallestPart = 28

	// widestSplit is how many bits kubeadm lets lie between the pod subnet's prefix and a node's.
	widestSplit = 16
)

// parts is how many nodes get a part of the pod subnet when each part has this prefix length.
func parts(pods netip.Prefix, mask int) int {
	if mask < pods.Bits() {
		return 0
	}
	return 1 << (mask - pods.Bits())
}

// podsOn is how many pods have an address on a node whose part has this prefix length.
func podsOn(mask int) int { return 1<<(32-mask) - takenAddresses }

// chooseMask returns the prefix length of a node's part that leaves nodes the most addresses and the subnet one spare
// part: kube-controller-manager can hand out a part twice and skip another, and is then short of one for a while.
func chooseMask(pods netip.Prefix, nodes int) (mask int, fits bool) {
	if parts(pods, defaults.nodeCIDRMask) > nodes {
		return defaults.nodeCIDRMask, true
	}
	mask = pods.Bits() + bits.Len(uint(nodes)) // the least power of two above nodes
	return mask, mask <= min(smallestPart, pods.Bits()+widestSplit)
}

func planNodeRanges(p *planner) {
	pods, nodes := p.cluster.PodSubnet, p.kubernetesNodes()
	if !pods.IsValid() || nodes == 0 || p.rolesUnclear {
		return
	}
	mask, fits := p.inv.NodeCIDRMask, false
	if p.inv.Has("nodeCIDRMask") {
		fits = p.checkMask(mask, nodes)
	} else if mask, fits = chooseMask(pods, nodes); !fits {
		path, called := p.podSubnetPath()
		p.refuse(path, fmt.Sprintf("%s has no room for %s of at least %d pods each", called, plural(nodes, "node"), podsOn(smallestPart)), largerSubnet(nodes))
	} else if mask > defaults.nodeCIDRMask {
		path, called := p.podSubnetPath()
		p.warn(path, fmt.Sprintf("%s is cut into %d parts of /%d for %s instead of parts of /%d: at most %d pods run on a node, and no more than %s fit in the cluster",
			called, parts(pods, mask), mask, plural(nodes, "node"), defaults.nodeCIDRMask, min(podsOn(mask), kubeletPods), plural(parts(pods, mask), "node")), largerSubnet(nodes))
	}
	if !fits {
		return
	}
	p.cluster.NodeCIDRMask = mask
	if podsOn(mask) < kubeletPods {
		p.cluster.MaxPods = podsOn(mask)
	}
	p.planMaxPods(podsOn(mask))
}

// podSubnetPath is where a message about the pod subnet's size belongs, and what it calls the subnet there.
func (p *planner) podSubnetPath() (path, called string) {
	path = "podSubnet"
	if p.inv.PodSubnet == "" {
		path = "nodes" // their number is all that the user wrote
	}
	return path, subnet{"podSubnet", p.cluster.PodSubnet, p.inv.PodSubnet != ""}.at(path)
}

// checkMask holds a prefix length that the user chose against the pod subnet and the number of nodes.
func (p *planner) checkMask(mask, nodes int) bool {
	const path = "nodeCIDRMask"
	pods := p.cluster.PodSubnet
	hint := largerSubnet(nodes)
	if best, fits := chooseMask(pods, nodes); fits {
		hint = fmt.Sprintf("use %s: %d", path, best)
	}
	switch count := parts(pods, mask); {
	case mask < pods.Bits() || mask > 32:
		p.refuse(path, fmt.Sprintf("/%d is no part of podSubnet %s", mask, pods), hint)
	case mask > smallestPart:
		p.refuse(path, fmt.Sprintf("/%d leaves a node %d pods; a control plane alone runs eight", mask, max(podsOn(mask), 0)), hint)
	case mask > pods.Bits()+widestSplit:
		p.refuse(path, fmt.Sprintf("/%d is more than %d bits away from podSubnet %s, the most that kubeadm takes", mask, widestSplit, pods), hint)
	case count < nodes:
		p.refuse(path, fmt.Sprintf("podSubnet %s has %s of /%d, and the inventory has %s", pods, plural(count, "part"), mask, plural(nodes, "node")), hint)
	case count == nodes:
		p.warn(path, fmt.Sprintf("podSubnet %s has exactly as many parts of /%d as there are nodes; without a spare one a node may wait for its part", pods, mask), hint)
		return true
	default:
		return true
	}
	return false
}

// largerSubnet proposes a pod subnet that gives every node a /24.
func largerSubnet(nodes int) string {
	length := defaults.nodeCIDRMask - bits.Len(uint(nodes))
	if length < 8 {
		return ""
	}
	return fmt.Sprintf("a podSubnet of /%d or larger gives every node a /%d", length, defaults.nodeCIDRMask)
}

// planMaxPods takes a kubelet.config.maxPods of the user's, which wins over the addresses.
func (p *planner) planMaxPods(addresses int) {
	const path = "kubelet.config.maxPods"
	value, given := p.cluster.KubeletConfig["maxPods"]
	if !given {
		return
	}
	pods, isNumber := value.(int)
	switch {
	case !isNumber || pods < 1:
		p.refuse(path, fmt.Sprintf("%q is not a number of pods", fmt.Sprint(value)), "")
		return
	case pods > addresses:
		p.warn(path, fmt.Sprintf("%d pods on a node, but its part of podSubnet has addresses for %d", pods, addresses), "lower maxPods, or give the nodes larger parts")
	}
	p.cluster.MaxPods = pods
}
