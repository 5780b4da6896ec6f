// SPDX-License-Identifier: Apache-2.0

//go:build foreign

package foreign

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakube/hakube-seed/generator/manifest"
)

const cniDir = "/etc/hakube/cni/"

// kustomize is what the step cni runs on a directory.
func kustomize(t *testing.T, dir string) verdict {
	t.Helper()
	return run(t, judge("kubectl-v1.37.2", "kustomize", host(dir)))
}

// manifests are those of test/manifests that a pod network has, by name; one of Calico's also as its readers are told to
// edit it.
func manifests(t *testing.T, network string) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	paths, err := filepath.Glob("../manifests/" + network + "-*.yaml")
	if err != nil || len(paths) < 2 {
		t.Fatalf("%d manifests of %s: %v", len(paths), network, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found[filepath.Base(path)] = text
	}
	if network == "calico" {
		by := edited(t, found["calico-v3.32.yaml"], "            # - name: CALICO_IPV4POOL_CIDR", "            - name: CALICO_IPV4POOL_CIDR")
		found["edited by hand"] = edited(t, by, "            #   value: \"192", "              value: \"192")
	}
	return found
}

// TestSettings: kubectl makes of a manifest that is downloaded what this program makes of the same one beside the inventory.
// Where this program says that an object is missing, kubectl ends in an error.
func TestSettings(t *testing.T) {
	t.Parallel()
	judged := map[string]int{}
	for _, e := range examples(t) {
		cni := e.cluster.CNI
		if len(cni.Patches) == 0 {
			continue
		}
		for name, text := range manifests(t, cni.Name) {
			v := kustomize(t, cniDirectory(t, e, text))
			m, err := manifest.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Edit(cni.Patches); (err != nil) != v.failed {
				t.Errorf("%s: %s: this program: %v, kubectl: %s", e.name, name, err, v)
			} else if err != nil {
				judged["refused"]++
				continue
			}
			fitted, err := m.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(objects(t, fitted), objects(t, []byte(v.said))); diff != "" {
				t.Errorf("%s: %s, by this program (-) and by kubectl (+):\n%s", e.name, name, diff)
			}
			judged[cni.Name]++
		}
	}
	if judged["calico"] == 0 || judged["flannel"] == 0 || judged["refused"] == 0 {
		t.Errorf("not all is judged: %v", judged)
	}
}

// TestManifestUnchanged: a manifest beside the inventory passes through kubectl as it is.
func TestManifestUnchanged(t *testing.T) {
	t.Parallel()
	checked := map[string]bool{}
	for _, e := range examples(t) {
		cni := e.cluster.CNI
		if cni.Fitted == nil {
			continue
		}
		checked[cni.Name] = true
		v := kustomize(t, cniDirectory(t, e, cni.Fitted))
		if diff := cmp.Diff(objects(t, cni.Fitted), objects(t, []byte(v.said))); v.failed || diff != "" {
			t.Errorf("%s: %s\nwanted (-) and got (+):\n%s", e.name, v, diff)
		}
	}
	if !checked["manifest"] || !checked["calico"] || !checked["cilium"] {
		t.Errorf("only %v have a manifest of their own", checked)
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

// objects are the objects of a manifest by kind and name. The order of an environment means nothing here and is taken out
// of it, and a text that is JSON counts by what it says.
func objects(t *testing.T, text []byte) map[string]any {
	t.Helper()
	found := map[string]any{}
	for _, document := range documentsOf(t, text) {
		o, isObject := document.(object)
		if !isObject {
			continue // comments
		}
		metadata := o["metadata"].(object)
		id := fmt.Sprint(o["kind"], " ", metadata["namespace"], "/", metadata["name"])
		if found[id] != nil {
			t.Fatalf("%s is there twice", id)
		}
		found[id] = o
		data, _ := o["data"].(object)
		for key, value := range data {
			var parsed struct{ Network, Backend any }
			if json.Unmarshal([]byte(value.(string)), &parsed) == nil && parsed.Network != nil {
				data[key] = parsed
			}
		}
		template, _ := field(o, "spec", "template", "spec").(object)
		for _, list := range []string{"containers", "initContainers"} {
			containers, _ := template[list].([]any)
			for _, c := range containers {
				environmentByName(t, id, c.(object))
			}
		}
	}
	return found
}

func environmentByName(t *testing.T, id string, container object) {
	t.Helper()
	environment := map[string]any{}
	entries, _ := container["env"].([]any)
	for _, entry := range entries {
		name := entry.(object)["name"].(string)
		if environment[name] != nil {
			t.Fatalf("%s: container %s has %s twice", id, container["name"], name)
		}
		environment[name] = entry
	}
	container["env"] = environment
}

func field(o object, path ...string) any {
	var value any = o
	for _, name := range path {
		mapping, _ := value.(object)
		value = mapping[name]
	}
	return value
}
