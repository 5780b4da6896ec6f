// SPDX-License-Identifier: Apache-2.0

package clusterapi

import "time"

// The fields of Kubernetes' objects that are looked at.
type (
	metadata struct {
		Name      string            `json:"name"`
		Namespace string            `json:"namespace"`
		Labels    map[string]string `json:"labels"`
	}
	condition struct {
		Type    string `json:"type"`
		Status  string `json:"status"`
		Message string `json:"message"`
	}
	node struct {
		Metadata metadata `json:"metadata"`
		Spec     struct {
			PodCIDR string `json:"podCIDR"`
		} `json:"spec"`
		Status struct {
			Conditions []condition `json:"conditions"`
			NodeInfo   struct {
				KubeletVersion string `json:"kubeletVersion"`
			} `json:"nodeInfo"`
		} `json:"status"`
	}
	pod struct {
		Metadata metadata `json:"metadata"`
		Spec     struct {
			NodeName string `json:"nodeName"`
		} `json:"spec"`
		Status struct {
			Conditions []condition `json:"conditions"`
		} `json:"status"`
	}
	daemonSet struct {
		Metadata metadata `json:"metadata"`
		Status   struct {
			Desired int `json:"desiredNumberScheduled"`
			Ready   int `json:"numberReady"`
		} `json:"status"`
	}
	deployment struct {
		Metadata metadata `json:"metadata"`
		Status   struct {
			Conditions []condition `json:"conditions"`
		} `json:"status"`
	}
	secret struct {
		Metadata metadata `json:"metadata"`
		Data     struct {
			Expiration []byte `json:"expiration"` // RFC 3339; other fields of a token are none of anybody's business
		} `json:"data"`
	}
	signingRequest struct {
		Metadata metadata `json:"metadata"`
		Status   struct {
			Conditions []condition `json:"conditions"`
		} `json:"status"`
	}
)

// is returns the condition of a type.
func is(conditions []condition, kind string) condition {
	for _, c := range conditions {
		if c.Type == kind {
			return c
		}
	}
	return condition{}
}

func (p pod) ready() bool { return is(p.Status.Conditions, "Ready").Status == "True" }

// ends returns when a bootstrap token ends, zero when it never does.
func (s secret) ends() time.Time {
	at, err := time.Parse(time.RFC3339, string(s.Data.Expiration))
	if err != nil {
		return time.Time{}
	}
	return at
}

// NodeState is what the API says of a node.
type NodeState struct {
	Ready   bool
	Version string // of its kubelet, with a v
	Message string // why it is not Ready
}

func (n node) state() NodeState {
	ready := is(n.Status.Conditions, "Ready")
	return NodeState{Ready: ready.Status == "True", Version: n.Status.NodeInfo.KubeletVersion, Message: ready.Message}
}
