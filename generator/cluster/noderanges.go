// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"math"
	"math/bits"
	"net/netip"
)

const (
	kubeletPods = 110 // the kubelet's own limit of pods per node

	// takenAddresses of a node's part are no pod's: its network and broadcast address, the bridge or gateway, the tunnel.
	takenAddresses = 4

	// smallestPart is how many bits of a node's part are its own at least: four leave 12 pods. A control plane runs eight
	// before any of the user's: four of kubeadm, kube-proxy, the network's agent, two of CoreDNS.
	smallestPart = 4

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

// podsOn is how many pods have an address on a node whose part has this prefix length; a part of IPv6 seems endless.
func podsOn(pods netip.Prefix, mask int) int {
	return 1<<min(pods.Addr().BitLen()-mask, 30) - takenAddresses
}

// longestMask is the prefix length of the smallest part of a pod subnet that a node can do with.
func longestMask(pods netip.Prefix) int { return pods.Addr().BitLen() - smallestPart }

// defaultMask is kube-controller-manager's own choice, as far as kubeadm takes it.
func defaultMask(pods netip.Prefix) int {
	return min(defaults.nodeCIDRMasks[FamilyOf(pods.Addr())], pods.Bits()+widestSplit)
}

// chooseMask returns the prefix length of a node's part that leaves nodes the most addresses and the subnet one spare
// part: kube-controller-manager can hand out a part twice and skip another, and is then short of one for a while.
func chooseMask(pods netip.Prefix, nodes int) (mask int, fits bool) {
	if mask := defaultMask(pods); parts(pods, mask) > nodes {
		return mask, true
	}
	mask = pods.Bits() + bits.Len(uint(nodes)) // the least power of two above nodes
	return mask, mask <= min(longestMask(pods), pods.Bits()+widestSplit)
}

func planNodeRanges(p *planner) {
	nodes := p.kubernetesNodes()
	if nodes == 0 || p.rolesUnclear {
		return
	}
	given := p.inv.NodeCIDRMask
	if len(given) > len(p.cluster.PodSubnets) && len(p.cluster.PodSubnets) > 0 {
		p.refuse("nodeCIDRMask", fmt.Sprintf("%s for podSubnet %s", plural(len(given), "prefix length"), p.cluster.PodSubnets), "give one for each of its subnets, in the same order")
		return
	}
	addresses := math.MaxInt
	for i, pods := range p.cluster.PodSubnets {
		mask, fits := 0, false
		if i < len(given) {
			mask = given[i]
			fits = p.checkMask(p.familyPath("nodeCIDRMask", i), pods, mask)
		} else {
			mask, fits = p.chosenMask(i, pods)
		}
		if !fits {
			return
		}
		p.cluster.NodeCIDRMasks = append(p.cluster.NodeCIDRMasks, mask)
		addresses = min(addresses, podsOn(pods, mask))
	}
	if addresses < kubeletPods {
		p.cluster.MaxPods = addresses
	}
	p.planMaxPods(addresses)
}

// chosenMask chooses a prefix length where the user did not.
func (p *planner) chosenMask(i int, pods netip.Prefix) (mask int, fits bool) {
	nodes, usual := p.kubernetesNodes(), defaultMask(pods)
	path, called := p.podSubnetPath(i, pods)
	mask, fits = chooseMask(pods, nodes)
	if !fits {
		p.refuse(path, fmt.Sprintf("%s has no room for %s of at least %d pods each", called, plural(nodes, "node"), podsOn(pods, longestMask(pods))), largerSubnet(pods, nodes))
	} else if mask > usual {
		p.warn(path, fmt.Sprintf("%s is cut into %d parts of /%d for %s instead of parts of /%d: at most %d pods run on a node, and no more than %s fit in the cluster",
			called, parts(pods, mask), mask, plural(nodes, "node"), usual, min(podsOn(pods, mask), kubeletPods), plural(parts(pods, mask), "node")), largerSubnet(pods, nodes))
	}
	return mask, fits
}

// podSubnetPath is where a message about the pod subnet's size belongs, and what it calls the subnet there.
func (p *planner) podSubnetPath(i int, pods netip.Prefix) (path, called string) {
	item := p.familyPath("podSubnet", i)
	path = item
	if len(p.inv.PodSubnet) == 0 {
		path = "nodes" // their number is all that the user wrote
	}
	return path, subnet{"podSubnet", item, pods, len(p.inv.PodSubnet) > 0}.at(path)
}

// checkMask holds a prefix length that the user chose against the pod subnet and the number of nodes.
func (p *planner) checkMask(path string, pods netip.Prefix, mask int) bool {
	nodes := p.kubernetesNodes()
	hint := largerSubnet(pods, nodes)
	if best, fits := chooseMask(pods, nodes); fits {
		hint = fmt.Sprintf("use %s: %d", "nodeCIDRMask", best)
	}
	switch {
	case mask < pods.Bits() || mask > pods.Addr().BitLen():
		p.refuse(path, fmt.Sprintf("/%d is no part of podSubnet %s", mask, pods), hint)
	case mask > longestMask(pods):
		p.refuse(path, fmt.Sprintf("/%d leaves a node %d pods; a control plane alone runs eight", mask, max(podsOn(pods, mask), 0)), hint)
	case mask > pods.Bits()+widestSplit:
		p.refuse(path, fmt.Sprintf("/%d is more than %d bits away from podSubnet %s, the most that kubeadm takes", mask, widestSplit, pods), hint)
	case parts(pods, mask) < nodes:
		p.refuse(path, fmt.Sprintf("podSubnet %s has %s of /%d, and the inventory has %s", pods, plural(parts(pods, mask), "part"), mask, plural(nodes, "node")), hint)
	case parts(pods, mask) == nodes:
		p.warn(path, fmt.Sprintf("podSubnet %s has exactly as many parts of /%d as there are nodes; without a spare one a node may wait for its part", pods, mask), hint)
		return true
	default:
		return true
	}
	return false
}

// largerSubnet proposes a pod subnet that gives every node the usual part.
func largerSubnet(pods netip.Prefix, nodes int) string {
	usual := defaults.nodeCIDRMasks[FamilyOf(pods.Addr())]
	length := usual - bits.Len(uint(nodes))
	if length < usual-widestSplit {
		return ""
	}
	return fmt.Sprintf("a podSubnet of /%d or larger gives every node a /%d", length, usual)
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
