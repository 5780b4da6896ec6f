// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/hakube/hakube-seed/generator/manifest"
)

var sumPattern = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)

// planManifest returns the manifest when there is one to look at.
func (p *planner) planManifest() *manifest.Manifest {
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
		return p.manifestFile(given.File, sum)
	case given.URL == "":
		p.refuse("cni.manifest", "neither file nor url is given", "add file:, or url: with its sha256:")
	default:
		if p.check("cni.manifest.url", parseURL(given.URL)) && !p.inv.Has("cni.manifest.sha256") {
			p.refuse("cni.manifest", "a manifest that is downloaded needs its checksum", "add sha256: with what sha256sum prints for it")
		}
		cni.URL, cni.SHA256 = given.URL, sum
	}
	return nil
}

func (p *planner) manifestFile(name, wanted string) *manifest.Manifest {
	const path = "cni.manifest.file"
	content, found := p.file(path, name)
	sum := sha256.Sum256(content)
	switch got := hex.EncodeToString(sum[:]); {
	case !found:
		return nil // reported
	case len(strings.TrimSpace(string(content))) == 0:
		p.refuse(path, fmt.Sprintf("the file %q is empty", name), "")
		return nil
	case wanted != "" && got != wanted:
		p.refuse("cni.manifest.sha256", fmt.Sprintf("the file %q has the checksum %s", name, got), "")
		return nil
	}
	m, err := manifest.Parse(content)
	if err != nil {
		p.refuse(path, fmt.Sprintf("%q is no manifest: %s", name, err), "")
		return nil
	}
	p.cluster.CNI.Manifest, p.cluster.CNI.Fitted = content, content
	return m
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
