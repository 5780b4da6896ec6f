// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"bytes"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/seeds"
	"github.com/hakube/hakube-seed/templates"
)

// hostScripts are the files for a Hyper-V host that are the same for every cluster.
var hostScripts = []string{
	"Get-HAKubeProgress.ps1",
	"HAKubeMachine.ps1",
	"New-HAKubeCluster.ps1",
	"Read-HAKubeCluster.ps1",
	"Remove-HAKubeCluster.ps1",
	"Remove-HAKubeMedia.ps1",
	"Start-HAKubeCluster.ps1",
	"Watch-HAKubeCluster.ps1",
}

const hostData = "cluster.psd1"

// startOrder is the order in which roles start with the host, each so many seconds after it: what others wait for first.
var startOrder = []struct {
	role  cluster.Role
	delay int
}{{cluster.RoleLoadBalancer, 0}, {cluster.RoleEtcd, 5}, {cluster.RoleControlPlane, 10}, {cluster.RoleWorker, 30}}

// startActions spells when a machine starts as Set-VM wants it.
var startActions = map[string]string{"always": "Start", "if-running": "StartIfRunning", "never": "Nothing"}

// hostView is what cluster.psd1 needs.
type hostView struct {
	Cluster, Switch, SwitchType, Adapter string
	Matched                              bool // a network-config looks for a MAC address
	Machines                             []machineView
}

type machineView struct {
	cluster.VirtualMachine
	Node, VM, Role, Address, Medium, Bundle string
	SerialPipe, StartAction                 string
	StartDelay                              int // seconds after the host
	Cards                                   []cardView
}

type cardView struct {
	cluster.VirtualCard
	MAC, Tagged string
}

// HyperV returns the files with which a Hyper-V host makes the machines of the cluster: scripts, and the data file that
// they read. All are in UTF-8 with a byte order mark and with CRLF, without which Windows PowerShell 5.1 takes them for
// ANSI. Media are expected in the directory above, named after their nodes, with this ending: .iso or .seed.vhdx. Its errors
// are faults of this program.
func HyperV(c *cluster.Cluster, ending string) ([]seeds.File, error) {
	var files []seeds.File
	for _, name := range hostScripts {
		text, err := templates.Text(path.Join("hyper-v", name))
		if err != nil {
			return nil, err
		}
		files = append(files, seeds.File{Name: name, Content: windowsText(text)})
	}
	data, err := templates.Render(path.Join("hyper-v", hostData), newHostView(c, ending))
	return append(files, seeds.File{Name: hostData, Content: windowsText(data)}), err
}

func windowsText(text []byte) []byte {
	return append([]byte("\ufeff"), bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))...)
}

func newHostView(c *cluster.Cluster, ending string) hostView {
	view := hostView{Cluster: c.Name, Switch: c.HyperV.Switch, SwitchType: c.HyperV.SwitchType, Adapter: c.HyperV.Adapter}
	for _, start := range startOrder {
		for _, n := range c.NodesWith(start.role) {
			m := newMachineView(c, n)
			m.Medium, m.StartDelay = n.Name+ending, start.delay
			view.Machines = append(view.Machines, m)
			view.Matched = view.Matched || slices.ContainsFunc(n.Interfaces, func(i cluster.Interface) bool { return i.Card != nil && i.Card.MAC != nil })
		}
	}
	return view
}

func newMachineView(c *cluster.Cluster, n cluster.Node) machineView {
	m := machineView{
		VirtualMachine: n.VM,
		Node:           n.Name,
		VM:             n.VM.Name,
		Role:           string(n.Role),
		Address:        n.Address.String(),
		SerialPipe:     `\\.\pipe\hakube-` + c.Name + "-" + n.Name,
		StartAction:    startActions[n.VM.Start],
	}
	if n.Software == cluster.SoftwareBundle {
		m.Bundle = c.HyperV.Bundle
	}
	for _, card := range n.VM.Cards {
		var tagged []string
		for _, id := range card.Tagged {
			tagged = append(tagged, strconv.Itoa(id))
		}
		mac := strings.ToUpper(strings.ReplaceAll(card.MAC.String(), ":", "-"))
		m.Cards = append(m.Cards, cardView{card, mac, strings.Join(tagged, ",")})
	}
	return m
}
