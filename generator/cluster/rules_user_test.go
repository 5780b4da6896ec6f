// SPDX-License-Identifier: Apache-2.0

package cluster

import "testing"

func TestUserRules(t *testing.T) {
	runRules(t, []ruleTest{
		{
			name: "nobody can log in",
			edit: []string{"user: {sshKeys: [\"@KEY\"]}\n", ""},
			want: `
warning: user: nobody can log in without sshKeys or passwordHash; the console only shows what happens
  hint: add an SSH key, or a password hash made with mkpasswd -m sha-512
`,
		},
		{
			name: "account of the system",
			edit: []string{`user: {sshKeys: ["@KEY"]}`, `user: {name: root, sshKeys: ["@KEY"]}`},
			want: `
error: user.name: "root" is an account that every machine has already
  hint: choose a name of your own
`,
		},
		{
			name: "group of the system",
			edit: []string{`user: {sshKeys: ["@KEY"]}`, `user: {name: operator, sshKeys: ["@KEY"]}`},
			want: `
error: user.name: "operator" is a group that every machine has already, so no user of that name can be made
  hint: choose a name of your own
`,
		},
		{
			name: "login name",
			edit: []string{`user: {sshKeys: ["@KEY"]}`, `user: {name: Ops Team, sshKeys: ["@KEY"]}`},
			want: `
error: user.name: "Ops Team" is not a login name
  hint: lower-case letters, digits, _ and -, with a letter first, at most 32
`,
		},
		{
			name: "private key",
			edit: []string{`user: {sshKeys: ["@KEY"]}`, "user:\n  sshKeys:\n    - |\n      -----BEGIN OPENSSH PRIVATE KEY-----\n      b3BlbnNzaC1rZXk="},
			want: `
error: user.sshKeys[0]: this is a private key; nodes need the public one
  hint: paste the file whose name ends in .pub, and keep this one to yourself
`,
		},
		{
			name: "something else than a key",
			edit: []string{`user: {sshKeys: ["@KEY"]}`, "user: {sshKeys: [hunter2]}"},
			want: `
error: user.sshKeys[0]: this is not a public SSH key
  hint: a line as in authorized_keys: ssh-ed25519 AAAA... you@example
`,
		},
		{
			name: "two keys in one item",
			edit: []string{`user: {sshKeys: ["@KEY"]}`, `user: {sshKeys: ["@KEY\n@KEY"]}`},
			want: `
error: user.sshKeys[0]: this is more than one line; an item holds one key
`,
		},
		{
			name: "DSA key",
			edit: []string{`user: {sshKeys: ["@KEY"]}`, `user: {sshKeys: ["@DSA"]}`},
			want: `
error: user.sshKeys[0]: SSH servers no longer accept DSA keys
  hint: make another one with: ssh-keygen -t ed25519
`,
		},
		{
			name: "plain password",
			edit: []string{`user: {sshKeys: ["@KEY"]}`, "user: {passwordHash: hunter2}"},
			want: `
error: user.passwordHash: this is not a password hash as in /etc/shadow ($id$salt$hash)
  hint: make one with: mkpasswd -m sha-512
`,
		},
		{
			name: "MD5 hash",
			edit: []string{`user: {sshKeys: ["@KEY"]}`, "user: {passwordHash: $1$saltsalt$qjXMvbEw8oaL.CzflDtaK/}"},
			want: `
warning: user.passwordHash: MD5 hashes are guessed quickly
  hint: make a better one with: mkpasswd -m sha-512
`,
		},
	})
}
