// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hakube/hakube-seed/generator/inventory"
)

var comparers = cmp.Options{
	cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{}),
	cmpopts.IgnoreFields(CNI{}, "Patches"),  // told by the stories of package generator
	cmpopts.IgnoreFields(Node{}, "Machine"), // TestMachines
	cmpopts.IgnoreFields(Node{}, "VM"),      // TestVirtualMachines
}

func planned(t *testing.T, tt ruleTest) *Cluster {
	t.Helper()
	c, diagnostics := Plan(tt.inventory(t), testFiles)
	if c == nil {
		t.Fatal(text(diagnostics))
	}
	return c
}

func TestPlanFillsInDefaults(t *testing.T) {
	c := planned(t, ruleTest{})
	ubuntu := systems[3]
	user := User{Name: "ubuntu", SSHKeys: []string{sshKey}}
	node := func(name string, role Role, address string) Node {
		return Node{
			Interface: "primary", Interfaces: []Interface{{
				Name: "primary", Card: &Card{Device: "e*"},
				Addresses: []netip.Prefix{netip.PrefixFrom(netip.MustParseAddr(address), 24)},
				Routes:    []Route{{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParseAddr("10.1.10.1")}},
			}},
			Name: name, Role: role, Address: netip.MustParseAddr(address), Addresses: []netip.Addr{netip.MustParseAddr(address)}, InstanceID: "hakube-lab." + name + "-g1",
			OS: ubuntu, Timezone: "Etc/UTC", User: user, Software: SoftwareAPT, Runtime: "containerd",
			Bundle: Bundle{Path: "/opt/hakube-bundle", Label: "HAKUBE"},
		}
	}
	want := &Cluster{
		Name:           "lab",
		Version:        Version{1, 36, 3},
		Release:        releases[12],
		Endpoint:       Endpoint{Name: "lb", Address: netip.MustParseAddr("10.1.10.10"), Port: 6443},
		LoadBalancer:   LoadBalancer{Kind: BalancerNodes},
		PodSubnets:     Subnets{netip.MustParsePrefix("10.244.0.0/16")},
		NodeCIDRMasks:  []int{24},
		ServiceSubnets: Subnets{netip.MustParsePrefix("10.96.0.0/16")},
		DNSDomain:      "cluster.local",
		Network: Network{
			Subnets:     []Subnet{{netip.MustParsePrefix("10.1.10.0/24"), netip.MustParseAddr("10.1.10.1")}},
			Nameservers: []netip.Addr{netip.MustParseAddr("10.1.10.1")},
		},
		CNI: CNI{
			Name: "calico", Version: "v3.32.1", Encapsulation: "ipip", BlockSizes: []int{24},
			URL:    "https://raw.githubusercontent.com/projectcalico/calico/v3.32.1/manifests/calico.yaml",
			SHA256: "a1df919d9721cf667accdc3e72848911b0cb25cfab7d2478ad0c996302c95744",
		},
		Firewall: Firewall{Kind: "none"},
		Kubeadm: Kubeadm{
			Timeouts: Timeouts{
				10 * time.Minute, 4 * time.Minute, 3 * time.Minute, 10 * time.Minute,
				10 * time.Minute, 15 * time.Minute, 5 * time.Minute,
			},
			ImageRepository: "registry.k8s.io",
		},
		Secrets:       SecretsPolicy{Algorithm: "ECDSA-P256"},
		APT:           APT{Kubernetes: "https://pkgs.k8s.io/core:/stable:/v1.36/deb", Fingerprint: "DE15B14486CD377B9E876E1A234654DA9A296436"},
		KubeProxyMode: "iptables",
		HyperV:        HyperV{Switch: "hakube"},
		Nodes: []Node{
			node("lb", RoleLoadBalancer, "10.1.10.10"),
			node("cp1", RoleControlPlane, "10.1.10.11"),
			node("cp2", RoleControlPlane, "10.1.10.12"),
			node("cp3", RoleControlPlane, "10.1.10.13"),
			node("w1", RoleWorker, "10.1.10.21"),
		},
	}
	if diff := cmp.Diff(want, c, comparers); diff != "" {
		t.Errorf("Plan (-want +got):\n%s", diff)
	}
	if c.FirstControlPlane().Name != "cp1" {
		t.Errorf("first control plane %s", c.FirstControlPlane().Name)
	}
}

// The full example gives every key once: here is what becomes of those that are more than copied.
func TestPlanOfTheFullExample(t *testing.T) {
	_, c, diagnostics := example(t, "full.yaml")
	if len(diagnostics) > 0 {
		t.Error(text(diagnostics))
	}
	search := c.Nodes[5]
	for _, check := range []struct {
		name      string
		got, want any
	}{
		{"endpoint", c.Endpoint, Endpoint{"api.lab.example.com", netip.MustParseAddr("10.30.0.9"), 8443}},
		{"load balancer", c.LoadBalancer, LoadBalancer{BalancerNodes, netip.MustParseAddr("10.30.0.9"), 52, ""}},
		{"pods per node", c.MaxPods, 0},
		{"cni", c.CNI, CNI{
			Name: "calico", Encapsulation: "vxlan", MTU: 1400, BlockSizes: []int{25}, URL: "https://mirror.example.com/calico/v3.32.1/calico.yaml",
			SHA256: "a1df919d9721cf667accdc3e72848911b0cb25cfab7d2478ad0c996302c95744",
		}},
		{
			"patches",
			[]string{c.Kubeadm.Patches[0].FileName, c.Kubeadm.Patches[1].FileName, c.Kubeadm.Patches[2].FileName},
			[]string{"kube-apiserver000+json.yaml", "kubeletconfiguration001+merge.yaml", "etcd002+strategic.yaml"},
		},
		{"discovery", c.Kubeadm.Timeouts.Discovery, time.Hour},
		{"arguments", c.APIServerArgs, []Arg{{"audit-log-path", "-"}, {"audit-policy-file", "/etc/audit/policy.yaml"}}},
		{"secrets", c.Secrets, SecretsPolicy{"RSA-2048", "q7k2mx.w3n8v5c1z6b9r4t0", "3f1c5a90d27be8463f6d0b1c9a7e25d4188c64f05b3e9a72c1d0f4862e7b953a"}},
		{"instance", search.InstanceID, "hakube-full.search1-g3"},
		{"MAC", interfaceNamed(search, "primary").Card.MAC.String(), "00:15:5d:1e:01:15"},
		{"system", search.OS.ID, "debian-13"},
		{"bundle", search.Bundle, Bundle{"/srv/hakube", "HAKUBE-2026"}},
		{"labels", search.Labels, []Arg{{"disk", "ssd"}, {"topology.kubernetes.io/zone", "rack-2"}}},
		{"taints", search.Taints, []Taint{{"dedicated", "search", "NoSchedule"}, {"example.com/heavy", "", "PreferNoSchedule"}}},
		{"the node's argument wins", search.KubeletArgs, []Arg{{"v", "4"}}},
		{"the cluster's argument", c.Nodes[6].KubeletArgs, []Arg{{"v", "2"}}},
		{"the node's file wins", paths(search.Files), "/etc/audit/policy.yaml 600, /etc/sysctl.d/60-search.conf 644, /etc/motd.d/owner 644"},
		{"the cluster's files", paths(c.Nodes[6].Files), "/etc/audit/policy.yaml 600, /etc/motd.d/owner 644"},
		{"commands", search.CommandsAfter, []string{"systemctl restart systemd-journald", `logger "search node is up"`}},
	} {
		if diff := cmp.Diff(check.want, check.got, comparers); diff != "" {
			t.Errorf("%s (-want +got):\n%s", check.name, diff)
		}
	}
}

func paths(files []File) string {
	var all []string
	for _, f := range files {
		all = append(all, f.Path+" "+mode(f.Mode))
	}
	return strings.Join(all, ", ")
}

func mode(m uint32) string {
	return string([]byte{byte('0' + m>>6&7), byte('0' + m>>3&7), byte('0' + m&7)})
}

func TestPlanKeepsEmptyTaintsApartFromNone(t *testing.T) {
	c := planned(t, ruleTest{edit: []string{"address: 10.1.10.11", "address: 10.1.10.11, taints: []"}})
	if cp1, cp2 := c.Nodes[1].Taints, c.Nodes[2].Taints; cp1 == nil || len(cp1) != 0 || cp2 != nil {
		t.Errorf("taints: [] gives %#v, none give %#v", cp1, cp2)
	}
}

// A plan shares nothing that it changes with the inventory: planning twice gives the same.
func TestPlanIsAFunction(t *testing.T) {
	inv, first, _ := example(t, "full.yaml")
	files := exampleFiles(t, inv)
	before, _ := Plan(inv, files)
	again, _ := Plan(inv, files)
	if diff := cmp.Diff(before, again, comparers); diff != "" {
		t.Errorf("second plan (-first +second):\n%s", diff)
	}
	again.KubeletConfig["serializeImagePulls"] = true
	if inv.Kubelet.Config["serializeImagePulls"] != false || first.KubeletConfig["serializeImagePulls"] != false {
		t.Error("a change of the plan reaches the inventory")
	}
}

func TestPlanEndpoints(t *testing.T) {
	worker := func(name string) []string { return []string{name + ", role: control-plane", name + ", role: worker"} }
	alone := slices.Concat([]string{"lb, role: load-balancer", "lb, role: worker"}, worker("cp2"), worker("cp3"))
	many := alone[:2]
	for _, tt := range []struct {
		name, endpoint, want string
		edit                 []string
	}{
		{"left out", "", "lb 10.1.10.10 6443", nil},
		{"load balancer's name", "lb:7443", "lb 10.1.10.10 7443", nil},
		{"load balancer's address", "10.1.10.10", "10.1.10.10 10.1.10.10 6443", nil},
		{"another name", "k8s.example.com", "k8s.example.com 10.1.10.10 6443", nil},
		{"left out, alone", "", "cp1 10.1.10.11 6443", alone},
		{"control plane's name", "cp1:6443", "cp1 10.1.10.11 6443", alone},
		{"control plane's address", "10.1.10.11", "10.1.10.11 10.1.10.11 6443", alone},
		{"load balancer elsewhere", "192.0.2.7:443", "192.0.2.7 192.0.2.7 443", alone},
		{"load balancer of many", "10.1.10.99", "10.1.10.99 10.1.10.99 6443", many},
	} {
		t.Run(tt.name, func(t *testing.T) {
			broken := ruleTest{edit: tt.edit}
			if tt.endpoint != "" {
				broken.add = "endpoint: " + tt.endpoint
			}
			e := planned(t, broken).Endpoint
			if got := e.Name + " " + netip.AddrPortFrom(e.Address, e.Port).String(); strings.Replace(got, ":", " ", 1) != tt.want {
				t.Errorf("endpoint %s, want %s", got, tt.want)
			}
		})
	}
}

func TestPlanWithoutAnything(t *testing.T) {
	c, diagnostics := Plan(new(inventory.Inventory), nil)
	want := `
error: cluster: the cluster has no name
  hint: add a line such as cluster: lab
error: kubernetesVersion: the Kubernetes version is missing
  hint: nodes made next year must run the same version: write an exact one, such as 1.37.2
error: network.cidr: the nodes' network is missing
  hint: add it, as in cidr: 10.1.10.0/24
error: nodes: there are no nodes
  hint: list at least one with role: control-plane
warning: user: nobody can log in without sshKeys or passwordHash; the console only shows what happens
  hint: add an SSH key, or a password hash made with mkpasswd -m sha-512
`
	if got := "\n" + said(diagnostics); c != nil || got != want {
		t.Errorf("Plan says %s", cmp.Diff(want, got))
	}
}

// An inventory that was not read from a file has no lines to point at.
func TestPlanWithoutLines(t *testing.T) {
	inv := manyNodes(6)
	inv.Nodes[5].Name = inv.Nodes[4].Name
	c, diagnostics := Plan(inv, nil)
	if want := "error: nodes[5].name: node name \"worker4\" is taken by nodes[4].name\n"; c != nil || said(diagnostics) != want {
		t.Errorf("Plan says %swant %s", said(diagnostics), want)
	}
}

func TestDidYouMean(t *testing.T) {
	known := []string{"ubuntu-24.04", "debian-12", "Debian-13"}
	for word, want := range map[string]string{
		"ubuntu24.04":            `did you mean "ubuntu-24.04"?`,
		"debian-13":              `did you mean "Debian-13"?`,
		"DEBIAN-12":              `did you mean "debian-12"?`,
		"arch":                   "",
		"":                       "",
		strings.Repeat("d", 100): "",
	} {
		if got := didYouMean(word, known); got != want {
			t.Errorf("didYouMean(%q) = %q, want %q", word, got, want)
		}
	}
}

func interfaceNamed(n Node, name string) Interface {
	i := slices.IndexFunc(n.Interfaces, func(i Interface) bool { return i.Name == name })
	return n.Interfaces[i]
}
