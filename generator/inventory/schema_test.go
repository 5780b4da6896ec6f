// SPDX-License-Identifier: Apache-2.0

package inventory_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/generator/inventory"
)

// schema compiles the schema with an implementation that did not make it.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := inventory.Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("inventory.json", doc); err != nil {
		t.Fatal(err)
	}
	return compiler.MustCompile("inventory.json")
}

// validate judges an inventory as an editor would.
func validate(t *testing.T, s *jsonschema.Schema, text []byte) error {
	t.Helper()
	var value any
	if err := yaml.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	return s.Validate(value)
}

func TestSchemaIsStable(t *testing.T) {
	first, err := inventory.Schema()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasSuffix(first, []byte("}\n")) || bytes.HasSuffix(first, []byte("\n\n")) {
		t.Error("the schema does not end with one line feed")
	}
	if second, _ := inventory.Schema(); !bytes.Equal(first, second) {
		t.Error("the schema differs from run to run")
	}
}

func TestExamplesMatchTheSchema(t *testing.T) {
	names, err := filepath.Glob("../../test/inventories/*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	s := schema(t)
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, s, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, diagnostics := inventory.Parse(text); len(diagnostics) > 0 {
			t.Errorf("%s: %q", name, texts(diagnostics))
		}
	}
}

// base is a right inventory, in which the tests replace a line.
const base = `apiVersion: hakube-seed/v1
cluster: lab
kubernetesVersion: 1.37.2
network: {cidr: 10.1.10.0/24, gateway: 10.1.10.1}
nodes: [{name: a, role: control-plane, address: 10.1.10.11}]
user: {sshKeys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBcMFWV5s9MlVg9F5pNkMyc8kmGB6WaEz5mGcoa4gRZM you@example]}
`

func TestSchemaAndPlanRefuseTheSame(t *testing.T) {
	s := schema(t)
	if err := validate(t, s, []byte(base)); err != nil {
		t.Fatal(err)
	}
	if ds := judge(base); ds.HasErrors() {
		t.Fatalf("%q", texts(ds))
	}
	node := func(keys string) string {
		return "nodes: [{name: a, role: control-plane, address: 10.1.10.11, " + keys + "}]"
	}
	tests := []struct{ name, line, path string }{
		{"an unknown key", "zebra: 1", ""},
		{"an unknown key of a node", node("zebra: 1"), "nodes[0]"},
		{"a future apiVersion", "apiVersion: hakube-seed/v2", "apiVersion"},
		{"no apiVersion", "apiVersion", "apiVersion"},
		{"no cluster", "cluster", "cluster"},
		{"an empty cluster", "cluster: ''", "cluster"},
		{"no version", "kubernetesVersion", "kubernetesVersion"},
		{"half a version", "kubernetesVersion: '1.37'", "kubernetesVersion"},
		{"no network", "network", "network.cidr"},
		{"a VLAN above all", "network: {cidr: 10.1.10.0/24, gateway: 10.1.10.1, interfaces: [{name: v, vlan: {id: 4095, link: primary}}]}", "network.interfaces[0].vlan.id"},
		{"a way of bonding", "network: {cidr: 10.1.10.0/24, gateway: 10.1.10.1, interfaces: [{name: b, bond: {members: [primary], mode: fast}}]}", "network.interfaces[0].bond.mode"},
		{"no cidr", "network: {gateway: 10.1.10.1}", "network.cidr"},
		{"a gateway by name", "network: {cidr: 10.1.10.0/24, gateway: router}", "network.gateway"},
		{"a cidr without length", "network: {cidr: 10.1.10.0, gateway: 10.1.10.1}", "network.cidr"},
		{"a nameserver by name", "network: {cidr: 10.1.10.0/24, gateway: 10.1.10.1, nameservers: [dns]}", "network.nameservers[0]"},
		{"no nodes", "nodes", "nodes"},
		{"an empty list of nodes", "nodes: []", "nodes"},
		{"a node without role", "nodes: [{name: a, address: 10.1.10.11}]", "nodes[0].role"},
		{"a node without address", "nodes: [{name: a, role: control-plane}]", "nodes[0].address"},
		{"a node without name", "nodes: [{role: control-plane, address: 10.1.10.11}]", "nodes[0].name"},
		{"an old role", "nodes: [{name: a, role: master, address: 10.1.10.11}]", "nodes[0].role"},
		{"an impossible address", "nodes: [{name: a, role: control-plane, address: 10.1.10.300}]", "nodes[0].address"},
		{"a short MAC", node("mac: '00:15:5d:01:02'"), "nodes[0].mac"},
		{"an unknown system of a node", node("os: centos-7"), "nodes[0].os"},
		{"an unknown software source of a node", node("software: snap"), "nodes[0].software"},
		{"labels as a list", node("labels: [a]"), "nodes[0].labels"},
		{"a negative generation", node("generation: -1"), "nodes[0].generation"},
		{"a generation in quotes", node("generation: '2'"), "nodes[0].generation"},
		{"an unknown system", "os: centos-7", "os"},
		{"an unknown runtime", "runtime: podman", "runtime"},
		{"an unknown software source", "software: snap", "software"},
		{"an unknown pod network", "cni: {name: weave}", "cni.name"},
		{"typha in quotes", "cni: {typha: 'true'}", "cni.typha"},
		{"a short checksum", "cni: {name: manifest, manifest: {url: 'https://example.com/x', sha256: abc}}", "cni.manifest.sha256"},
		{"an unknown firewall", "firewall: iptables", "firewall.kind"},
		{"an unknown firewall in a mapping", "firewall: {kind: iptables}", "firewall.kind"},
		{"a list for a firewall", "firewall: [ufw]", "firewall"},
		{"an unknown key of a firewall", "firewall: {sort: ufw}", "firewall"},
		{"an unknown role of an opening", "firewall: {kind: ufw, allow: [{ports: 80, roles: [master]}]}", "firewall.allow[0].roles[0]"},
		{"an unknown proxy mode", "kubeProxy: {mode: ebpf}", "kubeProxy.mode"},
		{"an unknown algorithm", "secrets: {algorithm: Ed25519}", "secrets.algorithm"},
		{"a short token", "secrets: {bootstrapToken: abc.def}", "secrets.bootstrapToken"},
		{"a short certificate key", "secrets: {certificateKey: abc}", "secrets.certificateKey"},
		{"an unknown patch type", "kubeadm: {patches: [{target: etcd, type: yaml, content: '{}'}]}", "kubeadm.patches[0].type"},
		{"an unknown patch target", "kubeadm: {patches: [{target: coredns, content: '{}'}]}", "kubeadm.patches[0].target"},
		{"a patch without target", "kubeadm: {patches: [{content: '{}'}]}", "kubeadm.patches[0].target"},
		{"a relative path", "files: [{path: etc/x, content: x}]", "files[0].path"},
		{"a file without path", "files: [{content: x}]", "files[0].path"},
		{"a pod subnet without length", "podSubnet: 10.244.0.0", "podSubnet"},
		{"a service subnet without length", "serviceSubnet: 10.96.0.0", "serviceSubnet"},
		{"an impossible node mask", "nodeCIDRMask: 129", "nodeCIDRMask"},
		{"no value", "timezone:", "timezone"},
		{"a list for text", "timezone: [UTC]", "timezone"},
		{"text for a list", "user: {sshKeys: x}", "user.sshKeys"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := replaced(test.line)
			if err := validate(t, s, []byte(text)); err == nil {
				t.Errorf("the schema accepts\n%s", text)
			}
			refused := slices.ContainsFunc(judge(text), func(d inventory.Diagnostic) bool {
				return d.Severity == inventory.Error && d.Path == test.path && d.Position.Line > 0
			})
			if !refused {
				t.Errorf("no error at %q: %q", test.path, texts(judge(text)))
			}
		})
	}
}

func TestSchemaAcceptsWhatParseDoes(t *testing.T) {
	s := schema(t)
	for _, line := range []string{
		"kubelet: {extraArgs: {v: 4, fail-swap-on: false}, config: {a: [1, {b: null}]}}",
		"apiServer: {extraArgs: {max-requests-inflight: 800, goaway-chance: 0.001}}",
		"nodes: [{name: a, role: control-plane, address: 10.1.10.11, labels: {tier: 1}, mac: 00-15-5d-01-02-03}]",
		"files: [{path: /x, mode: 0600, content: x}, {path: /y, mode: '0600', content: ''}]",
		"cni: {typha: false}",
		"firewall: ufw",
		"firewall: {kind: nftables, ssh: [10.0.0.0/8], allow: [{ports: 80}, {ports: 7000-7010, protocol: udp, roles: [worker]}, {protocol: esp}]}",
	} {
		text := replaced(line)
		if err := validate(t, s, []byte(text)); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if ds := judge(text); ds.HasErrors() {
			t.Errorf("%s: %q", line, texts(ds))
		}
	}
}

// replaced puts a line into base in place of that with the same key; a key alone takes its line out.
func replaced(line string) string {
	name, _, given := strings.Cut(line, ":")
	var lines []string
	for l := range strings.Lines(base) {
		if !strings.HasPrefix(l, name+":") {
			lines = append(lines, l)
		}
	}
	if given {
		lines = append(lines, line+"\n")
	}
	return strings.Join(lines, "")
}

// judge parses and plans.
func judge(text string) inventory.Diagnostics {
	inv, diagnostics := inventory.Parse([]byte(text))
	if inv == nil {
		return diagnostics
	}
	_, found := cluster.Plan(inv, nil)
	return append(diagnostics, found...)
}

// TestSchemaKnowsTheWordsOfThePlan asks the plan, by a word that it does not know, which ones it does.
func TestSchemaKnowsTheWordsOfThePlan(t *testing.T) {
	got := enums(reflect.TypeFor[inventory.Inventory](), "", map[string][]string{})
	lines := map[string]string{
		"nodes[0].role":                    "nodes: [{name: a, role: ?, address: 10.1.10.11}]",
		"nodes[0].os":                      "nodes: [{name: a, role: control-plane, address: 10.1.10.11, os: ?}]",
		"nodes[0].software":                "nodes: [{name: a, role: control-plane, address: 10.1.10.11, software: ?}]",
		"network.interfaces[0].bond.mode":  "network: {cidr: 10.1.10.0/24, gateway: 10.1.10.1, interfaces: [{name: b, bond: {members: [primary], mode: ?}}]}",
		"nodes[0].interfaces[0].bond.mode": "nodes: [{name: a, role: control-plane, address: 10.1.10.11, interfaces: [{name: b, bond: {members: [primary], mode: ?}}]}]",
		"os":                               "os: ?",
		"runtime":                          "runtime: ?",
		"software":                         "software: ?",
		"loadBalancer":                     "loadBalancer: ?",
		"cni.name":                         "cni: {name: ?}",
		"cni.encapsulation":                "cni: {encapsulation: ?}",
		"preflight.ignore[0]":              "preflight: {ignore: [?]}",
		"kubeProxy.mode":                   "kubeProxy: {mode: ?}",
		"firewall.kind":                    "firewall: ?",
		"firewall.allow[0].protocol":       "firewall: {kind: ufw, allow: [{protocol: ?}]}",
		"firewall.allow[0].roles[0]":       "firewall: {kind: ufw, allow: [{ports: 80, roles: [?]}]}",
		"secrets.algorithm":                "secrets: {algorithm: ?}",
		"hyperv.createSwitch":              "hyperv: {createSwitch: ?}",
		"hyperv.diskType":                  "hyperv: {diskType: ?}",
		"hyperv.start":                     "hyperv: {start: ?}",
		"nodes[0].hyperv.diskType":         "nodes: [{name: a, role: control-plane, address: 10.1.10.11, hyperv: {diskType: ?}}]",
		"nodes[0].hyperv.start":            "nodes: [{name: a, role: control-plane, address: 10.1.10.11, hyperv: {start: ?}}]",
		"kubeadm.patches[0].type":          "kubeadm: {patches: [{target: etcd, type: ?, content: '{}'}]}",
		"kubeadm.patches[0].target":        "kubeadm: {patches: [{target: ?, content: '{}'}]}",
	}
	want := map[string][]string{}
	for path, line := range lines {
		for _, d := range judge(replaced(strings.Replace(line, "?", "zzz", 1))) {
			if _, words, found := strings.Cut(d.Message, "known: "); found && d.Path == path {
				want[path] = strings.Split(words, ", ")
			}
		}
	}
	sorted := cmp.Transformer("sort", func(words []string) []string { return slices.Sorted(slices.Values(words)) })
	if diff := cmp.Diff(want, got, cmp.FilterPath(isList, sorted)); diff != "" {
		t.Errorf("plan -, schema +:\n%s", diff)
	}
}

// isList keeps the transformer from taking its own result.
func isList(p cmp.Path) bool { return len(p) == 2 && p.Last().Type() == reflect.TypeFor[[]string]() }

// enums collects the words that the schema knows, by path.
func enums(t reflect.Type, path string, found map[string][]string) map[string][]string {
	for i := range t.NumField() {
		f := t.Field(i)
		below := strings.TrimPrefix(path+"."+f.Tag.Get("yaml"), ".")
		if f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.String {
			below += "[0]"
		}
		for tag := range strings.SplitSeq(f.Tag.Get("jsonschema"), ",") {
			if word, ok := strings.CutPrefix(tag, "enum="); ok {
				found[below] = append(found[below], word)
			}
		}
		if f.Type.Kind() == reflect.Struct && f.IsExported() {
			enums(f.Type, below, found)
		}
		if f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct {
			enums(f.Type.Elem(), fmt.Sprintf("%s[0]", below), found)
		}
	}
	return found
}
