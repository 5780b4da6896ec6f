// SPDX-License-Identifier: Apache-2.0

package inventory_test

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/generator/inventory"
)

const starterKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBcMFWV5s9MlVg9F5pNkMyc8kmGB6WaEz5mGcoa4gRZM you@example"

// plan returns the plan of an inventory and whether nothing is wrong with it.
func plan(text []byte) (*cluster.Cluster, inventory.Diagnostics) {
	inv, diagnostics := inventory.Parse(text)
	if inv == nil {
		return nil, diagnostics
	}
	c, found := cluster.Plan(inv, nil)
	return c, append(diagnostics, found...)
}

// TestEveryStarterIsAnInventory goes over many options; for each the starter must parse, match the schema, and plan to
// the cluster that was asked for, and every default that it shows must be the one that holds without it.
func TestEveryStarterIsAnInventory(t *testing.T) {
	s := schema(t)
	shown := regexp.MustCompile(`(?m)^( *)#( *[a-zA-Z]+:)`)
	count := 0
	for _, cidr := range []string{"10.1.10.0/24", "192.168.1.77/26", "10.244.3.0/24", "10.96.0.0/16", "10.0.0.0/8", "172.16.0.0/12", "192.168.7.0/28"} {
		for _, nodes := range [][3]int{{1, 0, 0}, {1, 3, 0}, {1, 1, 1}, {3, 3, 1}, {3, 0, 0}, {3, 5, 0}, {5, 20, 1}, {3, 200, 1}, {3, 1, 2}, {1, 1, 3}} {
			for _, key := range []string{"", starterKey} {
				o := inventory.StarterOptions{
					Cluster: "lab-1", KubernetesVersion: "1.36.3", CIDR: netip.MustParsePrefix(cidr),
					SSHKey: key, ControlPlanes: nodes[0], Workers: nodes[1], LoadBalancers: nodes[2],
				}
				if o.Check() != nil {
					continue
				}
				count++
				name := fmt.Sprintf("%s %v %q", cidr, nodes, key)
				text := inventory.Starter(o)
				if err := validate(t, s, text); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				got, diagnostics := plan(text)
				if got == nil {
					t.Fatalf("%s: %q\n%s", name, texts(diagnostics), text)
				}
				asked := []int{len(got.NodesWith(cluster.RoleControlPlane)), len(got.NodesWith(cluster.RoleWorker)), len(got.NodesWith(cluster.RoleLoadBalancer))}
				if !slices.Equal(asked, nodes[:]) || got.Name != o.Cluster || got.Version.String() != o.KubernetesVersion || got.Network.Subnets[0].CIDR != o.CIDR.Masked() {
					t.Errorf("%s: %s %s with %v nodes in %s", name, got.Name, got.Version, asked, got.Network.Subnets[0].CIDR)
				}
				bare, diagnostics := plan(shown.ReplaceAll(text, []byte("$1$2")))
				if diff := cmp.Diff(got, bare, cmpopts.EquateComparable(netip.Prefix{}, netip.Addr{})); diff != "" {
					t.Errorf("%s: with the defaults written out %q\n%s", name, texts(diagnostics), diff)
				}
			}
		}
	}
	if count < 70 {
		t.Errorf("only %d starters", count)
	}
}

func TestStarterShowsTheKeys(t *testing.T) {
	text := string(inventory.Starter(inventory.DefaultStarter()))
	for _, line := range []string{
		"cluster: k8s", "#endpoint: k8s-lb:6443", "#podSubnet: 10.244.0.0/16", "  gateway: 10.1.10.1", "#os: ubuntu-24.04",
		"  - {name: k8s-lb, role: load-balancer, address: 10.1.10.10}",
		"  - {name: k8s-cp1, role: control-plane, address: 10.1.10.11}",
		"  - {name: k8s-worker3, role: worker, address: 10.1.10.16}",
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("no line %q", line)
		}
	}
	for n, line := range strings.Split(text, "\n") {
		if len(line) > 125 || strings.TrimRight(line, " \t") != line {
			t.Errorf("line %d is long or ends with blanks: %q", n+1, line)
		}
	}
}

func TestStarterQuotesWhatNeedsIt(t *testing.T) {
	o := inventory.DefaultStarter()
	for _, text := range []string{"null", "no", "1.30", "a: b", "# x", "a\nb", "'", `"`, "{}", "- x", "*a", "é", " x ", "\ttab"} {
		o.Cluster, o.KubernetesVersion, o.SSHKey = text, text, text
		inv, diagnostics := inventory.Parse(inventory.Starter(o))
		if inv == nil {
			t.Errorf("%q: %q", text, texts(diagnostics))
			continue
		}
		if inv.Cluster != text || inv.KubernetesVersion != text || inv.User.SSHKeys[0] != text {
			t.Errorf("%q came back as %q, %q, %q", text, inv.Cluster, inv.KubernetesVersion, inv.User.SSHKeys[0])
		}
	}
}

func TestStarterOptionsCheck(t *testing.T) {
	change := func(f func(*inventory.StarterOptions)) inventory.StarterOptions {
		o := inventory.DefaultStarter()
		f(&o)
		return o
	}
	tests := []struct {
		options inventory.StarterOptions
		want    string
	}{
		{inventory.DefaultStarter(), ""},
		{change(func(o *inventory.StarterOptions) { o.CIDR = netip.MustParsePrefix("10.0.0.0/28") }), ""},
		{change(func(o *inventory.StarterOptions) { o.CIDR = netip.MustParsePrefix("10.0.0.0/29") }), "the network 10.0.0.0/29 does not suit 7 nodes and a gateway"},
		{change(func(o *inventory.StarterOptions) { o.CIDR = netip.MustParsePrefix("10.0.0.0/32") }), "the network 10.0.0.0/32 does not suit 7 nodes and a gateway"},
		{change(func(o *inventory.StarterOptions) { o.CIDR = netip.MustParsePrefix("0.0.0.0/0") }), "the network 0.0.0.0/0 does not suit 7 nodes and a gateway"},
		{change(func(o *inventory.StarterOptions) { o.CIDR = netip.Prefix{} }), "the nodes' network is an IPv4 network such as 10.1.10.0/24"},
		{change(func(o *inventory.StarterOptions) { o.CIDR = netip.MustParsePrefix("fd00::/64") }), "the nodes' network is an IPv4 network such as 10.1.10.0/24"},
		{change(func(o *inventory.StarterOptions) { o.ControlPlanes = 0 }), "a cluster has at least one control plane"},
		{change(func(o *inventory.StarterOptions) { o.Workers = -1 }), "the number of workers and of load balancers is at least 0"},
		{change(func(o *inventory.StarterOptions) { o.LoadBalancers = 2 }), ""},
		{change(func(o *inventory.StarterOptions) { o.LoadBalancers = 1 << 62 }), "the network 10.1.10.0/24 does not suit 4611686018427387910 nodes and a gateway"},
		{change(func(o *inventory.StarterOptions) { o.Workers = 1 << 62 }), "the network 10.1.10.0/24 does not suit 4611686018427387908 nodes and a gateway"},
		{change(func(o *inventory.StarterOptions) { o.Workers, o.ControlPlanes = 1<<62, 1<<62 }), "the network 10.1.10.0/24 does not suit -9223372036854775807 nodes and a gateway"},
	}
	for _, test := range tests {
		got := ""
		if err := test.options.Check(); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%+v: %q, want %q", test.options, got, test.want)
		}
	}
}
