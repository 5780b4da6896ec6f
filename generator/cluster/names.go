// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

func planClusterName(p *planner) {
	if p.inv.Cluster == "" {
		p.refuse("cluster", "the cluster has no name", "add a line such as cluster: lab")
		return
	}
	if p.check("cluster", parseFileName(p.inv.Cluster)) {
		p.cluster.Name = p.inv.Cluster
	}
}

func planDNSDomain(p *planner) {
	p.cluster.DNSDomain = p.inv.DNSDomain
	if p.inv.DNSDomain == "" {
		p.cluster.DNSDomain = defaults.dnsDomain
	}
	p.check("dnsDomain", parseDomain(p.cluster.DNSDomain))
}

func planNodeNames(p *planner) {
	first := make(map[string]int, len(p.inv.Nodes))
	for i := range p.inv.Nodes {
		name := p.inv.Nodes[i].Name
		if name == "" {
			p.refuse(nodePath(i, "name"), "the node has no name", "add name: with lower-case letters, digits and dashes, such as k8s-worker1")
			continue
		}
		if earlier, taken := first[name]; taken {
			p.refuse(nodePath(i, "name"), fmt.Sprintf("node name %q is taken by %s", name, p.place(nodePath(earlier, "name"))), "")
			continue
		}
		first[name] = i
		if found := parseNodeName(name); found != nil {
			p.check(nodePath(i, "name"), found)
		} else {
			p.cluster.Nodes[i].Name = name
		}
	}
}

var numberPattern = regexp.MustCompile(`^(0x[0-9a-f]+|[0-9]+)$`)

// parseNodeName checks a name that becomes a host name, a Kubernetes node and a file.
func parseNodeName(name string) *problem {
	switch {
	case name == "localhost":
		return &problem{`a node named "localhost" could not be told from every machine's own localhost`, ""}
	case numberPattern.MatchString(name):
		return &problem{fmt.Sprintf("node name %q reads as a number, which programs take for an address", name), fmt.Sprintf("did you mean %q?", "node"+name)}
	}
	if found := parseFileName(name); found != nil {
		return &problem{"node name " + found.message, found.hint}
	}
	return nil
}

// windowsDevices are names that no file on Windows can have, whatever its extension; media are made there too.
var windowsDevices = func() []string {
	names := []string{"con", "prn", "aux", "nul"}
	for i := 1; i <= 9; i++ {
		names = append(names, "com"+strconv.Itoa(i), "lpt"+strconv.Itoa(i))
	}
	return names
}()

// parseFileName checks a name that also names a file or a directory on the machine where media are made.
func parseFileName(name string) *problem {
	if slices.Contains(windowsDevices, name) {
		return &problem{fmt.Sprintf("%q is a device on Windows, where no file can have that name", name), fmt.Sprintf("did you mean %q?", name+"-1")}
	}
	return parseLabel(name)
}

func planInstanceIDs(p *planner) {
	for i := range p.inv.Nodes {
		generation := cmp.Or(p.inv.Nodes[i].Generation, defaults.generation)
		if generation < 0 {
			p.refuse(nodePath(i, "generation"), fmt.Sprintf("%d is not a generation", generation), "count from 1, and raise it to make cloud-init run everything again")
		}
		// neither name can have a dot: cluster a-b with node c is not cluster a with node b-c
		p.cluster.Nodes[i].InstanceID = "hakube-" + p.inv.Cluster + "." + p.inv.Nodes[i].Name + "-g" + strconv.Itoa(generation)
	}
}
