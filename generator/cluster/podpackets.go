// SPDX-License-Identifier: Apache-2.0

package cluster

import "fmt"

// How packets between pods cross the nodes' network.
const (
	encapsulationIPIP   = "ipip"
	encapsulationVXLAN  = "vxlan"
	encapsulationGeneve = "geneve"
	encapsulationNone   = "none"
)

const (
	ethernetMTU = 1500 // of a network card about which the inventory says nothing
	leastMTU    = 1280 // the least that IPv6 takes
	mostMTU     = 65535
)

// overhead is what an encapsulation takes of each packet, in bytes.
var overhead = map[string]int{encapsulationIPIP: 20, encapsulationVXLAN: 50, encapsulationGeneve: 50}

// planEncapsulation takes the user's choice out of those that the pod network knows.
func (p *planner) planEncapsulation(known ...string) {
	given := p.inv.CNI.Encapsulation
	if given != "" && p.check("cni.encapsulation", choice("encapsulation of "+p.cluster.CNI.Name, given, known)) {
		p.cluster.CNI.Encapsulation = given
	}
}

func (p *planner) checkPodMTU() {
	const path = "cni.mtu"
	given := p.inv.CNI.MTU
	if !p.inv.Has(path) {
		return
	}
	if given < leastMTU || given > mostMTU {
		p.refuse(path, fmt.Sprintf("%d is no size of a packet; it is %d to %d bytes", given, leastMTU, mostMTU), "leave it out: each node finds what fits its network card")
		return
	}
	p.cluster.CNI.MTU = given
}

// warnLargePackets warns of packets that are larger than what the interface of the nodes' network takes.
func (p *planner) warnLargePackets() {
	mtu, encapsulation := p.cluster.CNI.MTU, p.cluster.CNI.Encapsulation
	card := p.leastCardMTU()
	if room := card - overhead[encapsulation]; mtu > room {
		message := fmt.Sprintf("packets of %d bytes do not fit into the %d of the nodes' network", mtu, card)
		if overhead[encapsulation] > 0 {
			message += fmt.Sprintf(", of which %s takes %d", encapsulation, overhead[encapsulation])
		}
		p.warn("cni.mtu", message, fmt.Sprintf("leave it out, or use at most %d unless all network cards and switches take more", room))
	}
}

// leastCardMTU is the least of all nodes' in the nodes' network.
func (p *planner) leastCardMTU() int {
	least := mostMTU
	for _, n := range p.cluster.Nodes {
		mtu := ethernetMTU
		for _, i := range n.Interfaces {
			if i.Name == n.Interface && i.MTU > 0 {
				mtu = i.MTU
			}
		}
		least = min(least, mtu)
	}
	return least
}
