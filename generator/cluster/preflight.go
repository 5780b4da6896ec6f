// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"slices"
	"strconv"
)

// The checks of a machine before anything is changed on it.
const (
	CheckCPUs        = "cpus"
	CheckMemory      = "memory"
	CheckDisk        = "disk"
	CheckKernel      = "kernel"
	CheckCgroup      = "cgroup"
	CheckProductUUID = "product-uuid"
	CheckClock       = "clock"
	CheckAddress     = "address"
	CheckGateway     = "gateway"
	CheckPorts       = "ports"
)

var machineChecks = []string{
	CheckCPUs, CheckMemory, CheckDisk, CheckKernel, CheckCgroup, CheckProductUUID, CheckClock, CheckAddress, CheckGateway, CheckPorts,
}

// Machine is the least that a machine must be to become a node.
type Machine struct {
	Checks []string // those to make, in this order
	CPUs   int
	Memory int // MiB as the guest sees them
	Disk   int // GiB of the file system with /var/lib
	Kernel string
	Ports  []int // that nothing may listen on yet
}

// What a machine of each size has. A VM of 2 GB tells its guest of some 1950 MiB, and kubeadm wants 1700; of a disk of 30 GB
// (27.9 GiB) the boot partitions and the file system itself take two.
var (
	kubernetesMachine   = Machine{CPUs: 2, Memory: 1700, Disk: 25}
	loadBalancerMachine = Machine{CPUs: 1, Memory: 400, Disk: 3}
)

func planMachineChecks(p *planner) {
	for i, name := range p.inv.Preflight.Ignore {
		p.check(itemPath("preflight.ignore", i), choice("check of a machine", name, machineChecks))
	}
	for i := range p.cluster.Nodes {
		node := &p.cluster.Nodes[i]
		node.Machine = p.machine(*node)
	}
}

func (p *planner) machine(n Node) Machine {
	m := kubernetesMachine
	var unwanted []string
	if !n.Role.RunsKubelet() {
		m = loadBalancerMachine
		unwanted = append(unwanted, CheckKernel, CheckCgroup)
	}
	m.Ports = p.portsToBeFree(n)
	m.Kernel = p.cluster.Release.MinKernel
	if p.cluster.KubeProxyMode == "nftables" {
		m.Kernel = nftablesKernel
	} else if p.preflightIgnored() {
		unwanted = append(unwanted, CheckKernel)
	}
	if p.cluster.Release.CgroupV1 != Refused || p.cgroupV1Allowed() {
		unwanted = append(unwanted, CheckCgroup)
	}
	if subnet, _ := p.cluster.Network.SubnetOf(n.Address); n.Software != SoftwareAPT || !subnet.Gateway.IsValid() {
		// a network that leads nowhere has a gateway only in name, and one of DHCP's may be anywhere
		unwanted = append(unwanted, CheckGateway)
	}
	for _, check := range machineChecks {
		if !slices.Contains(unwanted, check) && !slices.Contains(p.inv.Preflight.Ignore, check) {
			m.Checks = append(m.Checks, check)
		}
	}
	return m
}

// portsToBeFree lists the ports of what is going to run on a node; kubeadm's own.
func (p *planner) portsToBeFree(n Node) []int {
	var ports []int
	if p.cluster.RunsHAProxy(n) {
		ports = append(ports, int(p.cluster.Endpoint.Port))
	}
	if n.Role == RoleEtcd || n.Role == RoleControlPlane && !p.cluster.ExternalEtcd() {
		ports = append(ports, 2379, 2380)
	}
	if n.Role == RoleControlPlane {
		ports = append(ports, 6443, 10257, 10259)
	}
	if n.Role.RunsKubelet() {
		ports = append(ports, 10250)
	}
	return ports
}

// PortList spells the ports, as a shell's loop takes them.
func (m Machine) PortList() []string {
	var list []string
	for _, port := range m.Ports {
		list = append(list, strconv.Itoa(port))
	}
	return list
}
