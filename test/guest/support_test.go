// SPDX-License-Identifier: Apache-2.0

//go:build linux

package guest_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// planted is what a machine's logs may hold and nobody else may read. own is on no other machine: only the medium's own sed
// script knows it.
var planted = map[string]string{
	"own":             "hunter2-of-the-registry",
	"token":           "abcdef.0123456789abcdef",
	"certificate key": "--certificate-key 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
	"key in YAML":     "certificateKey: aa112233445566778899aabbccddeeff00112233445566778899aabbccddee00",
	"private key":     "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIPlantedPlantedPlanted\n-----END EC PRIVATE KEY-----",
	"key in JSON":     `{"key":"-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAPlantedOneLine\n-----END RSA PRIVATE KEY-----\n"}`,
	"kubeconfig":      "    client-key-data: LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFWS0tLS0tUGxhbnRlZA==",
	"service account": "Authorization: Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6In0.eyJpc3MiOiJrdWJlcm5ldGVzIn0.UGxhbnRlZFNpZ25hdHVyZQ",
	"bare PEM":        "found LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tUGxhbnRlZA== in etcd",
	"bare token":      "mounted eyJhbGciOiJSUzI1NiIsImtpZCI6In0.eyJpc3MiOiJrdWJlcm5ldGVzIn0.UGxhbnRlZFNpZ25hdHVyZQ",
	"password":        `registry: password="PlantedSecretWord", try again`,
	"URL":             "https://me:PlantedUrlLogin@mirror.lan/v2/",
	"VRRP":            "    auth_pass PlantedVr",
	"shadow":          "$6$plantedsalt$T1UQ0rr7yywNwSTiCpBRliYgL41goO5Ubg9Cq3ADIhr0BoFgJ6iYRFkQvyV",
	"cut-off key":     "-----BEGIN PRIVATE KEY-----\nMHcPlantedWithoutEnd",
}

// leaks are the parts of planted that must not be found.
var leaks = []string{
	"0123456789abcdef", "00112233445566778899aabb", "MHcCAQEE", "MIIEpAIB", "LS0tLS1CRUdJTiB", "eyJpc3Mi", "UGxhbnRlZ", "Planted", "plantedsalt", "T1UQ0rr7",
}

// newBrokenGuest makes a guest that has failed and has secrets in every log and in every file that has some by right.
func newBrokenGuest(t *testing.T) *guest {
	t.Helper()
	g := newPostingGuest(t, "")
	var all []string
	for _, what := range []string{"own", "token", "certificate key", "key in YAML", "private key", "key in JSON", "kubeconfig", "service account", "bare PEM", "bare token", "password", "URL", "VRRP", "shadow", "cut-off key"} {
		all = append(all, "harmless before "+what, planted[what])
	}
	text := strings.Join(all, "\n") + "\n"
	g.write("tmp/text", text)
	g.write("etc/hakube/redact.sed", "s/"+planted["own"]+"/[secret]/g\n")
	g.step("a", 60, "cat /tmp/text; exit 1")
	g.hakube(1, "resume")
	for _, name := range []string{"journalctl", "crictl", "ip", "ss", "dmesg", "dpkg-query", "free", "timedatectl"} {
		g.stub(name, "echo \"said by "+name+"\"; [ \"$2\" = -a ] && [ \"${3-}\" = -q ] && { echo 1a2b; exit; }; cat /tmp/text")
	}
	for _, path := range []string{"etc/kubernetes/pki/ca.key", "etc/kubernetes/admin.conf", "etc/hakube/kubeadm-join.yaml", "root/.kube/config"} {
		g.write(path, text)
	}
	g.write("var/log/cloud-init-output.log", text)
	return g
}

// unpacked returns the archive's files by their names without the archive's own.
func unpacked(t *testing.T, archive []byte) map[string]string {
	t.Helper()
	stream, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for r := tar.NewReader(stream); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[path.Base(header.Name)] = string(content)
	}
}

// checkSupport checks that the archive has what it is for and no secret.
func checkSupport(t *testing.T, archive []byte) {
	t.Helper()
	files := unpacked(t, archive)
	for _, name := range []string{"status.json", "events.log", "step-a.log", "cloud-init-output.log", "journal-hakube", "journal-kubelet", "addresses", "routes", "disks", "kernel", "packages", "containers", "container-1a2b.log"} {
		if files[name] == "" {
			t.Errorf("the archive has no %s", name)
		}
	}
	for name, content := range files {
		for _, leak := range leaks {
			if at := strings.Index(content, leak); at >= 0 {
				t.Errorf("%s holds %q: …%s", name, leak, content[max(0, at-80):min(len(content), at+40)])
			}
		}
	}
	if log := files["step-a.log"]; strings.Count(log, "harmless before ") != len(planted) {
		t.Errorf("harmless lines were taken out, too:\n%s", log)
	}
}

// onlyFile returns the one file of the guest that matches.
func (g *guest) onlyFile(pattern string) []byte {
	g.t.Helper()
	matches, err := filepath.Glob(filepath.Join(g.root, pattern))
	g.must(err)
	if len(matches) != 1 {
		g.t.Fatalf("%s: %q", pattern, matches)
	}
	relative, err := filepath.Rel(g.root, matches[0])
	g.must(err)
	return []byte(g.read(relative))
}

func TestSupportInADirectory(t *testing.T) {
	t.Parallel()
	g := newBrokenGuest(t)
	out := g.hakube(0, "support", "/tmp")
	if !regexp.MustCompile(`^/tmp/hakube-support-cp-1-[0-9TZ]+\.tar\.gz\n$`).MatchString(out) {
		t.Errorf("it says %q", out)
	}
	archive := g.onlyFile("tmp/hakube-support-*")
	checkSupport(t, archive)
	if strings.Contains(unpacked(t, archive)["step-a.log"], planted["own"]) {
		t.Error("the medium's own secret is in the log")
	}
	if left, err := filepath.Glob(filepath.Join(g.root, "var/lib/hakube/support.*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

// What redact.sed knew is in no log by then but those it was taken out of before; what looks like a secret still goes.
func TestSupportAfterTheMediumsSecretsAreGone(t *testing.T) {
	t.Parallel()
	g := newBrokenGuest(t)
	g.write("etc/hakube/redact.sed", "")
	g.hakube(0, "support", "/tmp")
	checkSupport(t, g.onlyFile("tmp/hakube-support-*"))
}

func TestSupportOnADisk(t *testing.T) {
	t.Parallel()
	g := newBrokenGuest(t)
	g.stub("blkid", `[ "$*" = "-L HAKUBE-LOG" ] && echo /dev/sdb; [ $# != 0 ]`)
	g.stub("mount", "")
	g.stub("umount", "mv /run/hakube/support/* /tmp/")
	if out := g.hakube(0, "support"); !strings.HasPrefix(out, "/dev/sdb: hakube-support-cp-1-") || !strings.Contains(g.calls(), "mount /dev/sdb /run/hakube/support\n") {
		t.Errorf("it says %q after %s", out, g.calls())
	}
	checkSupport(t, g.onlyFile("tmp/hakube-support-*"))
	g.stub("mount", "echo 'wrong fs type'; exit 32")
	if out := g.hakube(1, "support"); !strings.Contains(out, "/dev/sdb cannot be mounted: wrong fs type\nhint: ") {
		t.Errorf("it says %q", out)
	}
}

func TestSupportToTheServer(t *testing.T) {
	t.Parallel()
	var got []byte
	var request string
	server := httptest.NewServer(http.HandlerFunc(func(a http.ResponseWriter, r *http.Request) {
		request = r.Method + " " + r.URL.Path + " " + r.Header.Get("Content-Type")
		got, _ = io.ReadAll(r.Body)
		if strings.HasPrefix(r.URL.Path, "/full") {
			a.WriteHeader(http.StatusInsufficientStorage)
		}
	}))
	defer server.Close()
	g := newBrokenGuest(t)
	if out := g.hakube(1, "support"); !strings.Contains(out, "the inventory names no server (progress.url)\nhint: attach a disk labelled HAKUBE-LOG") {
		t.Errorf("without a server it says %q", out)
	}
	g.write("etc/hakube/node.env", environment+"HAKUBE_PROGRESS_URL='"+server.URL+"/events'\n")
	if out := g.hakube(0, "support"); out != server.URL+"/events/support/cp-1\n" || request != "POST /events/support/cp-1 application/gzip" {
		t.Errorf("it says %q, the server got %s", out, request)
	}
	checkSupport(t, got)
	g.write("etc/hakube/node.env", environment+"HAKUBE_PROGRESS_URL='"+server.URL+"/full'\n")
	if out := g.hakube(1, "support", "server"); !strings.Contains(out, "507") && !strings.Contains(out, "Insufficient Storage") {
		t.Errorf("it says %q", out)
	}
}

func TestSupportOnTheConsole(t *testing.T) {
	t.Parallel()
	g := newBrokenGuest(t)
	g.hakube(0, "support", "console")
	console := g.read("dev/console")
	begin, end := strings.Index(console, "hakube: cp-1: support: begin hakube-support-cp-1-"), strings.Index(console, "hakube: cp-1: support: end\r\n")
	if begin < 0 || end < begin {
		t.Fatalf("no archive between two markers: %d and %d", begin, end)
	}
	var text strings.Builder
	for line := range strings.SplitSeq(console, "\r\n") {
		if _, part, found := strings.Cut(line, "hakube-support: "); found {
			text.WriteString(part)
		}
	}
	archive, err := base64.StdEncoding.DecodeString(text.String())
	g.must(err)
	checkSupport(t, archive)
}

func TestSupportOfNoDirectory(t *testing.T) {
	t.Parallel()
	g := newBrokenGuest(t)
	if out := g.hakube(1, "support", "/nowhere"); !strings.Contains(out, "hakube support: /nowhere is neither a device nor a directory\nhint: ") {
		t.Errorf("it says %q", out)
	}
}
