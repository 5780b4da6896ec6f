// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDirKeepsSecrets(t *testing.T) {
	dir := Dir{filepath.Join(t.TempDir(), "secrets", "lab"), "lab"}
	if _, err := dir.Load(); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("loading nothing: %v", err)
	}
	s, created, err := LoadOrCreate(dir, policy(), today)
	if err != nil || !created {
		t.Fatalf("created %v, error %v", created, err)
	}
	again, created, err := LoadOrCreate(dir, policy(), today.Add(day))
	if err != nil || created || !same(s, again) {
		t.Fatalf("loading gives other secrets; created %v, error %v", created, err)
	}
	files := tree(t, dir.Path)
	want := []string{
		"admin.crt", "admin.key", "bootstrap-token", "ca.crt", "ca.key", "certificate-key", "cluster",
		"etcd/ca.crt", "etcd/ca.key", "front-proxy-ca.crt", "front-proxy-ca.key", "sa.key", "sa.pub",
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(files))); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if files["bootstrap-token"] != s.BootstrapToken+"\n" || files["cluster"] != "lab\n" || files["etcd/ca.key"] != string(s.EtcdCA.Key) {
		t.Error("a file does not hold what its name says")
	}
	onlyForOwner(t, filepath.Dir(dir.Path))
	if entries, _ := os.ReadDir(filepath.Dir(dir.Path)); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

// onlyForOwner fails unless directories below and including path are 0700 and files 0600.
func onlyForOwner(t *testing.T, path string) {
	t.Helper()
	err := filepath.WalkDir(path, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if err == nil && info.Mode().Perm() != want {
			t.Errorf("%s is %04o, want %04o", path, info.Mode().Perm(), want)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestDirTakesAnEmptyDirectoryAndALink(t *testing.T) {
	parent := t.TempDir()
	vault := filepath.Join(parent, "vault")
	if err := os.Mkdir(vault, 0o755); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(parent, "link")
	if err := os.Symlink(vault, link); err != nil {
		t.Fatal(err)
	}
	if _, created, err := LoadOrCreate(Dir{link, "lab"}, policy(), today); err != nil || !created {
		t.Fatalf("created %v, error %v", created, err)
	}
	if _, created, err := LoadOrCreate(Dir{vault, "lab"}, policy(), today); err != nil || created {
		t.Fatalf("the secrets are not where the link leads: created %v, error %v", created, err)
	}
	onlyForOwner(t, vault)
}

func TestDirRefuses(t *testing.T) {
	other := made(t)
	tests := []struct {
		name   string
		damage func(dir string) error
		want   string // DIR is the store
	}{
		{
			"file", func(dir string) error { return errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o600)) },
			"reading secrets from DIR: a file, not a directory; an encrypted store needs its passphrase or identity",
		},
		{"other files", func(dir string) error {
			return errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700), os.WriteFile(dir+"/README", nil, 0o600))
		}, "reading secrets from DIR: the directory holds other files and no secrets; name a new or an empty one"},
		{
			"missing key", func(dir string) error { return os.Remove(dir + "/etcd/ca.key") },
			"reading secrets from DIR: etcd/ca.key: missing; put it back from a backup (new secrets would lock running nodes out)",
		},
		{"all but one missing", func(dir string) error {
			return errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700), os.WriteFile(dir+"/cluster", []byte("lab"), 0o600))
		}, strings.TrimSuffix(strings.ReplaceAll("ca.crt ca.key etcd/ca.crt etcd/ca.key front-proxy-ca.crt front-proxy-ca.key sa.key sa.pub admin.crt admin.key bootstrap-token certificate-key ", " ",
			": missing; put it back from a backup (new secrets would lock running nodes out)\n"), "\n")},
		{
			"no cluster name", func(dir string) error { return os.Remove(dir + "/cluster") },
			"reading secrets from DIR: cluster: missing; put it back from a backup (new secrets would lock running nodes out)",
		},
		{"empty files", func(dir string) error {
			return errors.Join(os.Truncate(dir+"/sa.key", 0), os.WriteFile(dir+"/bootstrap-token", []byte("\n"), 0o600), os.Truncate(dir+"/cluster", 0))
		}, `reading secrets from DIR: cluster: the file is empty; put it back from a backup (new secrets would lock running nodes out)
reading secrets from DIR: sa.key: the file is empty; put it back from a backup (new secrets would lock running nodes out)
reading secrets from DIR: bootstrap-token: the file is empty; put it back from a backup (new secrets would lock running nodes out)`},
		{
			"cut off key", func(dir string) error { return os.Truncate(dir+"/ca.key", 100) },
			"reading secrets from DIR: ca.key: the PEM block is damaged or cut off; put it back from a backup (new secrets would lock running nodes out)",
		},
		{
			"key of another", func(dir string) error { return os.WriteFile(dir+"/sa.key", other.ServiceAccount.Key, 0o600) },
			"reading secrets from DIR: sa.pub: not the public key of sa.key; put it back from a backup (new secrets would lock running nodes out)",
		},
		{
			"open directory", func(dir string) error { return os.Chmod(dir, 0o755) },
			"reading secrets from DIR: others can enter the directory (0755); chmod 700 DIR",
		},
		{"open files", func(dir string) error {
			return errors.Join(os.Chmod(dir+"/ca.key", 0o644), os.Chmod(dir+"/certificate-key", 0o640), os.Chmod(dir+"/ca.crt", 0o644))
		}, `reading secrets from DIR: ca.key: others can read it (0644); chmod 600 DIR/ca.key
reading secrets from DIR: certificate-key: others can read it (0640); chmod 600 DIR/certificate-key`},
		{"all at once", func(dir string) error {
			return errors.Join(os.Chmod(dir, 0o711), os.Chmod(dir+"/ca.key", 0o604), os.Remove(dir+"/ca.crt"))
		}, `reading secrets from DIR: others can enter the directory (0711); chmod 700 DIR
reading secrets from DIR: ca.crt: missing; put it back from a backup (new secrets would lock running nodes out)
reading secrets from DIR: ca.key: others can read it (0604); chmod 600 DIR/ca.key`},
		{
			"another cluster", func(dir string) error { return os.WriteFile(dir+"/cluster", []byte("prod\n"), 0o600) },
			`reading secrets from DIR: cluster: these are the secrets of cluster "prod", not of "lab"`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := Dir{filepath.Join(t.TempDir(), "lab"), "lab"}
			s, _, err := LoadOrCreate(dir, policy(), today)
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.damage(dir.Path); err != nil {
				t.Fatal(err)
			}
			before := snapshot(t, dir.Path)
			_, err = dir.Load()
			if errors.Is(err, fs.ErrNotExist) {
				t.Error("the error reads as if there were no secrets")
			}
			want := strings.ReplaceAll(tt.want, "DIR", dir.Path)
			if tt.name == "all but one missing" {
				want = "reading secrets from " + dir.Path + ": " + strings.ReplaceAll(want, "\n", "\nreading secrets from "+dir.Path+": ")
			}
			refused(t, s, err, want)
			_, created, err := LoadOrCreate(dir, policy(), today)
			if created {
				t.Error("new secrets were made")
			}
			refused(t, s, err, want)
			refused(t, s, dir.Replace(s), want)
			if diff := cmp.Diff(before, snapshot(t, dir.Path)); diff != "" {
				t.Error("a refused store was touched")
			}
		})
	}
}

// snapshot is tree, or one file.
func snapshot(t *testing.T, path string) map[string]string {
	t.Helper()
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return map[string]string{"": "a file"}
	}
	return tree(t, path)
}

func TestDirCreatesOnce(t *testing.T) {
	dir := Dir{filepath.Join(t.TempDir(), "lab"), "lab"}
	s, other := made(t), made(t)
	if err := dir.Create(s); err != nil {
		t.Fatal(err)
	}
	before := tree(t, dir.Path)
	err := dir.Create(other)
	if !errors.Is(err, fs.ErrExist) {
		t.Error("creating twice is not fs.ErrExist")
	}
	refused(t, other, err, "creating secrets in "+dir.Path+": file already exists")
	if diff := cmp.Diff(before, tree(t, filepath.Dir(dir.Path)+"/lab")); diff != "" {
		t.Error("the second creation changed the store")
	}
	if entries, _ := os.ReadDir(filepath.Dir(dir.Path)); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestDirReplacesTheAdminCertificateOnly(t *testing.T) {
	dir := Dir{filepath.Join(t.TempDir(), "lab"), "lab"}
	s, _, err := LoadOrCreate(dir, policy(), today)
	if err != nil {
		t.Fatal(err)
	}
	before := tree(t, dir.Path)
	if err := dir.Replace(s); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, tree(t, dir.Path)); diff != "" {
		t.Error("replacing secrets by themselves changed a file")
	}
	if _, err := s.RenewAdmin("system:masters", today); err != nil {
		t.Fatal(err)
	}
	if err := dir.Replace(s); err != nil {
		t.Fatal(err)
	}
	before["admin.crt"] = string(s.Admin.Cert)
	if diff := cmp.Diff(before, tree(t, dir.Path)); diff != "" {
		t.Errorf("after replacing (-want +got):\n%s", diff)
	}
	onlyForOwner(t, dir.Path)
	other := made(t)
	refused(t, other, dir.Replace(other), "replacing secrets in "+dir.Path+": ca.crt, ca.key, etcd/ca.crt, etcd/ca.key, "+
		"front-proxy-ca.crt, front-proxy-ca.key, sa.key, sa.pub, admin.crt, admin.key, bootstrap-token, certificate-key would change; "+
		"only admin.crt can be replaced while the cluster lives")
	if diff := cmp.Diff(before, tree(t, dir.Path)); diff != "" {
		t.Error("a refused replacement changed a file")
	}
}
