// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakube/hakube-seed/generator/inventory"
)

func TestVirtualMachines(t *testing.T) {
	_, full, _ := example(t, "full.yaml")
	for _, c := range []struct {
		name string
		node Node
		want VirtualMachine
	}{
		{"load balancer", planned(t, ruleTest{}).Nodes[0], VirtualMachine{
			Name: "lb", Image: "image.vhdx", DiskType: "differencing", Generation: 2, CPUs: 1, Memory: 1024, Disk: 10, SecureBoot: true, Start: "always",
			Cards: []VirtualCard{{Name: "primary", MAC: mac("00155de1ffdf"), Switch: "hakube"}},
		}},
		{"control plane", planned(t, ruleTest{}).Nodes[1], VirtualMachine{
			Name: "cp1", Image: "image.vhdx", DiskType: "differencing", Generation: 2, CPUs: 2, Memory: 4096, Disk: 40, SecureBoot: true, Start: "always",
			Cards: []VirtualCard{{Name: "primary", MAC: mac("00155d7900dc"), Switch: "hakube"}},
		}},
		{"what the node says", full.Nodes[0], VirtualMachine{
			Name: "lab lb1", Path: `D:\Machines`, Image: `D:\Images\jammy-server-cloudimg-amd64.vhdx`, DiskType: "differencing",
			Generation: 2, CPUs: 1, Memory: 1024, Disk: 10, SecureBoot: true, Start: "always",
			Cards: []VirtualCard{
				{Name: "storage", MAC: mac("00155d570058"), Switch: "Storage", VLAN: 40},
				{Name: "left", MAC: mac("00155dc8ff61"), Switch: "Cluster", VLAN: 31, Tagged: []int{30}, Bonded: true},
				{Name: "right", MAC: mac("00155d73ff57"), Switch: "Cluster", VLAN: 31, Tagged: []int{30}, Bonded: true},
				{Name: "primary", MAC: mac("00155d1e000a"), Switch: "Cluster", VLAN: 31},
			},
		}},
		{"generation 1", full.Nodes[5], VirtualMachine{
			Name: "lab search1", Path: `E:\Machines`, Image: `D:\Images\debian-12-amd64.vhd`, DiskType: "copy",
			Generation: 1, CPUs: 4, Memory: 8192, Disk: 60, Start: "if-running",
			Cards: []VirtualCard{
				{Name: "storage", MAC: mac("00155d1e0116"), Switch: "Storage", VLAN: 40},
				{Name: "left", MAC: mac("00155dca000e"), Switch: "Cluster", VLAN: 30, Tagged: []int{30, 31}, Bonded: true},
				{Name: "right", MAC: mac("00155d50ff6b"), Switch: "Cluster", VLAN: 30, Tagged: []int{30, 31}, Bonded: true},
				{Name: "primary", MAC: mac("00155d1e0115"), Switch: "Cluster", VLAN: 30},
			},
		}},
	} {
		if diff := cmp.Diff(c.want, c.node.VM); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	want := HyperV{"Cluster", "external", "Ethernet 2", `\\files.lab.local\iso\hakube-2026.iso`}
	if diff := cmp.Diff(want, full.HyperV); diff != "" {
		t.Errorf("full.yaml (-want +got):\n%s", diff)
	}
}

func mac(digits string) net.HardwareAddr {
	address, found := parseMAC(digits)
	if found != nil {
		panic(found.message)
	}
	return address
}

// Who does not use Hyper-V has cards whose addresses nobody knows; who does need not write any.
func TestOnlyHyperVGivesCardsAnAddress(t *testing.T) {
	for _, c := range []struct {
		name string
		tt   ruleTest
		want string
	}{
		{"elsewhere", ruleTest{}, ""},
		{"on Hyper-V", ruleTest{add: "hyperv: {}"}, "00:15:5d:e1:ff:df"},
		{"with an address", ruleTest{add: "hyperv: {}", edit: []string{"10.1.10.10}", "10.1.10.10, mac: 00155d010203}"}}, "00:15:5d:01:02:03"},
		{"by its name on the node", ruleTest{add: "hyperv: {}", edit: []string{"10.1.10.10}", "10.1.10.10, interfaces: [{name: primary, device: eth0}]}"}}, ""},
	} {
		if got := interfaceNamed(planned(t, c.tt).Nodes[0], "primary").Card.MAC.String(); got != c.want {
			t.Errorf("%s: the plan matches %q, not %q", c.name, got, c.want)
		}
	}
}

// Every machine of a large cluster has its own address, none in the pool of a host whose own address ends in 1 to 254.
func TestDerivedMACs(t *testing.T) {
	const nodes = 2000 // of 131,072 addresses: some fourteen are wanted twice
	p := planner{inv: &inventory.Inventory{Nodes: make([]inventory.Node, nodes)}, cluster: &Cluster{Name: "lab"}, macs: map[[6]byte]owner{}}
	first := map[string]bool{}
	for i := range nodes {
		p.inv.Nodes[i].Name = fmt.Sprintf("worker%d", i)
		mac := p.freeMAC(i, "primary")
		if !strings.HasPrefix(mac.String(), "00:15:5d:") || mac[4] != 0 && mac[4] != 255 {
			t.Errorf("%s has the MAC address %s", p.inv.Nodes[i].Name, mac)
		}
		first[derivedMAC(fmt.Sprintf("lab/worker%d/primary/0", i)).String()] = true
	}
	if len(p.macs) != nodes || len(first) == nodes {
		t.Errorf("%d addresses for %d machines, %d without looking", len(p.macs), nodes, len(first))
	}
}

func TestHyperVRules(t *testing.T) {
	runRules(t, []ruleTest{
		{name: "nothing said", add: "hyperv: {}"},
		{name: "several cards need no addresses", add: "hyperv: {cards: [{name: storage, switch: Storage}]}", edit: []string{
			"network: {cidr", "network: {interfaces: [{name: storage}], cidr",
		}},
		{name: "switch", add: `hyperv: {switch: "a\tb", createSwitch: public}`, want: `
error: hyperv.switch: "a\tb" holds a control character
error: hyperv.createSwitch: "public" is not a known kind of switch; known: external, internal, private
`},
		{name: "external without a card", add: "hyperv: {createSwitch: external}", want: `
error: hyperv.createSwitch: an external switch needs a network card of the host
  hint: add adapter: with a name that Get-NetAdapter shows, such as Ethernet
`},
		{name: "card without an external switch", add: "hyperv: {adapter: Ethernet}", want: `
error: hyperv.adapter: only an external switch that is to be made has one
  hint: add createSwitch: external, or leave it out
`},
		{name: "names of files", add: `hyperv: {prefix: 'a:b', path: 'D:\vm*', image: '\images\x.vhdx'}`, want: `
error: hyperv.prefix: "a:b" holds ':', which no file's name on Windows may
error: hyperv.path: "vm*" holds '*', which no file's name on Windows may
error: hyperv.image: "\\images\\x.vhdx" has no drive
  hint: as in D:\vm, or \\server\share\vm
`},
		{name: "paths that are right", add: `hyperv: {path: 'D:\', image: '\\files\iso\Noble $5 (it''s ` + "`new`" + `).vhdx'}`},
		{name: "an image as it is downloaded", add: `hyperv: {image: noble.img}`, want: `
error: hyperv.image: Hyper-V cannot read "noble.img"
  hint: convert it, as docs/hyper-v.md shows, and name the .vhdx file
`},
		{name: "an image for generation 1", add: `hyperv: {image: noble.vhd}`, want: `
error: hyperv.image: "noble.vhd" is no .vhdx file
  hint: convert it with Convert-VHD, or qemu-img as docs/hyper-v.md shows
`},
		{name: "words", add: "hyperv: {diskType: dynamic, start: automatic, generation: 3}", want: `
error: hyperv.diskType: "dynamic" is not a known type of disk; known: differencing, copy
error: hyperv.start: "automatic" is not a known start; known: always, if-running, never
error: hyperv.generation: Hyper-V has no generation 3
  hint: 1 or 2
`},
		{name: "Secure Boot", add: "hyperv: {generation: 1, secureBoot: true}", want: `
error: hyperv.secureBoot: machines of generation 1 have no Secure Boot
  hint: leave it out, or use generation: 2
`},
		{name: "too small", add: "hyperv: {cpus: 1, memory: 1024, disk: 20}", want: `
error: hyperv.cpus: a control plane needs 2 processors, and would stop at 1 before anything is changed on it
  hint: raise it, or add cpus to preflight.ignore
error: hyperv.cpus: a worker needs 2 processors, and would stop at 1 before anything is changed on it
  hint: raise it, or add cpus to preflight.ignore
error: hyperv.memory: a control plane needs 1700 MiB, and would stop at 1024 before anything is changed on it
  hint: raise it, or add memory to preflight.ignore
error: hyperv.memory: a worker needs 1700 MiB, and would stop at 1024 before anything is changed on it
  hint: raise it, or add memory to preflight.ignore
error: hyperv.disk: a control plane needs 27 GiB, and would stop at 20 before anything is changed on it
  hint: raise it, or add disk to preflight.ignore
error: hyperv.disk: a worker needs 27 GiB, and would stop at 20 before anything is changed on it
  hint: raise it, or add disk to preflight.ignore
`},
		{name: "small on purpose", add: "hyperv: {cpus: 1, memory: 1024, disk: 20}\npreflight: {ignore: [cpus, memory, disk]}"},
		{name: "too large, odd", edit: []string{"10.1.10.21}", "10.1.10.21, hyperv: {cpus: 1000, memory: 4097, disk: 70000}}"}, want: `
error: nodes[4].hyperv.cpus: Hyper-V has no machine with 1000 processors
error: nodes[4].hyperv.memory: 4097 MiB is an odd number, which Hyper-V refuses
error: nodes[4].hyperv.disk: Hyper-V has no machine with 70000 GiB
`},
		{name: "cards", add: "hyperv: {vlan: 5000, cards: [{name: storag, vlan: 4095}]}", want: `
error: hyperv.vlan: 5000 is not the number of a VLAN
  hint: from 1 to 4094
error: hyperv.cards[0].name: "storag" is not a known card of the nodes; known: primary
error: hyperv.cards[0].vlan: 4095 is not the number of a VLAN
  hint: from 1 to 4094
`},
		{name: "a bundle that is no ISO", add: "software: bundle\nhyperv: {bundle: hakube.img}", want: `
error: hyperv.bundle: "hakube.img" is no .iso file; a DVD drive of Hyper-V takes nothing else
`},
		{name: "a bundle that nobody needs", add: "hyperv: {bundle: hakube.iso}", want: `
error: hyperv.bundle: no node has software: bundle
  hint: leave it out
`},
	})
}
