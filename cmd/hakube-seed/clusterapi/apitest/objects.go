// SPDX-License-Identifier: Apache-2.0

package apitest

import (
	"fmt"
	"net/http"
	"strings"
)

// Server answers with the objects of a cluster, in the shape that an API server gives them; a test changes some.
type Server map[string]string

func (s Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if r.URL.RawQuery != "" {
		path += "?" + r.URL.RawQuery
	}
	body, there := s[path]
	switch {
	case !there:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}`)
		return
	case strings.Contains(body, "[-]"):
		w.WriteHeader(http.StatusInternalServerError)
	}
	fmt.Fprint(w, body)
}

// List returns a list of objects.
func List(kind string, items ...string) string {
	return fmt.Sprintf(`{"kind":"%sList","apiVersion":"v1","metadata":{"resourceVersion":"4711"},"items":[%s]}`, kind, strings.Join(items, ","))
}

// Node returns a node; ready is True or False.
func Node(name, role, version, ready string) string {
	label := ""
	if role == "control-plane" {
		label = `"node-role.kubernetes.io/control-plane":"",`
	}
	return fmt.Sprintf(`{"metadata":{"name":%q,"uid":"9ea1","labels":{%s"kubernetes.io/hostname":%q}},"spec":{"podCIDR":"10.244.0.0/24","podCIDRs":["10.244.0.0/24"]},
"status":{"conditions":[{"type":"MemoryPressure","status":"False"},{"type":"Ready","status":%q,"reason":"KubeletNotReady","message":"container runtime network not ready"}],
"nodeInfo":{"kubeletVersion":%q,"osImage":"Debian GNU/Linux 12"}}}`, name, label, name, ready, version)
}

// Pod returns a pod of kube-system.
func Pod(name, app, node, ready string) string {
	return fmt.Sprintf(`{"metadata":{"name":%q,"namespace":"kube-system","labels":{"k8s-app":%q}},"spec":{"nodeName":%q},
"status":{"phase":"Running","conditions":[{"type":"Initialized","status":"True"},{"type":"Ready","status":%q}]}}`, name, app, node, ready)
}

// DaemonSet returns one for three nodes.
func DaemonSet(namespace, name string, ready int) string {
	return fmt.Sprintf(`{"metadata":{"name":%q,"namespace":%q},"status":{"currentNumberScheduled":3,"desiredNumberScheduled":3,"numberReady":%d}}`, name, namespace, ready)
}

// Paths that are asked for.
const (
	Pods     = "/api/v1/namespaces/kube-system/pods"
	Nodes    = "/api/v1/nodes"
	Tokens   = "/api/v1/namespaces/kube-system/secrets?fieldSelector=type%3Dbootstrap.kubernetes.io%2Ftoken"
	Certs    = "/api/v1/namespaces/kube-system/secrets/kubeadm-certs"
	Daemons  = "/apis/apps/v1/daemonsets"
	Requests = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
	Ready    = "/readyz?verbose"
)

// Complete is a cluster of Kubernetes 1.37.2 that has two control planes and a worker, and nothing is missing.
func Complete() Server {
	var podObjects []string
	for _, n := range []string{"cp1", "cp2"} {
		for _, c := range []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"} {
			podObjects = append(podObjects, Pod(c+"-"+n, "", n, "True"))
		}
	}
	podObjects = append(podObjects, Pod("coredns-1", "kube-dns", "cp1", "True"), Pod("coredns-2", "kube-dns", "w1", "True"))
	return Server{
		Ready:   "[+]ping ok\n[+]etcd ok\nreadyz check passed\n",
		Nodes:   List("Node", Node("cp1", "control-plane", "v1.37.2", "True"), Node("cp2", "control-plane", "v1.37.2", "True"), Node("w1", "worker", "v1.37.2", "True")),
		Pods:    List("Pod", podObjects...),
		Daemons: List("DaemonSet", DaemonSet("kube-system", "kube-proxy", 3), DaemonSet("kube-flannel", "kube-flannel-ds", 3), DaemonSet("default", "mine", 0)),
		"/apis/apps/v1/namespaces/kube-system/deployments": List("Deployment", `{"metadata":{"name":"coredns"},"status":{"conditions":[{"type":"Available","status":"True"}]}}`),
		Tokens:   List("Secret"),
		Requests: List("CertificateSigningRequest", `{"metadata":{"name":"csr-1"},"status":{"conditions":[{"type":"Approved","status":"True"}]}}`),
	}
}
