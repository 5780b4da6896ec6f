// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"net/netip"
	"testing"
)

func TestChooseMask(t *testing.T) {
	for _, tt := range []struct {
		pods  string
		nodes int
		mask  int // 0: does not fit
	}{
		{"10.244.0.0/16", 1, 24},
		{"10.244.0.0/16", 255, 24},
		{"10.244.0.0/16", 256, 25}, // 256 parts of /24, and none to spare
		{"10.244.0.0/16", 1000, 26},
		{"10.244.0.0/16", 4095, 28},
		{"10.244.0.0/16", 4096, 0},
		{"11.0.0.0/8", 10000, 24},
		{"11.0.0.0/8", 65535, 24},
		{"11.0.0.0/8", 65536, 0}, // kubeadm takes no /25 of a /8
		{"192.168.1.0/24", 1, 25},
		{"192.168.1.0/24", 3, 26},
		{"192.168.1.0/24", 4, 27},
		{"192.168.1.0/24", 6, 27}, // the document's
		{"192.168.1.0/24", 7, 27},
		{"192.168.1.0/24", 8, 28},
		{"192.168.1.0/24", 15, 28},
		{"192.168.1.0/24", 16, 0},
		{"192.168.0.0/21", 6, 24},
		{"192.168.0.0/21", 8, 25},
		{"192.168.1.0/28", 1, 0},
		{"192.168.1.1/32", 1, 0},
		{"fd00:10:244::/56", 6, 64},
		{"fd00:10:244::/56", 256, 65},
		{"fd00:10::/40", 6, 56}, // the farthest that kubeadm takes
		{"fd00:10::/120", 6, 123},
		{"fd00:10::/120", 16, 0},
	} {
		mask, fits := chooseMask(netip.MustParsePrefix(tt.pods), tt.nodes)
		if fits != (tt.mask > 0) || fits && mask != tt.mask {
			t.Errorf("chooseMask(%s, %d) = %d, %v; want %d", tt.pods, tt.nodes, mask, fits, tt.mask)
		}
	}
}

// Whatever is chosen obeys kubeadm and kube-controller-manager, leaves a spare part, and no shorter mask would.
func TestChooseMaskAlways(t *testing.T) {
	for length := 8; length <= 32; length++ {
		pods := netip.PrefixFrom(netip.MustParseAddr("10.0.0.0"), length).Masked()
		for nodes := 1; nodes < 70000; nodes += 1 + nodes/7 {
			mask, fits := chooseMask(pods, nodes)
			if !fits {
				if longest := min(longestMask(pods), length+widestSplit); longest >= length && parts(pods, longest) > nodes {
					t.Errorf("%s has room for %d nodes with /%d", pods, nodes, longest)
				}
				continue
			}
			if mask < length || mask > length+widestSplit || parts(pods, mask) < nodes+1 || podsOn(pods, mask) < 12 {
				t.Errorf("/%d for %d nodes of %s", mask, nodes, pods)
			}
			if mask > defaults.nodeCIDRMasks[IPv4] && parts(pods, mask-1) > nodes {
				t.Errorf("/%d for %d nodes of %s, and /%d would do", mask, nodes, pods, mask-1)
			}
		}
	}
}

func TestPlanNodeRanges(t *testing.T) {
	for _, tt := range []struct {
		add     string
		masks   string
		maxPods int
		blocks  string
	}{
		{"", "[24]", 0, "[24]"},
		{"podSubnet: 192.168.1.0/24", "[27]", 28, "[27]"},
		{"podSubnet: 192.168.0.0/20\nnodeCIDRMask: 26", "[26]", 60, "[26]"},
		{"podSubnet: 192.168.0.0/20\nnodeCIDRMask: 25", "[25]", 0, "[25]"},
		{"podSubnet: 11.0.0.0/9\nnodeCIDRMask: 18", "[18]", 0, "[20]"}, // Calico takes blocks from /20
		{"podSubnet: 192.168.1.0/24\nkubelet: {config: {maxPods: 20}}", "[27]", 20, "[27]"},
		{"kubelet: {config: {maxPods: 200}}", "[24]", 200, "[24]"},
		{"cni: {name: none}", "[24]", 0, "[]"},
	} {
		c := planned(t, ruleTest{add: tt.add})
		got, want := fmt.Sprint(c.NodeCIDRMasks, c.MaxPods, c.CNI.BlockSizes), fmt.Sprintf("%s %d %s", tt.masks, tt.maxPods, tt.blocks)
		if got != want {
			t.Errorf("%q gives mask, pods and block size %s, want %s", tt.add, got, want)
		}
	}
}

func TestLargerSubnet(t *testing.T) {
	for nodes, want := range map[int]string{
		6:      "a podSubnet of /21 or larger gives every node a /24",
		255:    "a podSubnet of /16 or larger gives every node a /24",
		256:    "a podSubnet of /15 or larger gives every node a /24",
		100000: "",
	} {
		if got := largerSubnet(netip.MustParsePrefix("192.168.1.0/24"), nodes); got != want {
			t.Errorf("%d nodes: %q, want %q", nodes, got, want)
		}
	}
}
