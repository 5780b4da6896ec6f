// SPDX-License-Identifier: Apache-2.0

package generator_test

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/hakube/hakube-seed/generator"
	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/generator/secrets"
)

// secretValue is a secret in the words that a medium's record uses for it, and the texts that give it away.
type secretValue struct {
	name  string
	texts []string
}

func (v secretValue) in(content []byte) bool {
	return slices.ContainsFunc(v.texts, func(text string) bool { return bytes.Contains(content, []byte(text)) })
}

func secretValues(s *secrets.Secrets) []secretValue {
	_, tokenSecret, _ := strings.Cut(s.BootstrapToken, ".")
	return []secretValue{
		{"cluster CA key", keyTexts(s.ClusterCA.Key)},
		{"etcd CA key", keyTexts(s.EtcdCA.Key)},
		{"front-proxy CA key", keyTexts(s.FrontProxyCA.Key)},
		{"service-account key", keyTexts(s.ServiceAccount.Key)},
		{"admin key", append(keyTexts(s.Admin.Key), string(s.Admin.Cert))},
		{"bootstrap token", []string{s.BootstrapToken, tokenSecret}},
		{"certificate key", []string{s.CertificateKey, strings.ToUpper(s.CertificateKey)}},
		{"VRRP password", []string{s.VRRPPassword()}},
	}
}

// etcdValues are the keys of an external etcd; those of other nodes than this medium's have the node's name, too.
func (m medium) etcdValues(t testing.TB, c *cluster.Cluster, s *secrets.Secrets) []secretValue {
	t.Helper()
	var values []secretValue
	for _, n := range c.NodesWith(cluster.RoleEtcd) {
		pki, err := s.EtcdPKI(n.InstanceID, n.Name, n.Address)
		if err != nil {
			t.Fatal(err)
		}
		whose := ""
		if n.Name != m.node.Name {
			whose = " of " + n.Name
		}
		values = append(values, secretValue{"etcd server key" + whose, keyTexts(pki.Server.Key)},
			secretValue{"etcd peer key" + whose, keyTexts(pki.Peer.Key)}, secretValue{"etcd health check key" + whose, keyTexts(pki.HealthCheck.Key)})
	}
	client, err := s.EtcdClient(c.Name)
	if err != nil {
		t.Fatal(err)
	}
	return append(values, secretValue{"etcd client key", keyTexts(client.Key)})
}

// keyTexts are a key's DER and its PEM, whole, without line ends, and by the two lines that have the private number; the
// third one is the public point, which is in the certificate as well.
func keyTexts(text []byte) []string {
	block, _ := pem.Decode(text)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	lines = lines[1 : len(lines)-1]
	return []string{string(block.Bytes), strings.Join(lines, ""), lines[0], lines[1]}
}

// holdings returns the names of the secrets that are in content, which is of this medium.
func (m medium) holdings(t testing.TB, c *cluster.Cluster, content []byte) []string {
	t.Helper()
	var names []string
	values := append(secretValues(fixture(t)), m.etcdValues(t, c, fixture(t))...)
	for _, r := range c.Registries {
		if r.Password != "" {
			login := base64.StdEncoding.EncodeToString([]byte(r.Username + ":" + r.Password))
			quoted := strings.NewReplacer("$", `\$`, ".", `\.`, "/", `\/`).Replace(r.Password)
			values = append(values, secretValue{"password for registry " + r.Name, []string{r.Password, login, quoted}})
		}
	}
	for _, v := range values {
		if v.in(content) {
			names = append(names, v.name)
		}
	}
	return names
}

// everything is all that is on a medium: the raw files, and what the guest files are once they are decoded.
func (m medium) everything() []byte {
	var all bytes.Buffer
	for _, f := range m.seed.Files() {
		all.Write(f.Content)
	}
	for _, f := range m.Files {
		all.Write(f.Content)
	}
	return all.Bytes()
}

// Invariants 1 and 2: who holds what, exactly.
func TestAMediumHoldsOnlyWhatItsRoleNeeds(t *testing.T) {
	eachExample(t, func(t *testing.T, c *cluster.Cluster, media []medium) {
		for _, m := range media {
			want := map[cluster.Role][]string{
				cluster.RoleLoadBalancer: nil,
				cluster.RoleWorker:       {"bootstrap token"},
				cluster.RoleControlPlane: {"bootstrap token", "certificate key"},
				cluster.RoleEtcd:         {"etcd server key", "etcd peer key", "etcd health check key"},
			}[m.node.Role]
			if m.node.Name == c.FirstControlPlane().Name {
				want = append([]string{"cluster CA key", "etcd CA key", "front-proxy CA key", "service-account key"}, want...)
			}
			if slices.ContainsFunc(c.VRRPRouters(), func(r cluster.Node) bool { return r.Name == m.node.Name }) {
				want = append(want, "VRRP password")
			}
			if c.ExternalEtcd() && m.node.Role == cluster.RoleControlPlane {
				want = slices.DeleteFunc(append(want, "etcd client key"), func(s string) bool { return s == "etcd CA key" })
			}
			for _, r := range c.Registries {
				if r.Password != "" && m.node.Role.RunsKubelet() {
					want = append(want, "password for registry "+r.Name)
				}
			}
			if got := m.holdings(t, c, m.everything()); !slices.Equal(got, want) {
				t.Errorf("%s, a %s, holds %q, want %q", m.node.Name, m.node.Role, got, want)
			}
		}
	})
}

// Invariant 8: a guest file with a secret is root's own and in the record, with the words for what it holds.
func TestFilesWithSecretsAreClosedAndRecorded(t *testing.T) {
	eachExample(t, func(t *testing.T, c *cluster.Cluster, media []medium) {
		for _, m := range media {
			want := map[string]string{}
			for _, f := range m.Files {
				held := m.holdings(t, c, f.Content)
				if len(held) == 0 {
					continue
				}
				want[f.Path] = strings.Join(held, ", ")
				if f.Mode != 0o600 {
					t.Errorf("%s: %s holds the %s and is %04o", m.node.Name, f.Path, want[f.Path], f.Mode)
				}
			}
			if got := m.Record.Secrets; fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: the record says\n%v, its files hold\n%v", m.node.Name, got, want)
			}
		}
	})
}

// Outside of guest files, user-data is world-readable on some guests, quoted in logs, and part of it is in argv.
func TestNoSecretIsOutsideOfGuestFiles(t *testing.T) {
	eachExample(t, func(t *testing.T, c *cluster.Cluster, media []medium) {
		for _, m := range media {
			var config map[string]any
			if err := yaml.Unmarshal(m.seed.UserData, &config); err != nil {
				t.Fatal(err)
			}
			delete(config, "write_files")
			rest, err := yaml.Marshal(config)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range m.seed.Files() {
				if f.Name != "user-data" {
					rest = append(rest, f.Content...)
				}
			}
			if held := m.holdings(t, c, rest); held != nil {
				t.Errorf("%s: %q outside of guest files", m.node.Name, held)
			}
			if hash := m.node.User.PasswordHash; hash != "" && bytes.Count(m.everything(), []byte(hash)) != 1 {
				t.Errorf("%s: the password hash is not in user-data once", m.node.Name)
			}
		}
	})
}

// A guest file says that it is secret when it is read back, or inspect would print it.
func TestReadingBackTellsSecretFiles(t *testing.T) {
	c := planned(t, parsed(t, "full.yaml"))
	for _, m := range rendered(t, c) {
		for _, f := range m.Files {
			if held := strings.Join(m.holdings(t, c, f.Content), ", "); f.Secret != held {
				t.Errorf("%s: %s is read back as %q, holds %q", m.node.Name, f.Path, f.Secret, held)
			}
		}
	}
}

// The seed and what is read back from it tell the same, for the manifest and for inspect.
func TestASeedSaysWhatItHolds(t *testing.T) {
	eachExample(t, func(t *testing.T, c *cluster.Cluster, media []medium) {
		for _, m := range media {
			want := append([]string{}, m.holdings(t, c, m.everything())...)
			if m.node.User.PasswordHash != "" {
				want = append(want, "the login user's password hash")
			}
			slices.Sort(want)
			if !slices.Equal(m.seed.Secrets, want) || !slices.Equal(m.SecretNames(), want) {
				t.Errorf("%s says %q, read back %q, holds %q", m.node.Name, m.seed.Secrets, m.SecretNames(), want)
			}
		}
	})
}

func TestTheKubeconfigHoldsTheAdministratorAndNobodyElse(t *testing.T) {
	for _, name := range exampleNames(t) {
		c := planned(t, parsed(t, name))
		g, err := generator.New(c, fixture(t))
		if err != nil {
			t.Fatal(err)
		}
		text, err := g.Kubeconfig()
		if err != nil {
			t.Fatal(err)
		}
		if held := (medium{}).holdings(t, c, decodedKubeconfig(t, text)); !slices.Equal(held, []string{"admin key"}) {
			t.Errorf("%s: %q", name, held)
		}
	}
}
