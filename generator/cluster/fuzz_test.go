// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/hakube/hakube-seed/generator/inventory"
)

// FuzzPlan holds Plan to its promise for any inventory that parses: a complete cluster, or errors with their places.
func FuzzPlan(f *testing.F) {
	for _, name := range exampleNames(f) {
		data, err := os.ReadFile(filepath.Join(examples, name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(plain))
	f.Fuzz(func(t *testing.T, data []byte) {
		if inv, _ := inventory.Parse(data); inv != nil {
			checkPromise(t, inv)
		}
	})
}

func checkPromise(t *testing.T, inv *inventory.Inventory) {
	t.Helper()
	files := map[string][]byte{}
	for i, ref := range inv.FileReferences() {
		if i%4 != 3 { // some files are missing
			files[ref.File] = []byte("kind: List\n")
		}
	}
	c, diagnostics := Plan(inv, files)
	if (c == nil) != diagnostics.HasErrors() {
		t.Errorf("a cluster: %v, but\n%s", c != nil, text(diagnostics))
	}
	for _, d := range diagnostics {
		if d.Path == "" || d.Message == "" || d.Position.Line == 0 {
			t.Errorf("without path, message or place: %+v", d)
		}
	}
	if c != nil {
		checkComplete(t, c)
	}
}

// hostile are values that some rule may forget about.
var hostile = []string{
	"", " ", "-", ".", "/", ":", "-1", "0", "1", "33", "99999999999", "1.36.3", "1.99.0", "0.0.0.0/0", "10.0.0.0/8", "10.1.10.0/31",
	"255.255.255.255", "10.1.10.11", "::1", "::ffff:10.1.10.11", "fe80::1%eth0", "a=b:NoSchedule", "\xc3\x84", "a\nb", "worker", "../x", "$6$", "true",
	strings.Repeat("a", 300), strings.Repeat("a.", 200), strings.Repeat("9", 64),
}

// Every value of the examples that have every key, replaced by some of the hostile ones, each by others: all of them
// would take longer than they are worth, and FuzzPlan goes on from here.
func TestPlanHoldsItsPromise(t *testing.T) {
	plans := 0
	for _, name := range []string{"full.yaml", "lab.yaml", "single.yaml"} {
		data, err := os.ReadFile(filepath.Join(examples, name))
		if err != nil {
			t.Fatal(err)
		}
		var document yaml.Node
		if err := yaml.Unmarshal(data, &document); err != nil {
			t.Fatal(err)
		}
		for i, scalar := range scalars(&document) {
			original := *scalar
			for j := range 6 {
				value := hostile[(i*6+j)%len(hostile)]
				*scalar = yaml.Node{Kind: yaml.ScalarNode, Value: value}
				if original.Tag == "!!str" {
					scalar.Style = yaml.DoubleQuotedStyle
				}
				mutated, err := yaml.Marshal(&document)
				if err != nil {
					t.Fatal(err)
				}
				if inv, _ := inventory.Parse(mutated); inv != nil {
					checkPromise(t, inv)
					plans++
				}
			}
			*scalar = original
		}
	}
	if plans < 900 {
		t.Errorf("only %d inventories were planned", plans)
	}
}

// scalars returns the values of a document that are not keys.
func scalars(n *yaml.Node) []*yaml.Node {
	if n.Kind == yaml.ScalarNode {
		return []*yaml.Node{n}
	}
	var all []*yaml.Node
	for i, child := range n.Content {
		if n.Kind != yaml.MappingNode || i%2 == 1 {
			all = append(all, scalars(child)...)
		}
	}
	return all
}

// checkComplete checks what later stages take for granted.
func checkComplete(t *testing.T, c *Cluster) {
	t.Helper()
	holds := map[string]bool{
		"name":            labelPattern.MatchString(c.Name),
		"release":         c.Release.Minor <= c.Version.Minor && c.Release.ConfigAPI != "",
		"endpoint":        (isDomain(c.Endpoint.Name) || c.Endpoint.Name == c.Endpoint.Address.String()) && c.Endpoint.Address.IsValid() && c.Endpoint.Port > 0,
		"subnets":         apart(c),
		"node masks":      masksFit(c),
		"pods":            c.MaxPods >= 0,
		"nameservers":     len(c.Network.Nameservers) > 0 || len(c.FirstControlPlane().defaultsByDHCP()) > 0,
		"cni":             c.CNI.Name == cniNone || c.CNI.Manifest != nil || c.CNI.URL != "" && len(c.CNI.SHA256) == 64,
		"control planes":  c.count(RoleControlPlane) > 0,
		"load balancer":   c.count(RoleLoadBalancer) <= 1 || c.LoadBalancer.VirtualIP.IsValid(),
		"virtual IP":      !c.LoadBalancer.VirtualIP.IsValid() || c.Endpoint.Address == c.LoadBalancer.VirtualIP,
		"VRRP":            len(c.VRRPRouters()) != 1 && (c.LoadBalancer.RouterID > 0) == (len(c.VRRPRouters()) > 1),
		"etcd nodes":      c.count(RoleEtcd) == 0 || c.count(RoleEtcd)%2 == 1,
		"key algorithm":   c.Secrets.Algorithm != "",
		"kube-proxy mode": c.KubeProxyMode != "",
		"images":          c.Kubeadm.ImageRepository != "",
	}
	for i, n := range c.Nodes {
		what := fmt.Sprintf("node %d: ", i)
		holds[what+"name and address"] = labelPattern.MatchString(n.Name) && n.Address == n.Addresses[0] && onNetwork(c, n)
		holds[what+"one default route of each family"] = oneDefaultRoute(n)
		holds[what+"interfaces"] = slices.ContainsFunc(n.Interfaces, func(i Interface) bool { return i.Name == n.Interface })
		holds[what+"instance"] = strings.HasPrefix(n.InstanceID, "hakube-"+c.Name+"."+n.Name+"-g")
		holds[what+"system and user"] = n.OS.ID != "" && n.User.Name != "" && n.Timezone != ""
		holds[what+"software"] = n.Software != "" && n.Runtime != "" && n.Bundle.Path != "" && n.Bundle.Label != ""
		for _, f := range n.Files {
			holds[what+f.Path] = strings.HasPrefix(f.Path, "/") && f.Mode <= 0o7777
		}
	}
	for what, held := range holds {
		if !held {
			t.Errorf("incomplete: %s in %+v", what, c)
		}
	}
}

// apart tells whether no two ranges overlap, and there are as many of services as pods can serve.
func apart(c *Cluster) bool {
	all := slices.Concat(c.PodSubnets, c.ServiceSubnets)
	for _, s := range c.Network.Subnets {
		all = append(all, s.CIDR)
	}
	for i, a := range all {
		for _, b := range all[:i] {
			if a.Overlaps(b) {
				return false
			}
		}
	}
	return len(c.ServiceSubnets) > 0 && len(c.ServiceSubnets) <= len(c.PodSubnets)
}

func masksFit(c *Cluster) bool {
	for i, pods := range c.PodSubnets {
		if parts(pods, c.NodeCIDRMasks[i]) < c.count(RoleControlPlane)+c.count(RoleWorker) {
			return false
		}
	}
	return len(c.NodeCIDRMasks) == len(c.PodSubnets) && len(c.PodSubnets) > 0
}

// onNetwork tells whether each of a node's addresses is of a network with a gateway.
func onNetwork(c *Cluster, n Node) bool {
	for _, a := range n.Addresses {
		subnet, on := c.Network.SubnetOf(a)
		if on && !subnet.Gateway.IsValid() && slices.Contains(n.defaultsByDHCP(), FamilyOf(a)) {
			continue
		}
		if !on || !subnet.Gateway.IsLinkLocalUnicast() && !subnet.CIDR.Contains(subnet.Gateway) || subnet.Gateway == a {
			return false
		}
	}
	return true
}

// oneDefaultRoute tells whether a node has no two default routes of a family, and one of each of its own.
func oneDefaultRoute(n Node) bool {
	count := map[Family]int{}
	for _, family := range n.defaultsByDHCP() {
		count[family]++
	}
	for _, i := range n.Interfaces {
		for _, r := range i.Routes {
			if r.To.Bits() == 0 {
				count[FamilyOf(r.Via)]++
			}
		}
	}
	for _, a := range n.Addresses {
		if count[FamilyOf(a)] != 1 {
			return false
		}
	}
	return count[IPv4] < 2 && count[IPv6] < 2
}

func (n Node) defaultsByDHCP() []Family {
	var families []Family
	for _, i := range n.Interfaces {
		families = append(families, i.DHCPDefault...)
	}
	return families
}

func (c *Cluster) count(role Role) int { return len(c.NodesWith(role)) }
