// SPDX-License-Identifier: Apache-2.0

package seeds_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakube/hakube-seed/seeds"
)

// userData is a cloud-config with these write_files entries.
func userData(entries ...string) []byte {
	return []byte("#cloud-config\nwrite_files:\n" + strings.Join(entries, ""))
}

func entry(encoding, content string) string {
	return fmt.Sprintf("- {path: /a, permissions: '0600', encoding: %s, content: %q}\n", encoding, content)
}

// zipped is gzip of n zeros in base64: 64 MiB in 87 KB.
func zipped(t testing.TB, n int) string {
	t.Helper()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	for range n / 1024 {
		z.Write(make([]byte, 1024))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(packed.Bytes())
}

// guestFiles are contents of every kind, among them some whose base64 is a word that YAML takes for something else.
func guestFiles(t testing.TB) []seeds.GuestFile {
	t.Helper()
	files := []seeds.GuestFile{
		{Path: "/etc/empty", Mode: 0o644, Content: []byte{}},
		{Path: "/etc/text", Mode: 0o600, Content: []byte("a\n"), Secret: "bootstrap token"},
		{Path: "/etc/long", Mode: 0o755, Content: []byte(strings.Repeat("long text\n", 1000))},
		{Path: "/etc/setuid", Mode: 0o4755, Content: []byte("\x00\xff\xfe binary \r\n\t")},
		{Path: "/etc/none", Mode: 0, Content: []byte("{{ template }} ## template: jinja")},
	}
	for _, word := range []string{"true", "null", "1234", "0755", "0x1F", "+123", "12e3"} {
		content, err := base64.StdEncoding.DecodeString(word)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, seeds.GuestFile{Path: "/etc/word-" + word, Mode: 0o644, Content: content})
	}
	return files
}

func TestGuestFilesAreReadBack(t *testing.T) {
	want := seeds.Contents{
		Record:       seeds.NodeRecord{Cluster: "lab", Node: "cp-1", Steps: []string{"a", "b"}, Secrets: map[string]string{"/etc/text": "bootstrap token"}},
		Files:        guestFiles(t),
		PasswordHash: true,
	}
	record, err := json.Marshal(want.Record)
	if err != nil {
		t.Fatal(err)
	}
	want.Files = append(want.Files, seeds.GuestFile{Path: seeds.NodeFile, Mode: 0o644, Content: record})
	config := seeds.CloudConfig{Users: []seeds.User{{Name: "a"}, {Name: "b", PasswordHash: "$6$x$y"}}}
	head, err := config.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := seeds.ReadUserData(seeds.UserData("a", head, encoded(t, want.Files[:3]...), encoded(t, want.Files[3:]...)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

func TestContentIsCompressedWhereThatIsShorter(t *testing.T) {
	for _, c := range []struct {
		content, encoding string
	}{
		{"", "b64"},
		{"short", "b64"},
		{strings.Repeat("a", 1000), "b64"}, // not worth the time
		{strings.Repeat("a", 2000), "gz+b64"},
		{"\x8f\x1e\x9b\x00\xc4\x77\x21\xea", "b64"},
	} {
		text := string(encoded(t, seeds.GuestFile{Path: "/a", Mode: 0o600, Content: []byte(c.content)}))
		if !strings.Contains(text, "  encoding: "+c.encoding+"\n") {
			t.Errorf("%.10q is not %s:\n%s", c.content, c.encoding, text)
		}
		if again := string(encoded(t, seeds.GuestFile{Path: "/a", Mode: 0o600, Content: []byte(c.content)})); again != text {
			t.Errorf("%.10q: other bytes the second time", c.content)
		}
	}
}

func TestUserDataWithoutARecordOrFiles(t *testing.T) {
	for _, text := range []string{"#cloud-config\n", "#cloud-config\nwrite_files:\n", "#cloud-config\n{}\n", "#cloud-config\nother: [1]\n"} {
		got, err := seeds.ReadUserData([]byte(text))
		if diff := cmp.Diff(seeds.Contents{}, got); err != nil || diff != "" {
			t.Errorf("%q: %v\n%s", text, err, diff)
		}
	}
}

// secretText stands in what a medium must not have quoted from it.
const secretText = "hunter2-hunter2"

func TestUserDataThatIsRefused(t *testing.T) {
	base64Secret := base64.StdEncoding.EncodeToString([]byte(secretText))
	for _, c := range []struct{ name, text, want string }{
		{"another format", "#!/bin/sh\n" + secretText, `user-data does not begin with "#cloud-config"`},
		{"nothing", "", `user-data does not begin with "#cloud-config"`},
		{"a byte order mark", "\ufeff#cloud-config\n", `user-data does not begin with "#cloud-config"`},
		{"no YAML", "#cloud-config\na: [" + secretText, "user-data is not a cloud-config that this program writes"},
		{"another shape", "#cloud-config\nwrite_files: " + secretText, "user-data is not a cloud-config that this program writes"},
		{"a user that is a name", "#cloud-config\nusers: [default, " + secretText + "]\n", "user-data is not a cloud-config that this program writes"},
		{"an unknown encoding", string(userData(entry("rot13", secretText))), `guest file "/a": encoding "rot13" is none of b64, gz+b64`},
		{"no base64", string(userData(entry("b64", "*"+secretText))), `guest file "/a": content is not base64`},
		{"no gzip", string(userData(entry("gz+b64", base64Secret))), `guest file "/a": content is not gzip`},
		{"damaged gzip", string(userData(entry("gz+b64", "H4sIAAAAAAAA/w=="))), `guest file "/a": content is damaged gzip`},
		{"permissions in words", string(userData("- {path: /a, permissions: rwx, encoding: b64, content: YQ==}\n")), `guest file "/a": permissions "rwx" are not octal`},
		{"no permissions", string(userData("- {path: /a, encoding: b64, content: YQ==}\n")), `guest file "/a": permissions "" are not octal`},
		{"a record that is no JSON", string(userData("- {path: " + seeds.NodeFile + ", permissions: '0644', encoding: b64, content: " + base64Secret + "}\n")), `guest file "/etc/hakube/node.json": not the JSON that this program writes`},
		{"a bomb", string(userData(entry("gz+b64", zipped(t, 65<<20)))), `guest file "/a": content unpacks to more than 64 MiB`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := seeds.ReadUserData([]byte(c.text))
			if err == nil || err.Error() != c.want {
				t.Errorf("error %v, want %s", err, c.want)
			}
			if err != nil && (strings.Contains(err.Error(), secretText) || strings.Contains(err.Error(), base64Secret)) {
				t.Errorf("the error quotes content: %v", err)
			}
		})
	}
}

// A medium is whatever somebody calls one: the bound holds for all its files together, also where one text of the YAML
// stands for many files.
func TestManyBombsAreRefused(t *testing.T) {
	bomb := zipped(t, 40<<20)
	alias := "- &bomb {path: /a, permissions: '0600', encoding: gz+b64, content: " + bomb + "}\n"
	for name, text := range map[string][]byte{
		"two files": userData(entry("gz+b64", bomb), entry("gz+b64", bomb)),
		"an alias":  userData(alias, "- *bomb\n"),
	} {
		contents, err := seeds.ReadUserData(text)
		size := 0
		for _, f := range contents.Files {
			size += len(f.Content)
		}
		if err == nil {
			t.Errorf("%s: %d bytes of user-data were read as %d MiB", name, len(text), size>>20)
		}
	}
}

// FuzzReadUserData: no user-data makes it panic, take much memory or quote content, and what it reads it can write.
func FuzzReadUserData(f *testing.F) {
	head, err := seeds.CloudConfig{Users: []seeds.User{{Name: "a", PasswordHash: "$6$x$y"}}}.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seeds.UserData("a", head, encoded(f, guestFiles(f)...)))
	f.Add([]byte("#cloud-config\n"))
	f.Add(userData(entry("gz+b64", zipped(f, 8<<10))))
	f.Add(userData("- &a {path: /a, permissions: '0600', encoding: b64, content: YQ==}\n", "- *a\n"))
	f.Add(userData("- {path: " + seeds.NodeFile + ", permissions: '0644', encoding: '', content: '{\"secrets\":{\"/a\":\"b\"}}'}\n"))
	f.Add([]byte("#cloud-config\nusers: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		contents, err := seeds.ReadUserData(text)
		if err != nil {
			if len(err.Error()) > 200+4*len(text) {
				t.Errorf("the error has %d bytes: %.100s", len(err.Error()), err)
			}
			return
		}
		again, err := seeds.EncodeFiles(contents.Files)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		back, err := seeds.ReadUserData(append([]byte("#cloud-config\nwrite_files:\n"), again...))
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if len(back.Files) != len(contents.Files) {
			t.Fatalf("%d files became %d", len(contents.Files), len(back.Files))
		}
		for i, f := range contents.Files {
			b := back.Files[i]
			if f.Path != b.Path || f.Mode != b.Mode || !bytes.Equal(f.Content, b.Content) {
				t.Fatalf("%q %o %q became %q %o %q", f.Path, f.Mode, f.Content, b.Path, b.Mode, b.Content)
			}
		}
	})
}
