// SPDX-License-Identifier: Apache-2.0

package generator_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/templates"
)

// cloudConfigKeys are the keys that every cloud-init from 18.2 to 26.1 takes without an error or a deprecation.
var cloudConfigKeys = []string{
	"hostname", "fqdn", "preserve_hostname", "manage_etc_hosts", "users", "ssh_pwauth", "disable_root", "ssh_genkeytypes", "timezone",
	"locale", "write_files", "bootcmd", "runcmd", "package_update", "package_upgrade", "swap", "ntp", "growpart", "output", "final_message",
}

// documents reads YAML strictly: every document, no duplicate keys, no tabs, no leftovers.
func documents(text []byte) ([]any, error) {
	var all []any
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var document any
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, document)
	}
}

func TestEveryYAMLDocumentParses(t *testing.T) {
	eachExample(t, func(t *testing.T, _ *cluster.Cluster, media []medium) {
		for _, m := range media {
			texts := map[string][]byte{}
			for _, f := range m.seed.Files() {
				texts[f.Name] = f.Content
			}
			for _, f := range m.Files {
				if path.Ext(f.Path) == ".yaml" {
					texts[f.Path] = f.Content
				}
			}
			for name, text := range texts {
				found, err := documents(text)
				if err != nil || len(found) == 0 {
					t.Errorf("%s: %s: %d documents, %v", m.node.Name, name, len(found), err)
				}
			}
		}
	})
}

func TestUserDataIsCloudConfigOfTheSafeKeys(t *testing.T) {
	eachExample(t, func(t *testing.T, _ *cluster.Cluster, media []medium) {
		for _, m := range media {
			if !bytes.HasPrefix(m.seed.UserData, []byte("#cloud-config\n")) {
				t.Errorf("%s: user-data begins with %.20q", m.node.Name, m.seed.UserData)
			}
			if bytes.Contains(m.seed.UserData, []byte("## template:")) || bytes.Contains(m.seed.UserData, []byte("\r")) {
				t.Errorf("%s: user-data has a template header or a carriage return", m.node.Name)
			}
			var config map[string]any
			if err := yaml.Unmarshal(m.seed.UserData, &config); err != nil {
				t.Fatal(err)
			}
			for key := range config {
				if !slices.Contains(cloudConfigKeys, key) {
					t.Errorf("%s: user-data has the key %q", m.node.Name, key)
				}
			}
		}
	})
}

// The steps file, the runcmd, the record and the scripts tell the same sequence.
func TestTheSequenceIsTheSameEverywhere(t *testing.T) {
	eachExample(t, func(t *testing.T, _ *cluster.Cluster, media []medium) {
		for _, m := range media {
			text, _ := m.file("/etc/hakube/steps")
			var steps, runcmd []string
			for line := range strings.Lines(string(text)) {
				var name string
				var limit int
				if n, err := fmt.Sscanf(line, "%s %d\n", &name, &limit); n != 2 || err != nil || limit <= 0 {
					t.Errorf("%s: steps has the line %q", m.node.Name, line)
				}
				if _, found := m.file("/usr/local/lib/hakube/steps/" + name); !found {
					t.Errorf("%s: step %s has no script", m.node.Name, name)
				}
				steps = append(steps, name)
			}
			var config struct {
				RunCmd [][]string `yaml:"runcmd"`
			}
			if err := yaml.Unmarshal(m.seed.UserData, &config); err != nil {
				t.Fatal(err)
			}
			for _, command := range config.RunCmd {
				if len(command) != 3 || command[0] != "/usr/local/sbin/hakube" || command[1] != "step" {
					t.Errorf("%s: runcmd has %q", m.node.Name, command)
				}
				runcmd = append(runcmd, command[len(command)-1])
			}
			if !slices.Equal(steps, runcmd) || !slices.Equal(steps, m.Record.Steps) || len(steps) == 0 {
				t.Errorf("%s: steps %q\nruncmd %q\nrecord %q", m.node.Name, steps, runcmd, m.Record.Steps)
			}
			if sorted := slices.Sorted(slices.Values(steps)); len(slices.Compact(sorted)) != len(steps) {
				t.Errorf("%s: a step is there twice: %q", m.node.Name, steps)
			}
		}
	})
}

func TestGuestFilesAreWholeAndUnique(t *testing.T) {
	eachExample(t, func(t *testing.T, _ *cluster.Cluster, media []medium) {
		for _, m := range media {
			lists := []string{"/etc/hakube/shared.sha256", "/etc/hakube/files.sha256"}
			want, paths := map[string]string{}, map[string]bool{}
			for _, f := range m.Files {
				if paths[f.Path] || !path.IsAbs(f.Path) || path.Clean(f.Path) != f.Path {
					t.Errorf("%s: %s is there twice, or no clean path", m.node.Name, f.Path)
				}
				paths[f.Path] = true
				if !slices.Contains(lists, f.Path) {
					want[strings.TrimPrefix(f.Path, "/")] = fmt.Sprintf("%x", sha256.Sum256(f.Content))
				}
			}
			shared, _ := m.file(lists[0])
			own, _ := m.file(lists[1])
			got := map[string]string{}
			for line := range strings.Lines(string(shared) + string(own)) {
				sum, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
				got[name] = sum
			}
			if !maps.Equal(got, want) {
				for name := range want {
					if got[name] != want[name] {
						t.Errorf("%s: the lists have %q for %s, it is %q", m.node.Name, got[name], name, want[name])
					}
				}
				t.Errorf("%s: the lists name %d files, there are %d", m.node.Name, len(got), len(want))
			}
		}
	})
}

func TestTheRecordSaysWhatTheMediumIs(t *testing.T) {
	eachExample(t, func(t *testing.T, c *cluster.Cluster, media []medium) {
		ids := map[string]bool{}
		for _, m := range media {
			n, r := m.node, m.Record
			if r.Cluster != c.Name || r.Node != n.Name || r.Role != string(n.Role) || r.Address != n.Address.String() || r.KubernetesVersion != c.Version.String() {
				t.Errorf("%s: record %+v", n.Name, r)
			}
			var meta map[string]string
			if err := yaml.Unmarshal(m.seed.MetaData, &meta); err != nil {
				t.Fatal(err)
			}
			if meta["instance-id"] != n.InstanceID || r.InstanceID != n.InstanceID || meta["local-hostname"] != n.Name || m.seed.Node != n.Name {
				t.Errorf("%s: meta-data %v, record %+v", n.Name, meta, r)
			}
			if ids[n.InstanceID] {
				t.Errorf("%s: the instance-id %s is there twice", n.Name, n.InstanceID)
			}
			ids[n.InstanceID] = true
		}
	})
}

// libraryPath finds what a script calls by path.
var libraryPath = regexp.MustCompile(`/usr/local/(?:lib/hakube|sbin)/[a-z0-9./-]*[a-z0-9]`)

// What a script, a unit or the sequence calls is on the medium. The functions are shared; those that ask API servers are
// not called on a load balancer.
func TestWhatIsCalledIsThere(t *testing.T) {
	eachExample(t, func(t *testing.T, _ *cluster.Cluster, media []medium) {
		for _, m := range media {
			for _, f := range m.Files {
				if m.node.Role == cluster.RoleLoadBalancer && f.Path == "/usr/local/lib/hakube/functions" {
					continue
				}
				for _, called := range libraryPath.FindAllString(string(f.Content), -1) {
					if _, found := m.file(called); !found && called != "/usr/local/lib/hakube" {
						t.Errorf("%s: %s calls %s, which is not there", m.node.Name, f.Path, called)
					}
				}
			}
		}
	})
}

// variable finds the variables of node.env that a script reads.
var variable = regexp.MustCompile(`\bHAKUBE_[A-Z0-9_]+`)

func TestEveryVariableThatAStepReadsIsSet(t *testing.T) {
	eachExample(t, func(t *testing.T, _ *cluster.Cluster, media []medium) {
		for _, m := range media {
			environment, _ := m.file("/etc/hakube/node.env")
			for _, f := range m.Files {
				if !strings.HasPrefix(f.Path, "/usr/local/") {
					continue
				}
				for _, name := range variable.FindAllString(string(f.Content), -1) {
					if name != "HAKUBE_MEDIUM" && !bytes.Contains(environment, []byte("\n"+name+"=")) {
						t.Errorf("%s: %s reads %s, which node.env does not have", m.node.Name, f.Path, name)
					}
				}
			}
		}
	})
}

// registryDir is the part of a path that names a registry; one template serves all of them.
var registryDir = regexp.MustCompile(`registries/[^/]*/`)

// No template is an orphan: each is the source of a guest file of some node, or of a file for a Hyper-V host.
func TestEveryTemplateIsUsed(t *testing.T) {
	used := map[string]bool{}
	eachExample(t, func(t *testing.T, c *cluster.Cluster, media []medium) {
		for _, f := range hostFiles(t, c) {
			used["hyper-v/"+f.Name] = true
			used[unixText(f.Content)] = true
		}
		for _, m := range media {
			for _, f := range m.Files {
				used[registryDir.ReplaceAllString(strings.TrimPrefix(f.Path, "/"), "")] = true
				used[string(f.Content)] = true
			}
		}
	})
	for _, name := range templates.Paths() {
		guest, isTemplate := strings.CutSuffix(name, ".tmpl")
		text, err := templates.Text(name)
		if err != nil {
			t.Fatal(err)
		}
		if isTemplate && !used[guest] || !isTemplate && !used[string(text)] {
			t.Errorf("no example has %s", name)
		}
	}
}
