// SPDX-License-Identifier: Apache-2.0

// lab-cni is the lab's pod network. It runs once per node, in the host's network namespace, and does four things:
//
//   - installs the CNI plugins of its image (bridge, host-local, loopback, portmap) where the node lacks them,
//   - writes the CNI configuration as soon as the node has its podCIDR: pods hang on the bridge cni0 (until then the node
//     is NotReady, because containerd has no network),
//   - keeps one route per other node: its podCIDR via its InternalIP. There is no encapsulation, so all nodes must share
//     one layer 2 network, and nothing is lost from the MTU,
//   - masquerades what pods send to the world outside of all podCIDRs (one nftables table of its own).
//
// IPv4, IPv6 and dual-stack: every podCIDR goes with the InternalIP of its own family.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

const (
	confFile  = "/etc/cni/net.d/10-lab.conflist"
	binDir    = "/opt/cni/bin"             // the node's, mounted at the same path
	pluginDir = "/usr/lib/lab-cni"         // the image's
	interval  = 5 * time.Second            // besides every change of a node: the kernel drops routes when a link goes down
	protocol  = netlink.RouteProtocol(201) // marks our routes (`ip route show proto 201`); no other route is ever deleted
)

func main() {
	log.SetFlags(log.Ltime | log.Lmicroseconds)
	self := os.Getenv("NODE_NAME")
	if self == "" {
		log.Fatal("NODE_NAME is not set")
	}
	if err := installPlugins(); err != nil {
		log.Fatal(err)
	}

	// KUBERNETES_SERVICE_HOST and _PORT, the token and the CA of the pod. The service address works in the host's network
	// namespace once kube-proxy runs and if there is a default route; the manifest may set those two variables otherwise.
	config, err := rest.InClusterConfig()
	if err != nil {
		log.Fatal(err)
	}
	// A connection that was begun before kube-proxy set up the service goes astray to its end: give up early, begin anew.
	config.Dial = (&net.Dialer{Timeout: time.Second}).DialContext
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()

	// Not left to the informer, which waits longer after every failure.
	for last := ""; ; time.Sleep(time.Second / 2) {
		_, err := client.CoreV1().Nodes().Get(ctx, self, metav1.GetOptions{})
		if err == nil || ctx.Err() != nil {
			break
		}
		if err.Error() != last {
			last = err.Error()
			log.Print(last)
		}
	}

	changed := make(chan struct{}, 1)
	poke := func(any) {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	nodes := factory.Core().V1().Nodes()
	nodes.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: poke, UpdateFunc: func(_, n any) { poke(n) }, DeleteFunc: poke,
	})
	factory.Start(ctx.Done())
	// Without the full list every route would look stale.
	if !cache.WaitForCacheSync(ctx.Done(), nodes.Informer().HasSynced) {
		return
	}
	log.Printf("%s: nodes are known", self)

	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		list, err := nodes.Lister().List(labels.Everything())
		if err == nil {
			err = reconcile(self, list)
		}
		if err != nil {
			log.Print(err)
		}
		select {
		case <-ctx.Done(): // routes and rules stay: pods go on talking while this program is replaced
			return
		case <-changed:
		case <-tick.C:
		}
	}
}

// reconcile brings routes, masquerading and the CNI configuration of node self in line with the list of all nodes.
func reconcile(self string, nodes []*corev1.Node) error {
	var own, all []*net.IPNet
	routes := map[string]netlink.Route{} // by destination
	for _, n := range nodes {
		for _, s := range n.Spec.PodCIDRs {
			_, cidr, err := net.ParseCIDR(s)
			if err != nil {
				return fmt.Errorf("node %s: %w", n.Name, err)
			}
			all = append(all, cidr)
			if n.Name == self {
				own = append(own, cidr)
			} else if gw := internalIP(n, cidr.IP.To4() != nil); gw != nil {
				routes[cidr.String()] = netlink.Route{Dst: cidr, Gw: gw, Protocol: protocol}
			}
		}
	}
	if len(own) == 0 {
		return fmt.Errorf("node %s has no podCIDR yet", self)
	}
	// One failure must not keep the rest from being done; the first one is reported, and the next round tries again.
	first := syncRoutes(routes)
	for _, err := range []error{masquerade(own, all), writeConf(own)} {
		if first == nil {
			first = err
		}
	}
	return first
}

func internalIP(n *corev1.Node, v4 bool) net.IP {
	for _, a := range n.Status.Addresses {
		if ip := net.ParseIP(a.Address); a.Type == corev1.NodeInternalIP && ip != nil && (ip.To4() != nil) == v4 {
			return ip
		}
	}
	return nil
}

// syncRoutes deletes our routes that are not in want and sets those that are missing or go elsewhere.
func syncRoutes(want map[string]netlink.Route) (first error) {
	have, err := netlink.RouteListFiltered(netlink.FAMILY_ALL, &netlink.Route{Protocol: protocol}, netlink.RT_FILTER_PROTOCOL)
	if err != nil {
		return fmt.Errorf("list routes: %w", err)
	}
	for _, r := range have {
		if w, ok := want[r.Dst.String()]; ok && w.Gw.Equal(r.Gw) {
			delete(want, r.Dst.String())
		} else if !ok {
			log.Printf("delete route %s via %s: %v", r.Dst, r.Gw, netlink.RouteDel(&r))
		}
	}
	for _, r := range want {
		err := netlink.RouteReplace(&r)
		log.Printf("route %s via %s: %v", r.Dst, r.Gw, err)
		if err != nil && first == nil {
			first = fmt.Errorf("route %s via %s: %w", r.Dst, r.Gw, err)
		}
	}
	return first
}

var rules string // as last loaded

// masquerade replaces our nftables tables, one per family, in one transaction. Priority 90 is just before kube-proxy's.
func masquerade(own, all []*net.IPNet) error {
	var b strings.Builder
	for _, family := range []string{"ip", "ip6"} {
		set := func(cidrs []*net.IPNet) string {
			var s []string
			for _, c := range cidrs {
				if (c.IP.To4() != nil) == (family == "ip") {
					s = append(s, c.String())
				}
			}
			sort.Strings(s)
			return strings.Join(s, ", ")
		}
		if set(own) != "" {
			fmt.Fprintf(&b, `add table %[1]s lab-cni
delete table %[1]s lab-cni
table %[1]s lab-cni {
  chain postrouting {
    type nat hook postrouting priority 90;
    %[1]s saddr { %[2]s } %[1]s daddr != { %[3]s } masquerade
  }
}
`, family, set(own), set(all))
		}
	}
	if b.String() == rules {
		return nil
	}
	nft := exec.Command("nft", "-f", "-")
	nft.Stdin = strings.NewReader(b.String())
	if out, err := nft.CombinedOutput(); err != nil {
		return fmt.Errorf("nft: %w: %s", err, out)
	}
	rules = b.String()
	return nil
}

// writeConf writes the CNI configuration; containerd notices the new file by itself.
func writeConf(own []*net.IPNet) error {
	type object = map[string]any
	var ranges [][]object
	var routes []object
	for _, c := range own {
		ranges = append(ranges, []object{{"subnet": c.String()}})
		if c.IP.To4() != nil {
			routes = append(routes, object{"dst": "0.0.0.0/0"})
		} else {
			routes = append(routes, object{"dst": "::/0"})
		}
	}
	conf, err := json.MarshalIndent(object{
		"cniVersion": "1.0.0",
		"name":       "lab",
		"plugins": []object{{
			"type":         "bridge",
			"bridge":       "cni0",
			"isGateway":    true,
			"forceAddress": true,  // the bridge may have the address of a podCIDR from before a kubeadm reset
			"hairpinMode":  true,  // a pod reaches itself through its service
			"ipMasq":       false, // see masquerade
			// in /run: after a reboot no pod of before is left, so no address may stay reserved for one
			"ipam": object{"type": "host-local", "ranges": ranges, "routes": routes, "dataDir": "/run/lab-cni"},
		}, {
			"type":         "portmap",
			"capabilities": object{"portMappings": true},
		}},
	}, "", "  ")
	if err != nil {
		return err
	}
	conf = append(conf, '\n')
	if old, err := os.ReadFile(confFile); err == nil && bytes.Equal(old, conf) {
		return nil
	}
	log.Printf("write %s for %v", confFile, own)
	return writeFile(confFile, conf, 0o644)
}

func installPlugins() error {
	files, err := os.ReadDir(pluginDir)
	if err != nil {
		return err
	}
	for _, f := range files {
		target := filepath.Join(binDir, f.Name())
		if _, err := os.Stat(target); err == nil {
			continue
		}
		data, err := os.ReadFile(filepath.Join(pluginDir, f.Name()))
		if err != nil {
			return err
		}
		log.Printf("install %s: %v", target, writeFile(target, data, 0o755))
	}
	return nil
}

// writeFile writes under a name that nobody reads and renames, so that no reader sees half a file.
func writeFile(path string, data []byte, mode fs.FileMode) error {
	part := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".part")
	if err := os.WriteFile(part, data, mode); err != nil {
		return err
	}
	return os.Rename(part, path)
}
