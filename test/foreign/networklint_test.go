// SPDX-License-Identifier: Apache-2.0

//go:build foreign

package foreign

import (
	"fmt"
	"regexp"
	"slices"
	"testing"

	"gopkg.in/yaml.v3"
)

// What cloud-init's and netplan's oldest versions in use get wrong and no schema tells: facts on cloud-init, section 1.4.
var badNetworkKeys = map[string]string{
	"network":  "cloud-init 18.2 does not strip it",
	"gateway4": "netplan deprecates it",
	"gateway6": "netplan deprecates it",
	"set-name": "cloud-init then sets no network up when the card is not there",
	"dhcp4":    "cloud-init 18.2 takes its presence for true",
}

var colonMAC = regexp.MustCompile(`^([0-9a-f]{2}:){5}[0-9a-f]{2}$`)

// lintNetwork returns what is wrong with a network-config.
func lintNetwork(text []byte) []string {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return []string{err.Error()}
	}
	var found []string
	var visit func(*yaml.Node)
	visit = func(n *yaml.Node) {
		for i, child := range n.Content {
			if n.Kind == yaml.MappingNode && i%2 == 0 {
				found = append(found, lintSetting(child.Value, n.Content[i+1])...)
			}
			visit(child)
		}
	}
	visit(&root)
	return found
}

func lintSetting(key string, value *yaml.Node) []string {
	if why, bad := badNetworkKeys[key]; bad && !(key == "dhcp4" && value.Value == "true") {
		return []string{fmt.Sprintf("%s: %s", key, why)}
	}
	if key == "to" && value.Value == "default" {
		return []string{"to: default: netplan 0.99 does not know it"}
	}
	if key != "macaddress" {
		return nil
	}
	if value.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) == 0 {
		return []string{"macaddress: YAML 1.1 takes one of digits for a number unless it is quoted"}
	}
	if !colonMAC.MatchString(value.Value) {
		return []string{"macaddress: not six lower-case pairs with colons"}
	}
	return nil
}

func TestNetworkConfigSuitsTheOldestReaders(t *testing.T) {
	t.Parallel()
	for _, d := range seedFile(t, "network-config") {
		for _, problem := range lintNetwork(d.content) {
			t.Errorf("%s: %s", d.name, problem)
		}
	}
}

func TestNetworkLintFindsWhatItIsFor(t *testing.T) {
	t.Parallel()
	bad := []string{
		"network: {version: 2}", "gateway4: 10.0.0.1", "gateway6: fd00::1", "set-name: eth0", "dhcp4: false",
		"routes: [{to: default, via: 10.0.0.1}]", "macaddress: 00:15:5d:00:00:01", `macaddress: "00-15-5D-00-00-01"`,
	}
	for _, text := range bad {
		if found := lintNetwork([]byte(text)); len(found) != 1 {
			t.Errorf("%s: found %q", text, found)
		}
	}
	if found := lintNetwork([]byte(`macaddress: "00:15:5d:00:00:01"`)); !slices.Equal(found, nil) {
		t.Errorf("a good MAC address: found %q", found)
	}
	if found := lintNetwork([]byte("dhcp4: true")); !slices.Equal(found, nil) {
		t.Errorf("DHCP: found %q", found)
	}
}
