// SPDX-License-Identifier: Apache-2.0

package generator_test

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hakube/hakube-seed/generator"
	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/seeds"
)

func hostFiles(t *testing.T, c *cluster.Cluster) []seeds.File {
	t.Helper()
	files, err := generator.HyperV(c, ".iso")
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// hostData is cluster.psd1.
func hostData(t *testing.T, c *cluster.Cluster) string {
	t.Helper()
	for _, f := range hostFiles(t, c) {
		if f.Name == "cluster.psd1" {
			return string(f.Content)
		}
	}
	t.Fatal("there is no cluster.psd1")
	return ""
}

// unixText is a file for Windows as it stands in templates.
func unixText(content []byte) string {
	return strings.ReplaceAll(strings.TrimPrefix(string(content), "\ufeff"), "\r\n", "\n")
}

// Windows PowerShell 5.1 takes a file without a byte order mark for ANSI.
func TestHostFilesAreWindowsText(t *testing.T) {
	eachExample(t, func(t *testing.T, c *cluster.Cluster, _ []medium) {
		for _, f := range hostFiles(t, c) {
			if !bytes.HasPrefix(f.Content, []byte("\ufeff")) || bytes.Count(f.Content, []byte("\ufeff")) != 1 {
				t.Errorf("%s begins with %.10q", f.Name, f.Content)
			}
			if lines := bytes.Count(f.Content, []byte("\n")); lines == 0 || lines != bytes.Count(f.Content, []byte("\r\n")) {
				t.Errorf("%s has %d lines, not all of which end in CRLF", f.Name, lines)
			}
		}
	})
}

// A machine gets the MAC address that its medium looks for.
func TestMachinesHaveTheAddressesThatMediaMatch(t *testing.T) {
	matched := 0
	eachExample(t, func(t *testing.T, c *cluster.Cluster, media []medium) {
		data := hostData(t, c)
		for _, m := range media {
			for _, found := range regexp.MustCompile(`macaddress: "([0-9a-f:]+)"`).FindAllSubmatch(m.seed.NetworkConfig, -1) {
				matched++
				want := "MAC    = '" + strings.ToUpper(strings.ReplaceAll(string(found[1]), ":", "-")) + "'"
				if strings.Count(data, want) != 1 {
					t.Errorf("%s: cluster.psd1 does not have %s once", m.node.Name, want)
				}
			}
		}
	})
	if matched == 0 {
		t.Error("no medium of the examples matches a MAC address")
	}
}

// What is first in cluster.psd1 starts first.
func TestLoadBalancersStartFirst(t *testing.T) {
	data := hostData(t, planned(t, parsed(t, "external-etcd.yaml")))
	var order []string
	for _, found := range regexp.MustCompile(`Role +?= '(.*?)'`).FindAllStringSubmatch(data, -1) {
		order = append(order, found[1])
	}
	if want := []string{"load-balancer", "etcd", "control-plane", "worker"}; !slices.Equal(slices.Compact(order), want) {
		t.Errorf("order %q", order)
	}
}

// No value is code, whatever is in it.
func TestHostDataQuotesValues(t *testing.T) {
	inv := parsed(t, "hyperv.yaml")
	inv.HyperV.Switch = "Bob's $(Stop-Computer) `\"switch\"` \u2019; Remove-Item C:\\"
	inv.HyperV.Prefix = "${HOME}'s `n "
	data := hostData(t, planned(t, inv))
	for _, want := range []string{
		"Switch     = 'Bob''s $(Stop-Computer) `\"switch\"` \u2019\u2019; Remove-Item C:\\'\r\n",
		"VM          = '${HOME}''s `n ",
	} {
		if !strings.Contains(data, want) {
			t.Errorf("cluster.psd1 lacks %q:\n%s", want, data)
		}
	}
}
