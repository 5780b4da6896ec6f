// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"encoding/json"
	"maps"
	"net/netip"
	"strings"
	"testing"
)

// What Calico has filled in is JSON, in which the size of a packet is a number.
func TestCNIConfigOfFamilies(t *testing.T) {
	four, six := netip.MustParsePrefix("10.244.0.0/16"), netip.MustParsePrefix("fd00:244::/56")
	for _, c := range []struct {
		subnets      Subnets
		fours, sixes string
	}{{Subnets{four, six}, "true", "true"}, {Subnets{six}, "false", "true"}} {
		p := &planner{cluster: &Cluster{PodSubnets: c.subnets}}
		var config struct {
			Plugins []struct {
				Type string            `json:"type"`
				MTU  int               `json:"mtu"`
				IPAM map[string]string `json:"ipam"`
			} `json:"plugins"`
		}
		text := strings.ReplaceAll(p.calicoCNIConfig(), "__CNI_MTU__", "1450")
		if err := json.Unmarshal([]byte(text), &config); err != nil || len(config.Plugins) != 3 {
			t.Fatalf("%v in %s", err, text)
		}
		want := map[string]string{"type": "calico-ipam", "assign_ipv4": c.fours, "assign_ipv6": c.sixes}
		if plugin := config.Plugins[0]; plugin.Type != "calico" || plugin.MTU != 1450 || !maps.Equal(plugin.IPAM, want) {
			t.Errorf("%v: %+v, want %v", c.subnets, plugin, want)
		}
	}
}
