// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"slices"

	"github.com/hakube/hakube-seed/generator/cluster"
)

// network-config, version 2, without a top-level `network:` (cloud-init 18.2 does not strip it), without gateway4 and
// `to: default` (netplan 0.99), without set-name (cloud-init would refuse all networking when the MAC is not there),
// without `dhcp4: false` (cloud-init 18.2 takes its presence for true).
type (
	network struct {
		Version   int             `yaml:"version"`
		Ethernets map[string]link `yaml:"ethernets"`
		Bonds     map[string]link `yaml:"bonds,omitempty"`
		VLANs     map[string]link `yaml:"vlans,omitempty"`
	}
	// link is an interface of any kind.
	link struct {
		Match         *match         `yaml:"match,omitempty"`      // ethernets
		Interfaces    []string       `yaml:"interfaces,omitempty"` // bonds, with
		Parameters    *parameters    `yaml:"parameters,omitempty"` // these
		ID            int            `yaml:"id,omitempty"`         // vlans, with
		Link          string         `yaml:"link,omitempty"`       // this
		Optional      bool           `yaml:"optional,omitempty"`
		AcceptRA      bool           `yaml:"accept-ra"` // without a router networkd waits 12 s for one
		DHCP4         bool           `yaml:"dhcp4,omitempty"`
		DHCP4Override *dhcpOverrides `yaml:"dhcp4-overrides,omitempty"`
		DHCP6         bool           `yaml:"dhcp6,omitempty"`
		DHCP6Override *dhcpOverrides `yaml:"dhcp6-overrides,omitempty"`
		Addresses     []string       `yaml:"addresses,omitempty"`
		MTU           int            `yaml:"mtu,omitempty"`
		Routes        []route        `yaml:"routes,omitempty"`
		Nameservers   *nameservers   `yaml:"nameservers,omitempty"`
	}
	match struct {
		Name       quoted `yaml:"name"`
		MACAddress quoted `yaml:"macaddress,omitempty"`
	}
	parameters struct {
		Mode     string `yaml:"mode"`
		Interval int    `yaml:"mii-monitor-interval"`
	}
	dhcpOverrides struct {
		UseDNS    bool `yaml:"use-dns"`
		UseRoutes bool `yaml:"use-routes"`
	}
	route struct {
		To  string `yaml:"to"`
		Via string `yaml:"via"`
	}
	nameservers struct {
		Addresses []string `yaml:"addresses,omitempty"`
		Search    []string `yaml:"search,omitempty"`
	}
)

func networkConfig(net cluster.Network, n cluster.Node) ([]byte, error) {
	config := network{Version: 2, Ethernets: map[string]link{}, Bonds: map[string]link{}, VLANs: map[string]link{}}
	for _, i := range n.Interfaces {
		l := linkOf(i, net)
		if i.Name == n.Interface {
			// the one that the node needs to be up
			l.Optional = false
			if len(net.Nameservers)+len(net.Search) > 0 {
				l.Nameservers = &nameservers{texts(net.Nameservers), net.Search}
			}
		}
		switch {
		case i.Bond != nil:
			// without an interval nothing looks whether a member's cable is in
			l.Interfaces, l.Parameters = i.Bond.Members, &parameters{i.Bond.Mode, 100}
			config.Bonds[i.Name] = l
		case i.VLAN != nil:
			l.ID, l.Link = i.VLAN.ID, i.VLAN.Link
			config.VLANs[i.Name] = l
		default:
			// a VLAN or bond inherits the MAC address of its card, which by itself would match it, too
			l.Match = &match{Name: quoted(i.Card.Device), MACAddress: quoted(i.Card.MAC.String())}
			config.Ethernets[i.Name] = l
		}
	}
	return encode(config)
}

// linkOf is what interfaces of all kinds have.
func linkOf(i cluster.Interface, net cluster.Network) link {
	l := link{
		MTU:      i.MTU,
		Optional: len(i.DHCPDefault) == 0, // a boot waits for the default route and not for a cable that may be out
		AcceptRA: slices.Contains(i.DHCP, cluster.IPv6),
		DHCP4:    slices.Contains(i.DHCP, cluster.IPv4),
		DHCP6:    slices.Contains(i.DHCP, cluster.IPv6),
	}
	if len(i.DHCP) > 0 {
		// networkd has one setting for both families; the default route of IPv6 comes from the router whatever it says
		overrides := &dhcpOverrides{
			UseDNS:    len(i.DHCPDefault) > 0 && len(net.Nameservers) == 0,
			UseRoutes: slices.Contains(i.DHCPDefault, i.DHCP[0]),
		}
		if l.DHCP4 {
			l.DHCP4Override = overrides
		}
		if l.DHCP6 {
			l.DHCP6Override = overrides
		}
	}
	for _, a := range i.Addresses {
		l.Addresses = append(l.Addresses, a.String())
	}
	for _, r := range i.Routes {
		l.Routes = append(l.Routes, route{r.To.String(), r.Via.String()})
	}
	return l
}
