// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"crypto/sha256"
	"fmt"
	"net"
)

// planMACs gives cards that the inventory gives no MAC address one that follows from their names. It is the scripts for
// Hyper-V that give it to the machine, too; a node that matches an address which its machine does not have is without a
// network, so the plan's cards have it only where the inventory says hyperv:.
func planMACs(p *planner) {
	for i := range p.cluster.Nodes {
		node := &p.cluster.Nodes[i]
		for j := range node.Interfaces {
			card := node.Interfaces[j].Card
			if card == nil {
				continue
			}
			virtual := VirtualCard{Name: node.Interfaces[j].Name, MAC: card.MAC}
			if virtual.MAC == nil {
				virtual.MAC = p.freeMAC(i, virtual.Name)
			}
			if p.inv.Has("hyperv") && card.Device == defaults.device {
				card.MAC = virtual.MAC
			}
			node.VM.Cards = append(node.VM.Cards, virtual)
		}
	}
}

// freeMAC derives a MAC address that no other card of the cluster has. Where two cards would have the same one, the
// second in the inventory's order takes another.
func (p *planner) freeMAC(node int, card string) net.HardwareAddr {
	for attempt := 0; ; attempt++ {
		mac := derivedMAC(fmt.Sprintf("%s/%s/%s/%d", p.cluster.Name, p.inv.Nodes[node].Name, card, attempt))
		if _, taken := p.macs[[6]byte(mac)]; !taken {
			p.macs[[6]byte(mac)] = owner{node, nodePath(node, "name")}
			return mac
		}
	}
}

// derivedMAC is an address of Hyper-V's own range, 00-15-5D. A host's pool for cards without a fixed address goes on with the
// last two octets of the host's own IPv4 address when Hyper-V was installed, and hardly any host's ends in 0 or 255.
func derivedMAC(name string) net.HardwareAddr {
	sum := sha256.Sum256([]byte(name))
	return net.HardwareAddr{0x00, 0x15, 0x5d, sum[0], -(sum[1] & 1), sum[2]}
}
