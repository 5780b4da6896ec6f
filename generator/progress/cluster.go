// SPDX-License-Identifier: Apache-2.0

package progress

import (
	"maps"
	"slices"
	"time"
)

// Expected is a node of the inventory.
type Expected struct {
	Name, Role string
	Steps      []string // in order
}

// Cluster is how far the machines of an inventory are.
type Cluster struct {
	Name      string
	Nodes     []Node // in the inventory's order
	Complete  bool   // as the first control plane says
	Seconds   int    // since its bootstrap began, as of its last word on the cluster
	Waiting   string // who or what it waits for
	Strangers []string

	seen map[Event]sighting
}

// Node is how far one machine is.
type Node struct {
	Name, Role string
	Steps      []Step
	Complete   bool
	Seconds    int      // from the begin of its bootstrap until it was complete
	Failure    *Failure // the last one, until its step is done after all
	Note       string   // the newest one
}

// Step is how far a node is with a step.
type Step struct {
	Name    string
	State   State // empty: not begun
	Attempt int
	Seconds int // since it began, at the time At; -1: it is done, but nobody saw when
	Reason  string
	At      time.Time
}

// Failure is a failed step with what the machine said of it.
type Failure struct {
	Step             string
	Attempt, Seconds int
	Reason           string
	Log              []string // oldest first
	Next             []string
}

// sighting is where and when an event was seen for the first time.
type sighting struct {
	source string
	at     time.Time
}

const (
	// sameEvent is how long one event may take longer through another channel.
	sameEvent = 2 * time.Minute
	mostSeen  = 10_000
	mostLines = 40 // of a log and of advice
)

// New returns a cluster of which nobody has heard anything.
func New(name string, nodes []Expected) *Cluster {
	c := &Cluster{Name: name, seen: map[Event]sighting{}}
	for _, n := range nodes {
		node := Node{Name: n.Name, Role: n.Role}
		for _, s := range n.Steps {
			node.Steps = append(node.Steps, Step{Name: s})
		}
		c.Nodes = append(c.Nodes, node)
	}
	return c
}

// Apply takes in an event that came through the channel source at a time, and reports whether it told anything: events of
// another cluster, of machines that are in no inventory, and those that came through another channel already do not.
func (c *Cluster) Apply(source string, e Event, at time.Time) bool {
	if e.Cluster != "" && e.Cluster != c.Name {
		c.stranger("cluster " + e.Cluster)
		return false
	}
	e.Cluster = c.Name
	if c.known(source, e, at) {
		return false
	}
	if e.Node == "" {
		c.Seconds, c.Waiting, c.Complete = e.Seconds, e.Reason, e.State == Complete
		return true
	}
	n := c.Node(e.Node)
	if n == nil {
		c.stranger(e.Node)
		return false
	}
	n.apply(e, at)
	return true
}

// known reports whether another channel has brought the event. On one channel the same again is news: a machine that was
// made anew begins with the same words.
func (c *Cluster) known(source string, e Event, at time.Time) bool {
	first, seen := c.seen[e]
	if seen && first.source != source && at.Sub(first.at) < sameEvent {
		return true
	}
	if len(c.seen) > mostSeen {
		maps.DeleteFunc(c.seen, func(_ Event, s sighting) bool { return at.Sub(s.at) >= sameEvent })
	}
	c.seen[e] = sighting{source, at}
	return false
}

func (c *Cluster) stranger(name string) {
	if len(c.Strangers) < mostLines && !slices.Contains(c.Strangers, name) {
		c.Strangers = append(c.Strangers, name)
	}
}

// Node returns the node of a name, nil if the inventory has none.
func (c *Cluster) Node(name string) *Node {
	for i := range c.Nodes {
		if c.Nodes[i].Name == name {
			return &c.Nodes[i]
		}
	}
	return nil
}
