// SPDX-License-Identifier: Apache-2.0

//go:build linux

package guest_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
)

const (
	exampleKey         = "../inventories/full/repository.asc"
	exampleFingerprint = "05270F3FC822389ED9FCDE756B92B029E853DC4F"
	otherKey           = "../../generator/cluster/testdata/expiring.asc"
	otherFingerprint   = "563E972E5BE20C45019DC49395C0DDF09340F4A5"
	noReply            = "W: Failed to fetch http://mirror.lan/debian/dists/bookworm/InRelease  Could not connect to mirror.lan:80 (10.0.0.9). - connect (111: Connection refused)"
)

// newAptGuest makes a guest that installs from package repositories, with stubs for the package manager; the Kubernetes
// repository is a server that hands out the content of a key file.
func newAptGuest(t *testing.T, key string) *guest {
	t.Helper()
	content, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/deb/Release.key" {
			http.NotFound(w, r)
			return
		}
		w.Write(content)
	}))
	t.Cleanup(server.Close)
	g := newGuest(t)
	g.aptSettings("APT_KUBERNETES='" + server.URL + "/deb'\n")
	for _, name := range []string{"apt-get", "apt-mark", "dpkg", "dpkg-query"} {
		g.stub(name, "")
	}
	for _, dir := range []string{"var/lib/dpkg", "var/lib/apt/lists", "var/cache/apt/archives", "etc/apt/sources.list.d"} {
		g.must(os.MkdirAll(filepath.Join(g.root, dir), 0o755))
	}
	g.write("etc/os-release", "ID=debian\nVERSION_CODENAME=bookworm\n")
	return g
}

// aptSettings writes apt.env; later settings win.
func (g *guest) aptSettings(more string) {
	g.t.Helper()
	g.write("etc/hakube/apt.env", "APT_MIRROR=''\nAPT_SECURITY_MIRROR=''\nAPT_FINGERPRINT='"+exampleFingerprint+"'\nAPT_CRI_DOCKERD_URL=''\nAPT_CRI_DOCKERD_SHA256=''\n"+more)
}

// installed lists what apt-get was told to install, without options.
func (g *guest) installed() string {
	var all []string
	for line := range strings.Lines(g.calls()) {
		if _, packages, ok := strings.Cut(strings.TrimSpace(line), " install --no-install-recommends "); ok {
			for strings.HasPrefix(packages, "--") {
				_, packages, _ = strings.Cut(packages, " ")
			}
			all = append(all, packages)
		}
	}
	return strings.Join(all, "; ")
}

func TestPackagesAreInstalledPinnedAndHeld(t *testing.T) {
	g := newAptGuest(t, exampleKey)
	if out, code, reason := g.runStep("packages-apt"); code != 0 {
		t.Fatalf("exit code %d, reason %q\n%s", code, reason, out)
	}
	want := "ca-certificates conntrack socat iptables ethtool ebtables; containerd; kubelet=1.37.2-* kubeadm=1.37.2-* kubectl=1.37.2-* cri-tools kubernetes-cni"
	if got := g.installed(); got != want {
		t.Errorf("installed %s\nwant %s", got, want)
	}
	list := g.read("etc/apt/sources.list.d/kubernetes.list")
	if !strings.HasPrefix(list, "deb [signed-by=/etc/apt/keyrings/kubernetes.asc] http://127.0.0.1:") || !strings.HasSuffix(list, "/deb/ /\n") {
		t.Errorf("kubernetes.list: %q", list)
	}
	if got := gpgFingerprints(t, filepath.Join(g.root, "etc/apt/keyrings/kubernetes.asc")); got != exampleFingerprint {
		t.Errorf("gpg finds %s in the keyring", got)
	}
	for _, call := range []string{"dpkg --configure -a\n", "-f install\n", "apt-mark hold kubelet kubeadm kubectl containerd\n", "systemctl enable kubelet\n"} {
		if !strings.Contains(g.calls(), call) {
			t.Errorf("no call %q in\n%s", call, g.calls())
		}
	}
}

func TestALoadBalancerInstallsHAProxyAlone(t *testing.T) {
	g := newAptGuest(t, exampleKey)
	g.write("etc/hakube/node.env", strings.NewReplacer("control-plane", "load-balancer", "PACKAGES=''", "PACKAGES='haproxy'").Replace(environment))
	if out, code, reason := g.runStep("packages-apt"); code != 0 || g.installed() != "haproxy ca-certificates" {
		t.Errorf("exit code %d, reason %q, installed %s\n%s", code, reason, g.installed(), out)
	}
}

func TestAnEtcdNodeInstallsWhatRunsAContainer(t *testing.T) {
	g := newAptGuest(t, exampleKey)
	g.write("etc/hakube/node.env", strings.Replace(environment, "control-plane", "etcd", 1))
	out, code, reason := g.runStep("packages-apt")
	want := "ca-certificates conntrack socat iptables ethtool ebtables; containerd; kubelet=1.37.2-* cri-tools kubernetes-cni"
	if code != 0 || g.installed() != want || !strings.Contains(g.calls(), "apt-mark hold kubelet containerd\n") {
		t.Errorf("exit code %d, reason %q, installed %s\n%s", code, reason, g.installed(), out)
	}
}

func TestTheFirewallComesWithThePackages(t *testing.T) {
	for role, want := range map[string]string{"load-balancer": "nftables; haproxy ca-certificates", "worker": "nftables; ca-certificates conntrack"} {
		g := newAptGuest(t, exampleKey)
		g.write("etc/hakube/node.env", strings.NewReplacer("control-plane", role, "FIREWALL=''", "FIREWALL='nftables'", "PACKAGES=''", "PACKAGES='haproxy'").Replace(environment))
		if out, code, reason := g.runStep("packages-apt"); code != 0 || !strings.HasPrefix(g.installed(), want) {
			t.Errorf("exit code %d, reason %q, installed %s\n%s", code, reason, g.installed(), out)
		}
	}
}

func TestAKeyThatIsNotTheKnownOneStopsTheStep(t *testing.T) {
	both := filepath.Join(t.TempDir(), "both.asc")
	var content []byte
	for _, path := range []string{exampleKey, otherKey} {
		key, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		content = append(content, key...)
	}
	if err := os.WriteFile(both, content, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, key, found string }{
		{"another key", otherKey, otherFingerprint},
		{"the known key and another one", both, "of no key: it is not one block of a public key"},
		{"the known key and another one in one block", joined(t, ""), exampleFingerprint + ", " + otherFingerprint},
		{"the known key and another one behind its padding", joined(t, "AA==\n"), "of no key: Excess data after padding"},
		{"no key", "packages_test.go", "of no key: it is not one block of a public key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newAptGuest(t, c.key)
			_, code, reason := g.runStep("packages-apt")
			want := "has the fingerprint " + c.found + ", known is " + exampleFingerprint + ": nothing was installed from there"
			if strings.HasPrefix(c.found, "of no key: Excess") {
				// Python's versions word it differently
				want, reason = "", strings.Replace(reason, "has the fingerprint of no key: ", "", 1)
			}
			if code != 1 || !strings.HasSuffix(reason, want) || !strings.HasPrefix(reason, "the key at http://127.0.0.1:") {
				t.Errorf("exit code %d, reason %q, want one that ends in %q", code, reason, want)
			}
			if g.read("etc/apt/sources.list.d/kubernetes.list") != "" || g.read("etc/apt/keyrings/kubernetes.asc") != "" || strings.Contains(g.installed(), "kubelet") {
				t.Errorf("the repository is there all the same; installed %s", g.installed())
			}
		})
	}
}

func TestAKeyOfTheMediumIsNotFetched(t *testing.T) {
	g := newAptGuest(t, otherKey)
	key, err := os.ReadFile(exampleKey)
	g.must(err)
	g.write("etc/hakube/kubernetes.asc", string(key))
	if out, code, reason := g.runStep("packages-apt"); code != 0 {
		t.Errorf("exit code %d, reason %q\n%s", code, reason, out)
	}
	if got := gpgFingerprints(t, filepath.Join(g.root, "etc/apt/keyrings/kubernetes.asc")); got != exampleFingerprint {
		t.Errorf("gpg finds %s in the keyring", got)
	}
}

func TestAMirrorReplacesTheImagesSources(t *testing.T) {
	old := map[string]string{
		"sources.list":                  "deb http://azure.archive.ubuntu.com/ubuntu noble main\n",
		"sources.list.d/debian.sources": "Types: deb\nURIs: mirror+file:/etc/apt/mirrors/debian.list\nSuites: bookworm\n",
		"sources.list.d/0000main.list":  "deb http://deb.debian.org/debian bookworm main\n",
		"sources.list.d/vendor.list":    "deb https://download.docker.com/linux/debian bookworm stable\n",
	}
	for _, c := range []struct{ name, release, settings, want string }{
		{
			"Debian", "ID=debian\nVERSION_CODENAME=bookworm\n", "APT_MIRROR='http://ftp.kr.debian.org/debian'\n",
			"deb http://ftp.kr.debian.org/debian bookworm main\ndeb http://ftp.kr.debian.org/debian bookworm-updates main\n",
		},
		{
			"Debian with its fixes", "ID=debian\nVERSION_CODENAME=trixie\n", "APT_MIRROR='http://m.lan/debian'\nAPT_SECURITY_MIRROR='http://m.lan/security'\n",
			"deb http://m.lan/debian trixie main\ndeb http://m.lan/debian trixie-updates main\ndeb http://m.lan/security trixie-security main\n",
		},
		{
			"a mirror that signs by itself", "ID=debian\nVERSION_CODENAME=bookworm\n", "APT_MIRROR='http://m.lan/debian'\n# mirror.asc\n",
			"deb [signed-by=/etc/apt/keyrings/mirror.asc] http://m.lan/debian bookworm main\ndeb [signed-by=/etc/apt/keyrings/mirror.asc] http://m.lan/debian bookworm-updates main\n",
		},
		{
			"Ubuntu", "ID=ubuntu\nVERSION_CODENAME=noble\n", "APT_MIRROR='http://m.lan/ubuntu'\n",
			"deb http://m.lan/ubuntu noble main universe\ndeb http://m.lan/ubuntu noble-updates main universe\ndeb http://m.lan/ubuntu noble-security main universe\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newAptGuest(t, exampleKey)
			g.write("etc/hakube/node.env", strings.Replace(environment, "control-plane", "load-balancer", 1))
			g.write("etc/os-release", c.release)
			g.aptSettings(c.settings)
			if strings.Contains(c.settings, "mirror.asc") {
				g.write("etc/hakube/mirror.asc", "a key\n")
			}
			for _, name := range []string{"sources.list", "sources.list.d/debian.sources", "sources.list.d/0000main.list", "sources.list.d/vendor.list"} {
				g.write("etc/apt/"+name, old[name])
			}
			for range 2 {
				if out, code, reason := g.runStep("packages-apt"); code != 0 {
					t.Fatalf("exit code %d, reason %q\n%s", code, reason, out)
				}
				got := strings.NewReplacer(" [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]", "", " [signed-by=/usr/share/keyrings/ubuntu-archive-keyring.gpg]", "").Replace(g.read("etc/apt/sources.list.d/hakube.list"))
				if got != c.want {
					t.Errorf("hakube.list:\n%s\nwant:\n%s", got, c.want)
				}
				for path, want := range map[string]string{
					"sources.list": "", "sources.list.hakube-off": old["sources.list"], "sources.list.d/debian.sources": "", "sources.list.d/0000main.list": "",
					"sources.list.d/vendor.list": old["sources.list.d/vendor.list"],
				} {
					if got := g.read("etc/apt/" + path); got != want {
						t.Errorf("%s: %q, want %q", path, got, want)
					}
				}
			}
		})
	}
}

// A lock is waited for, and the status says who holds it.
func TestALockOfAnotherPackageManagerIsWaitedFor(t *testing.T) {
	for _, path := range []string{"var/lib/dpkg/lock-frontend", "var/lib/apt/lists/lock"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			g := newAptGuest(t, exampleKey)
			g.write(path, "")
			const holdIt = "import fcntl, sys, time\nf = open(sys.argv[1], 'w')\nfcntl.lockf(f, fcntl.LOCK_EX)\nprint('held', flush=True)\ntime.sleep(3)\n"
			holder := exec.Command("python3", "-c", holdIt, filepath.Join(g.root, path))
			said, err := holder.StdoutPipe()
			g.must(err)
			g.must(holder.Start())
			if _, err := fmt.Fscanln(said, new(string)); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			if out, code, reason := g.runStep("packages-apt"); code != 0 {
				t.Errorf("exit code %d, reason %q\n%s", code, reason, out)
			}
			if took := time.Since(began); took < 2*time.Second {
				t.Errorf("done after %v, before the lock was free", took)
			}
			g.must(holder.Wait())
			if events := g.read("var/lib/hakube/events.log"); !strings.Contains(events, " s): process") || !strings.Contains(events, "holds the lock of the package manager") {
				t.Errorf("events: %s", events)
			}
		})
	}
}

// apt-get update ends well when it has fetched nothing.
func TestAMirrorThatDoesNotAnswerIsWaitedForAndNamed(t *testing.T) {
	for _, c := range []struct{ name, stub string }{
		{"lists", `case "$*" in *update*) [ -e /tmp/up ] || { touch /tmp/up; echo "` + noReply + `"; } ;; esac`},
		{"packages", `case "$*" in *install*) [ -e /tmp/up ] || { touch /tmp/up; echo "` + strings.Replace(noReply, "W:", "E:", 1) + `"; exit 100; } ;; esac`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newAptGuest(t, exampleKey)
			g.stub("apt-get", c.stub)
			if out, code, reason := g.runStep("packages-apt"); code != 0 {
				t.Fatalf("exit code %d, reason %q\n%s", code, reason, out)
			}
			want := "trying again: http://mirror.lan/debian/dists/bookworm/InRelease: Could not connect to mirror.lan:80 (10.0.0.9). - connect (111: Connection refused)"
			if events := g.read("var/lib/hakube/events.log"); !strings.Contains(events, want) {
				t.Errorf("events: %s", events)
			}
		})
	}
}

// What waiting does not mend ends the step at once, in apt's own words.
func TestAVersionThatIsNotThereStopsTheStep(t *testing.T) {
	g := newAptGuest(t, exampleKey)
	g.stub("apt-get", `case "$*" in *kubelet*) echo "Reading package lists..."; echo "E: Version '1.37.2-*' for 'kubelet' was not found"; exit 100 ;; esac`)
	began := time.Now()
	_, code, reason := g.runStep("packages-apt")
	if code != 1 || !strings.HasPrefix(reason, "Kubernetes 1.37.2 cannot be installed from http://127.0.0.1:") || !strings.HasSuffix(reason, "/deb: Version '1.37.2-*' for 'kubelet' was not found") {
		t.Errorf("exit code %d, reason %q", code, reason)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("it took %v", took)
	}
}

// A mirror that has moved on has no longer what the lists name: new lists mend that, asking again does not.
func TestAMirrorThatHasMovedOnIsAskedForNewLists(t *testing.T) {
	const gone = "E: Failed to fetch http://mirror.lan/debian/pool/c/conntrack_1.deb  404  Not Found [IP: 10.0.0.9 80]"
	g := newAptGuest(t, exampleKey)
	g.stub("apt-get", `case "$*" in *conntrack*) [ -e /tmp/again ] || { touch /tmp/again; echo "`+gone+`"; exit 100; } ;; esac`)
	if out, code, reason := g.runStep("packages-apt"); code != 0 {
		t.Fatalf("exit code %d, reason %q\n%s", code, reason, out)
	}
	calls := g.calls()
	first := strings.Index(calls, "conntrack")
	second := strings.LastIndex(calls, "conntrack")
	if first == second || !strings.Contains(calls[first:second], " update\n") {
		t.Errorf("no new lists between the two attempts:\n%s", calls)
	}
	g.stub("apt-get", `case "$*" in *conntrack*) echo "`+gone+`"; exit 100 ;; esac`)
	if _, code, reason := g.runStep("packages-apt"); code != 1 || !strings.Contains(reason, "conntrack_1.deb: 404  Not Found") {
		t.Errorf("a package that is not there after all: exit code %d, reason %q", code, reason)
	}
}

// A repository that is there and wrong is not asked for ten minutes.
func TestAWrongRepositoryStopsTheStep(t *testing.T) {
	for name, said := range map[string]string{
		"unsigned":    "E: The repository 'http://mirror.lan/debian bookworm Release' is not signed.",
		"expired key": "W: GPG error: http://mirror.lan/debian bookworm InRelease: The following signatures were invalid: EXPKEYSIG 234654DA9A296436",
		"not found":   "E: Failed to fetch http://mirror.lan/debian/dists/bookworm/Release  404  Not Found [IP: 10.0.0.9 80]",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newAptGuest(t, exampleKey)
			g.stub("apt-get", `case "$*" in *update*) echo "`+said+`"; exit 100 ;; esac`)
			began := time.Now()
			_, code, reason := g.runStep("packages-apt")
			if code != 1 || !strings.HasPrefix(reason, "package lists cannot be fetched: ") || !strings.Contains(reason, "http://mirror.lan/debian") {
				t.Errorf("exit code %d, reason %q", code, reason)
			}
			if took := time.Since(began); took > time.Minute {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func TestPackagesThatNeedReinstallingAreTakenOutFirst(t *testing.T) {
	g := newAptGuest(t, exampleKey)
	g.stub("dpkg-query", `printf 'ii base-files\niHRcri-dockerd\niU containerd\n'`)
	if out, code, reason := g.runStep("packages-apt"); code != 0 {
		t.Fatalf("exit code %d, reason %q\n%s", code, reason, out)
	}
	calls := g.calls()
	remove, configure := strings.Index(calls, "dpkg --remove --force-remove-reinstreq cri-dockerd\n"), strings.Index(calls, "dpkg --configure -a\n")
	if remove < 0 || configure < remove || strings.Count(calls, "--force-remove-reinstreq") != 1 {
		t.Errorf("calls:\n%s", calls)
	}
}

func TestPackagesThatCannotBeHeldStopTheStep(t *testing.T) {
	g := newAptGuest(t, exampleKey)
	g.stub("apt-mark", `[ -e /tmp/held ] || { touch /tmp/held; exit 100; }`)
	if out, code, reason := g.runStep("packages-apt"); code != 0 || strings.Count(g.calls(), "apt-mark hold") != 2 {
		t.Errorf("held at the second attempt: exit code %d, reason %q\n%s", code, reason, out)
	}
	g.fakeClock()
	g.stub("apt-mark", "exit 100")
	if _, code, reason := g.runStep("packages-apt"); code != 1 || !strings.HasPrefix(reason, "packages cannot be held: ") {
		t.Errorf("never held: exit code %d, reason %q", code, reason)
	}
}

// A download that breaks off is asked for again, one that the server refuses is not.
func TestDownloads(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/short":
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, "abc")
		case "/nonsense":
			c, _, _ := w.(http.Hijacker).Hijack()
			fmt.Fprint(c, "nonsense\r\n\r\n")
			c.Close()
		case "/busy":
			http.Error(w, "", http.StatusTooManyRequests)
		case "/gone":
			http.NotFound(w, r)
		default:
			fmt.Fprint(w, "whole")
		}
	}))
	defer server.Close()
	g := newGuest(t)
	for path, want := range map[string]struct {
		code int
		said string
	}{
		"/whole":    {0, ""},
		"/short":    {1, "/short: the connection broke after 3 of 1000 bytes\n"},
		"/nonsense": {1, "/nonsense: nonsense"},
		"/busy":     {1, "/busy: HTTP Error 429: Too Many Requests\n"},
		"/gone":     {2, "/gone: HTTP Error 404: Not Found\n"},
	} {
		out, code := g.run("python3", "/usr/local/lib/hakube/apt.py", "fetch", server.URL+path, "/tmp/file")
		if code != want.code || !strings.Contains(out, want.said) || code != 0 && !strings.HasPrefix(out, server.URL) {
			t.Errorf("%s: exit code %d, %q", path, code, out)
		}
	}
}

// gpgFingerprints asks gpg, which shares no code with the guest's reader, for the primary keys in a file.
func gpgFingerprints(t *testing.T, path string) string {
	t.Helper()
	out, err := exec.Command("gpg", "--homedir", t.TempDir(), "--show-keys", "--with-colons", path).Output()
	if err != nil {
		t.Fatalf("gpg: %v", err)
	}
	var all []string
	primary := false
	for line := range strings.Lines(string(out)) {
		fields := strings.Split(line, ":")
		if fields[0] == "fpr" && primary {
			all = append(all, fields[9])
		}
		primary = fields[0] == "pub"
	}
	return strings.Join(all, " ")
}

// joined is a file whose one block of armour has two keys; between stands between their lines.
func joined(t *testing.T, between string) string {
	t.Helper()
	var text strings.Builder
	text.WriteString("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n")
	var data []byte
	for i, path := range []string{exampleKey, otherKey} {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		block, err := armor.Decode(bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		key, err := io.ReadAll(block.Body)
		if err != nil {
			t.Fatal(err)
		}
		if data = append(data, key...); i == 0 && between != "" {
			text.WriteString(base64.StdEncoding.EncodeToString(data) + "\n" + between)
			data = nil
		}
	}
	text.WriteString(base64.StdEncoding.EncodeToString(data) + "\n-----END PGP PUBLIC KEY BLOCK-----\n")
	path := filepath.Join(t.TempDir(), "joined.asc")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDockerComesWithItsAdapter(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 1 {
			http.Error(w, "not yet", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, "the package")
	}))
	defer server.Close()
	const sum = "ab326f16dec533ba65139949246581c016b9d4c77d0de0046e65f48e575372a3"
	g := newAptGuest(t, exampleKey)
	g.write("etc/hakube/node.env", strings.Replace(environment, "containerd/containerd.sock", "cri-dockerd.sock", 1))
	settings := g.read("etc/hakube/apt.env")
	g.write("etc/hakube/apt.env", settings+"APT_CRI_DOCKERD_URL='"+server.URL+"/a.deb'\nAPT_CRI_DOCKERD_SHA256='"+sum+"'\n")
	if out, code, reason := g.runStep("packages-apt"); code != 0 {
		t.Fatalf("exit code %d, reason %q\n%s", code, reason, out)
	}
	if got := g.installed(); !strings.Contains(got, "; docker.io; /var/cache/hakube/cri-dockerd.deb; kubelet") || strings.Contains(got, "containerd") {
		t.Errorf("installed %s", got)
	}
	if asked.Load() != 2 {
		t.Errorf("asked %d times; the first answer was an error", asked.Load())
	}
	g.write("etc/hakube/apt.env", settings+"APT_CRI_DOCKERD_URL='"+server.URL+"/a.deb'\nAPT_CRI_DOCKERD_SHA256='"+strings.Repeat("0", 64)+"'\n")
	_, code, reason := g.runStep("packages-apt")
	if code != 1 || !strings.HasSuffix(reason, "/a.deb: its SHA-256 is "+sum+", and "+strings.Repeat("0", 64)+" is wanted") {
		t.Errorf("another package: exit code %d, reason %q", code, reason)
	}
}
