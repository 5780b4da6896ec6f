// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

var sumPattern = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)

func (p *planner) planManifest() {
	given, cni := p.inv.CNI.Manifest, &p.cluster.CNI
	if given.SHA256 != "" && !sumPattern.MatchString(given.SHA256) {
		p.refuse("cni.manifest.sha256", fmt.Sprintf("%q is not a SHA-256 checksum", given.SHA256), "64 hexadecimal digits, as sha256sum prints")
		given.SHA256 = ""
	}
	sum := strings.ToLower(given.SHA256)
	switch {
	case given.File != "" && given.URL != "":
		p.refuse("cni.manifest", "file and url are both given", "keep one of them")
	case given.File != "":
		cni.Manifest = p.manifestFile(given.File, sum)
	case given.URL == "":
		p.refuse("cni.manifest", "neither file nor url is given", "add file:, or url: with its sha256:")
	default:
		if p.check("cni.manifest.url", parseURL(given.URL)) && !p.inv.Has("cni.manifest.sha256") {
			p.refuse("cni.manifest", "a manifest that is downloaded needs its checksum", "add sha256: with what sha256sum prints for it")
		}
		cni.URL, cni.SHA256 = given.URL, sum
	}
}

func (p *planner) manifestFile(name, wanted string) []byte {
	content, found := p.file("cni.manifest.file", name)
	sum := sha256.Sum256(content)
	switch got := hex.EncodeToString(sum[:]); {
	case !found: // reported
	case len(strings.TrimSpace(string(content))) == 0:
		p.refuse("cni.manifest.file", fmt.Sprintf("the file %q is empty", name), "")
	case wanted != "" && got != wanted:
		p.refuse("cni.manifest.sha256", fmt.Sprintf("the file %q has the checksum %s", name, got), "")
	}
	return content
}

func parseURL(s string) *problem {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || strings.ContainsAny(s, " \t\n\r"):
		return &problem{"this is not a URL", "as in https://example.com/cni.yaml"}
	case u.User != nil:
		return &problem{"the URL holds a login, which every reader of the medium could see", "use an address that needs none, or file:"}
	case u.Scheme != "https" && u.Scheme != "http":
		return &problem{fmt.Sprintf("the first control plane downloads over https or http, not %s", u.Scheme), ""}
	}
	return nil
}
