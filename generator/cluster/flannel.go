// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hakube/hakube-seed/generator/manifest"
)

// flannel is the table of flannel's releases. It names no Kubernetes versions: flannel asks for nothing but node CIDRs.
var flannel = cniReleases{"flannel", []cniRelease{
	{version: "v0.28.9", plain: "e875824be2f552b45711dbda91af81b17eb961d00025d914d9fef18fad8f09c0"},
	{version: "v0.27.4", plain: "2242ee218f3c3e724e4efe5f31826a3e38cfdabf334de41aee2b12b48fd4818d"},
	{version: "v0.26.7", plain: "d3f539ef073032bdbd2d32900719400e0050a8ae1d00a9fef75d9d0f079c7d54"},
}}

// The objects of flannel's manifest that have settings.
const (
	flannelNamespace = "kube-flannel"
	flannelConfig    = "kube-flannel-cfg"
	flannelNode      = "kube-flannel-ds"
	flannelNetwork   = "net-conf.json"
)

// flannelBackends is what flannel calls each encapsulation.
var flannelBackends = map[string]string{encapsulationVXLAN: "vxlan", encapsulationNone: "host-gw"}

func (p *planner) planFlannel(m *manifest.Manifest) {
	cni := &p.cluster.CNI
	p.checkNodeCIDRs("flannel")
	p.planEncapsulation(encapsulationVXLAN, encapsulationNone)
	if release, _, chosen := p.planRelease(flannel); chosen {
		cni.Version = release.version
		cni.URL = fmt.Sprintf("https://raw.githubusercontent.com/flannel-io/flannel/%s/Documentation/kube-flannel.yml", release.version)
		cni.SHA256 = release.plain
	}
	if cni.Encapsulation == "" && m != nil {
		cni.Encapsulation = p.flannelEncapsulation(m)
	} else if cni.Encapsulation == "" {
		cni.Encapsulation = encapsulationVXLAN
	}
	if cni.MTU > 0 && cni.Encapsulation == encapsulationNone {
		p.refuse("cni.mtu", "flannel without encapsulation takes the network card's own", "leave it out")
	}
	if cni.Encapsulation == "" || len(p.cluster.PodSubnets) == 0 {
		return // reported
	}
	p.fit(m, p.flannelPatches()...)
}

// flannelPatches sets the addresses of the pods, and on which card the nodes' network is (by default that of the default
// route).
func (p *planner) flannelPatches() []manifest.Patch {
	type backend struct {
		Type string
		MTU  int `json:",omitempty"`
	}
	cni := p.cluster.CNI
	wanted := backend{Type: flannelBackends[cni.Encapsulation]}
	if cni.MTU > 0 {
		wanted.MTU = cni.MTU + overhead[cni.Encapsulation] // flannel's word for the network card's
	}
	network := map[string]any{"Backend": wanted}
	if subnet, has := p.cluster.PodSubnets.of(IPv4); has {
		network["Network"] = subnet.String()
	} else {
		network["EnableIPv4"] = false
	}
	if subnet, has := p.cluster.PodSubnets.of(IPv6); has {
		network["EnableIPv6"], network["IPv6Network"] = true, subnet.String()
	}
	text, _ := json.MarshalIndent(network, "", "  ") // texts, numbers and truth values always encode
	card := env{{"FLANNELD_IFACE_CAN_REACH", p.nodesNetworkAddress()}}
	return []manifest.Patch{
		configMap(flannelNamespace, flannelConfig, manifest.Fields{flannelNetwork: string(text) + "\n"}),
		daemonSet(flannelNamespace, flannelNode, manifest.Fields{"name": "kube-flannel", "env": card.fields()}),
	}
}

// nodesNetworkAddress is an address to which the kernel finds the way through the card of the nodes' network, whether a
// machine has it or not.
func (p *planner) nodesNetworkAddress() string {
	if len(p.cluster.Network.Subnets) == 0 {
		return "" // reported
	}
	return p.cluster.Network.Subnets[0].CIDR.Addr().Next().String()
}

// flannelEncapsulation is what a manifest of the user's has; empty after an error.
func (p *planner) flannelEncapsulation(m *manifest.Manifest) string {
	const path = "cni.manifest.file"
	var network struct{ Backend struct{ Type string } }
	if err := json.Unmarshal([]byte(m.Text("ConfigMap", flannelConfig, "data", flannelNetwork)), &network); err != nil {
		p.refuse(path, fmt.Sprintf("there is no ConfigMap %s with a JSON text %s in %q, where settings of flannel belong", flannelConfig, flannelNetwork, p.inv.CNI.Manifest.File), "use a manifest of flannel itself, or name: manifest, which applies any as it is")
		return ""
	}
	for encapsulation, name := range flannelBackends {
		if network.Backend.Type == name {
			return encapsulation
		}
	}
	p.refuse(path, fmt.Sprintf("the backend of flannel is %q; this program knows vxlan and host-gw", network.Backend.Type), "choose one by cni.encapsulation: vxlan or none, or use name: manifest, which applies any manifest as it is")
	return ""
}

// checkNodeCIDRs checks that nodes get the parts of the pod subnet from which the pod network gives pods their addresses.
func (p *planner) checkNodeCIDRs(who string) {
	for _, arg := range p.cluster.ControllerManagerArgs {
		if arg.Name == "allocate-node-cidrs" && slices.Contains([]string{"false", "False", "0"}, arg.Value) {
			p.refuse("controllerManager.extraArgs.allocate-node-cidrs", fmt.Sprintf("%s gives pods addresses of the parts of podSubnet that nodes get here", who), "leave it out")
		}
	}
}
