// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hakube/hakube-seed/generator/cluster"
)

// v1beta3 is kubeadm's configuration version up to Kubernetes 1.30; later ones take v1beta4, which writes arguments as a
// list and gathers all timeouts in one place (kubeadm reference, "kubeadm config migrate").
const v1beta3 = "kubeadm.k8s.io/v1beta3"

// initDocuments are the documents of kubeadm init; three where there is no kube-proxy.
func (g *Generator) initDocuments(n cluster.Node) ([]byte, error) {
	c := g.cluster
	api := c.Release.ConfigAPI
	start := initConfiguration{
		APIVersion: api,
		Kind:       "InitConfiguration",
		BootstrapTokens: []bootstrapToken{{
			Token: g.secrets.BootstrapToken,
			// counted from kubeadm init; the keeper renews it until every node has joined
			TTL:    "24h0m0s",
			Usages: []string{"signing", "authentication"},
			Groups: []string{"system:bootstrappers:kubeadm:default-node-token"},
		}},
		CertificateKey:   g.secrets.CertificateKey,
		NodeRegistration: g.nodeRegistration(n),
		LocalAPIEndpoint: localAPIEndpoint{n.Address.String(), 6443},
		Patches:          g.patches(),
		Timeouts:         g.timeouts(),
	}
	if c.ExternalEtcd() {
		// the check wants every member to answer, where a majority is enough; the version is the one that this kubeadm wants
		errors := &start.NodeRegistration.IgnorePreflightErrors
		*errors = append(slices.Clip(*errors), "ExternalEtcdVersion")
	}
	documents := []any{start, g.clusterDocument(), g.kubeletDocument()}
	if c.KubeProxyMode != cluster.NoKubeProxy {
		documents = append(documents, g.kubeProxyDocument())
	}
	return encode(documents...)
}

// imagesDocuments are what kubeadm needs to name and pull its images; they hold no secret, and every control plane has
// them, also one that joins and never sees the cluster's configuration in a file.
func (g *Generator) imagesDocuments(n cluster.Node) ([]byte, error) {
	type registration struct {
		CRISocket string `yaml:"criSocket"`
	}
	return encode(struct {
		APIVersion       string       `yaml:"apiVersion"`
		Kind             string       `yaml:"kind"`
		NodeRegistration registration `yaml:"nodeRegistration"`
	}{g.cluster.Release.ConfigAPI, "InitConfiguration", registration{criSocket(n.Runtime)}}, g.clusterDocument())
}

func (g *Generator) clusterDocument() clusterConfiguration {
	c := g.cluster
	api := c.Release.ConfigAPI
	document := clusterConfiguration{
		APIVersion:           api,
		Kind:                 "ClusterConfiguration",
		ClusterName:          c.Name,
		KubernetesVersion:    "v" + c.Version.String(),
		ImageRepository:      c.Kubeadm.ImageRepository,
		ControlPlaneEndpoint: g.endpoint(),
		Networking:           networking{c.PodSubnets.String(), c.ServiceSubnets.String(), c.DNSDomain},
		APIServer:            component{CertSANs: g.certSANs(), ExtraArgs: args{api, c.APIServerArgs}},
		ControllerManager:    component{ExtraArgs: args{api, g.controllerManagerArgs()}},
		Scheduler:            component{ExtraArgs: args{api, c.SchedulerArgs}},
		Etcd:                 etcd{External: g.externalEtcd()},
	}
	if document.Etcd.External == nil {
		document.Etcd.Local = &etcdLocal{etcdDataDir, args{api, c.EtcdArgs}}
	}
	if api == v1beta3 {
		document.APIServer.TimeoutForControlPlane = c.Kubeadm.Timeouts.ControlPlaneComponentHealthCheck.String()
	} else {
		document.EncryptionAlgorithm = c.Secrets.Algorithm
	}
	// kubeadm finds CoreDNS one folder below its default registry and beside the others in any other registry; for the
	// release whose default is the dead k8s.gcr.io, the new registry is "any other" although it has the folder
	if c.Kubeadm.ImageRepository == cluster.PublicRegistry && c.Release.DefaultRegistry != cluster.PublicRegistry {
		document.DNS = &dns{cluster.PublicRegistry + "/coredns"}
	}
	return document
}

// controllerManagerArgs adds the node masks under the only names that kubeadm itself reads when it checks pod subnets.
// kube-controller-manager does not start when it is given one of a family that the pods do not have.
func (g *Generator) controllerManagerArgs() []cluster.Arg {
	list := slices.Clone(g.cluster.ControllerManagerArgs)
	for i, subnet := range g.cluster.PodSubnets {
		mask := "node-cidr-mask-size-" + strings.ToLower(string(cluster.FamilyOf(subnet.Addr())))
		if !slices.ContainsFunc(list, func(a cluster.Arg) bool { return a.Name == mask }) {
			list = append(list, cluster.Arg{Name: mask, Value: strconv.Itoa(g.cluster.NodeCIDRMasks[i])})
		}
	}
	return list
}

// certSANs are the names under which people and nodes reach any API server: the endpoint's, whatever balances it, and
// the loopback address for tunnels. kubeadm adds each control plane's own.
func (g *Generator) certSANs() []string {
	c := g.cluster
	sans := []string{c.Endpoint.Name}
	if c.Endpoint.Address.IsValid() {
		sans = append(sans, c.Endpoint.Address.String())
	}
	for _, n := range c.NodesWith(cluster.RoleLoadBalancer) {
		sans = append(append(sans, n.Name), texts(n.Addresses)...)
	}
	sans = append(append(sans, g.loopback()), c.Kubeadm.CertSANs...)
	seen := map[string]bool{}
	return slices.DeleteFunc(sans, func(s string) bool {
		again := seen[s]
		seen[s] = true
		return again
	})
}

func (g *Generator) nodeRegistration(n cluster.Node) nodeRegistration {
	arguments := []cluster.Arg{{Name: "node-ip", Value: strings.Join(texts(n.Addresses), ",")}}
	if len(n.Labels) > 0 {
		labels := ""
		for i, l := range n.Labels {
			if i > 0 {
				labels += ","
			}
			labels += l.Name + "=" + l.Value
		}
		arguments = append(arguments, cluster.Arg{Name: "node-labels", Value: labels})
	}
	r := nodeRegistration{
		Name:                  n.Name,
		CRISocket:             criSocket(n.Runtime),
		IgnorePreflightErrors: g.cluster.Kubeadm.IgnorePreflightErrors,
		KubeletExtraArgs:      args{g.cluster.Release.ConfigAPI, append(arguments, n.KubeletArgs...)},
	}
	if n.Taints != nil {
		taints := []taint{}
		for _, t := range n.Taints {
			taints = append(taints, taint(t))
		}
		r.Taints = &taints
	}
	return r
}

func (g *Generator) patches() *patches {
	if len(g.cluster.Kubeadm.Patches) == 0 {
		return nil
	}
	return &patches{patchesDir}
}

// timeouts is nil for v1beta3, which has none but the two that are fields of their own there.
func (g *Generator) timeouts() *timeouts {
	if g.cluster.Release.ConfigAPI == v1beta3 {
		return nil
	}
	t := g.cluster.Kubeadm.Timeouts
	text := time.Duration.String
	return &timeouts{
		text(t.ControlPlaneComponentHealthCheck), text(t.KubeletHealthCheck), text(t.KubernetesAPICall), text(t.EtcdAPICall),
		text(t.TLSBootstrap), text(t.Discovery), text(t.UpgradeManifests),
	}
}

func (g *Generator) kubeletDocument() any {
	document := map[string]any{
		"apiVersion":   "kubelet.config.k8s.io/v1beta1",
		"kind":         "KubeletConfiguration",
		"cgroupDriver": "systemd",
	}
	if g.cluster.MaxPods > 0 {
		document["maxPods"] = g.cluster.MaxPods
	}
	maps.Copy(document, g.cluster.KubeletConfig)
	return document
}

func (g *Generator) kubeProxyDocument() any {
	document := map[string]any{
		"apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
		"kind":       "KubeProxyConfiguration",
		"mode":       g.cluster.KubeProxyMode,
	}
	maps.Copy(document, g.cluster.KubeProxyConfig)
	return document
}

// joinDocument is the document of kubeadm join. The first control plane has one too, for the day it comes back on an
// empty disk; it has the CA keys, and with a certificate key kubeadm would insist on the uploaded copy.
func (g *Generator) joinDocument(n cluster.Node) ([]byte, error) {
	document := joinConfiguration{
		APIVersion: g.cluster.Release.ConfigAPI,
		Kind:       "JoinConfiguration",
		Discovery: discovery{BootstrapToken: discoveryToken{
			Token:             g.secrets.BootstrapToken,
			APIServerEndpoint: g.endpoint(),
			CACertHashes:      []string{g.secrets.CACertHash()},
		}},
		NodeRegistration: g.nodeRegistration(n),
		Patches:          g.patches(),
		Timeouts:         g.timeouts(),
	}
	if document.APIVersion == v1beta3 {
		document.Discovery.Timeout = g.cluster.Kubeadm.Timeouts.Discovery.String()
	}
	if n.Role == cluster.RoleControlPlane {
		document.ControlPlane = &joinControlPlane{LocalAPIEndpoint: localAPIEndpoint{n.Address.String(), 6443}}
		if !g.first(n) {
			document.ControlPlane.CertificateKey = g.secrets.CertificateKey
		}
	}
	return encode(document)
}
