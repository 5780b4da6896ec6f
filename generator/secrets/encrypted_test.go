// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"
)

func identity(t testing.TB) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func encrypted(t testing.TB, path string, keys Keys) *Encrypted {
	t.Helper()
	e, err := NewEncrypted(path, "lab", keys)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// encryptedTo returns a store that is encrypted to a new key.
func encryptedTo(t testing.TB, path string) *Encrypted {
	id := identity(t)
	return encrypted(t, path, Keys{Recipients: []string{id.Recipient().String()}, Identities: "# mine\n\n" + id.String() + "\n"})
}

// encryptedWith returns a store with a passphrase, at a work factor that tests have time for.
func encryptedWith(t testing.TB, path, passphrase string) *Encrypted {
	e := encrypted(t, path, Keys{Passphrase: passphrase})
	e.recipients[0].(*age.ScryptRecipient).SetWorkFactor(10)
	return e
}

func TestEncryptedKeepsSecrets(t *testing.T) {
	pq, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	parent := t.TempDir()
	for name, store := range map[string]*Encrypted{
		"key":         encryptedTo(t, parent+"/made/key.age"),
		"passphrase":  encryptedWith(t, parent+"/passphrase.age", "correct horse"),
		"postquantum": encrypted(t, parent+"/pq.age", Keys{Recipients: []string{pq.Recipient().String()}, Identities: pq.String()}),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := store.Load(); !errors.Is(err, fs.ErrNotExist) {
				t.Fatalf("loading nothing: %v", err)
			}
			s, created, err := LoadOrCreate(store, policy(), today)
			if err != nil || !created {
				t.Fatalf("created %v, error %v", created, err)
			}
			again, created, err := LoadOrCreate(store, policy(), today)
			if err != nil || created || !same(s, again) {
				t.Fatalf("loading gives other secrets; created %v, error %v", created, err)
			}
			text, err := os.ReadFile(store.Path)
			if err != nil {
				t.Fatal(err)
			}
			keepsSecrets(t, s, string(text))
			if bytes.Contains(text, []byte("PRIVATE KEY")) {
				t.Error("the file is not encrypted")
			}
			if info, _ := os.Stat(store.Path); info.Mode().Perm() != 0o600 {
				t.Errorf("the file is %04o", info.Mode().Perm())
			}
			err = store.Create(made(t))
			if !errors.Is(err, fs.ErrExist) {
				t.Error("creating twice is not fs.ErrExist")
			}
			refused(t, s, err, "creating secrets in "+store.Path+": file already exists")
			if left, _ := filepath.Glob(filepath.Dir(store.Path) + "/.*"); left != nil {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// `age -d FILE | tar x` must give a directory store.
func TestEncryptedUnpacksToADirectoryStore(t *testing.T) {
	store := encryptedTo(t, t.TempDir()+"/lab.age")
	s, _, err := LoadOrCreate(store, policy(), today)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(store.Path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := age.Decrypt(bytes.NewReader(text), store.identities...)
	if err != nil {
		t.Fatal(err)
	}
	container, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/tar", container, 0o600); err != nil {
		t.Fatal(err)
	}
	openssl(t, dir, "mkdir -m 700 lab; tar -xf tar -C lab; openssl verify -attime 1795449600 -CAfile lab/ca.crt lab/admin.crt")
	unpacked, err := (Dir{dir + "/lab", "lab"}).Load()
	if err != nil || !same(s, unpacked) {
		t.Errorf("the unpacked store: %v", err)
	}
}

func TestEncryptedReplaceKeepsItsReaders(t *testing.T) {
	mine, colleague := identity(t), identity(t)
	path := t.TempDir() + "/lab.age"
	both := Keys{Recipients: []string{mine.Recipient().String(), colleague.Recipient().String()}}
	s := made(t)
	if err := encrypted(t, path, both).Create(s); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)
	store := encrypted(t, path, Keys{Identities: mine.String()})
	if err := store.Replace(s); err != nil {
		t.Fatal(err)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("replacing secrets by themselves changed the file")
	}
	if _, err := s.RenewAdmin("system:masters", today); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time from a file that Replace wrote
		if err := store.Replace(s); err != nil {
			t.Fatal(err)
		}
		loaded, err := encrypted(t, path, Keys{Identities: colleague.String()}).Load()
		if err != nil || !same(s, loaded) {
			t.Fatalf("the colleague: %v", err)
		}
		if _, err := s.RenewAdmin(admins, today); err != nil {
			t.Fatal(err)
		}
	}
	only := encrypted(t, path, Keys{Identities: mine.String(), Recipients: []string{mine.Recipient().String()}})
	if _, err := s.RenewAdmin("system:masters", today.Add(day)); err != nil {
		t.Fatal(err)
	}
	if err := only.Replace(s); err != nil {
		t.Fatal(err)
	}
	_, err := encrypted(t, path, Keys{Identities: colleague.String()}).Load()
	refused(t, s, err, "reading secrets from "+path+": none of the age identities opens it")
	refused(t, s, only.Replace(made(t)), "replacing secrets in "+path+": ca.crt, ca.key, etcd/ca.crt, etcd/ca.key, "+
		"front-proxy-ca.crt, front-proxy-ca.key, sa.key, sa.pub, admin.crt, admin.key, bootstrap-token, certificate-key would change; "+
		"only admin.crt can be replaced while the cluster lives")
}

func TestEncryptedRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lab.age")
	s := made(t)
	byKey, byPassphrase := encryptedTo(t, path), encryptedWith(t, path, "correct horse")
	fileOf := func(store *Encrypted, files []file) []byte {
		container, err := pack(files)
		if err != nil {
			t.Fatal(err)
		}
		var buf bytes.Buffer
		w, err := age.Encrypt(&buf, store.recipients...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(container); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return buf.Bytes()
	}
	files := s.storeFiles("lab")
	whole := fileOf(byKey, files)
	tests := []struct {
		name  string
		file  []byte
		store *Encrypted
		want  string
	}{
		{"other key", whole, encryptedTo(t, path), "none of the age identities opens it"},
		{"passphrase for keys", whole, byPassphrase, "encrypted to age keys, not with a passphrase"},
		{"keys for passphrase", fileOf(byPassphrase, files), byKey, "encrypted with a passphrase, not to age keys"},
		{"other passphrase", fileOf(byPassphrase, files), encryptedWith(t, path, "battery staple"), "the passphrase does not open it"},
		{
			"no identity", whole, encrypted(t, path, Keys{Recipients: []string{identity(t).Recipient().String()}}),
			"the file exists, and it takes an age identity to open it",
		},
		{"not age", files[2].content, byKey, "not a file encrypted with age, or damaged" + backupHint},
		{"empty", nil, byKey, "not a file encrypted with age, or damaged" + backupHint},
		{"cut off", whole[:len(whole)-100], byKey, "the encrypted file is damaged or cut off" + backupHint},
		{"bit flipped", func() []byte { b := bytes.Clone(whole); b[len(b)-1] ^= 1; return b }(), byKey, "the encrypted file is damaged or cut off" + backupHint},
		{
			"newer program", fileOf(byKey, append(slices.Clone(files), file{"front-proxy-2.key", nil})), byKey,
			`holds the file "front-proxy-2.key", which this program does not know; a newer one wrote it`,
		},
		{"twice", fileOf(byKey, append(slices.Clone(files), files[1])), byKey, `holds the file "ca.crt" twice`},
		{"missing", fileOf(byKey, slices.Concat(files[:2], files[3:])), byKey, "ca.key: missing" + backupHint},
		{"another cluster", fileOf(byKey, s.storeFiles("prod")), byKey, `cluster: these are the secrets of cluster "prod", not of "lab"`},
		{"too large", make([]byte, maxFile+1), byKey, "larger than 1 MiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := os.WriteFile(path, tt.file, 0o600); err != nil {
				t.Fatal(err)
			}
			_, created, err := LoadOrCreate(tt.store, policy(), today)
			if created || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("created %v, error %v", created, err)
			}
			refused(t, s, err, "reading secrets from "+path+": "+tt.want)
			if err := tt.store.Replace(s); err == nil {
				t.Error("replaced a store that cannot be read")
			} else {
				keepsSecrets(t, s, err.Error())
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(after, tt.file) {
				t.Error("a refused store was touched")
			}
		})
	}
	_, err := encryptedTo(t, filepath.Dir(path)).Load()
	refused(t, s, err, "reading secrets from "+filepath.Dir(path)+": a directory; a store that is not encrypted needs no passphrase and no age key")
	readOnly := encrypted(t, path+".new", Keys{Identities: identity(t).String()})
	_, _, err = LoadOrCreate(readOnly, policy(), today)
	refused(t, s, err, "creating secrets in "+path+".new: there is an age identity to read with and no public key to encrypt to")
}

func TestKeysRefused(t *testing.T) {
	id := identity(t)
	secret, public := id.String(), id.Recipient().String()
	tests := []struct {
		name string
		keys Keys
		want string
	}{
		{"nothing", Keys{}, "encrypted secrets need a passphrase or an age key"},
		{"both", Keys{Passphrase: "correct horse", Recipients: []string{public}}, "a passphrase cannot be combined with age keys"},
		{"secret for public", Keys{Recipients: []string{public, secret}}, "age key 2 to encrypt to is a secret key; its public key is needed (age1…)"},
		{"not a key", Keys{Recipients: []string{"correct horse"}}, "age key 1 to encrypt to is not a public key (age1…)"},
		{"cut off", Keys{Recipients: []string{public[:40]}}, "age key 1 to encrypt to is not a public key (age1…)"},
		{"empty", Keys{Recipients: []string{""}}, "age key 1 to encrypt to is not a public key (age1…)"},
		{"public for secret", Keys{Identities: public}, "line 1 of the age identities is not a secret key (AGE-SECRET-KEY-1…)"},
		{"cut off identity", Keys{Identities: "# mine\n" + secret[:50] + "\n"}, "line 2 of the age identities is not a secret key (AGE-SECRET-KEY-1…)"},
		{"comments only", Keys{Identities: "# mine\n"}, "the age identities hold no secret key (AGE-SECRET-KEY-1…)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := NewEncrypted("lab.age", "lab", tt.keys)
			if err == nil || err.Error() != tt.want {
				t.Errorf("%v, want %s", err, tt.want)
			}
			if text := fmt.Sprint(err); strings.Contains(text, secret[:40]) || strings.Contains(text, "horse") {
				t.Errorf("the text holds a secret: %s", text)
			}
		})
	}
}

// What is unpacked never panics, and packing it again loses nothing.
func FuzzContainer(f *testing.F) {
	whole, err := pack([]file{{clusterFile, []byte("lab\n")}, {"etcd/ca.key", []byte("-----BEGIN ")}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:1100])
	f.Add([]byte{})
	link := bytes.Clone(whole)
	link[156] = '2' // the type: a symbolic link
	f.Add(link)
	f.Fuzz(func(t *testing.T, container []byte) {
		contents, err := unpack(container)
		if err != nil {
			return
		}
		var files []file
		for _, name := range slices.Sorted(maps.Keys(contents)) {
			files = append(files, file{name, contents[name]})
		}
		packed, err := pack(files)
		if err != nil {
			t.Fatal(err)
		}
		again, err := unpack(packed)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(contents, again); diff != "" {
			t.Errorf("lost by packing again (-want +got):\n%s", diff)
		}
		if s, problems := assemble("lab", contents, nil); s == nil && len(problems) == 0 {
			t.Error("neither secrets nor a problem")
		}
	})
}
