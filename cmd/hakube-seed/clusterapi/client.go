// SPDX-License-Identifier: Apache-2.0

// Package clusterapi looks at a finished, or half finished, cluster through its API, and says what is still missing.
//
// In go the kubeconfig that gen wrote and what the inventory wants; out come facts, and a verdict on them. It only ever
// reads. It trusts the cluster's own CA, whatever this machine trusts, and no error text holds what a kubeconfig or a
// Secret holds.
package clusterapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

const (
	answerLimit = 5 * time.Second
	bodyLimit   = 64 << 20 // more than the lists of a cluster of a thousand nodes
)

// Client asks one API server.
type Client struct {
	Server string            // URL without a slash at its end
	CA     *x509.Certificate // the cluster's
	Admin  *x509.Certificate // by which this client is known
	http   *http.Client
}

// kubeconfig is what gen writes of it.
type kubeconfig struct {
	Clusters []struct {
		Cluster struct {
			CA     string `yaml:"certificate-authority-data"`
			Server string `yaml:"server"`
		} `yaml:"cluster"`
	} `yaml:"clusters"`
	Users []struct {
		User struct {
			Cert string `yaml:"client-certificate-data"`
			Key  string `yaml:"client-key-data"`
		} `yaml:"user"`
	} `yaml:"users"`
}

var errForeign = errors.New("not a kubeconfig that hakube-seed wrote")

// New reads a kubeconfig with one cluster and one user, as gen writes it.
func New(config []byte) (*Client, error) {
	var k kubeconfig
	if err := yaml.Unmarshal(config, &k); err != nil || len(k.Clusters) != 1 || len(k.Users) != 1 {
		return nil, errForeign
	}
	cluster, user := k.Clusters[0].Cluster, k.Users[0].User
	var pems [3][]byte
	for i, text := range []string{cluster.CA, user.Cert, user.Key} {
		var err error
		if pems[i], err = base64.StdEncoding.DecodeString(text); err != nil {
			return nil, errForeign
		}
	}
	pair, err := tls.X509KeyPair(pems[1], pems[2])
	if err != nil {
		return nil, errForeign
	}
	block, _ := pem.Decode(pems[0])
	if block == nil {
		return nil, errForeign
	}
	ca, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, errForeign
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	at, err := url.Parse(cluster.Server)
	if err != nil || at.Scheme != "https" || at.Host == "" {
		return nil, errForeign
	}
	return &Client{
		Server: strings.TrimSuffix(cluster.Server, "/"),
		CA:     ca,
		Admin:  pair.Leaf,
		http: &http.Client{
			Timeout: answerLimit,
			// No proxy: the cluster is on a network of this machine's.
			Transport: &http.Transport{
				TLSClientConfig:   &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12},
				ForceAttemptHTTP2: true,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// answer is what the API server has said.
type answer struct {
	status  int
	body    []byte
	serving *x509.Certificate
}

// ask sends a GET. Its error says in a few words why there is no answer at all.
func (c *Client) ask(ctx context.Context, path string) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Server+path, nil)
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Accept", "application/json, text/plain")
	response, err := c.http.Do(request)
	if err != nil {
		return answer{}, fmt.Errorf("the API at %s does not answer: %w", c.Server, reason(err))
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, bodyLimit))
	if err != nil {
		return answer{}, fmt.Errorf("the API at %s stopped in the middle of an answer", c.Server)
	}
	a := answer{status: response.StatusCode, body: body}
	if response.TLS != nil && len(response.TLS.PeerCertificates) > 0 {
		a.serving = response.TLS.PeerCertificates[0]
	}
	return a, nil
}

// list reads the items of a list into a pointer to a slice.
func (c *Client) list(ctx context.Context, path string, items any) error {
	a, err := c.ask(ctx, path)
	if err != nil {
		return err
	}
	if a.status != http.StatusOK {
		return fmt.Errorf("the API at %s answers %d to %s", c.Server, a.status, path)
	}
	var envelope struct{ Items json.RawMessage }
	if err := json.Unmarshal(a.body, &envelope); err == nil && envelope.Items != nil {
		err = json.Unmarshal(envelope.Items, items)
		if err == nil {
			return nil
		}
	}
	return fmt.Errorf("what answers at %s to %s is no API of Kubernetes", c.Server, path)
}

// reason shortens what package http says to its cause.
func reason(err error) error {
	var at *url.Error
	if errors.As(err, &at) {
		if at.Timeout() {
			return fmt.Errorf("nothing came within %s", answerLimit)
		}
		err = at.Err
	}
	var unknown x509.UnknownAuthorityError
	var op *net.OpError
	var call *os.SyscallError
	var verification *tls.CertificateVerificationError
	switch {
	case errors.As(err, &unknown):
		return errors.New("its certificate is not of this cluster's CA")
	case errors.As(err, &verification):
		return verification.Err
	case errors.As(err, &call):
		return call.Err
	case errors.As(err, &op):
		return op.Err
	}
	return err
}
