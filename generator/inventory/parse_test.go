// SPDX-License-Identifier: Apache-2.0

package inventory_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hakube/hakube-seed/generator/inventory"
)

// texts spells diagnostics as line:col severity path: message (hint).
func texts(ds inventory.Diagnostics) []string {
	var all []string
	for _, d := range ds {
		text := fmt.Sprintf("%d:%d %s", d.Position.Line, d.Position.Column, d.Severity)
		if d.Path != "" {
			text += " " + d.Path
		}
		text += ": " + d.Message
		if d.Hint != "" {
			text += " (" + d.Hint + ")"
		}
		all = append(all, text)
	}
	return all
}

const version = "apiVersion: hakube-seed/v1\n"

func TestParseReportsEverything(t *testing.T) {
	tests := []struct {
		name, in string
		want     []string
	}{
		{"empty file", "", []string{
			"1:1 error: this file holds no inventory (hakube-seed init writes one to start from)",
		}},
		{"only a comment", "# soon\n", []string{
			"1:1 error: this file holds no inventory (hakube-seed init writes one to start from)",
		}},
		{"only a null", "---\n~\n", []string{
			"1:1 error: this file holds no inventory (hakube-seed init writes one to start from)",
		}},
		{"a list at the top", "- apiVersion: hakube-seed/v1\n", []string{
			"1:1 error: a list stands where a mapping is expected (hakube-seed schema describes all keys)",
		}},
		{"text at the top", "hello\n", []string{
			"1:1 error: text stands where a mapping is expected (hakube-seed schema describes all keys)",
		}},
		{"a second document", version + "---\ncluster: other\n", []string{
			"2:1 error: a second document starts here; an inventory is one document (one file for each cluster)",
		}},
		{"a second document that is not YAML", version + "---\na: [\n", []string{
			"4:1 error: this is not YAML: did not find expected node content",
		}},

		{"apiVersion missing", "\ncluster: lab\n", []string{
			"2:1 error apiVersion: missing; it says which schema this file is written in (add the line apiVersion: hakube-seed/v1)",
		}},
		{"apiVersion of the future", "apiVersion: hakube-seed/v2\n", []string{
			`1:13 error apiVersion: "hakube-seed/v2" is not hakube-seed/v1, the only version that this program reads`,
		}},
		{"apiVersion empty", `apiVersion: ""`, []string{
			`1:13 error apiVersion: "" is not hakube-seed/v1, the only version that this program reads`,
		}},
		{"apiVersion null", "apiVersion:\n", []string{
			"1:1 error apiVersion: has no value (give it a value or leave it out)",
		}},

		{"unknown keys", version + "podsubnet: 10.0.0.0/8\nclusterName: lab\ncontrolPlaneEndpoint: lb\ngateway: 10.0.0.1\n" +
			"file: x\nzebra: 1\nnetwork:\n  podSubnet: 10.0.0.0/8\n  zebra: 1\nnodes:\n  - {nmae: a, adress: b, ip: c, ipAddress: d}\n", []string{
			`2:1 error: unknown key "podsubnet" (did you mean "podSubnet"?)`,
			`3:1 error: unknown key "clusterName" (did you mean "cluster"?)`,
			`4:1 error: unknown key "controlPlaneEndpoint" (did you mean "endpoint"?)`,
			`5:1 error: unknown key "gateway" ("gateway" belongs in network or in an item of network.subnets)`,
			`6:1 error: unknown key "file" (did you mean "files"?)`,
			`7:1 error: unknown key "zebra" (hakube-seed schema describes all keys)`,
			`9:3 error network: unknown key "podSubnet" ("podSubnet" belongs at the top of the file)`,
			`10:3 error network: unknown key "zebra" (the keys here are cidr, gateway, subnets, interface, interfaces, nameservers, search, ntp)`,
			`12:6 error nodes[0]: unknown key "nmae" (did you mean "name"?)`,
			`12:15 error nodes[0]: unknown key "adress" (did you mean "address"?)`,
			`12:26 error nodes[0]: unknown key "ip" (hakube-seed schema describes all keys)`,
			`12:33 error nodes[0]: unknown key "ipAddress" (did you mean "address"?)`,
		}},
		{"a key that belongs in several places", version + "kubelet: {patches: [], sha256: x, extraargs: {}, before: []}\n", []string{
			`2:11 error kubelet: unknown key "patches" ("patches" belongs in kubeadm)`,
			`2:24 error kubelet: unknown key "sha256" ("sha256" belongs in cni.manifest or in apt.criDockerd)`,
			`2:35 error kubelet: unknown key "extraargs" (did you mean "extraArgs"?)`,
			`2:50 error kubelet: unknown key "before" ("before" belongs in commands or in nodes[].commands)`,
		}},
		{"duplicate keys", version + "cluster: a\nnodes:\n  - name: x\n    name: y\ncluster: b\nkubelet: {extraArgs: {v: 1, v: 2}, config: {a: 1, a: 2}}\n", []string{
			"5:5 error nodes[0].name: given twice, first in line 4 (keep one of the two)",
			"6:1 error cluster: given twice, first in line 2 (keep one of the two)",
			"7:29 error kubelet.extraArgs.v: given twice, first in line 7 (keep one of the two)",
			"7:51 error kubelet.config.a: given twice, first in line 7 (keep one of the two)",
		}},

		{"wrong kinds", version + "dnsDomain: [a.b]\ncluster:\n  name: lab\nnetwork: 10.0.0.0/8\nnodes: {name: a}\n" +
			"user: {sshKeys: ssh-ed25519}\nkubelet: {extraArgs: [a], config: 5}\nkubeProxy: {config: []}\n", []string{
			"2:12 error dnsDomain: a list stands where text is expected",
			"3:1 error cluster: a mapping stands where text is expected",
			"5:10 error network: text stands where a mapping is expected (the keys here are cidr, gateway, subnets, interface, interfaces, nameservers, search, ntp)",
			"6:8 error nodes: a mapping stands where a list is expected (start each item with a dash)",
			"7:17 error user.sshKeys: text stands where a list is expected (start each item with a dash)",
			"8:22 error kubelet.extraArgs: a list stands where a mapping is expected (write one KEY: VALUE on each line)",
			"8:35 error kubelet.config: text stands where a mapping is expected (write one KEY: VALUE on each line)",
			"9:21 error kubeProxy.config: a list stands where a mapping is expected (write one KEY: VALUE on each line)",
		}},
		{"wrong scalars", version + "nodeCIDRMask: '27'\ncni: {typha: yes}\nnodes: [{generation: 010}, {generation: 1.5}, {generation: many}, {generation: []}]\n", []string{
			`2:15 error nodeCIDRMask: "27" stands where a whole number is expected (remove the quotes)`,
			`3:14 error cni.typha: "yes" stands where true or false is expected (write true)`,
			`4:22 error nodes[0].generation: "010" stands where a whole number is expected`,
			`4:41 error nodes[1].generation: "1.5" stands where a whole number is expected`,
			`4:60 error nodes[2].generation: "many" stands where a whole number is expected`,
			`4:80 error nodes[3].generation: a list stands where a whole number is expected`,
		}},
		{"nulls", version + "cluster:\nnetwork: ~\nnodes:\n  -\n  - name: null\nuser:\n  sshKeys:\n", []string{
			"2:1 error cluster: has no value (give it a value or leave it out)",
			"3:1 error network: has no value (give it a value or leave it out)",
			"5:4 error nodes[0]: has no value (give it a value or leave it out)",
			"6:5 error nodes[1].name: has no value (give it a value or leave it out)",
			"8:3 error user.sshKeys: has no value (give it a value or leave it out)",
		}},
		{"tags", version + "cluster: !!binary YQ==\nnodes: !mine []\nkubelet: {config: {a: !x 1, b: !!int x, c: !x {}}}\n", []string{
			"2:10 error cluster: the tag !!binary has no meaning here (remove the tag)",
			"3:8 error nodes: the tag !mine has no meaning here (remove the tag)",
			"4:23 error kubelet.config.a: the tag !x has no meaning here (remove the tag)",
			"4:32 error kubelet.config.b: the tag !!int does not fit the value (remove the tag)",
			"4:44 error kubelet.config.c: the tag !x has no meaning here (remove the tag)",
		}},
		{"keys that are no text", version + "? [a]\n: b\n? {a: b}\n: c\n'': d\n~: e\nkubelet: {extraArgs: {" + strings.Repeat("k", 401) + ": x}}\n", []string{
			"2:3 error: a list stands where a key is expected (quote a key or value that starts with a bracket or brace)",
			"4:3 error: a mapping stands where a key is expected (quote a key or value that starts with a bracket or brace)",
			"6:1 error: a key is empty",
			"7:1 error: a key is empty",
			"8:23 error kubelet.extraArgs: a key is longer than 400 characters",
		}},
		{"free-form values", version + "kubelet: {config: {a: .nan, b: [.inf], c: No, d: off}}\n", []string{
			"2:23 error kubelet.config.a: .nan is not a number that JSON can hold",
			"2:33 error kubelet.config.b[0]: .inf is not a number that JSON can hold",
			`2:43 error kubelet.config.c: No means false to some programs and text to others (write false, or "No" in quotes)`,
			`2:50 error kubelet.config.d: off means false to some programs and text to others (write false, or "off" in quotes)`,
		}},
		{"NUL", version + `cluster: "a\0b"`, []string{
			"2:10 error cluster: holds a NUL character, which no text on a node may",
		}},
		{"a secret is not shown", version + "secrets: abcdef.0123456789abcdef\nuser: {passwordHash: [$6$x]}\n", []string{
			"2:10 error secrets: text stands where a mapping is expected (the keys here are algorithm, bootstrapToken, certificateKey)",
			"3:22 error user.passwordHash: a list stands where text is expected",
		}},
		{"a fault that an alias repeats", version + "nodes:\n  - &n {name: a, rol: b}\n  - *n\n  - {<<: *n}\n", []string{
			`3:18 error nodes[0]: unknown key "rol" (did you mean "role"?)`,
		}},
		{"anchors that hold themselves", version + "kubelet: {config: &c {x: *c, y: {<<: *c}, z: [*c]}}\n", []string{
			"2:26 error kubelet.config.x: the anchor &c holds itself (write the values out)",
			"2:38 error kubelet.config.y: the anchor &c holds itself (write the values out)",
			"2:47 error kubelet.config.z[0]: the anchor &c holds itself (write the values out)",
		}},
		{"merging what is no mapping", version + "nodes:\n  - {<<: a}\n  - {<<: [[a], b]}\n", []string{
			"3:10 error nodes[0]: only mappings can be merged with <<",
			"4:11 error nodes[1]: only mappings can be merged with <<",
			"4:16 error nodes[1]: only mappings can be merged with <<",
		}},
		{"an alias bomb", version + bomb(), []string{
			"1:1 error: aliases add more than 100000 values (write the values out)",
		}},
		{"a large mapping merged often", version + merges(), []string{
			"1:1 error: aliases add more than 100000 values (write the values out)",
		}},
		{"deep nesting", version + "kubelet: {config: {a: " + strings.Repeat("[", 120) + strings.Repeat("]", 120) + "}}\n", []string{
			"2:123 error kubelet.config.a" + strings.Repeat("[0]", 100) + ": nested deeper than 100 levels",
		}},

		{"a byte order mark and CRLF", "\ufeffcluster: [x]\r\napiVersion: hakube-seed/v1\r\n", []string{
			"1:10 error cluster: a list stands where text is expected",
		}},
		{"UTF-16", "\xff\xfea\x00", []string{
			"1:1 error: this file is UTF-16 text (save the file as UTF-8)",
		}},
		{"Latin-1", version + "cluster: caf\xe9\n", []string{
			"2:13 error: the byte 0xe9 is not UTF-8 text (save the file as UTF-8)",
		}},
		{"a control character", version + "cluster: \"é\x07\"\n", []string{
			`2:12 error: the control character U+0007 cannot stand in YAML (write it as an escape in double quotes, as in "\x1b")`,
		}},
		{"a tab", version + "network:\n\tcidr: 10.0.0.0/8\n", []string{
			"3:1 error: this is not YAML: a tab stands in the indentation (indent with spaces)",
		}},
		{"a colon too many", version + "cluster: a: b\n", []string{
			`2:1 error: this is not YAML: mapping values are not allowed in this context (quote a value that holds ": ", and compare the indentation of this line with those around it)`,
		}},
		{"indentation", version + "nodes:\n  - name: a\n role: b\n", []string{
			"4:2 error: this is not YAML: did not find expected key (compare the indentation of this line with those around it)",
		}},
		{"an open quote", version + "cluster: \"a\n", []string{
			"2:1 error: this is not YAML: found unexpected end of stream (close the quotes)",
		}},
		{"an open bracket", version + "nodes: [a\n", []string{
			"2:1 error: this is not YAML: did not find expected ',' or ']' (close the bracket or brace)",
		}},
		{"an at sign", version + "cluster: @b\n", []string{
			"2:1 error: this is not YAML: found character that cannot start any token (put a value that starts with %, @ or ` in quotes)",
		}},
		{"an unknown escape", version + `cluster: "\d"` + "\n", []string{
			`2:1 error: this is not YAML: found unknown escape character (double the backslash, or use single quotes)`,
		}},
		{"an unknown anchor", version + "cluster: *here\n", []string{
			"2:10 error: no anchor is named &here (an anchor stands before its aliases; quote text that begins with *)",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, diagnostics := inventory.Parse([]byte(test.in))
			if diff := cmp.Diff(test.want, texts(diagnostics)); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

// bomb doubles a list forty times.
func bomb() string {
	text := "kubelet:\n  config:\n    a0: &a0 [x, x]\n"
	for i := range 40 {
		text += fmt.Sprintf("    a%d: &a%d [*a%d, *a%d]\n", i+1, i+1, i, i)
	}
	return text
}

// merges brings two thousand keys into one mapping ninety times.
func merges() string {
	text := "apiServer:\n  extraArgs: &a\n"
	for i := range 2000 {
		text += fmt.Sprintf("    k%d: x\n", i)
	}
	return text + "etcd: {extraArgs: {<<: [" + strings.Repeat("*a, ", 90) + "]}}\n"
}

func TestParseTakesTextAsItIsWritten(t *testing.T) {
	const in = `%YAML 1.1
---
# all of these are something else to YAML
apiVersion: hakube-seed/v1
kubernetesVersion: 1.30
cluster: no
timezone: 2026-01-02
nodes:
  - name: 0x10
    mac: 001122334455
    labels: {a: true, b: 1e3, c: '', d: 12:30:45}
  - {name: "null", mac: 52:54:00:12:34:56}
files:
  - {path: /x, mode: 0644, content: "a\tb\nc"}
kubelet:
  config: {a: 1, b: 1.5, c: true, d: x, e: null, f: [1, {g: h}], i: 2026-01-02, j: 18446744073709551615, 5: "no"}
cni: {typha: false}
...
`
	typha := false
	want := &inventory.Inventory{
		APIVersion: inventory.APIVersion, KubernetesVersion: "1.30", Cluster: "no", Timezone: "2026-01-02",
		Nodes: []inventory.Node{
			{Name: "0x10", MAC: "001122334455", Labels: map[string]string{"a": "true", "b": "1e3", "c": "", "d": "12:30:45"}},
			{Name: "null", MAC: "52:54:00:12:34:56"},
		},
		Files: []inventory.File{{Path: "/x", Mode: "0644", Content: "a\tb\nc"}},
		Kubelet: inventory.Kubelet{Config: map[string]any{
			"a": 1, "b": 1.5, "c": true, "d": "x", "e": nil, "f": []any{1, map[string]any{"g": "h"}},
			"i": "2026-01-02", "j": uint64(18446744073709551615), "5": "no",
		}},
		CNI: inventory.CNI{Typha: &typha},
	}
	for name, text := range map[string]string{"LF": in, "CRLF": strings.ReplaceAll(in, "\n", "\r\n"), "BOM": "\ufeff" + in[strings.Index(in, "#"):]} {
		got, diagnostics := inventory.Parse([]byte(text))
		if len(diagnostics) > 0 {
			t.Fatalf("%s: %q", name, texts(diagnostics))
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(inventory.Inventory{})); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", name, diff)
		}
	}
}

func TestParseMergesAndAliases(t *testing.T) {
	const in = version + `nodes:
  - &first {name: a, role: worker, labels: &labels {x: 1}}
  - {<<: *first, name: b}
  - <<: [{software: image, os: debian-12}, *first]
    name: c
    os: debian-13
    labels: {<<: *labels, y: 2}
  - *first
`
	want := []inventory.Node{
		{Name: "a", Role: "worker", Labels: map[string]string{"x": "1"}},
		{Name: "b", Role: "worker", Labels: map[string]string{"x": "1"}},
		{Name: "c", Role: "worker", Labels: map[string]string{"x": "1", "y": "2"}, Software: "image", OS: "debian-13"},
		{Name: "a", Role: "worker", Labels: map[string]string{"x": "1"}},
	}
	inv, diagnostics := inventory.Parse([]byte(in))
	if len(diagnostics) > 0 {
		t.Fatalf("%q", texts(diagnostics))
	}
	if diff := cmp.Diff(want, inv.Nodes); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	for path, want := range map[string]inventory.Position{
		"nodes[1].name": {4, 24}, "nodes[1].role": {3, 28}, "nodes[3]": {9, 5}, "nodes[3].name": {3, 19}, "nodes[2].labels.x": {3, 56},
	} {
		if got := inv.Position(path); got != want {
			t.Errorf("%s stands at %v, want %v", path, got, want)
		}
	}
}

func BenchmarkParse1000Nodes(b *testing.B) {
	o := inventory.DefaultStarter()
	o.Workers, o.CIDR = 996, netip.MustParsePrefix("10.0.0.0/16")
	data := inventory.Starter(o)
	for b.Loop() {
		if inv, diagnostics := inventory.Parse(data); inv == nil {
			b.Fatal(diagnostics)
		}
	}
}
