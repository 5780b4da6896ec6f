// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"bytes"
	"fmt"
	"net/netip"

	"gopkg.in/yaml.v3"

	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/seeds"
)

// unfinished makes cloud-init run its once-per-instance modules again until the identity step has seen every guest file
// whole: it marks a module as run before it runs it, so a power cut in the middle would leave half a file for ever.
const unfinished = "[ -e /var/lib/hakube/seeded ] || rm -f /var/lib/cloud/instance/sem/config_*"

// cloudConfig is what the user-data of all nodes of a kind share: the login user, and the sequence as runcmd.
func cloudConfig(n cluster.Node, steps []step) seeds.CloudConfig {
	config := seeds.CloudConfig{
		Locale:   "C.UTF-8", // always there; a missing locale ends cloud-init in an error
		Timezone: n.Timezone,
		Users: []seeds.User{{
			Name:              n.User.Name,
			Groups:            []string{"adm", "sudo"},
			Shell:             "/bin/bash",
			Sudo:              "ALL=(ALL) NOPASSWD:ALL",
			LockPassword:      n.User.PasswordHash == "",
			PasswordHash:      n.User.PasswordHash,
			SSHAuthorizedKeys: n.User.SSHKeys,
		}},
		DisableRoot: true,
		SSHHostKeys: []string{"ed25519", "ecdsa"}, // an RSA key takes seconds of a busy first boot, and nobody needs it
		BootCmd:     []seeds.Command{{"sh", "-c", unfinished}},
	}
	for _, s := range steps {
		config.RunCmd = append(config.RunCmd, seeds.Command{"/usr/local/sbin/hakube", "step", s.Name})
	}
	return config
}

// quoted is a text that is always in quotes: a MAC address of digits only is a number to YAML 1.1.
type quoted string

// MarshalYAML returns the text as a double-quoted scalar.
func (q quoted) MarshalYAML() (any, error) {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: string(q)}, nil
}

func metaData(n cluster.Node) ([]byte, error) {
	return encode(struct {
		InstanceID    string `yaml:"instance-id"`
		LocalHostname string `yaml:"local-hostname"`
	}{n.InstanceID, n.Name})
}

// network-config, version 2, without a top-level `network:` (cloud-init 18.2 does not strip it), without gateway4 and
// `to: default` (netplan 0.99), without set-name (cloud-init would refuse all networking when the MAC is not there).
type (
	network struct {
		Version   int                 `yaml:"version"`
		Ethernets map[string]ethernet `yaml:"ethernets"`
	}
	ethernet struct {
		Match       map[string]quoted `yaml:"match"`
		AcceptRA    bool              `yaml:"accept-ra"` // without a router networkd waits 12 s for one
		Addresses   []string          `yaml:"addresses"`
		Routes      []route           `yaml:"routes"`
		Nameservers nameservers       `yaml:"nameservers"`
	}
	route struct {
		To  string `yaml:"to"`
		Via string `yaml:"via"`
	}
	nameservers struct {
		Addresses []string `yaml:"addresses"`
		Search    []string `yaml:"search,omitempty"`
	}
)

// defaultRoute is what every netplan understands; `to: default` is not.
var defaultRoute = map[cluster.Family]string{cluster.IPv4: "0.0.0.0/0", cluster.IPv6: "::/0"}

func networkConfig(net cluster.Network, n cluster.Node) ([]byte, error) {
	match := map[string]quoted{"name": "e*"} // Hyper-V: eth0, elsewhere: enp0s3, ens18
	if n.MAC != nil {
		match = map[string]quoted{"macaddress": quoted(n.MAC.String())}
	}
	card := ethernet{
		Match:       match,
		Nameservers: nameservers{Search: net.Search},
	}
	for _, a := range n.Addresses {
		subnet, _ := net.SubnetOf(a)
		card.Addresses = append(card.Addresses, netip.PrefixFrom(a, subnet.CIDR.Bits()).String())
		card.Routes = append(card.Routes, route{defaultRoute[cluster.FamilyOf(a)], subnet.Gateway.String()})
	}
	for _, a := range net.Nameservers {
		card.Nameservers.Addresses = append(card.Nameservers.Addresses, a.String())
	}
	return encode(network{2, map[string]ethernet{"primary": card}})
}

// encode encodes one or more YAML documents with an indent of 2 and reads them back: a document that YAML cannot read
// must not leave this package. (yaml.v3's default indent of 4 writes such documents.)
func encode(documents ...any) ([]byte, error) {
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	for _, d := range documents {
		if err := e.Encode(d); err != nil {
			return nil, fmt.Errorf("encoding YAML: %w", err)
		}
	}
	var back yaml.Node
	if err := yaml.Unmarshal(out.Bytes(), &back); err != nil {
		return nil, fmt.Errorf("reading back YAML: %w", err)
	}
	return out.Bytes(), nil
}
