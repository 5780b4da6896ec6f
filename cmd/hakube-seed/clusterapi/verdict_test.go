// SPDX-License-Identifier: Apache-2.0

package clusterapi_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakube/hakube-seed/cmd/hakube-seed/clusterapi"
	"github.com/hakube/hakube-seed/cmd/hakube-seed/clusterapi/apitest"
)

var want = clusterapi.Expected{Version: "1.37.2", ControlPlanes: []string{"cp1", "cp2"}, Workers: []string{"w1"}}

func client(t *testing.T, kubeconfig string) *clusterapi.Client {
	t.Helper()
	c, err := clusterapi.New([]byte(kubeconfig))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func verdictOn(t *testing.T, s apitest.Server, want clusterapi.Expected) clusterapi.Verdict {
	t.Helper()
	_, kubeconfig := apitest.NewAuthority(t).Serve(t, s)
	c := client(t, kubeconfig)
	facts, err := c.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c.Judge(facts, want)
}

func missing(v clusterapi.Verdict) []string {
	var texts []string
	for _, c := range v.Checks {
		if !c.Passed {
			texts = append(texts, c.Name+": "+c.Detail)
		}
	}
	return texts
}

func TestCompleteCluster(t *testing.T) {
	v := verdictOn(t, apitest.Complete(), want)
	if !v.Complete || missing(v) != nil || len(v.Nodes) != 3 || len(v.Credentials) != 0 {
		t.Errorf("%+v", v)
	}
	var names []string
	for _, e := range v.Certificates {
		names = append(names, fmt.Sprintf("%s: %d days", e.What, int((time.Until(e.Ends)+time.Minute).Hours()/24)))
	}
	wantNames := []string{"cluster CA: 3650 days", "administrator's certificate in the kubeconfig: 365 days", "API server's certificate (cp1): 365 days"}
	if diff := cmp.Diff(wantNames, names); diff != "" {
		t.Errorf("certificates (-want +got):\n%s", diff)
	}
}

func TestWhatIsMissing(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(apitest.Server)
		want   string
	}{
		{"a check of readyz", func(s apitest.Server) { s[apitest.Ready] = "[+]ping ok\n[-]etcd failed: reason withheld\n" }, "API: etcd is not ready"},
		{"a node", func(s apitest.Server) {
			s[apitest.Nodes] = apitest.List("Node", apitest.Node("cp1", "control-plane", "v1.37.2", "True"), apitest.Node("cp2", "control-plane", "v1.37.2", "True"))
		}, "nodes: w1 has not joined"},
		{"readiness", func(s apitest.Server) {
			s[apitest.Nodes] = strings.Replace(s[apitest.Nodes], `"type":"Ready","status":"True"`, `"type":"Ready","status":"False"`, 1)
		}, "nodes: cp1 is not Ready (container runtime network not ready)"},
		{"the version", func(s apitest.Server) { s[apitest.Nodes] = strings.Replace(s[apitest.Nodes], "v1.37.2", "v1.36.3", 1) }, "nodes: cp1 is at v1.36.3, the inventory wants v1.37.2"},
		{"the role", func(s apitest.Server) {
			s[apitest.Nodes] = strings.Replace(s[apitest.Nodes], `"node-role.kubernetes.io/control-plane":"",`, "", 1)
		}, "nodes: cp1 is not the control plane that the inventory wants"},
		{"a range for pods", func(s apitest.Server) {
			s[apitest.Nodes] = strings.Replace(s[apitest.Nodes], `"podCIDR":"10.244.0.0/24"`, `"podCIDR":""`, 1)
		}, "pod addresses: cp1 has no addresses for pods"},
		{"a static pod", func(s apitest.Server) {
			s[apitest.Pods] = strings.Replace(s[apitest.Pods], "kube-scheduler-cp2", "kube-scheduler-cp9", 1)
		}, "control plane: kube-scheduler of cp2 is not Ready"},
		{"a member of etcd", func(s apitest.Server) { s[apitest.Pods] = strings.Replace(s[apitest.Pods], "etcd-cp1", "etcd-cp9", 1) }, "etcd: etcd of cp1 is not Ready"},
		{"the other DNS", func(s apitest.Server) {
			s[apitest.Pods] = strings.Replace(s[apitest.Pods], `"nodeName":"w1"`, `"nodeName":"cp1"`, 1)
		}, "DNS: coredns runs on cp1 alone"},
		{"kube-proxy somewhere", func(s apitest.Server) {
			s[apitest.Daemons] = strings.Replace(s[apitest.Daemons], `"numberReady":3`, `"numberReady":2`, 1)
		}, "on every node: kube-proxy is Ready on 2 of 3 nodes"},
		{"everything on every node", func(s apitest.Server) { s[apitest.Daemons] = apitest.List("DaemonSet") }, "on every node: there is neither kube-proxy nor a pod network"},
		{"an approval", func(s apitest.Server) {
			s[apitest.Requests] = apitest.List("CertificateSigningRequest", `{"metadata":{"name":"csr-2"},"status":{}}`)
		}, "certificate requests: csr-2 waits for an approval"},
		{"the end of credentials", func(s apitest.Server) { s[apitest.Certs] = `{"kind":"Secret"}` }, "join credentials: the uploaded certificates are still there: the first control plane deletes them when every node has joined"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := apitest.Complete()
			c.change(s)
			v := verdictOn(t, s, want)
			if diff := cmp.Diff([]string{c.want}, missing(v)); diff != "" || v.Complete {
				t.Errorf("complete: %v (-want +got):\n%s", v.Complete, diff)
			}
		})
	}
}

func TestTokensAndStrangers(t *testing.T) {
	s := apitest.Complete()
	ends := time.Date(2031, 11, 24, 12, 0, 0, 0, time.UTC)
	secret := func(id, field string) string {
		return fmt.Sprintf(`{"metadata":{"name":"bootstrap-token-%s"},"type":"bootstrap.kubernetes.io/token","data":{%s"token-secret":"MDEyMzQ1Njc4OWFiY2RlZg=="}}`, id, field)
	}
	s[apitest.Tokens] = apitest.List("Secret", secret("abcdef", `"expiration":"`+base64.StdEncoding.EncodeToString([]byte(ends.Format(time.RFC3339)))+`",`), secret("zzzzzz", ""))
	s[apitest.Nodes] = apitest.List("Node", apitest.Node("cp1", "control-plane", "v1.37.2", "True"), apitest.Node("odd", "worker", "v1.37.2", "True"))
	v := verdictOn(t, s, clusterapi.Expected{Version: "1.37.2", ControlPlanes: []string{"cp1"}, ExternalEtcd: true})
	if diff := cmp.Diff([]clusterapi.Expiry{{What: "bootstrap token abcdef", Ends: ends}, {What: "bootstrap token zzzzzz"}}, v.Credentials); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"nodes: odd is not in the inventory"}, missing(v)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if strings.Contains(fmt.Sprintf("%+v", v), "0123456789abcdef") {
		t.Error("the verdict holds a token")
	}
}

func TestNodes(t *testing.T) {
	_, kubeconfig := apitest.NewAuthority(t).Serve(t, apitest.Complete())
	states, err := client(t, kubeconfig).Nodes(t.Context())
	if err != nil || !want.AllReady(states) || states["w1"].Version != "v1.37.2" {
		t.Errorf("%v: %v", err, states)
	}
	delete(states, "w1")
	if want.AllReady(states) {
		t.Error("a node that has not joined counts as Ready")
	}
}

func TestNoAnswer(t *testing.T) {
	ours, other := apitest.NewAuthority(t), apitest.NewAuthority(t)
	gone, kubeconfig := ours.Serve(t, apitest.Complete())
	foreign, _ := other.Serve(t, apitest.Complete())
	noAPI, noAPIConfig := ours.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }))
	gone.Close()
	for _, c := range []struct{ name, kubeconfig, want string }{
		{"nobody listens", kubeconfig, "the API at " + gone.URL + " does not answer: "},
		{"another cluster", ours.Kubeconfig(t, foreign.URL), "the API at " + foreign.URL + " does not answer: its certificate is not of this cluster's CA"},
		{"no API", noAPIConfig, "what answers at " + noAPI.URL + " to /api/v1/nodes is no API of Kubernetes"},
	} {
		if _, err := client(t, c.kubeconfig).Look(t.Context()); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	s := apitest.Complete()
	delete(s, apitest.Requests)
	server, kubeconfig := ours.Serve(t, s)
	if _, err := client(t, kubeconfig).Look(t.Context()); err == nil || err.Error() != "the API at "+server.URL+" answers 404 to "+apitest.Requests {
		t.Errorf("a question without an answer: %v", err)
	}
	if v := clusterapi.Unreachable(fmt.Errorf("silence")); v.Complete || !slices.Equal(missing(v), []string{"API: silence"}) {
		t.Errorf("%+v", v)
	}
}

func TestForeignKubeconfig(t *testing.T) {
	whole := apitest.NewAuthority(t).Kubeconfig(t, "https://10.0.0.1:6443")
	for name, text := range map[string]string{
		"nothing":   "",
		"no YAML":   "\t",
		"an http":   strings.Replace(whole, "https://", "http://", 1),
		"no base64": strings.Replace(whole, "client-key-data: ", "client-key-data: #", 1),
		"no user":   strings.Split(whole, "users:")[0],
	} {
		if _, err := clusterapi.New([]byte(text)); err == nil || err.Error() != "not a kubeconfig that hakube-seed wrote" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if c := client(t, whole); c.Server != "https://10.0.0.1:6443" || c.Admin.Subject.CommonName != "kubernetes-admin" {
		t.Errorf("%+v", c)
	}
}
