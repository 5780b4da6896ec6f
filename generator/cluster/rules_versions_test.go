// SPDX-License-Identifier: Apache-2.0

package cluster

import "testing"

func TestVersionsRules(t *testing.T) {
	runRules(t, []ruleTest{
		{
			name: "no version",
			edit: []string{"kubernetesVersion: 1.36.3\n", ""},
			want: `
error: kubernetesVersion: the Kubernetes version is missing
  hint: nodes made next year must run the same version: write an exact one, such as 1.37.2
`,
		},
		{
			name: "version without a patch release",
			edit: []string{"1.36.3", "1.36"},
			want: `
error: kubernetesVersion: "1.36" is not an exact Kubernetes version
  hint: write the patch release too, as in 1.36.2
`,
		},
		{
			name: "version with a v",
			edit: []string{"1.36.3", "v1.36.3"},
			want: `
error: kubernetesVersion: "v1.36.3" is not an exact Kubernetes version
  hint: write 1.36.3
`,
		},
		{
			name: "pre-release",
			edit: []string{"1.36.3", "1.37.0-rc.1"},
			want: `
error: kubernetesVersion: "1.37.0-rc.1" is not an exact Kubernetes version
  hint: three numbers, as in 1.37.2
`,
		},
		{
			name: "another major version",
			edit: []string{"1.36.3", "2.0.0"},
			want: `
error: kubernetesVersion: there is no Kubernetes 2.0.0; this program knows 1.24-1.37
`,
		},
		{
			name: "dockershim era",
			edit: []string{"1.36.3", "1.23.17"},
			want: `
error: kubernetesVersion: Kubernetes 1.23.17 is of the dockershim era; this program knows 1.24-1.37
`,
		},
		{
			name: "oldest in the table",
			edit: []string{"1.36.3", "1.24.0"},
			want: `
warning: kubernetesVersion: Kubernetes 1.24 is out of upstream support; packages still exist but get no fixes
`,
		},
		{
			name: "first minor after the table",
			edit: []string{"1.36.3", "1.38.0"},
			want: `
warning: cni: Calico v3.32.1 is tested with Kubernetes 1.34-1.36, not with 1.38.0
  hint: it is the newest one known; a newer manifest can be given as cni.manifest
warning: kubernetesVersion: Kubernetes 1.38.0 is newer than this program knows (1.24-1.37); the facts of 1.37 and config API v1beta4 are assumed
`,
		},
		{
			name: "newer than the table",
			edit: []string{"1.36.3", "1.41.0"},
			want: `
warning: cni: Calico v3.32.1 is tested with Kubernetes 1.34-1.36, not with 1.41.0
  hint: it is the newest one known; a newer manifest can be given as cni.manifest
warning: kubernetesVersion: Kubernetes 1.41.0 is newer than this program knows (1.24-1.37); the facts of 1.37 and config API v1beta4 are assumed
`,
		},
		{
			name: "out of support",
			edit: []string{"1.36.3", "1.33.13"},
			want: `
warning: kubernetesVersion: Kubernetes 1.33 is out of upstream support; packages still exist but get no fixes
`,
		},
	})
}
