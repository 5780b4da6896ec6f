// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hakube/hakube-seed/generator"
	"github.com/hakube/hakube-seed/generator/cluster"
)

const (
	laneName   = 170
	laneHeight = 40
	chipGap    = 6
)

// lane is the steps of the machines of one kind, from left to right.
type lane struct {
	name  string
	chips []chip // X counts from the end of the name
}

// lanes are all kinds of machines. A step that waits for another machine stands right of what it waits for: of the places
// etcd and api, at which etcd has a majority and the API answers; 0 when nobody waits for it.
type lanes struct {
	list      []lane
	etcd, api int
	width     int
}

// lanesOf returns the lanes, those first that others wait for. Each round moves the two places as far to the right as the
// steps before them need, api after etcd; the last one only draws.
func lanesOf(c *cluster.Cluster) lanes {
	var l lanes
	controlPlanes := c.NodesWith(cluster.RoleControlPlane)
	for range 3 {
		l = lanes{etcd: l.etcd, api: l.api}
		for _, g := range []struct {
			name  string
			nodes []cluster.Node
		}{
			{"load balancer", c.NodesWith(cluster.RoleLoadBalancer)},
			{"etcd node", c.NodesWith(cluster.RoleEtcd)},
			{"first control plane", controlPlanes[:1]},
			{"other control plane", controlPlanes[1:]},
			{"worker", c.NodesWith(cluster.RoleWorker)},
		} {
			if len(g.nodes) > 1 {
				g.name += "s"
			}
			if len(g.nodes) > 0 {
				l.add(g.name, generator.Sequence(c, g.nodes[0]))
			}
		}
	}
	return l
}

func (l *lanes) add(name string, steps []generator.ExplainedStep) {
	lane := lane{name: name}
	has := func(name string) bool {
		return slices.ContainsFunc(steps, func(s generator.ExplainedStep) bool { return s.Name == name })
	}
	x := 0
	before := func(place *int) {
		*place = max(*place, x+gap)
		x = *place + gap
	}
	for _, s := range steps {
		ch := chip{Text: s.Name, W: wide(s.Name) + 16, Full: s.Does}
		if s.Waits != "" {
			ch.Full += " Waits for " + s.Waits + "."
		}
		switch s.Name {
		case "wait-etcd":
			before(&l.etcd)
			ch.Class = "waits"
		case "wait":
			before(&l.api)
			ch.Class = "waits"
		case "etcd", "init", "keeper":
			ch.Class = "key"
		}
		ch.X = x
		x += ch.W + chipGap
		switch s.Name {
		case "etcd":
			before(&l.etcd)
		case "init":
			before(&l.api)
		}
		lane.chips = append(lane.chips, ch)
	}
	if !has("wait") && !has("init") && l.api > 0 {
		before(&l.api) // it waits for nobody; what it does ends left of the line all the same
	}
	l.list = append(l.list, lane)
	l.width = max(l.width, laneName+x)
}

// order draws the lanes, and says below them what the waits are for.
func (d *drawing) order(l lanes) {
	d.heading("order of the bootstrap: all machines begin when they are powered on, in any order")
	d.y += lineStep
	top := d.y
	for _, lane := range l.list {
		d.Texts = append(d.Texts, label{margin, d.y + 22, lane.name, ""})
		for _, c := range lane.chips {
			c.X, c.Y = c.X+margin+laneName, d.y+6
			d.Chips = append(d.Chips, c)
		}
		d.y += laneHeight
	}
	for _, moment := range []struct {
		at   int
		text string
	}{{l.etcd, "etcd has a majority"}, {l.api, "the API answers"}} {
		if moment.at > 0 {
			x := margin + laneName + moment.at
			d.Lines = append(d.Lines, line{x, top - 4, d.y})
			d.Texts = append(d.Texts, label{x - wide(moment.text)/2, top - 10, moment.text, "faint"})
		}
	}
	d.y += lineStep
	for _, text := range endings(d.cluster) {
		d.Texts = append(d.Texts, label{margin, d.y, text, ""})
		d.y += lineStep
	}
}

// endings says what the lanes cannot show.
func endings(c *cluster.Cluster) []string {
	first := c.FirstControlPlane().Name
	var texts []string
	if names := namesOf(c.NodesWith(cluster.RoleControlPlane)[1:]); len(names) > 1 {
		texts = append(texts, fmt.Sprintf("Control planes join one after the other: %s.", strings.Join(append([]string{first}, names...), ", ")))
	}
	if len(c.NodesWith(cluster.RoleWorker)) > 1 {
		texts = append(texts, "Workers join at the same time.")
	}
	texts = append(texts, "Yellow steps wait for what blue ones bring about.")
	return append(texts, fmt.Sprintf("When every node has joined, the keeper on %s deletes the join credentials and says on its console that the cluster is complete.", first))
}

func namesOf(nodes []cluster.Node) []string {
	var names []string
	for _, n := range nodes {
		names = append(names, n.Name)
	}
	return names
}
