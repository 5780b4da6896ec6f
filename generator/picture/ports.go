// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/hakube/hakube-seed/generator/cluster"
)

// portOf returns the port of the first opening of a role whose purpose has a word, as 6443/tcp.
func portOf(c *cluster.Cluster, role cluster.Role, word string) string {
	for _, o := range c.Openings(role) {
		if strings.Contains(o.Purpose, word) {
			return portText(o)
		}
	}
	return ""
}

func portText(o cluster.Opening) string {
	switch {
	case o.Protocol == "":
		return "all"
	case o.Protocol.Number() > 0:
		return string(o.Protocol)
	}
	return fmt.Sprintf("%s/%s", o.Ports, o.Protocol)
}

// who names the networks that may ask, in as few words as possible.
func who(c *cluster.Cluster, from []netip.Prefix) string {
	var nodes []netip.Prefix
	for _, s := range c.Network.Subnets {
		nodes = append(nodes, s.CIDR)
	}
	switch {
	case from == nil:
		return "everybody"
	case slices.Equal(from, nodes):
		return "nodes"
	case slices.Equal(from, slices.Concat(nodes, c.PodSubnets)):
		return "nodes, pods"
	}
	return prefixes(from)
}

func prefixes(list []netip.Prefix) string {
	var texts []string
	for _, p := range list {
		if p.IsSingleIP() {
			texts = append(texts, p.Addr().String())
			continue
		}
		texts = append(texts, p.String())
	}
	return strings.Join(texts, ", ")
}

func addressList(list []netip.Addr) string {
	var texts []string
	for _, a := range list {
		texts = append(texts, a.String())
	}
	return strings.Join(texts, ", ")
}

// ports draws what every role answers to, a column for each.
func (d *drawing) ports() {
	heading := "what answers, and to whom (closed to others by " + d.cluster.Firewall.Kind + ")"
	if d.cluster.Firewall.Kind == "none" {
		heading = "what answers, and to whom (no firewall: nothing closes it to others)"
	}
	d.heading(heading)
	var roles []cluster.Role
	for _, l := range layersOf(d.cluster) {
		if l.role != "" {
			roles = append(roles, l.role)
		}
	}
	column := (d.Width - 2*margin - (len(roles)-1)*gap) / len(roles)
	top, lowest := d.y, d.y
	first := len(d.Panels)
	for i, role := range roles {
		p := panel{X: margin + i*(column+gap), Y: top, W: column, Name: role.Noun()}
		lowest = max(lowest, d.openings(p, d.cluster.Openings(role)))
		d.Panels = append(d.Panels, p)
	}
	for i := first; i < len(d.Panels); i++ {
		d.Panels[i].H = lowest - top
	}
	d.y = lowest + gap
}

// openings draws the openings of one role into a panel, and returns where it must end.
func (d *drawing) openings(p panel, openings []cluster.Opening) int {
	ports := 0
	for _, o := range openings {
		ports = max(ports, wide(portText(o))*5/4)
	}
	x, y := p.X+padding+ports+gap, p.Y+padding+lineStep
	room := p.X + p.W - gap - x
	for _, o := range openings {
		d.Texts = append(d.Texts, label{p.X + padding, y + lineStep, portText(o), "port"})
		for _, text := range wrapped(o.Purpose, room) {
			y += lineStep
			d.Texts = append(d.Texts, label{x, y, text, ""})
		}
		if from := who(d.cluster, o.From); from != "everybody" {
			y += lineStep - 3
			d.Texts = append(d.Texts, label{x, y, shortened("from "+from, room), "faint"})
		}
	}
	return y + padding
}

// heading draws the title of a part.
func (d *drawing) heading(text string) {
	d.y += lineStep + gap
	d.Texts = append(d.Texts, label{margin, d.y, text, "heading"})
	d.y += gap
}
