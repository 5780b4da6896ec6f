// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/hakube/hakube-seed/generator/inventory"
)

const leastRouterID, mostRouterID = 1, 255 // RFC 3768, 5.2.3

// planRouterID gives VRRP its number: the same cluster has the same one for ever, others most likely another.
func (p *planner) planRouterID() {
	const path = "virtualRouterID"
	lb, given := &p.cluster.LoadBalancer, p.inv.VirtualRouterID
	spoken := lb.VirtualIP.IsValid() && (lb.Kind == BalancerNodes || lb.Kind == BalancerControlPlanes)
	switch {
	case given != 0 && (given < leastRouterID || given > mostRouterID):
		p.refuse(path, fmt.Sprintf("%d is not a virtual router ID", given), fmt.Sprintf("a number from %d to %d", leastRouterID, mostRouterID))
	case given != 0 && p.inv.VirtualIP == "" || given != 0 && lb.Kind == BalancerKubeVIP:
		p.refuse(path, "nobody speaks VRRP in this cluster", "leave it out")
	case spoken:
		lb.RouterID = cmp.Or(given, derivedRouterID(p.cluster.Name))
	}
}

func derivedRouterID(name string) int {
	sum := fnv.New32a()
	sum.Write([]byte(name))
	return leastRouterID + int(sum.Sum32()%mostRouterID)
}

// Neighbour is another cluster and the file that its inventory is in.
type Neighbour struct {
	File    string
	Cluster *Cluster
}

// Clashes returns warnings for what a planned cluster has in common with others on its network that may be there once
// only. Another inventory of the same cluster is no other cluster.
func Clashes(inv *inventory.Inventory, c *Cluster, others []Neighbour) inventory.Diagnostics {
	p := planner{inv: inv, cluster: c, reported: map[string]bool{}}
	network, known := c.Network.SubnetOf(c.LoadBalancer.VirtualIP)
	if !known {
		return nil
	}
	others = slices.DeleteFunc(slices.Clone(others), func(o Neighbour) bool {
		theirs, known := o.Cluster.Network.SubnetOf(o.Cluster.LoadBalancer.VirtualIP)
		return o.Cluster.Name == c.Name || !known || !theirs.CIDR.Overlaps(network.CIDR)
	})
	var taken []int
	for _, o := range others {
		taken = append(taken, o.Cluster.LoadBalancer.RouterID)
	}
	mine := c.LoadBalancer
	for _, o := range others {
		theirs := o.Cluster.LoadBalancer
		if mine.VirtualIP == theirs.VirtualIP {
			p.warn("virtualIP", fmt.Sprintf("%s is the virtual IP of cluster %q, too (%s)", mine.VirtualIP, o.Cluster.Name, o.File), "")
		}
		if mine.RouterID != 0 && mine.RouterID == theirs.RouterID {
			path := "cluster"
			if inv.VirtualRouterID != 0 {
				path = "virtualRouterID"
			}
			p.warn(path, fmt.Sprintf("virtual router ID %d is that of cluster %q, too (%s), on the same network", mine.RouterID, o.Cluster.Name, o.File),
				fmt.Sprintf("write virtualRouterID: %d in one of the two", freeRouterID(mine.RouterID, taken)))
		}
	}
	return p.diagnostics.Sorted()
}

// freeRouterID returns the first number after the given one that is not taken.
func freeRouterID(after int, taken []int) int {
	id := after
	for range mostRouterID {
		if id = id%mostRouterID + leastRouterID; !slices.Contains(taken, id) {
			break
		}
	}
	return id
}
