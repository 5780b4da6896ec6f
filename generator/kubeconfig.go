// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"encoding/base64"
	"net/netip"
)

// Kubeconfig returns the administrator's kubeconfig. Its server is the endpoint's address where that is known: the host
// that people work from normally cannot resolve the cluster's names.
func (g *Generator) Kubeconfig() ([]byte, error) {
	type m = map[string]any
	server := g.endpoint()
	if g.cluster.Endpoint.Address.IsValid() {
		server = netip.AddrPortFrom(g.cluster.Endpoint.Address, g.cluster.Endpoint.Port).String()
	}
	name := g.cluster.Name
	user := "kubernetes-admin@" + name
	return encode(m{
		"apiVersion": "v1",
		"kind":       "Config",
		"clusters": []m{{"name": name, "cluster": m{
			"certificate-authority-data": base64Text(g.secrets.ClusterCA.Cert),
			"server":                     "https://" + server,
		}}},
		"users": []m{{"name": user, "user": m{
			"client-certificate-data": base64Text(g.secrets.Admin.Cert),
			"client-key-data":         base64Text(g.secrets.Admin.Key),
		}}},
		"contexts":        []m{{"name": user, "context": m{"cluster": name, "user": user}}},
		"current-context": user,
	})
}

func base64Text(pem []byte) string { return base64.StdEncoding.EncodeToString(pem) }
