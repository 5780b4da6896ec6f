// SPDX-License-Identifier: Apache-2.0

package seeds_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/hakube/hakube-seed/seeds"
)

func encoded(t testing.TB, files ...seeds.GuestFile) seeds.EncodedFiles {
	t.Helper()
	text, err := seeds.EncodeFiles(files)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestUserDataIsTheWholeText(t *testing.T) {
	config := seeds.CloudConfig{
		Locale:   "C.UTF-8",
		Timezone: "Etc/UTC",
		Users: []seeds.User{{
			Name: "ops", Groups: []string{"sudo"}, Shell: "/bin/bash", Sudo: "ALL=(ALL) NOPASSWD:ALL",
			PasswordHash: "$6$salt$hash", SSHAuthorizedKeys: []string{"ssh-ed25519 AAAA ops@example"},
		}},
		DisableRoot: true,
		SSHHostKeys: []string{"ed25519"},
		BootCmd:     []seeds.Command{{"sh", "-c", " begins with a blank: # and ends in a colon:"}},
		RunCmd:      []seeds.Command{{"hakube", "step", "a"}, {"hakube", "step", "no"}},
	}
	head, err := config.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got := seeds.UserData("cp-1", head,
		encoded(t, seeds.GuestFile{Path: "/etc/a", Mode: 0o600, Content: []byte("a\n")}),
		nil,
		encoded(t, seeds.GuestFile{Path: "/etc/b", Mode: 0o755, Content: []byte{}}))
	want := `#cloud-config
hostname: "cp-1"
preserve_hostname: false
manage_etc_hosts: false
locale: C.UTF-8
timezone: Etc/UTC
users:
  - name: ops
    groups:
      - sudo
    shell: /bin/bash
    sudo: ALL=(ALL) NOPASSWD:ALL
    lock_passwd: false
    passwd: $6$salt$hash
    ssh_authorized_keys:
      - ssh-ed25519 AAAA ops@example
ssh_pwauth: false
disable_root: true
ssh_genkeytypes:
  - ed25519
package_update: false
package_upgrade: false
bootcmd:
  - ["sh", "-c", " begins with a blank: # and ends in a colon:"]
runcmd:
  - ["hakube", "step", "a"]
  - ["hakube", "step", "no"]
write_files:
- path: /etc/a
  permissions: "0600"
  encoding: b64
  content: YQo=
- path: /etc/b
  permissions: "0755"
  encoding: b64
  content: ""
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("user-data (-want +got):\n%s", diff)
	}
}

// Whatever a user's texts hold, YAML gives them back, or Encode refuses them: yaml.v3 writes some that it reads as others.
func TestUserDataKeepsHostileTexts(t *testing.T) {
	for _, text := range []string{
		" a", "a ", "a: b", "- a", "# a", "a #b", "'", `"`, `\`, "{{ a }}", "## template: jinja", "#cloud-config", "null", "yes", "0600", "1e3", "",
		"a\nb", "a\n b\n", "\n a", "\ta", "%a", "@a", "*a", "&a", "!a", "노드", "a\u0085b", "a\u2028b", "\ufeffa", "---", "...", "? a", "| a",
	} {
		config := seeds.CloudConfig{Timezone: text, BootCmd: []seeds.Command{{text, text}}, Users: []seeds.User{{Name: text, SSHAuthorizedKeys: []string{text}}}}
		head, err := config.Encode()
		if err != nil {
			if text != "\n a" {
				t.Errorf("%q: %v", text, err)
			}
			continue
		}
		got := seeds.UserData("a", head, encoded(t, seeds.GuestFile{Path: "/" + text, Mode: 0o600, Content: []byte(text)}))
		if !strings.HasPrefix(string(got), "#cloud-config\nhostname:") {
			t.Errorf("%q: user-data begins with %.40q", text, got)
		}
		var back seeds.CloudConfig
		if err := yaml.Unmarshal(got, &back); err != nil {
			t.Errorf("%q: %v\n%s", text, err, got)
			continue
		}
		if back.Timezone != text || back.BootCmd[0][0] != text || back.BootCmd[0][1] != text || back.Users[0].Name != text || back.Users[0].SSHAuthorizedKeys[0] != text {
			t.Errorf("%q is read back as %+v", text, back)
		}
	}
}
