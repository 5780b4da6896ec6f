// SPDX-License-Identifier: Apache-2.0

package cluster

import "testing"

func TestFilesRules(t *testing.T) {
	runRules(t, []ruleTest{
		{
			name: "file without a path",
			add: `files:
  - {content: a}`,
			want: `
error: files[0].path: the file has no path on the node
  hint: add path: with an absolute path
`,
		},
		{
			name: "file with a path that is not absolute",
			add: `files:
  - {path: etc/motd, content: a}`,
			want: `
error: files[0].path: "etc/motd" is not an absolute path
  hint: did you mean "/etc/motd"?
`,
		},
		{
			name: "file with a path out of it",
			add: `files:
  - {path: /etc/../root/x, content: a}`,
			want: `
error: files[0].path: "/etc/../root/x" is not in its shortest form
  hint: write /root/x
`,
		},
		{
			name: "file with a line in its path",
			add: `files:
  - {path: "/etc/a\nb", content: a}`,
			want: `
error: files[0].path: "/etc/a\nb" holds a control character
`,
		},
		{
			name: "file below our own directory",
			add: `files:
  - {path: /etc/hakube/x, content: a}`,
			want: `
error: files[0].path: /etc/hakube is for this program's own files; extra files go elsewhere
`,
		},
		{
			name: "file below kubeadm's directory",
			add: `files:
  - {path: /etc/kubernetes/audit.yaml, content: a}`,
			want: `
error: files[0].path: /etc/kubernetes is for kubeadm, whose reset empties it; extra files go elsewhere
`,
		},
		{
			name: "file below the kernel's directory",
			add: `files:
  - {path: /proc/sys/vm/swappiness, content: a}`,
			want: `
error: files[0].path: /proc is for the kernel; extra files go elsewhere
`,
		},
		{
			name: "file of neither content nor file",
			add: `files:
  - {path: /etc/motd}`,
			want: `
error: files[0]: neither content nor file is given
  hint: add content: with the text, or file: with a file beside the inventory
`,
		},
		{
			name: "file of both content and file",
			add: `files:
  - {path: /etc/motd, content: a, file: motd}`,
			want: `
error: files[0]: content and file are both given
  hint: keep one of them
`,
		},
		{
			name: "file that is not there",
			add: `files:
  - {path: /etc/motd, file: motd}`,
			want: `
error: files[0].file: there is no file "motd"
  hint: names are relative to the inventory
`,
		},
		{
			name: "file mode of text",
			add: `files:
  - {path: /etc/motd, content: a, mode: rw-r--r--}`,
			want: `
error: files[0].mode: "rw-r--r--" is not a file mode
  hint: three or four octal digits in quotes, as in "0644"
`,
		},
		{
			name: "file mode too long",
			add: `files:
  - {path: /etc/motd, content: a, mode: "000644"}`,
			want: `
error: files[0].mode: "000644" is not a file mode
  hint: three or four octal digits in quotes, as in "0644"
`,
		},
		{
			name: "file twice",
			add: `files:
  - {path: /etc/motd, content: a}
  - {path: /etc/motd, content: b}`,
			want: `
error: files[1].path: /etc/motd is written twice (files[0].path in line 7)
`,
		},
		{
			name: "file of a node twice",
			edit: []string{"address: 10.1.10.21", "address: 10.1.10.21, files: [{path: /etc/a, content: a}, {path: /etc/a, content: b}]"},
			want: `
error: nodes[4].files[1].path: /etc/a is written twice (nodes[4].files[0].path in line 11)
`,
		},
		{
			name: "empty command",
			add:  `commands: {before: [""], after: [" "]}`,
			want: `
error: commands.before[0]: the command is empty
error: commands.after[0]: the command is empty
`,
		},
		{
			name: "empty command of a node",
			edit: []string{"address: 10.1.10.21", `address: 10.1.10.21, commands: {after: [""]}`},
			want: `
error: nodes[4].commands.after[0]: the command is empty
`,
		},
	})
}
