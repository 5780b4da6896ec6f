// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"maps"
	"net"
	"strings"

	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/seeds"
)

// External etcd runs as a static pod under a kubelet that knows no API server, as kubeadm's documentation has it: kubelet,
// container runtime and the etcd image of the version that kubeadm wants come from every software source already, whereas
// the etcd packages of distributions are older than kubeadm accepts, and a bundle has none.

// Where etcd's files are on the guest; those below pki by kubeadm's names.
const (
	etcdManifest  = configDir + "etcd.yaml"
	kubeletConfig = configDir + "kubelet.yaml"
	etcdDataDir   = "/var/lib/etcd"
	etcdPKIDir    = "/etc/kubernetes/pki/etcd"
	etcdClientCrt = "apiserver-etcd-client.crt"
	etcdClientKey = "apiserver-etcd-client.key"
)

// etcdURL is where a member listens: 2379 for clients, 2380 for the other members.
func etcdURL(n cluster.Node, port string) string {
	return "https://" + net.JoinHostPort(n.Address.String(), port)
}

// externalEtcd is kubeadm's view of etcd on nodes of its own, nil where it runs on the control planes.
func (g *Generator) externalEtcd() *etcdExternal {
	if !g.cluster.ExternalEtcd() {
		return nil
	}
	external := &etcdExternal{CAFile: etcdPKIDir + "/ca.crt", CertFile: "/etc/kubernetes/pki/" + etcdClientCrt, KeyFile: "/etc/kubernetes/pki/" + etcdClientKey}
	for _, n := range g.cluster.EtcdMembers() {
		external.Endpoints = append(external.Endpoints, etcdURL(n, "2379"))
	}
	return external
}

// etcdMembers are the members of an external etcd as the steps need them: NAME=ADDRESS, with blanks between.
func (g *Generator) etcdMembers() string {
	var members []string
	if g.cluster.ExternalEtcd() {
		for _, n := range g.cluster.EtcdMembers() {
			members = append(members, n.Name+"="+n.Address.String())
		}
	}
	return strings.Join(members, " ")
}

// etcdFiles lists what only an etcd node has: its manifest and its own certificates and keys, and no authority's key.
func (g *Generator) etcdFiles(n cluster.Node) ([]seeds.GuestFile, error) {
	var list fileList
	manifest, err := g.etcdPod(n)
	list.note(err)
	list.add(etcdManifest, 0o644, manifest)
	pki, err := g.secrets.EtcdPKI(n.InstanceID, n.Name, n.Address)
	list.note(err)
	list.pki([]pkiFile{
		{"etcd/ca.crt", g.secrets.EtcdCA.Cert, ""},
		{"etcd/server.crt", pki.Server.Cert, ""},
		{"etcd/server.key", pki.Server.Key, "etcd server key"},
		{"etcd/peer.crt", pki.Peer.Cert, ""},
		{"etcd/peer.key", pki.Peer.Key, "etcd peer key"},
		{"etcd/healthcheck-client.crt", pki.HealthCheck.Cert, ""},
		{"etcd/healthcheck-client.key", pki.HealthCheck.Key, "etcd health check key"},
	}, nil)
	return list.files, list.err
}

// etcdClientFiles are what a control plane needs to use an external etcd.
func (g *Generator) etcdClientFiles() ([]pkiFile, error) {
	client, err := g.secrets.EtcdClient(g.cluster.Name)
	return []pkiFile{
		{"etcd/ca.crt", g.secrets.EtcdCA.Cert, ""},
		{etcdClientCrt, client.Cert, ""},
		{etcdClientKey, client.Key, "etcd client key"},
	}, err
}

// etcdArgs are the arguments of a member: kubeadm's own, and over them the user's.
func (g *Generator) etcdArgs(n cluster.Node) []cluster.Arg {
	var peers []string
	for _, m := range g.cluster.EtcdMembers() {
		peers = append(peers, m.Name+"="+etcdURL(m, "2380"))
	}
	args := []cluster.Arg{
		{Name: "name", Value: n.Name},
		{Name: "data-dir", Value: etcdDataDir},
		{Name: "listen-client-urls", Value: "https://127.0.0.1:2379," + etcdURL(n, "2379")},
		{Name: "advertise-client-urls", Value: etcdURL(n, "2379")},
		{Name: "listen-peer-urls", Value: etcdURL(n, "2380")},
		{Name: "initial-advertise-peer-urls", Value: etcdURL(n, "2380")},
		{Name: "listen-metrics-urls", Value: "http://127.0.0.1:2381"},
		// the etcd step writes these two anew for a member that joins; members of two clusters refuse each other by the token
		{Name: "initial-cluster", Value: strings.Join(peers, ",")},
		{Name: "initial-cluster-state", Value: "new"},
		{Name: "initial-cluster-token", Value: g.cluster.Name + "-" + g.secrets.Fingerprint()},
		{Name: "trusted-ca-file", Value: etcdPKIDir + "/ca.crt"},
		{Name: "cert-file", Value: etcdPKIDir + "/server.crt"},
		{Name: "key-file", Value: etcdPKIDir + "/server.key"},
		{Name: "client-cert-auth", Value: "true"},
		{Name: "peer-trusted-ca-file", Value: etcdPKIDir + "/ca.crt"},
		{Name: "peer-cert-file", Value: etcdPKIDir + "/peer.crt"},
		{Name: "peer-key-file", Value: etcdPKIDir + "/peer.key"},
		{Name: "peer-client-cert-auth", Value: "true"},
		{Name: "snapshot-count", Value: "10000"},
	}
	args = append(args, g.cluster.Release.EtcdSafetyArgs()...)
	given := map[string]bool{}
	for _, a := range g.cluster.EtcdArgs {
		given[a.Name] = true
	}
	var all []cluster.Arg
	for _, a := range args {
		if !given[a.Name] {
			all = append(all, a)
		}
	}
	return append(all, g.cluster.EtcdArgs...)
}

// etcdPod is the static pod of a member, as kubeadm writes its own. It has no startup probe: a member that waits for the
// others to be powered on is as it should be.
func (g *Generator) etcdPod(n cluster.Node) ([]byte, error) {
	type m = map[string]any
	command := []string{"etcd"}
	for _, a := range g.etcdArgs(n) {
		command = append(command, "--"+a.Name+"="+a.Value)
	}
	return encode(m{
		"apiVersion": "v1",
		"kind":       "Pod",
		"metadata":   m{"name": "etcd", "namespace": "kube-system", "labels": m{"component": "etcd", "tier": "control-plane"}},
		"spec": m{
			"hostNetwork": true,
			// nothing turns the class into the number here, without which the kubelet would evict etcd from a full disk
			"priority":          2000001000,
			"priorityClassName": "system-node-critical",
			"securityContext":   m{"seccompProfile": m{"type": "RuntimeDefault"}},
			"containers": []m{{
				"name":            "etcd",
				"image":           g.etcdImage(),
				"imagePullPolicy": "IfNotPresent",
				"command":         command,
				"resources":       m{"requests": m{"cpu": "100m", "memory": "100Mi"}},
				"livenessProbe": m{
					"httpGet":             m{"host": "127.0.0.1", "path": "/health?exclude=NOSPACE&serializable=true", "port": 2381, "scheme": "HTTP"},
					"initialDelaySeconds": 10, "periodSeconds": 10, "timeoutSeconds": 15, "failureThreshold": 8,
				},
				"volumeMounts": []m{{"name": "data", "mountPath": etcdDataDir}, {"name": "pki", "mountPath": etcdPKIDir, "readOnly": true}},
			}},
			"volumes": []m{
				{"name": "data", "hostPath": m{"path": etcdDataDir, "type": "DirectoryOrCreate"}},
				{"name": "pki", "hostPath": m{"path": etcdPKIDir, "type": "Directory"}},
			},
		},
	})
}

func (g *Generator) etcdImage() string {
	return g.cluster.Kubeadm.ImageRepository + "/etcd:" + g.cluster.Release.EtcdTag
}

// needsAPI are fields of the kubelet's configuration that mean nothing, or stop it, where there is no API server to ask.
var needsAPI = []string{"rotateCertificates", "serverTLSBootstrap", "tlsCertFile", "tlsPrivateKeyFile"}

// standaloneKubelet is the configuration of a kubelet that runs static pods and answers nobody: the user's fields, which may
// be what makes it start on this machine, and over them what it is for.
func (g *Generator) standaloneKubelet() ([]byte, error) {
	type m = map[string]any
	document := m{}
	maps.Copy(document, g.cluster.KubeletConfig)
	for _, field := range needsAPI {
		delete(document, field)
	}
	maps.Copy(document, m{
		"apiVersion":     "kubelet.config.k8s.io/v1beta1",
		"kind":           "KubeletConfiguration",
		"cgroupDriver":   "systemd",
		"staticPodPath":  "/etc/kubernetes/manifests",
		"enableServer":   false,
		"authentication": m{"anonymous": m{"enabled": false}, "webhook": m{"enabled": false}},
		"authorization":  m{"mode": "AlwaysAllow"},
	})
	return encode(document)
}
