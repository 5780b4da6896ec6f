// SPDX-License-Identifier: Apache-2.0

//go:build foreign

package foreign

import (
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hakube/hakube-seed/seeds"
)

// matching are the guest files whose path matches the pattern, each content once.
func matching(t *testing.T, pattern string) []document {
	t.Helper()
	return different(t, func(f seeds.GuestFile) bool {
		matches, err := path.Match(pattern, f.Path)
		if err != nil {
			t.Fatal(err)
		}
		return matches
	})
}

// TestAptReadsTheProxy: apt finds the proxies, and none for the hosts that are reached directly.
func TestAptReadsTheProxy(t *testing.T) {
	t.Parallel()
	for _, d := range matching(t, "/etc/hakube/apt-proxy.conf") {
		v := run(t, inGuest("apt-config", "-c", d.path, "dump"))
		for _, want := range []string{
			`Acquire::http::Proxy "http://proxy.example.com:3128";`, `Acquire::https::Proxy "http://proxy.example.com:3129";`,
			`Acquire::http::Proxy::mirror.example.com "DIRECT";`, `Acquire::https::Proxy::mirror.example.com "DIRECT";`,
		} {
			if v.failed || !strings.Contains(v.said, want) {
				t.Errorf("%s: apt does not read %s:\n%s", d.name, want, v)
			}
		}
		bad := filepath.Join(scratch(t), "apt-proxy.conf")
		write(t, bad, edited(t, d.content, `"DIRECT";`, `"DIRECT`))
		if v := run(t, inGuest("apt-config", "-c", bad, "dump")); !v.failed {
			t.Errorf("a broken file is not refused:\n%s", v)
		}
	}
}

// TestPublicKeys: gpgv's sibling finds one key in each file that apt is told to trust.
func TestPublicKeys(t *testing.T) {
	t.Parallel()
	for _, d := range matching(t, "/etc/hakube/*.asc") {
		v := run(t, exec.Command("gpg", "--homedir", t.TempDir(), "--show-keys", "--with-colons", host(d.path)))
		if v.failed || strings.Count("\n"+v.said, "\npub:") != 1 {
			t.Errorf("%s:\n%s", d.name, v)
		}
	}
}

// TestCertificates: openssl reads each file as one certificate of an authority.
func TestCertificates(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"/etc/hakube/certificates/*.crt", "/etc/hakube/registries/*/ca.crt"} {
		for _, d := range matching(t, pattern) {
			v := run(t, inGuest("openssl", "x509", "-noout", "-ext", "basicConstraints", "-in", d.path))
			if v.failed || !strings.Contains(v.said, "CA:TRUE") || strings.Count(string(d.content), "BEGIN") != 1 {
				t.Errorf("%s:\n%s", d.name, v)
			}
		}
	}
}

// TestEnvironments: the shell of the guest reads every file of settings without running anything of it.
func TestEnvironments(t *testing.T) {
	t.Parallel()
	for _, d := range matching(t, "/etc/hakube/*.env") {
		silent(t, d.name, run(t, inGuest("env", "-i", "PATH=", "/bin/dash", "-eu", "-c", `. "$1"`, "dash", d.path)))
	}
	bad := filepath.Join(scratch(t), "bad.env")
	write(t, bad, []byte("A='b\n"))
	if v := run(t, inGuest("env", "-i", "PATH=", "/bin/dash", "-eu", "-c", `. "$1"`, "dash", bad)); !v.failed {
		t.Errorf("an open quote is not refused:\n%s", v)
	}
}

// TestDropIns: systemd knows every word of the files that change other packages' units.
func TestDropIns(t *testing.T) {
	t.Parallel()
	verify := func(dropIn string) verdict {
		unit := path.Join(scratch(t), "other.service")
		write(t, unit, []byte("[Unit]\nDescription=Another package's\n[Service]\nExecStart=/usr/bin/true\n"))
		const script = `mkdir -p "$2$3.d" && cp "$2$1" "$2$3.d/hakube.conf" && ln -sf true "$2/usr/bin/cri-dockerd" && ln -sf true "$2/usr/bin/kubelet" && exec chroot "$2" systemd-analyze verify --man=no "$3"`
		return run(t, exec.Command("unshare", "--mount", "sh", "-c", script, "sh", dropIn, rootfs, unit))
	}
	for _, name := range []string{"proxy.service.conf", "cri-docker.conf", "kubelet.service.conf"} {
		for _, d := range matching(t, "/etc/hakube/"+name) {
			silent(t, d.name, verify(d.path))
		}
	}
	bad := path.Join(scratch(t), "bad.conf")
	write(t, bad, []byte("[Service]\nEnvironmentFiles=/etc/hakube/proxy.env\n"))
	if v := verify(bad); !strings.Contains(v.said, "EnvironmentFiles") {
		t.Errorf("an unknown word is not noticed:\n%s", v)
	}
}
