// SPDX-License-Identifier: Apache-2.0

//go:build foreign

package foreign

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// asPod returns what Kubernetes makes of a pod's manifest in which the guest has filled in what it knows: a field that it
// does not know is lost.
func asPod(t *testing.T, content string) (sent, kept map[string]any) {
	t.Helper()
	content = strings.NewReplacer("@interface@", "eth0", "@kubeconfig@", "admin.conf").Replace(content)
	path := filepath.Join(scratch(t), "pod.yaml")
	write(t, path, []byte(content))
	v := run(t, judge("kubectl-v1.37.2", "set", "image", "--local", "-f", host(path), "kube-vip=example.com/other:v1", "-o", "yaml"))
	if err := yaml.Unmarshal([]byte(content), &sent); err != nil || v.failed {
		t.Fatalf("%v\n%s", err, v)
	}
	if err := yaml.Unmarshal([]byte(v.said), &kept); err != nil {
		t.Fatal(err)
	}
	container := kept["spec"].(map[string]any)["containers"].([]any)[0].(map[string]any)
	if container["image"] != "example.com/other:v1" {
		t.Fatalf("kubectl did not read it as a pod:\n%s", v.said)
	}
	container["image"] = sent["spec"].(map[string]any)["containers"].([]any)[0].(map[string]any)["image"]
	delete(container, "resources") // written although empty
	delete(kept, "status")
	return sent, kept
}

// TestKubeVIPIsAPod: what the kubelet will read has no field that it would pass over.
func TestKubeVIPIsAPod(t *testing.T) {
	t.Parallel()
	documents := guestFile(t, "/etc/hakube/kube-vip.yaml")
	for _, d := range documents {
		if sent, kept := asPod(t, string(d.content)); !reflect.DeepEqual(sent, kept) {
			t.Errorf("%s: Kubernetes keeps\n%v\nof\n%v", d.name, kept, sent)
		}
	}
	bad := edited(t, documents[0].content, "hostNetwork:", "hostNetwrok:")
	if sent, kept := asPod(t, string(bad)); reflect.DeepEqual(sent, kept) {
		t.Error("a mistyped field is not noticed")
	}
}
