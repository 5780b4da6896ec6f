// SPDX-License-Identifier: Apache-2.0

package cluster

import "net"

// HyperV is what all machines share on a Hyper-V host.
type HyperV struct {
	Switch     string // the machines' own
	SwitchType string // what to make of a switch that is missing: "external", "internal", "private"; empty: nothing
	Adapter    string // the host's card of an external switch
	Bundle     string // the bundle's ISO on the host; empty when no node needs it
}

// VirtualMachine is what a node is on a Hyper-V host. Paths are the host's; one without a drive is relative to the media.
type VirtualMachine struct {
	Name       string
	Path       string // empty: the host's own for virtual machines
	Image      string
	DiskType   string // "differencing" or "copy"
	Generation int    // 1 or 2
	CPUs       int
	Memory     int // MiB
	Disk       int // GiB
	SecureBoot bool
	Start      string // with the host: "always", "if-running" or "never"
	Cards      []VirtualCard
}

// VirtualCard is a network card of a VirtualMachine.
type VirtualCard struct {
	Name   string // of the interface
	MAC    net.HardwareAddr
	Switch string
	VLAN   int   // that the switch puts it in; 0: none
	Tagged []int // that the node has on it, besides
	Bonded bool  // member of a bond, which moves MAC addresses between cards
}
