// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

const (
	diskDifferencing = "differencing"
	startAlways      = "always"
)

var (
	switchTypes = []string{"external", "internal", "private"}
	diskTypes   = []string{diskDifferencing, "copy"}
	startWords  = []string{startAlways, "if-running", "never"}
)

// What a machine gets that the inventory says nothing about: more than the least, because pods come on top.
var virtualMachines = map[Role]VirtualMachine{
	RoleControlPlane: {CPUs: 2, Memory: 4096, Disk: 40},
	RoleWorker:       {CPUs: 2, Memory: 4096, Disk: 40},
	RoleEtcd:         {CPUs: 2, Memory: 2048, Disk: 30},
	RoleLoadBalancer: {CPUs: 1, Memory: 1024, Disk: 10},
}

// planHyperV plans the machines for a host with Hyper-V, for every cluster: the scripts cost nothing who has none.
func planHyperV(p *planner) {
	given, planned := p.inv.HyperV, &p.cluster.HyperV
	planned.Switch = cmp.Or(given.Switch, defaults.hyperVSwitch)
	p.check("hyperv.switch", hostText(planned.Switch))
	p.planCreatedSwitch()
	p.check("hyperv.prefix", fileNamePart(given.Prefix))
	for i := range p.cluster.Nodes {
		if p.cluster.Nodes[i].Role != "" {
			p.planVirtualMachine(i)
		}
	}
	p.planVirtualCards()
	p.planHostBundle()
}

func (p *planner) planCreatedSwitch() {
	given, planned := p.inv.HyperV, &p.cluster.HyperV
	if given.CreateSwitch != "" && !p.check("hyperv.createSwitch", choice("kind of switch", given.CreateSwitch, switchTypes)) {
		return
	}
	switch external := given.CreateSwitch == "external"; {
	case external && given.Adapter == "":
		p.refuse("hyperv.createSwitch", "an external switch needs a network card of the host", "add adapter: with a name that Get-NetAdapter shows, such as Ethernet")
	case !external && given.Adapter != "":
		p.refuse("hyperv.adapter", "only an external switch that is to be made has one", "add createSwitch: external, or leave it out")
	default:
		p.check("hyperv.adapter", hostText(given.Adapter))
		planned.SwitchType, planned.Adapter = given.CreateSwitch, given.Adapter
	}
}

// onHost is the value of a field for one machine and the path where it was given: with the node, with all, or nowhere.
func onHost[T comparable](node int, field string, own, shared T) (value T, path string) {
	var zero T
	if own != zero {
		return own, nodePath(node, "hyperv."+field)
	}
	return shared, "hyperv." + field
}

func (p *planner) planVirtualMachine(i int) {
	node, all, own := &p.cluster.Nodes[i], p.inv.HyperV, p.inv.Nodes[i].HyperV
	vm, usual := &node.VM, virtualMachines[node.Role]
	vm.Name = all.Prefix + p.inv.Nodes[i].Name

	path, at := onHost(i, "path", own.Path, all.Path)
	if p.check(at, hostPath(path)) {
		vm.Path = path
	}
	diskType, at := onHost(i, "diskType", own.DiskType, all.DiskType)
	if vm.DiskType = cmp.Or(diskType, defaults.hyperVDiskType); diskType != "" {
		p.check(at, choice("type of disk", diskType, diskTypes))
	}
	start, at := onHost(i, "start", own.Start, all.Start)
	if vm.Start = cmp.Or(start, defaults.hyperVStart); start != "" {
		p.check(at, choice("start", start, startWords))
	}
	vm.Generation, at = onHost(i, "generation", own.Generation, all.Generation)
	if vm.Generation = cmp.Or(vm.Generation, defaults.hyperVGeneration); vm.Generation != 1 && vm.Generation != 2 {
		p.refuse(at, fmt.Sprintf("Hyper-V has no generation %d", vm.Generation), "1 or 2")
	}
	p.planSecureBoot(i)
	p.planImage(i)
	cpus, at := onHost(i, "cpus", own.CPUs, all.CPUs)
	vm.CPUs = p.size(i, at, sizeRule{cpus, usual.CPUs, CheckCPUs, node.Machine.CPUs, 240, "processors"})
	memory, at := onHost(i, "memory", own.Memory, all.Memory)
	vm.Memory = p.size(i, at, sizeRule{memory, usual.Memory, CheckMemory, node.Machine.Memory, 12 << 20, "MiB"})
	if vm.Memory%2 == 1 {
		p.refuse(at, fmt.Sprintf("%d MiB is an odd number, which Hyper-V refuses", vm.Memory), "")
	}
	disk, at := onHost(i, "disk", own.Disk, all.Disk)
	vm.Disk = p.size(i, at, sizeRule{disk, usual.Disk, CheckDisk, node.Machine.Disk + besidesRoot, 64 << 10, "GiB"})
}

// besidesRoot is what boot partitions and the file system itself take of a disk, in GiB.
const besidesRoot = 2

// sizeRule is how large something of a machine may be; the least counts only where the node is looked at for it.
type sizeRule struct {
	given, usual int
	check        string
	least, most  int
	unit         string
}

// size returns how large something of a machine is. It reports a size with which the node would stop in preflight.
func (p *planner) size(node int, path string, rule sizeRule) int {
	size := cmp.Or(rule.given, rule.usual)
	n := p.cluster.Nodes[node]
	switch looked := slices.Contains(n.Machine.Checks, rule.check); {
	case size < 0 || size > rule.most:
		p.refuse(path, fmt.Sprintf("Hyper-V has no machine with %d %s", size, rule.unit), "")
	case looked && size < rule.least:
		p.refuse(path, fmt.Sprintf("%s needs %d %s, and would stop at %d before anything is changed on it", n.Role.inWords(), rule.least, rule.unit, size),
			fmt.Sprintf("raise it, or add %s to preflight.ignore", rule.check))
	}
	return size
}

func (p *planner) planSecureBoot(i int) {
	vm, all, own := &p.cluster.Nodes[i].VM, p.inv.HyperV.SecureBoot, p.inv.Nodes[i].HyperV.SecureBoot
	given, at := onHost(i, "secureBoot", own, all)
	if given != nil && *given && vm.Generation == 1 {
		p.refuse(at, "machines of generation 1 have no Secure Boot", "leave it out, or use generation: 2")
		return
	}
	vm.SecureBoot = vm.Generation == 2 && (given == nil || *given)
}

// planHostBundle: where no node takes software from a bundle, nothing is to be attached.
func (p *planner) planHostBundle() {
	bundle := cmp.Or(p.inv.HyperV.Bundle, defaults.hyperVBundle)
	switch needed := slices.ContainsFunc(p.cluster.Nodes, func(n Node) bool { return n.Software == SoftwareBundle }); {
	case needed && !strings.HasSuffix(strings.ToLower(bundle), ".iso"):
		p.refuse("hyperv.bundle", fmt.Sprintf("%q is no .iso file; a DVD drive of Hyper-V takes nothing else", bundle), "")
	case needed && p.check("hyperv.bundle", hostPath(bundle)):
		p.cluster.HyperV.Bundle = bundle
	case !needed && p.inv.HyperV.Bundle != "":
		p.refuse("hyperv.bundle", "no node has software: bundle", "leave it out")
	}
}
