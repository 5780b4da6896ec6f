// SPDX-License-Identifier: Apache-2.0

//go:build foreign

package foreign

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakube/hakube-seed/generator/cluster"
)

// cloudInit runs cloud-init once for each argument list.
func cloudInit(t *testing.T, calls [][]string) []verdict {
	t.Helper()
	var lines strings.Builder
	for _, call := range calls {
		lines.WriteString(strings.Join(call, " ") + "\n")
	}
	list := filepath.Join(scratch(t), "calls")
	write(t, list, []byte(lines.String()))
	var verdicts []verdict
	for line := range bytes.Lines(python(t, "cloudinit.py", list)) {
		var code any // a number, or the text that Python exits with
		var v verdict
		if err := json.Unmarshal(line, &[]any{&code, &v.said}); err != nil {
			t.Fatalf("cloudinit.py: %v in %q", err, line)
		}
		v.failed = code != 0.0
		verdicts = append(verdicts, v)
	}
	if len(verdicts) != len(calls) {
		t.Fatalf("cloud-init judged %d of %d documents", len(verdicts), len(calls))
	}
	return verdicts
}

// TestCloudInitSchema: cloud-init takes every user-data and vendor-data, without an error and without a deprecation, each
// of which would end its run in a degraded status.
func TestCloudInitSchema(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(scratch(t), "bad")
	write(t, bad, []byte("#cloud-config\nruncmd: reboot\napt_update: true\n"))
	documents := slices.Concat(seedFile(t, "user-data"), seedFile(t, "vendor-data"))
	calls := [][]string{{"schema", "--config-file", bad}}
	for _, d := range documents {
		calls = append(calls, []string{"schema", "--config-file", d.path})
	}
	verdicts := cloudInit(t, calls)
	if v := verdicts[0]; !v.failed || !strings.Contains(v.said, "runcmd: 'reboot' is not of type 'array'") || !strings.Contains(v.said, "DEPRECATED") {
		t.Errorf("a bad user-data is not refused:\n%s", v)
	}
	for i, d := range documents {
		if v := verdicts[i+1]; v.failed || v.said != "Valid cloud-config: "+d.path+"\n" {
			t.Errorf("%s:\n%s", d.name, v)
		}
	}
}

var (
	address = regexp.MustCompile(`(?m)^Address=(\S+)$`)
	route   = regexp.MustCompile(`(?m)^\[Route\]\nDestination=(\S+)\nGateway=(\S+)$`)
	setting = regexp.MustCompile(`(?m)^(?:Name|PermanentMACAddress|MTUBytes|DHCP|Bond|VLAN|UseRoutes|IPv6AcceptRA)=\S+$`)
)

// TestNetworkConfig: cloud-init makes a netplan file of every network-config, netplan makes networkd files of that, and
// every interface has its addresses, routes and settings in the end.
func TestNetworkConfig(t *testing.T) {
	t.Parallel()
	type result struct {
		name, dir string
		node      cluster.Node
	}
	var results []result
	var calls [][]string
	for _, e := range examples(t) {
		for _, m := range e.media {
			r := result{e.name + "/" + m.node.Name, scratch(t), m.node}
			results = append(results, r)
			calls = append(calls, netConvert(filepath.Join(e.dir(m), "seed/network-config"), r.dir))
		}
	}
	interfaces := 0
	for i, v := range cloudInit(t, calls) {
		r := results[i]
		if v.failed {
			t.Errorf("%s:\n%s", r.name, v)
			continue
		}
		silent(t, r.name, netplan(t, r.dir))
		for _, planned := range r.node.Interfaces {
			made, _ := os.ReadFile(host(filepath.Join(r.dir, "run/systemd/network/10-netplan-"+planned.Name+".network")))
			got := []string{}
			for _, match := range slices.Concat(address.FindAllSubmatch(made, -1), route.FindAllSubmatch(made, -1)) {
				for _, group := range match[1:] {
					got = append(got, string(group))
				}
			}
			for _, match := range setting.FindAll(made, -1) {
				got = append(got, string(match))
			}
			if diff := cmp.Diff(wantedOf(planned, r.node), got); diff != "" {
				t.Errorf("%s: %s, wanted (-) and got (+):\n%s\n%s", r.name, planned.Name, diff, made)
			}
			interfaces++
		}
	}
	t.Logf("%d interfaces of %d nodes", interfaces, len(results))
}

// wantedOf are the addresses and routes of an interface, then its settings in the order in which netplan writes them.
func wantedOf(i cluster.Interface, n cluster.Node) []string {
	wanted := []string{}
	for _, a := range i.Addresses {
		wanted = append(wanted, a.String())
	}
	for _, r := range i.Routes {
		wanted = append(wanted, r.To.String(), r.Via.String())
	}
	if i.Card == nil {
		wanted = append(wanted, "Name="+i.Name)
	} else {
		if i.Card.MAC != nil {
			wanted = append(wanted, "PermanentMACAddress="+i.Card.MAC.String())
		}
		wanted = append(wanted, "Name="+i.Card.Device)
	}
	if i.MTU > 0 {
		wanted = append(wanted, "MTUBytes="+strconv.Itoa(i.MTU))
	}
	if len(i.DHCP) > 0 {
		wanted = append(wanted, "DHCP="+map[string]string{"IPv4": "ipv4", "IPv6": "ipv6", "IPv4 IPv6": "yes"}[joined(i.DHCP)])
	}
	wanted = append(wanted, "IPv6AcceptRA="+map[bool]string{true: "yes", false: "no"}[slices.Contains(i.DHCP, cluster.IPv6)])
	for _, other := range n.Interfaces {
		switch {
		case other.Bond != nil && slices.Contains(other.Bond.Members, i.Name):
			wanted = append(wanted, "Bond="+other.Name)
		case other.VLAN != nil && other.VLAN.Link == i.Name:
			wanted = append(wanted, "VLAN="+other.Name)
		}
	}
	if len(i.DHCP) > 0 && !slices.Contains(i.DHCPDefault, i.DHCP[0]) {
		wanted = append(wanted, "UseRoutes=false")
	}
	return wanted
}

func joined(families []cluster.Family) string {
	texts := make([]string, len(families))
	for i, f := range families {
		texts[i] = string(f)
	}
	return strings.Join(texts, " ")
}

func netConvert(config, dir string) []string {
	return []string{"devel", "net-convert", "--network-data", config, "--kind", "yaml", "--output-kind", "netplan", "--directory", dir, "--distro", "debian"}
}

// netplan is the generator that systemd runs early at boot.
func netplan(t *testing.T, dir string) verdict {
	t.Helper()
	// cloud-init before 23.1 leaves it readable for all, which newer netplans warn of
	if err := os.Chmod(host(filepath.Join(dir, "etc/netplan/50-cloud-init.yaml")), 0o600); err != nil {
		t.Fatal(err)
	}
	return run(t, inGuest("/usr/libexec/netplan/generate", "--root-dir", dir))
}

func TestNetplanRefusesABadConfig(t *testing.T) {
	t.Parallel()
	dir := scratch(t)
	write(t, filepath.Join(dir, "etc/netplan/50-cloud-init.yaml"), []byte("network: {version: 2, ethernets: {primary: {addresses: [10.1.10.300/24]}}}\n"))
	if v := netplan(t, dir); !v.failed {
		t.Errorf("a bad address is not refused:\n%s", v)
	}
}
