// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

var (
	userPattern = regexp.MustCompile(`^[a-z_][a-z0-9_-]{0,31}$`)
	// hashPattern is $id$ and what crypt(5) makes of it: MD5, bcrypt, SHA-256, SHA-512, scrypt, yescrypt, gost-yescrypt.
	hashPattern = regexp.MustCompile(`^\$(1|2[abxy]|5|6|7|y|gy)\$[./A-Za-z0-9$=,-]{20,}$`)
	zonePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$`)
)

// systemUsers exist on every machine before cloud-init makes the login user.
var systemUsers = strings.Fields("root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc gnats nobody sshd haproxy messagebus syslog etcd")

// systemGroups exist likewise (base-passwd): useradd wants to make a group of the user's name and gives up over these.
var systemGroups = strings.Fields("adm tty disk kmem dialout fax voice cdrom floppy tape sudo audio dip operator src shadow utmp video sasl plugdev staff users nogroup")

func planUser(p *planner) {
	given := p.inv.User
	user := User{Name: given.Name, SSHKeys: p.sshKeys(), PasswordHash: given.PasswordHash}
	switch {
	case user.Name == "":
	case slices.Contains(systemUsers, user.Name):
		p.refuse("user.name", fmt.Sprintf("%q is an account that every machine has already", user.Name), "choose a name of your own")
	case slices.Contains(systemGroups, user.Name):
		p.refuse("user.name", fmt.Sprintf("%q is a group that every machine has already, so no user of that name can be made", user.Name), "choose a name of your own")
	case !userPattern.MatchString(user.Name):
		p.refuse("user.name", fmt.Sprintf("%q is not a login name", user.Name), "lower-case letters, digits, _ and -, with a letter first, at most 32")
	}
	switch {
	case given.PasswordHash == "":
	case !hashPattern.MatchString(given.PasswordHash):
		p.refuse("user.passwordHash", "this is not a password hash as in /etc/shadow ($id$salt$hash)", "make one with: mkpasswd -m sha-512")
	case strings.HasPrefix(given.PasswordHash, "$1$"):
		p.warn("user.passwordHash", "MD5 hashes are guessed quickly", "make a better one with: mkpasswd -m sha-512")
	}
	if len(given.SSHKeys) == 0 && given.PasswordHash == "" {
		p.warn("user", "nobody can log in without sshKeys or passwordHash; the console only shows what happens", "add an SSH key, or a password hash made with mkpasswd -m sha-512")
	}
	for i := range p.cluster.Nodes {
		node := &p.cluster.Nodes[i]
		node.User = user
		if user.Name == "" {
			node.User.Name = node.OS.DefaultUser
		}
	}
}

func (p *planner) sshKeys() []string {
	var keys []string
	for i, given := range p.inv.User.SSHKeys {
		line := strings.TrimSpace(given)
		if p.check(itemPath("user.sshKeys", i), parseSSHKey(line)) {
			keys = append(keys, line)
		}
	}
	return keys
}

// parseSSHKey checks a line of authorized_keys. Its messages do not show the line, which may be a private key.
func parseSSHKey(line string) *problem {
	if strings.Contains(line, "PRIVATE KEY") {
		return &problem{"this is a private key; nodes need the public one", "paste the file whose name ends in .pub, and keep this one to yourself"}
	}
	if strings.Contains(line, "\n") {
		return &problem{"this is more than one line; an item holds one key", ""}
	}
	if slices.Contains(strings.Fields(line), "ssh-dss") {
		return &problem{"SSH servers no longer accept DSA keys", "make another one with: ssh-keygen -t ed25519"}
	}
	if _, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line)); err != nil {
		return &problem{"this is not a public SSH key", "a line as in authorized_keys: ssh-ed25519 AAAA... you@example"}
	}
	return nil
}

func planTimezones(p *planner) {
	whole := p.inv.Timezone
	if whole == "" {
		whole = defaults.timezone
	}
	p.check("timezone", parseTimezone(whole))
	for i := range p.inv.Nodes {
		p.cluster.Nodes[i].Timezone = whole
		if own := p.inv.Nodes[i].Timezone; own != "" && p.check(nodePath(i, "timezone"), parseTimezone(own)) {
			p.cluster.Nodes[i].Timezone = own
		}
	}
}

func parseTimezone(s string) *problem {
	if zonePattern.MatchString(s) {
		return nil
	}
	return &problem{fmt.Sprintf("%q is not the name of a time zone", s), "a name as timedatectl list-timezones shows, such as Asia/Seoul"}
}
