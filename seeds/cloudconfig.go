// SPDX-License-Identifier: Apache-2.0

package seeds

import (
	"bytes"
	"fmt"

	"gopkg.in/yaml.v3"
)

// header is the line that makes user-data a cloud-config; cloud-init wants it first, without a byte order mark.
const header = "#cloud-config\n"

// CloudConfig is the part of cloud-config that this program uses besides hostname and write_files: only keys that every cloud-init from 18.2 to 26.1
// takes without an error or a deprecation, because either ends in a degraded status.
type CloudConfig struct {
	PreserveHostname bool      `yaml:"preserve_hostname"`
	ManageEtcHosts   bool      `yaml:"manage_etc_hosts"`
	Locale           string    `yaml:"locale"`
	Timezone         string    `yaml:"timezone"`
	Users            []User    `yaml:"users"`
	SSHPasswordLogin bool      `yaml:"ssh_pwauth"`
	DisableRoot      bool      `yaml:"disable_root"`
	SSHHostKeys      []string  `yaml:"ssh_genkeytypes"`
	PackageUpdate    bool      `yaml:"package_update"`
	PackageUpgrade   bool      `yaml:"package_upgrade"`
	BootCmd          []Command `yaml:"bootcmd"`
	RunCmd           []Command `yaml:"runcmd"`
}

// Command is a program and its arguments, which no shell sees.
type Command []string

// MarshalYAML puts the command on one line, so that runcmd reads as the sequence that it is.
// Words stand in quotes: a plain no is a truth value to the YAML 1.1 of the guest.
func (c Command) MarshalYAML() (any, error) {
	line := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, word := range c {
		line.Content = append(line.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: word})
	}
	return line, nil
}

// User is an entry of users.
type User struct {
	Name              string   `yaml:"name"`
	Groups            []string `yaml:"groups"`
	Shell             string   `yaml:"shell"`
	Sudo              string   `yaml:"sudo"`
	LockPassword      bool     `yaml:"lock_passwd"`
	PasswordHash      string   `yaml:"passwd,omitempty"`
	SSHAuthorizedKeys []string `yaml:"ssh_authorized_keys,omitempty"`
}

// EncodedConfig is the text of a CloudConfig, made by Encode: what all nodes of a kind share is encoded once.
type EncodedConfig []byte

// Encode encodes the cloud-config. It refuses one with a text that YAML does not keep: yaml.v3 writes a few that it
// reads as others.
func (c CloudConfig) Encode() (EncodedConfig, error) {
	text, err := encodeYAML(c)
	if err != nil {
		return nil, err
	}
	var back CloudConfig
	if err := yaml.Unmarshal(text, &back); err != nil {
		return nil, fmt.Errorf("reading back a cloud-config: %w", err)
	}
	if again, err := encodeYAML(back); err != nil || !bytes.Equal(again, text) {
		return nil, fmt.Errorf("reading back a cloud-config: YAML does not keep one of its texts")
	}
	return text, nil
}

// UserData joins the host name, the cloud-config and the write_files entries, in order, to a user-data. The host name is
// a lower-case DNS name, which YAML takes for a number, a date or a truth value where it can: it stands in quotes.
func UserData(hostname string, config EncodedConfig, files ...EncodedFiles) []byte {
	first := fmt.Sprintf("%shostname: %q\n", header, hostname)
	size := len(first) + len(config) + len("write_files:\n")
	for _, f := range files {
		size += len(f)
	}
	out := make([]byte, 0, size)
	out = append(out, first...)
	out = append(out, config...)
	out = append(out, "write_files:\n"...)
	for _, f := range files {
		out = append(out, f...)
	}
	return out
}

// encodeYAML encodes with an indent of 2: with yaml.v3's default of 4 a text that begins with a blank inside a list
// comes out as YAML that nobody can read.
func encodeYAML(v any) ([]byte, error) {
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding YAML: %w", err)
	}
	return out.Bytes(), nil
}
