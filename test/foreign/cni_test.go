// SPDX-License-Identifier: Apache-2.0

//go:build foreign

package foreign

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakube/hakube-seed/generator/cluster"
)

const cniDir = "/etc/hakube/cni/"

// kustomize is what the step cni runs on a directory.
func kustomize(t *testing.T, dir string) verdict {
	t.Helper()
	return run(t, judge("kubectl-v1.37.2", "kustomize", host(dir)))
}

// manifests are manifests with Calico's structure: as published, and as its readers are told to edit it, each as it is
// for one of the two ways that Calico's datastore is reached.
func manifests(t *testing.T, c *cluster.Cluster) map[string][]byte {
	t.Helper()
	published, err := os.ReadFile("testdata/manifests/calico.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if c.CNI.Typha {
		typha, err := os.ReadFile("testdata/manifests/typha.yaml")
		if err != nil {
			t.Fatal(err)
		}
		published = slices.Concat(published, []byte("---\n"), typha)
		published = edited(t, published, "typha_service_name: none", "typha_service_name: calico-typha")
	}
	by := edited(t, published, "            # - name: CALICO_IPV4POOL_CIDR", "            - name: CALICO_IPV4POOL_CIDR")
	by = edited(t, by, "            #   value: \"192", "              value: \"192")
	return map[string][]byte{"as published": published, "edited by hand": by}
}

// TestCalicoSettings: kubectl puts the settings into the manifest once each, and changes nothing else in it.
func TestCalicoSettings(t *testing.T) {
	t.Parallel()
	seen := map[bool]bool{}
	for _, e := range examples(t) {
		c := e.cluster
		if c.CNI.Name != "calico" {
			continue
		}
		seen[c.CNI.Typha] = true
		settings := calicoSettings(c)
		for how, manifest := range manifests(t, c) {
			if v := kustomize(t, cniDirectory(t, e, manifest)); v.failed {
				t.Errorf("%s: the manifest %s: %s", e.name, how, v)
			} else {
				wanted, got := objects(t, manifest, settings), objects(t, []byte(v.said), nil)
				if c.PodSubnets.Has(cluster.IPv6) {
					takeCNIConfig(t, wanted, got, c)
				}
				if diff := cmp.Diff(wanted, got); diff != "" {
					t.Errorf("%s: the manifest %s, wanted (-) and got (+):\n%s", e.name, how, diff)
				}
			}
		}
	}
	if !seen[true] || !seen[false] {
		t.Error("the examples are not both with and without Typha")
	}
}

// takeCNIConfig: pods get addresses of the cluster's families by a CNI configuration that is JSON once Calico has filled
// it in, and the rest of the ConfigMap is as it was.
func takeCNIConfig(t *testing.T, wanted, got map[string]any, c *cluster.Cluster) {
	t.Helper()
	const id, key = "ConfigMap kube-system/calico-config", "cni_network_config"
	text, _ := field(got[id].(object), "data", key).(string)
	var config struct {
		Plugins []struct {
			Type string            `json:"type"`
			MTU  int               `json:"mtu"`
			IPAM map[string]string `json:"ipam"`
		} `json:"plugins"`
	}
	if err := json.Unmarshal([]byte(strings.ReplaceAll(text, "__CNI_MTU__", "1450")), &config); err != nil || len(config.Plugins) != 3 {
		t.Fatalf("%v in %s", err, text)
	}
	ipam := map[string]string{"type": "calico-ipam", "assign_ipv4": strconv.FormatBool(c.PodSubnets.Has(cluster.IPv4)), "assign_ipv6": "true"}
	if p := config.Plugins[0]; p.Type != "calico" || p.MTU != 1450 || !maps.Equal(p.IPAM, ipam) {
		t.Errorf("%+v, want %v", p, ipam)
	}
	field(wanted[id].(object), "data").(object)[key] = text
}

func calicoSettings(c *cluster.Cluster) map[string]string {
	settings := map[string]string{}
	for i, subnet := range c.PodSubnets {
		family, autodetection := "IPV4", "IP_AUTODETECTION_METHOD"
		if subnet.Addr().Is6() {
			family, autodetection = "IPV6", "IP6_AUTODETECTION_METHOD"
			settings["IP6"], settings["FELIX_IPV6SUPPORT"], settings["CALICO_IPV6POOL_NAT_OUTGOING"] = "autodetect", "true", "true"
		}
		settings["CALICO_"+family+"POOL_CIDR"] = subnet.String()
		settings["CALICO_"+family+"POOL_BLOCK_SIZE"] = strconv.Itoa(c.CNI.BlockSizes[i])
		settings[autodetection] = "kubernetes-internal-ip"
	}
	if !c.PodSubnets.Has(cluster.IPv4) {
		settings["IP"], settings["CALICO_ROUTER_ID"] = "none", "hash"
	}
	return settings
}

// TestManifestUnchanged: a manifest of the user's that is not Calico's passes through kubectl as it is.
func TestManifestUnchanged(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, e := range examples(t) {
		if e.cluster.CNI.Name != "manifest" || e.cluster.CNI.Manifest == nil {
			continue
		}
		checked++
		v := kustomize(t, cniDirectory(t, e, e.cluster.CNI.Manifest))
		if diff := cmp.Diff(objects(t, e.cluster.CNI.Manifest, nil), objects(t, []byte(v.said), nil)); v.failed || diff != "" {
			t.Errorf("%s: %s\nwanted (-) and got (+):\n%s", e.name, v, diff)
		}
	}
	if checked == 0 {
		t.Error("no example has a manifest of its own")
	}
}

// TestKustomizeRefusesAnotherManifest: without a calico-node, the settings have nothing to go to.
func TestKustomizeRefusesAnotherManifest(t *testing.T) {
	t.Parallel()
	for _, e := range examples(t) {
		if e.cluster.CNI.Name == "calico" {
			if v := kustomize(t, cniDirectory(t, e, []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"))); !v.failed {
				t.Errorf("%s: a manifest without calico-node is taken:\n%s", e.name, v)
			}
		}
	}
}

// cniDirectory is the first control plane's directory of the step cni, with a manifest.
func cniDirectory(t *testing.T, e example, manifest []byte) string {
	t.Helper()
	dir := scratch(t)
	for _, f := range firstMedium(t, e).files {
		if name, ok := strings.CutPrefix(f.Path, cniDir); ok {
			write(t, filepath.Join(dir, name), f.Content)
		}
	}
	write(t, filepath.Join(dir, "manifest.yaml"), manifest)
	return dir
}

type object = map[string]any

// objects are the objects of a manifest by kind and name, with settings in calico-node's environment. The order of an
// environment means nothing here and is taken out of it.
func objects(t *testing.T, manifest []byte, settings map[string]string) map[string]any {
	t.Helper()
	found := map[string]any{}
	for _, document := range documentsOf(t, manifest) {
		o := document.(object)
		metadata := o["metadata"].(object)
		id := fmt.Sprint(o["kind"], " ", metadata["namespace"], "/", metadata["name"])
		if found[id] != nil {
			t.Fatalf("%s is there twice", id)
		}
		found[id] = o
		template, _ := field(o, "spec", "template", "spec").(object)
		for _, list := range []string{"containers", "initContainers"} {
			containers, _ := template[list].([]any)
			for _, c := range containers {
				container := c.(object)
				environment := map[string]any{}
				entries, _ := container["env"].([]any)
				for _, entry := range entries {
					name := entry.(object)["name"].(string)
					if environment[name] != nil {
						t.Fatalf("%s: container %s has %s twice", id, container["name"], name)
					}
					environment[name] = entry
				}
				if container["name"] == "calico-node" {
					for name, value := range settings {
						environment[name] = object{"name": name, "value": value}
					}
				}
				container["env"] = environment
			}
		}
	}
	return found
}

func field(o object, path ...string) any {
	var value any = o
	for _, name := range path {
		mapping, _ := value.(object)
		value = mapping[name]
	}
	return value
}
