// SPDX-License-Identifier: Apache-2.0

package cluster

// CNIPort is what the pod network of one node takes from those of the others.
type CNIPort struct {
	Protocol string // "tcp" or "udp", or a protocol of IP that has no ports: "ipip"
	Port     int    // 0 without ports
	Purpose  string
}

var (
	calicoBGP   = CNIPort{"tcp", 179, "BGP between nodes (Calico)"}
	ipipPackets = CNIPort{"ipip", 0, "packets between pods (IPIP)"}
	calicoVXLAN = CNIPort{"udp", 4789, "packets between pods (VXLAN)"}
	// the Linux kernel's own port for VXLAN, older than the standard's.
	linuxVXLAN   = CNIPort{"udp", 8472, "packets between pods (VXLAN)"}
	geneve       = CNIPort{"udp", 6081, "packets between pods (Geneve)"}
	ciliumHealth = CNIPort{"tcp", 4240, "health of the nodes (Cilium)"}
	hubble       = CNIPort{"tcp", 4244, "Hubble (Cilium)"}
	typhaPort    = CNIPort{"tcp", 5473, "Typha (Calico)"}
)

// cniPorts is the table of what each pod network needs, by encapsulation.
var cniPorts = map[string]map[string][]CNIPort{
	cniCalico: {
		encapsulationIPIP:  {calicoBGP, ipipPackets},
		encapsulationVXLAN: {calicoVXLAN},
		encapsulationNone:  {calicoBGP},
		"":                 {calicoBGP, ipipPackets, calicoVXLAN}, // whichever the manifest has
	},
	cniFlannel: {
		encapsulationVXLAN: {linuxVXLAN},
		encapsulationNone:  {},
	},
	cniCilium: {
		encapsulationVXLAN:  {linuxVXLAN, ciliumHealth, hubble},
		encapsulationGeneve: {geneve, ciliumHealth, hubble},
		encapsulationNone:   {ciliumHealth, hubble},
		"":                  {linuxVXLAN, geneve, ciliumHealth, hubble},
	},
}

// Ports lists what nodes must take from each other for their pods to reach each other. Of a manifest that is applied as it
// is, nobody knows. Without encapsulation the packets between nodes are those of the pods themselves.
func (c CNI) Ports() []CNIPort {
	ports := cniPorts[c.Name][c.Encapsulation]
	if c.Typha {
		ports = append(ports[:len(ports):len(ports)], typhaPort)
	}
	return ports
}
