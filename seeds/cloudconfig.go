// SPDX-License-Identifier: Apache-2.0

package seeds

import (
	"bytes"
	"fmt"

	"gopkg.in/yaml.v3"
)

// header is the line that makes user-data a cloud-config; cloud-init wants it first, without a byte order mark.
const header = "#cloud-config\n"

// CloudConfig is the part of cloud-config that this program uses: only keys that every cloud-init from 18.2 to 26.1
// takes without an error or a deprecation, because either ends in a degraded status.
type CloudConfig struct {
	Hostname         string     `yaml:"hostname"`
	PreserveHostname bool       `yaml:"preserve_hostname"`
	ManageEtcHosts   bool       `yaml:"manage_etc_hosts"`
	Locale           string     `yaml:"locale"`
	Timezone         string     `yaml:"timezone"`
	Users            []User     `yaml:"users"`
	SSHPasswordLogin bool       `yaml:"ssh_pwauth"`
	DisableRoot      bool       `yaml:"disable_root"`
	SSHHostKeys      []string   `yaml:"ssh_genkeytypes"`
	PackageUpdate    bool       `yaml:"package_update"`
	PackageUpgrade   bool       `yaml:"package_upgrade"`
	BootCmd          [][]string `yaml:"bootcmd"`
	RunCmd           [][]string `yaml:"runcmd"`
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

// UserData encodes the cloud-config with the given write_files entries, in order.
func (c CloudConfig) UserData(files ...EncodedFiles) ([]byte, error) {
	text, err := encodeYAML(c)
	if err != nil {
		return nil, err
	}
	var back CloudConfig
	if err := yaml.Unmarshal(text, &back); err != nil {
		return nil, fmt.Errorf("reading back the cloud-config of %q: %w", c.Hostname, err)
	}
	if again, err := encodeYAML(back); err != nil || !bytes.Equal(again, text) {
		return nil, fmt.Errorf("reading back the cloud-config of %q: YAML does not keep one of its texts", c.Hostname)
	}
	size := len(header) + len(text) + len("write_files:\n")
	for _, f := range files {
		size += len(f)
	}
	out := make([]byte, 0, size)
	out = append(out, header...)
	out = append(out, text...)
	out = append(out, "write_files:\n"...)
	for _, f := range files {
		out = append(out, f...)
	}
	return out, nil
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
