// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// opened spells the openings of a role, one a line.
func opened(c *Cluster, role Role) string {
	var b strings.Builder
	for _, o := range c.Openings(role) {
		what := port{protocol: o.Protocol, ports: o.Ports}.words()
		from := "all"
		if o.From != nil {
			from = fmt.Sprint(o.From)
		}
		fmt.Fprintf(&b, "%s from %s", what, from)
		if o.To != nil {
			fmt.Fprintf(&b, " to %s", o.To)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func openedIn(t *testing.T, tt ruleTest, role Role) string {
	t.Helper()
	c, diagnostics := Plan(tt.inventory(t), testFiles)
	if c == nil {
		t.Fatal(said(diagnostics))
	}
	return opened(c, role)
}

// What the documentation of Kubernetes and of Calico says, role by role; the words here are not the table's.
func TestOpenings(t *testing.T) {
	const calico = `179/tcp from [10.1.10.0/24]
protocol 4 (ipip) from [10.1.10.0/24]
`
	for role, want := range map[Role]string{
		RoleControlPlane: `22/tcp from all
6443/tcp from [10.1.10.0/24 10.244.0.0/16]
2379-2380/tcp from [10.1.10.0/24]
10257/tcp from [10.1.10.0/24 10.244.0.0/16]
10259/tcp from [10.1.10.0/24 10.244.0.0/16]
10250/tcp from [10.1.10.0/24 10.244.0.0/16]
` + calico,
		RoleWorker: `22/tcp from all
10250/tcp from [10.1.10.0/24 10.244.0.0/16]
10256/tcp from all
30000-32767/tcp from all
30000-32767/udp from all
` + calico,
		RoleLoadBalancer: `22/tcp from all
6443/tcp from all
`,
	} {
		if diff := cmp.Diff(want, openedIn(t, ruleTest{add: "firewall: nftables"}, role)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", role, diff)
		}
	}
	external := ruleTest{edit: withEtcd(3), add: "firewall: nftables"}
	if got := openedIn(t, external, RoleEtcd); got != "22/tcp from all\n2379-2380/tcp from [10.1.10.0/24]\n" {
		t.Errorf("an etcd node:\n%s", got)
	}
	if got := openedIn(t, external, RoleControlPlane); strings.Contains(got, "2379") {
		t.Errorf("a control plane without etcd:\n%s", got)
	}
}

func TestOpeningsFollowTheInventory(t *testing.T) {
	noBalancer := []string{"  - {name: lb, role: load-balancer, address: 10.1.10.10}\n", ""}
	externalEtcd := ruleTest{add: "firewall: ufw", edit: []string{"10.1.10.21}", "10.1.10.21}\n  - {name: e1, role: etcd, address: 10.1.10.31}"}}
	for _, c := range []struct {
		name string
		ruleTest
		role      Role
		has, lack string
	}{
		{"no SSH key, no SSH", ruleTest{edit: []string{`sshKeys: ["@KEY"]`, "name: me"}, add: "firewall: ufw"}, RoleWorker, "", "22/tcp"},
		{"SSH from some", ruleTest{add: "firewall: {kind: ufw, ssh: [10.0.0.0/8, 10.1.0.0/16, 192.0.2.7]}"}, RoleLoadBalancer, "22/tcp from [10.0.0.0/8 192.0.2.7/32]\n", "all\n22"},
		{"SSH from nobody", ruleTest{add: "firewall: {kind: ufw, ssh: []}"}, RoleLoadBalancer, "", "22/tcp"},
		{"SSH without a key of ours", ruleTest{edit: []string{`sshKeys: ["@KEY"]`, "name: me"}, add: "firewall: {kind: ufw, ssh: [192.0.2.7]}"}, RoleWorker, "22/tcp from [192.0.2.7/32]\n", "22/tcp from all"},
		{"another endpoint port", ruleTest{add: "firewall: ufw\nendpoint: lb:8443"}, RoleLoadBalancer, "8443/tcp from all\n", "6443"},
		{"a load balancer elsewhere", ruleTest{edit: noBalancer, add: "firewall: ufw\nendpoint: 10.9.9.9:443"}, RoleControlPlane, "6443/tcp from all\n", "6443/tcp from ["},
		{"HAProxy on the control planes", ruleTest{edit: noBalancer, add: "firewall: ufw\nloadBalancer: control-planes\nvirtualIP: 10.1.10.9"}, RoleControlPlane, "8443/tcp from all\nprotocol 112 (vrrp) from [10.1.10.11/32 10.1.10.12/32 10.1.10.13/32]\n", "6443/tcp from all"},
		{"kube-vip", ruleTest{edit: noBalancer, add: "firewall: ufw\nloadBalancer: kube-vip\nvirtualIP: 10.1.10.9"}, RoleControlPlane, "6443/tcp from all\n", "6443/tcp from ["},
		{"external etcd", externalEtcd, RoleEtcd, "22/tcp from all\n2379-2380/tcp from [10.1.10.0/24]\n", "10250"},
		{"control planes beside external etcd", externalEtcd, RoleControlPlane, "10250/tcp", "2379"},
		{"another range of node ports", ruleTest{add: "firewall: ufw\napiServer: {extraArgs: {service-node-port-range: 20000-20100}}"}, RoleWorker, "20000-20100/udp from all\n", "30000"},
		{"IPVS", ruleTest{add: "firewall: ufw\nkubeProxy: {mode: ipvs}"}, RoleControlPlane, "all from [10.1.10.0/24 10.244.0.0/16] to [10.96.0.0/16]\n", "30000"},
		{"both families", ruleTest{edit: []string{
			"network: {cidr: 10.1.10.0/24, gateway: 10.1.10.1}", "network: {cidr: [10.1.10.0/24, fd00:10::/64], gateway: [10.1.10.1, fd00:10::1]}",
			"10.1.10.10}", "[10.1.10.10, fd00:10::10]}", "10.1.10.11}", "[10.1.10.11, fd00:10::11]}", "10.1.10.12}", "[10.1.10.12, fd00:10::12]}",
			"10.1.10.13}", "[10.1.10.13, fd00:10::13]}", "10.1.10.21}", "[10.1.10.21, fd00:10::21]}",
		}, add: "firewall: ufw"}, RoleWorker, "10250/tcp from [10.1.10.0/24 fd00:10::/64 10.244.0.0/16 fd00:10:244::/56]\n", "2379"},
		{"Typha", ruleTest{add: "firewall: ufw\ncni: {typha: true}"}, RoleWorker, "5473/tcp from [10.1.10.0/24]\n", "5473/tcp from all"},
		{"no Calico", ruleTest{add: "firewall: {kind: ufw, allow: [{ports: 8472, protocol: udp, from: [10.1.10.0/24]}]}\ncni: {name: none}"}, RoleWorker, "8472/udp from [10.1.10.0/24]\n", "179"},
		{"the user's, on some roles", ruleTest{add: "firewall: {kind: ufw, allow: [{ports: 80, roles: [worker]}]}"}, RoleControlPlane, "", "80/tcp"},
		{"the user's, on this role", ruleTest{add: "firewall: {kind: ufw, allow: [{ports: 80, roles: [worker]}]}"}, RoleWorker, "80/tcp from all\n", "443"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := openedIn(t, c.ruleTest, c.role)
			if !strings.Contains(got, c.has) || strings.Contains(got, "\n"+c.lack) || strings.HasPrefix(got, c.lack) {
				t.Errorf("want %q and not %q:\n%s", c.has, c.lack, got)
			}
		})
	}
}

func TestBalancersSpeakVRRPToEachOther(t *testing.T) {
	pair := ruleTest{add: "firewall: ufw\nvirtualIP: 10.1.10.9", edit: []string{"10.1.10.10}", "10.1.10.10}\n  - {name: lb2, role: load-balancer, address: 10.1.10.14}"}}
	const vrrp = "protocol 112 (vrrp) from [10.1.10.10/32 10.1.10.14/32]\n"
	if got := openedIn(t, pair, RoleLoadBalancer); !strings.Contains(got, vrrp) {
		t.Errorf("no %q in\n%s", vrrp, got)
	}
	for _, role := range []Role{RoleControlPlane, RoleWorker} {
		if got := openedIn(t, pair, role); strings.Contains(got, "vrrp") {
			t.Errorf("a %s takes VRRP:\n%s", role, got)
		}
	}
}

// A row says in words exactly when it depends on something.
func TestTheTableOfPortsIsWhole(t *testing.T) {
	for _, p := range ports {
		if len(p.roles) == 0 || p.from == "" || p.purpose == "" || (p.when == "") != (p.holds == nil) {
			t.Errorf("%+v", p)
		}
		if strings.ContainsAny(p.purpose, `"'\`) {
			t.Errorf("%s: a quote in a comment of nft or ufw", p.purpose)
		}
		hasPorts := p.protocol == TCP || p.protocol == UDP
		if hasPorts != (p.ports != Ports{}) || !hasPorts && p.protocol != "" && p.protocol.Number() == 0 {
			t.Errorf("%s: %q with ports %s", p.purpose, p.protocol, p.ports)
		}
	}
	if len(PortTable()) != len(ports) || !slices.Contains(PortTable(), PortRow{"all", "22/tcp", "firewall.ssh", "SSH", ""}) {
		t.Errorf("%q", PortTable())
	}
}
