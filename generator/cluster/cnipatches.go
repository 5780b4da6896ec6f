// SPDX-License-Identifier: Apache-2.0

package cluster

import "github.com/hakube/hakube-seed/generator/manifest"

// variable is an entry of a container's environment.
type variable struct{ name, value string }

// env is a container's environment.
type env []variable

// fields spells the environment. An entry that a manifest takes from elsewhere becomes a plain one: the API refuses both.
func (e env) fields() []manifest.Fields {
	var list []manifest.Fields
	for _, v := range e {
		list = append(list, manifest.Fields{"name": v.name, "value": v.value, "valueFrom": nil})
	}
	return list
}

// daemonSet is a patch of a container on every node.
func daemonSet(namespace, name string, container manifest.Fields) manifest.Patch {
	pod := manifest.Fields{"spec": manifest.Fields{"containers": []manifest.Fields{container}}}
	return manifest.Patch{
		APIVersion: "apps/v1", Kind: "DaemonSet", Namespace: namespace, Name: name,
		Fields: manifest.Fields{"spec": manifest.Fields{"template": pod}},
	}
}

func configMap(namespace, name string, data manifest.Fields) manifest.Patch {
	return manifest.Patch{APIVersion: "v1", Kind: "ConfigMap", Namespace: namespace, Name: name, Fields: manifest.Fields{"data": data}}
}
