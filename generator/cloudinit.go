// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"bytes"
	"fmt"

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
