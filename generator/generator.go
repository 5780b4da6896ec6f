// SPDX-License-Identifier: Apache-2.0

// Package generator decides which guest file lands on which node.
//
// In go a Cluster and its Secrets; out comes one Seed per node, and the administrator's kubeconfig. The same cluster and
// the same secrets give the same bytes. Only the first control plane's seed holds CA keys; a worker's holds the bootstrap
// token and nothing else that is secret; an etcd node's its own keys; a load balancer's none of the cluster's secrets, only,
// where two share a virtual IP, the password of their adverts. The package is pure.
package generator

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"sync"
	"time"

	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/generator/secrets"
	"github.com/hakube/hakube-seed/seeds"
)

// Generator makes the seeds of one cluster. It may be used by several goroutines at once.
type Generator struct {
	cluster *cluster.Cluster
	secrets *secrets.Secrets

	notBefore     time.Time // when the secrets were made: no guest clock may be before it
	controlPlanes []cluster.Node
	allHosts      []host // every name of the cluster
	coreHosts     []host // the names that every node needs

	mu     sync.Mutex
	shared map[sharedKey]sharedParts
}

// New prepares a generator. Its error is a cluster CA in the secrets that cannot be read.
func New(c *cluster.Cluster, s *secrets.Secrets) (*Generator, error) {
	block, _ := pem.Decode(s.ClusterCA.Cert)
	if block == nil {
		return nil, fmt.Errorf("reading secrets: ca.crt: not a PEM block")
	}
	ca, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("reading secrets: ca.crt: %w", err)
	}
	g := &Generator{
		cluster:       c,
		secrets:       s,
		notBefore:     ca.NotBefore,
		controlPlanes: c.NodesWith(cluster.RoleControlPlane),
		shared:        map[sharedKey]sharedParts{},
	}
	g.allHosts = hosts(c, func(cluster.Node) bool { return true })
	g.coreHosts = hosts(c, func(n cluster.Node) bool { return n.Role != cluster.RoleWorker && n.Role != cluster.RoleEtcd })
	return g, nil
}

// Seed makes the seed of one node of the cluster. Its errors are faults of this program, not of the inventory.
func (g *Generator) Seed(n cluster.Node) (seeds.Seed, error) {
	steps := g.stepsOf(n)
	shared, err := g.sharedParts(n, steps)
	if err != nil {
		return seeds.Seed{}, fmt.Errorf("node %q: %w", n.Name, err)
	}
	files, err := g.nodeFiles(n, steps)
	if err != nil {
		return seeds.Seed{}, fmt.Errorf("node %q: %w", n.Name, err)
	}
	files = append(files, g.record(n, steps, files))
	files = append(files, checksums("files.sha256", files))
	encoded, err := seeds.EncodeFiles(files)
	if err != nil {
		return seeds.Seed{}, fmt.Errorf("node %q: %w", n.Name, err)
	}
	network, err := networkConfig(g.cluster.Network, n)
	if err != nil {
		return seeds.Seed{}, fmt.Errorf("node %q: %w", n.Name, err)
	}
	metaData, err := metaData(n)
	return seeds.Seed{
		Node:          n.Name,
		MetaData:      metaData,
		UserData:      seeds.UserData(n.Name, shared.config, shared.encoded, encoded),
		NetworkConfig: network,
		// cloud-init takes an absent vendor-data for an unfinished seed over HTTP; the same four files on all media
		VendorData: []byte("#cloud-config\n{}\n"),
		Secrets:    seeds.Contents{Files: files, PasswordHash: n.User.PasswordHash != ""}.SecretNames(),
	}, err
}

// first reports whether the node is the one that runs kubeadm init.
func (g *Generator) first(n cluster.Node) bool { return n.Name == g.controlPlanes[0].Name }
