// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"fmt"
	"slices"

	"github.com/hakube/hakube-seed/generator/cluster"
)

// layout places everything, from top to bottom.
func layout(c *cluster.Cluster) view {
	lanes := lanesOf(c)
	v := &drawing{cluster: c, left: margin}
	if c.ExternalEtcd() {
		v.left += gutter
	}
	v.Width = max(leastWide, lanes.width+2*margin)
	v.y = margin + 2*lineStep + 2*gap
	v.Title = fmt.Sprintf("cluster %s", c.Name)
	v.Facts = facts(c)
	v.machines()
	v.ports()
	v.order(lanes)
	v.Height = v.y + margin
	return v.view
}

// drawing is a view in the making; y is where the next thing goes, left where machines begin.
type drawing struct {
	view
	cluster *cluster.Cluster
	y, left int
}

// facts is the line below the title.
func facts(c *cluster.Cluster) string {
	text := fmt.Sprintf("Kubernetes %s · API at %s:%d", c.Version, c.Endpoint.Name, c.Endpoint.Port)
	if at := c.Endpoint.Address; at.IsValid() && at.String() != c.Endpoint.Name {
		text += fmt.Sprintf(" (%s)", at)
	}
	if at := c.LoadBalancer.VirtualIP; at.IsValid() {
		text += fmt.Sprintf(" · virtual IP %s", at)
	}
	text += " · pods " + prefixes(c.PodSubnets) + " · services " + prefixes(c.ServiceSubnets) + " · " + c.CNI.Name
	if c.CNI.Encapsulation != "" {
		text += " (" + c.CNI.Encapsulation + ")"
	}
	return text
}

// layer is the machines of one role, which talk to the layer below.
type layer struct {
	name   string
	role   cluster.Role
	nodes  []cluster.Node
	dashed bool
	note   string // in place of machines
}

// layersOf returns the layers from top to bottom; the API's clients are above the first one.
func layersOf(c *cluster.Cluster) []layer {
	var layers []layer
	add := func(name string, role cluster.Role) {
		if nodes := c.NodesWith(role); len(nodes) > 0 {
			if len(nodes) == 1 {
				name = role.Noun()
			}
			layers = append(layers, layer{name: name, role: role, nodes: nodes})
		}
	}
	add("load balancers", cluster.RoleLoadBalancer)
	if outside(c) {
		layers = append(layers, layer{name: "load balancer", dashed: true, note: c.Endpoint.Name + ", not of this inventory"})
	}
	add("control planes", cluster.RoleControlPlane)
	add("workers", cluster.RoleWorker)
	add("etcd nodes", cluster.RoleEtcd)
	return layers
}

// outside reports whether the endpoint is a machine that is in no inventory.
func outside(c *cluster.Cluster) bool {
	own := slices.ContainsFunc(c.Nodes, func(n cluster.Node) bool { return slices.Contains(n.Addresses, c.Endpoint.Address) })
	return !own && !c.LoadBalancer.VirtualIP.IsValid()
}

// machines draws the layers with their machines, and the arrows between them: down to the next layer, on the right from
// the workers to where the API is, on the left from the control planes to etcd.
func (d *drawing) machines() {
	layers := layersOf(d.cluster)
	right := d.Width - margin - gutter
	clients := panel{X: d.left, Y: d.y, W: right - d.left, H: 2*padding + lineStep, Name: "kubectl and other clients of the API"}
	d.Panels = append(d.Panels, clients)
	d.y += clients.H
	at := map[cluster.Role]panel{}
	var first panel
	for i, l := range layers {
		text := d.asked(l)
		if i == 0 {
			text = d.endpoint()
		}
		d.arrowDown(text)
		d.layer(l, right)
		at[l.role] = d.Panels[len(d.Panels)-1]
		if i == 0 {
			first = at[l.role]
		}
	}
	if workers, there := at[cluster.RoleWorker]; there {
		from, to := workers.Y+workers.H/2, first.Y+boxHeight/2
		d.Arrows = append(d.Arrows, arrow{
			fmt.Sprintf("M%d %d H%d V%d H%d", right, from, right+gutter/3, to, right+4),
			right + gutter/3 + 10, (from + to) / 2, d.endpoint(),
		})
	}
	if etcd, there := at[cluster.RoleEtcd]; there {
		controlPlanes := at[cluster.RoleControlPlane]
		from, to, x := controlPlanes.Y+controlPlanes.H/2, etcd.Y+boxHeight/2, d.left-gutter/4
		d.Arrows = append(d.Arrows, arrow{
			fmt.Sprintf("M%d %d H%d V%d H%d", d.left, from, x, to, d.left-4), margin, (from + to) / 2, "etcd 2379/tcp",
		})
	}
	d.y += gap
}

// endpoint is what every client of the API asks for.
func (d *drawing) endpoint() string { return fmt.Sprintf("API %d/tcp", d.cluster.Endpoint.Port) }

// asked is what a layer is asked for by the one above it; etcd is asked from further above.
func (d *drawing) asked(l layer) string {
	switch l.role {
	case cluster.RoleControlPlane:
		return "API " + portOf(d.cluster, l.role, "API server")
	case cluster.RoleWorker:
		return "kubelets " + portOf(d.cluster, l.role, "kubelet")
	}
	return ""
}

// arrowDown leaves room for an arrow to the next layer, and draws it if there is something to say.
func (d *drawing) arrowDown(text string) {
	if text == "" {
		d.y += 2 * gap
		return
	}
	x := (d.left + d.Width - margin - gutter) / 2
	d.Arrows = append(d.Arrows, arrow{fmt.Sprintf("M%d %d V%d", x, d.y+2, d.y+arrowRoom-4), x + 12, d.y + arrowRoom/2 + 5, text})
	d.y += arrowRoom
}

// mostBoxes is how many machines of a layer are drawn one by one.
const mostBoxes = 40

// layer draws a panel with the machines of a layer in rows.
func (d *drawing) layer(l layer, right int) {
	boxes := boxesOf(d.cluster, l)
	inner := right - d.left - 2*padding
	width := 0
	for _, b := range boxes {
		width = max(width, b.W)
	}
	perRow := max(1, min(len(boxes), (inner+gap)/(width+gap)))
	rows := (len(boxes) + perRow - 1) / perRow
	height := 2*padding + lineStep + rows*(boxHeight+gap)
	if rows == 0 {
		height += lineStep
	}
	d.Panels = append(d.Panels, panel{d.left, d.y, right - d.left, height, l.name, l.dashed})
	if l.note != "" {
		d.Texts = append(d.Texts, label{d.left + padding, d.y + padding + 2*lineStep, l.note, ""})
	}
	start := d.left + padding + (inner-perRow*(width+gap)+gap)/2
	for i, b := range boxes {
		b.X, b.Y = start+i%perRow*(width+gap), d.y+padding+lineStep+gap/2+i/perRow*(boxHeight+gap)
		b.W, b.H = width, boxHeight
		d.Boxes = append(d.Boxes, b)
	}
	d.y += height
}

// boxesOf returns the machines of a layer, with the width that each needs.
func boxesOf(c *cluster.Cluster, l layer) []box {
	const widest = 250
	var boxes []box
	for i, n := range l.nodes {
		if i == mostBoxes-1 && len(l.nodes) > mostBoxes {
			boxes = append(boxes, box{Name: fmt.Sprintf("and %d more", len(l.nodes)-i), W: 120})
			break
		}
		name := n.Name
		if n.Role == cluster.RoleControlPlane && n.Name == c.FirstControlPlane().Name && len(l.nodes) > 1 {
			name += " (first)"
		}
		b := box{Name: name, Below: addressList(n.Addresses), Full: n.Name + " " + addressList(n.Addresses)}
		b.W = min(widest, max(118, wide(b.Name)+2*gap, wide(b.Below)+2*gap))
		b.Name, b.Below = shortened(b.Name, b.W-2*gap), shortened(b.Below, b.W-2*gap)
		boxes = append(boxes, b)
	}
	return boxes
}
