// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"strings"
	"testing"
)

func TestPortsOfPodNetworks(t *testing.T) {
	for want, c := range map[string]CNI{
		"tcp/179 ipip/0":                      {Name: "calico", Encapsulation: "ipip"},
		"udp/4789 tcp/5473":                   {Name: "calico", Encapsulation: "vxlan", Typha: true},
		"tcp/179":                             {Name: "calico", Encapsulation: "none"},
		"tcp/179 ipip/0 udp/4789":             {Name: "calico"},
		"udp/8472":                            {Name: "flannel", Encapsulation: "vxlan"},
		"":                                    {Name: "flannel", Encapsulation: "none"},
		"udp/6081 tcp/4240 tcp/4244":          {Name: "cilium", Encapsulation: "geneve"},
		"udp/8472 udp/6081 tcp/4240 tcp/4244": {Name: "cilium"},
	} {
		var got []string
		for _, o := range (&Cluster{CNI: c}).Openings(RoleWorker) {
			if strings.HasPrefix(strings.ToLower(o.Purpose), c.Name) {
				got = append(got, fmt.Sprintf("%s/%d", o.Protocol, o.Ports.First))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s, %q: %s, want %s", c.Name, c.Encapsulation, strings.Join(got, " "), want)
		}
	}
}

// The manifests of the user's say by themselves how their packets travel.
func TestEncapsulationOfManifests(t *testing.T) {
	for manifest, want := range map[string]string{
		"calico-v3.32.yaml": "ipip", "flannel-v0.20.yaml": "vxlan", "cilium-v1.12.yaml": "vxlan", "cilium-v1.18.yaml": "vxlan",
	} {
		name, _, _ := strings.Cut(manifest, "-")
		c, diagnostics := Plan(ruleTest{add: fmt.Sprintf("cni: {name: %s, manifest: {file: %s}}", name, manifest)}.inventory(t), testFiles)
		if c == nil || c.CNI.Encapsulation != want {
			t.Errorf("%s: %v %s", manifest, c, text(diagnostics))
		}
	}
	for text, want := range map[string]string{
		"routing-mode=native": "none", "routing-mode=tunnel tunnel-protocol=geneve": "geneve", "tunnel=disabled": "none", "tunnel=geneve": "geneve", "": "vxlan",
	} {
		config := func(key string) string {
			_, value, _ := strings.Cut(text[max(0, strings.Index(text, key+"=")):], "=")
			if !strings.Contains(" "+text, " "+key+"=") {
				return ""
			}
			value, _, _ = strings.Cut(value, " ")
			return value
		}
		if got := ciliumEncapsulation(config); got != want {
			t.Errorf("Cilium with %q: %s, want %s", text, got, want)
		}
	}
}

func TestTyphaReplicas(t *testing.T) {
	for nodes, want := range map[int]int{1: 1, 6: 1, 50: 1, 51: 3, 600: 3, 601: 4, 1000: 5} {
		if got := typhaReplicas(nodes); got != want {
			t.Errorf("%d nodes: %d, want %d", nodes, got, want)
		}
	}
}
