// SPDX-License-Identifier: Apache-2.0

package cluster

import "testing"

func TestNamesRules(t *testing.T) {
	runRules(t, []ruleTest{
		{
			name: "cluster without a name",
			edit: []string{"cluster: lab\n", ""},
			want: `
error: cluster: the cluster has no name
  hint: add a line such as cluster: lab
`,
		},
		{
			name: "cluster name with an underscore",
			edit: []string{"cluster: lab", "cluster: my_Lab"},
			want: `
error: cluster: "my_Lab" is not a lower-case RFC 1123 name
  hint: did you mean "my-lab"?
`,
		},
		{
			name: "cluster name that is a device",
			edit: []string{"cluster: lab", "cluster: con"},
			want: `
error: cluster: "con" is a device on Windows, where no file can have that name
  hint: did you mean "con-1"?
`,
		},
		{
			name: "node without a name",
			edit: []string{"{name: w1, ", "{"},
			want: `
error: nodes[4].name: the node has no name
  hint: add name: with lower-case letters, digits and dashes, such as k8s-worker1
`,
		},
		{
			name: "node name in upper case with an underscore",
			edit: []string{"name: w1", "name: K8S_W1"},
			want: `
error: nodes[4].name: node name "K8S_W1" is not a lower-case RFC 1123 name
  hint: did you mean "k8s-w1"?
`,
		},
		{
			name: "node name of nothing but signs",
			edit: []string{"name: w1", `name: "_"`},
			want: `
error: nodes[4].name: node name "_" is not a lower-case RFC 1123 name
  hint: letters a-z, digits and dashes, with a letter or digit at either end
`,
		},
		{
			name: "node name with a dot",
			edit: []string{"name: w1", "name: w1.example.com"},
			want: `
error: nodes[4].name: node name "w1.example.com" is not a lower-case RFC 1123 name
  hint: did you mean "w1-example-com"?
`,
		},
		{
			name: "node name too long",
			edit: []string{"name: w1", "name: wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww"},
			want: `
error: nodes[4].name: node name "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww" has 64 characters; a name has at most 63
`,
		},
		{
			name: "node name that is a number",
			edit: []string{"name: w1", "name: 0x10"},
			want: `
error: nodes[4].name: node name "0x10" reads as a number, which programs take for an address
  hint: did you mean "node0x10"?
`,
		},
		{
			name: "node name that is a device",
			edit: []string{"name: w1", "name: nul"},
			want: `
error: nodes[4].name: node name "nul" is a device on Windows, where no file can have that name
  hint: did you mean "nul-1"?
`,
		},
		{
			name: "node name localhost",
			edit: []string{"name: w1", "name: localhost"},
			want: `
error: nodes[4].name: a node named "localhost" could not be told from every machine's own localhost
`,
		},
		{
			name: "node name taken",
			edit: []string{"name: w1", "name: cp2"},
			want: `
error: nodes[4].name: node name "cp2" is taken by nodes[2].name in line 9
`,
		},
		{
			name: "generation below one",
			edit: []string{"address: 10.1.10.21", "address: 10.1.10.21, generation: -1"},
			want: `
error: nodes[4].generation: -1 is not a generation
  hint: count from 1, and raise it to make cloud-init run everything again
`,
		},
		{
			name: "domain in upper case",
			add:  "dnsDomain: Cluster.Local",
			want: `
error: dnsDomain: "Cluster.Local" is not a lower-case DNS name
  hint: did you mean "cluster.local"?
`,
		},
		{
			name: "domain that cannot be corrected",
			add:  `dnsDomain: "..."`,
			want: `
error: dnsDomain: "..." is not a lower-case DNS name
  hint: parts of letters a-z, digits and dashes, joined by dots
`,
		},
	})
}
