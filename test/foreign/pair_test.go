// SPDX-License-Identifier: Apache-2.0

//go:build foreign

package foreign

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// longestSilence is how long nobody may answer at the virtual IP.
const longestSilence = 3 * time.Second

// cable is a switch with machines on it: a bridge of this machine's, and a network namespace per machine.
type cable struct {
	t      *testing.T
	bridge string
	subnet string // 198.18.N, of the range for tests of networks (RFC 2544)
}

func newCable(t *testing.T) *cable {
	t.Helper()
	n := os.Getpid() % 250
	c := &cable{t, fmt.Sprintf("hkbr%d", n), fmt.Sprintf("198.18.%d", n)}
	t.Cleanup(func() { exec.Command("ip", "link", "del", c.bridge).Run() })
	c.ip("link", "add", c.bridge, "type", "bridge")
	c.ip("link", "set", c.bridge, "up")
	c.ip("addr", "add", c.subnet+".1/24", "dev", c.bridge)
	return c
}

func (c *cable) ip(args ...string) {
	c.t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		c.t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// router is a load balancer with its real programs and the rendered configurations, whose addresses alone are changed.
type router struct {
	*cable
	name, namespace, port string
	address               string
	keepalivedConf        string
	haproxyCfg            string
	running               map[string]*exec.Cmd
}

func (c *cable) newRouter(m medium, names *strings.Replacer, servers ...string) *router {
	c.t.Helper()
	r := &router{cable: c, name: m.node.Name, namespace: c.bridge + m.node.Name, port: c.bridge + "p" + m.node.Name[len(m.node.Name)-1:], running: map[string]*exec.Cmd{}}
	r.address = names.Replace(m.node.Address.String())
	dir := scratch(c.t)
	r.keepalivedConf, r.haproxyCfg = filepath.Join(dir, "keepalived.conf"), filepath.Join(dir, "haproxy.cfg")
	alive := filepath.Join(dir, "haproxy-alive.py")
	write(c.t, alive, m.file("/usr/local/lib/hakube/haproxy-alive.py"))
	text := names.Replace(strings.ReplaceAll(string(m.file("/etc/hakube/keepalived.conf")), "@interface@", "eth0"))
	text = strings.Replace(text, "/usr/local/lib/hakube/haproxy-alive.py", alive, 1)
	write(c.t, r.keepalivedConf, []byte(regexp.MustCompile(`(?m)^ *notify .*\n`).ReplaceAllString(text, "")))
	text = serverLine.ReplaceAllString(string(m.file("/etc/hakube/haproxy.cfg")), "")
	for i, s := range servers {
		text += fmt.Sprintf("    server cp%d %s\n", i, s)
	}
	write(c.t, r.haproxyCfg, []byte(text))
	c.t.Cleanup(func() {
		r.pullPlug()
		exec.Command("ip", "netns", "del", r.namespace).Run()
	})
	return r
}

// powerOn boots the machine anew, as after a power cut.
func (r *router) powerOn() {
	r.t.Helper()
	exec.Command("ip", "netns", "del", r.namespace).Run()
	r.ip("netns", "add", r.namespace)
	r.ip("link", "add", r.port, "type", "veth", "peer", "name", "eth0", "netns", r.namespace)
	r.ip("link", "set", r.port, "master", r.bridge, "up")
	for _, card := range []string{"lo", "eth0"} {
		r.ip("-n", r.namespace, "link", "set", card, "up")
	}
	r.ip("-n", r.namespace, "addr", "add", r.address+"/24", "dev", "eth0")
	r.start("haproxy", "-db", "-f", r.haproxyCfg)
	pid := r.keepalivedConf + ".pid"
	os.Remove(host(pid))
	os.Remove(host(pid + ".vrrp"))
	r.start("keepalived", "--dont-fork", "--log-console", "--vrrp", "--use-file="+r.keepalivedConf, "--pid="+pid, "--vrrp_pid="+pid+".vrrp")
}

func (r *router) start(program string, args ...string) {
	r.t.Helper()
	c := exec.Command("ip", append([]string{"netns", "exec", r.namespace, "chroot", rootfs, program}, args...)...)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		if r.t.Failed() {
			r.t.Logf("%s: %s:\n%s", r.name, program, said.String())
		}
	})
	r.running[program] = c
}

// stop kills a program and everything that it started.
func (r *router) stop(program string) {
	if c := r.running[program]; c != nil {
		syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
		c.Wait()
		delete(r.running, program)
	}
}

// pullPlug: the cable first, so that nobody hears a last word.
func (r *router) pullPlug() {
	exec.Command("ip", "link", "del", r.port).Run()
	r.stop("keepalived")
	r.stop("haproxy")
}

func (r *router) holds(address string) bool {
	out, _ := exec.Command("ip", "-n", r.namespace, "-o", "-4", "addr", "show").Output()
	return bytes.Contains(out, []byte(" "+address+"/"))
}

// client asks at an address every 100 ms, each time on a new connection.
type client struct {
	url string

	mu       sync.Mutex
	last     time.Time
	longest  time.Duration
	requests int
	failures int
}

func (c *client) run(stop <-chan struct{}) {
	h := http.Client{Timeout: time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true,
		DialContext: (&net.Dialer{Timeout: 300 * time.Millisecond}).DialContext,
	}}
	for tick := time.NewTicker(100 * time.Millisecond); ; {
		select {
		case <-stop:
			tick.Stop()
			return
		case <-tick.C:
		}
		answer, err := h.Get(c.url)
		if err == nil {
			answer.Body.Close()
		}
		c.mu.Lock()
		c.requests++
		if now := time.Now(); err != nil || answer.StatusCode != http.StatusOK {
			c.failures++
		} else {
			if !c.last.IsZero() {
				c.longest = max(c.longest, now.Sub(c.last))
			}
			c.last = now
		}
		c.mu.Unlock()
	}
}

// measured tells what has happened since it was asked last.
func (c *client) measured() (longest time.Duration, failures, requests int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	longest, failures, requests = max(c.longest, time.Since(c.last)), c.failures, c.requests
	c.longest, c.failures, c.requests = 0, 0, 0
	return longest, failures, requests
}

// holder waits until one machine alone has the virtual IP.
func holder(t *testing.T, routers []*router, vip string) (has, other *router) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		a, b := routers[0].holds(vip), routers[1].holds(vip)
		if a && !b {
			return routers[0], routers[1]
		}
		if b && !a {
			return routers[1], routers[0]
		}
	}
	t.Fatalf("the virtual IP is at %s: %v, at %s: %v", routers[0].name, routers[0].holds(vip), routers[1].name, routers[1].holds(vip))
	return nil, nil
}

// TestAPairKeepsTheEndpoint: the rendered pair, real programs on a cable, and a client that measures.
func TestAPairKeepsTheEndpoint(t *testing.T) {
	c := newCable(t)
	listener, err := net.Listen("tcp", c.subnet+".1:0")
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	api.Listener = listener
	api.Config.ErrorLog = nil
	api.StartTLS()
	defer api.Close()

	var routers []*router
	var vip, url string
	for _, e := range examples(t) {
		if e.name != "lab-pair" {
			continue
		}
		address := e.cluster.LoadBalancer.VirtualIP.String()
		pairs := []string{address + "/", c.subnet + ".99/"}
		for i, n := range e.cluster.VRRPRouters() {
			pairs = append(pairs, n.Address.String(), fmt.Sprintf("%s.%d", c.subnet, 11+i))
		}
		vip, url = c.subnet+".99", fmt.Sprintf("https://%s.99:%d/version", c.subnet, e.cluster.Endpoint.Port)
		for _, m := range e.media {
			if e.cluster.VRRPPeers(m.node) != nil {
				routers = append(routers, c.newRouter(m, strings.NewReplacer(pairs...), api.Listener.Addr().String()))
			}
		}
	}
	if len(routers) != 2 {
		t.Fatalf("lab-pair has %d load balancers", len(routers))
	}
	for _, r := range routers {
		r.powerOn()
	}
	has, other := holder(t, routers, vip)
	asks, stop := &client{url: url}, make(chan struct{})
	go asks.run(stop)
	defer close(stop)
	time.Sleep(time.Second)

	check := func(what string) {
		t.Helper()
		longest, failures, requests := asks.measured()
		t.Logf("%s: nothing for %s at most, %d of %d requests failed", what, longest.Round(10*time.Millisecond), failures, requests)
		if longest > longestSilence {
			t.Errorf("%s: nobody answers for %s", what, longest)
		}
	}
	check("both there")
	for range 3 {
		has.pullPlug()
		time.Sleep(5 * time.Second)
		if now, _ := holder(t, routers, vip); now != other {
			t.Fatalf("%s has the virtual IP without power", now.name)
		}
		check("plug of " + has.name + " pulled")
		has.powerOn()
		time.Sleep(6 * time.Second)
		if now, _ := holder(t, routers, vip); now != other {
			t.Errorf("the virtual IP went back to %s", now.name)
		}
		check(has.name + " powered on")
		has, other = other, has
	}
	has.stop("haproxy")
	time.Sleep(6 * time.Second)
	if now, _ := holder(t, routers, vip); now != other {
		t.Errorf("%s keeps the virtual IP without HAProxy", now.name)
	}
	check("HAProxy of " + has.name + " killed")
	if err := other.running["haproxy"].Process.Signal(syscall.Signal(0)); errors.Is(err, os.ErrProcessDone) {
		t.Error("the other HAProxy does not run")
	}
}
