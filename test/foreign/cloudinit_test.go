// SPDX-License-Identifier: Apache-2.0

//go:build foreign

package foreign

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

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
)

// TestNetworkConfig: cloud-init makes a netplan file of every network-config, netplan makes a networkd file of that, and
// the node has its address, its route and its card in the end.
func TestNetworkConfig(t *testing.T) {
	t.Parallel()
	type result struct {
		name, dir, card string
		want            []string
	}
	var results []result
	var calls [][]string
	for _, e := range examples(t) {
		for _, m := range e.media {
			r := result{e.name + "/" + m.node.Name, scratch(t), "Name=e*", nil}
			r.want = wantedNetwork(e.cluster, m.node)
			if m.node.MAC != nil {
				r.card = "PermanentMACAddress=" + m.node.MAC.String()
			}
			results = append(results, r)
			calls = append(calls, netConvert(filepath.Join(e.dir(m), "seed/network-config"), r.dir))
		}
	}
	for i, v := range cloudInit(t, calls) {
		r := results[i]
		if v.failed {
			t.Errorf("%s:\n%s", r.name, v)
			continue
		}
		silent(t, r.name, netplan(t, r.dir))
		made, _ := os.ReadFile(host(filepath.Join(r.dir, "run/systemd/network/10-netplan-primary.network")))
		got := []string{}
		for _, match := range slices.Concat(address.FindAllSubmatch(made, -1), route.FindAllSubmatch(made, -1)) {
			for _, group := range match[1:] {
				got = append(got, string(group))
			}
		}
		if !slices.Equal(got, r.want) || !strings.Contains(string(made), "\n"+r.card+"\n") {
			t.Errorf("%s: got %v, want %v on the card with %s\n%s", r.name, got, r.want, r.card, made)
		}
	}
}

// wantedNetwork are the node's addresses, then its default routes.
func wantedNetwork(c *cluster.Cluster, n cluster.Node) []string {
	var addresses, routes []string
	for _, a := range n.Addresses {
		subnet, _ := c.Network.SubnetOf(a)
		addresses = append(addresses, netip.PrefixFrom(a, subnet.CIDR.Bits()).String())
		everywhere := "0.0.0.0/0"
		if a.Is6() {
			everywhere = "::/0"
		}
		routes = append(routes, everywhere, subnet.Gateway.String())
	}
	return append(addresses, routes...)
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
