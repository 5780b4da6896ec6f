// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"text/template"

	"gopkg.in/yaml.v3"
)

// StarterOptions say what a starter inventory describes.
type StarterOptions struct {
	Cluster           string
	KubernetesVersion string
	CIDR              netip.Prefix // the nodes' network
	SSHKey            string       // of the login user; may be empty

	ControlPlanes, Workers, LoadBalancers int
}

// DefaultStarter is a highly available cluster of seven machines.
func DefaultStarter() StarterOptions {
	return StarterOptions{
		Cluster:           "k8s",
		KubernetesVersion: "1.37.2",
		CIDR:              netip.MustParsePrefix("10.1.10.0/24"),
		ControlPlanes:     3,
		Workers:           3,
		LoadBalancers:     1,
	}
}

// Check says what keeps Starter from giving every node an address.
func (o StarterOptions) Check() error {
	switch {
	case !o.CIDR.IsValid() || !o.CIDR.Addr().Is4():
		return errors.New("the nodes' network is an IPv4 network such as 10.1.10.0/24")
	case o.ControlPlanes < 1:
		return errors.New("a cluster has at least one control plane")
	case o.Workers < 0 || o.LoadBalancers < 0:
		return errors.New("the number of workers and of load balancers is at least 0")
	case o.CIDR.Bits() < 8 || max(o.ControlPlanes, o.Workers, o.LoadBalancers) > o.hosts() || o.hosts() < 1+o.endpoints()+o.nodes():
		return fmt.Errorf("the network %s does not suit %d nodes and a gateway", o.CIDR, o.nodes())
	}
	return nil
}

//go:embed starter.yaml.tmpl
var starterText string

var starter = template.Must(template.New("starter").Funcs(template.FuncMap{"yaml": scalarText}).Parse(starterText))

// Starter returns a commented inventory to start from, for options that Check has nothing to say about. A key behind a
// # without a space shows its default, so that removing the # changes nothing.
func Starter(o StarterOptions) []byte {
	var text bytes.Buffer
	if err := starter.Execute(&text, o.view()); err != nil {
		panic(err) // the template and its view are both of this package
	}
	return text.Bytes()
}

// starterView is what the template spells.
type starterView struct {
	StarterOptions
	APIVersion               string
	Gateway                  netip.Addr
	Endpoint                 string
	EndpointGiven            bool   // the endpoint has no default and must be written out
	VirtualIP                string // of several load balancers
	PodSubnet, ServiceSubnet netip.Prefix
	PodsMoved, ServicesMoved bool // the default overlaps the nodes' network
	Machines                 []Node
}

func (o StarterOptions) view() starterView {
	o.CIDR = o.CIDR.Masked()
	v := starterView{StarterOptions: o, APIVersion: APIVersion, Gateway: o.CIDR.Addr().Next(), EndpointGiven: o.LoadBalancers == 0 && o.ControlPlanes > 1}
	v.PodSubnet, v.PodsMoved = free(o.CIDR, "10.244.0.0/16", "172.20.0.0/16")
	v.ServiceSubnet, v.ServicesMoved = free(o.CIDR, "10.96.0.0/16", "172.21.0.0/16")

	// Nodes count from .10, which leaves room for what else is in the network; in a small one from what is left.
	address := v.Gateway.Next()
	if o.hosts() >= 9+o.nodes() {
		for range 8 - o.endpoints() {
			address = address.Next()
		}
	}
	if o.endpoints() > 0 {
		v.Endpoint = netip.AddrPortFrom(address, 6443).String()
		if !v.EndpointGiven {
			v.VirtualIP = address.String()
		}
		address = address.Next()
	}
	for _, group := range []struct {
		role, name string
		count      int
	}{
		{"load-balancer", "k8s-lb", o.LoadBalancers},
		{"control-plane", "k8s-cp", o.ControlPlanes},
		{"worker", "k8s-worker", o.Workers},
	} {
		for i := range group.count {
			name := group.name
			if group.role != "load-balancer" || group.count > 1 {
				name += strconv.Itoa(i + 1)
			}
			v.Machines = append(v.Machines, Node{Name: name, Role: group.role, Address: PerFamily[string]{address.String()}})
			address = address.Next()
		}
	}
	if v.Endpoint == "" && len(v.Machines) > 0 {
		v.Endpoint = v.Machines[0].Name + ":6443"
	}
	return v
}

func (o StarterOptions) nodes() int { return o.ControlPlanes + o.Workers + o.LoadBalancers }

// hosts returns how many addresses of the network machines can have.
func (o StarterOptions) hosts() int { return 1<<(32-o.CIDR.Bits()) - 2 }

// endpoints returns how many addresses the API has that are no node's: several machines share one.
func (o StarterOptions) endpoints() int {
	if o.LoadBalancers > 1 || o.LoadBalancers == 0 && o.ControlPlanes > 1 {
		return 1
	}
	return 0
}

// free returns the first of two subnets when it does not overlap the network, else the second, and whether it moved.
func free(network netip.Prefix, first, second string) (netip.Prefix, bool) {
	if p := netip.MustParsePrefix(first); !p.Overlaps(network) {
		return p, false
	}
	return netip.MustParsePrefix(second), true
}

// scalarText spells a text as a YAML scalar on one line, in quotes when it needs them.
func scalarText(s string) (string, error) {
	text, err := yaml.Marshal(s)
	if err != nil || bytes.ContainsAny(text[:len(text)-1], "\n") {
		text, err = json.Marshal(s)
	}
	return strings.TrimSuffix(string(text), "\n"), err
}
