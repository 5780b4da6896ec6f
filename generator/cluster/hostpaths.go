// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// What a Windows host takes for names and paths.

// planImage: generation 2 starts from .vhdx files only.
func (p *planner) planImage(i int) {
	vm := &p.cluster.Nodes[i].VM
	given, at := onHost(i, "image", p.inv.Nodes[i].HyperV.Image, p.inv.HyperV.Image)
	if vm.Image = defaults.hyperVImage; given == "" {
		return
	}
	vm.Image = given
	switch ending := strings.ToLower(given[strings.LastIndex(given, ".")+1:]); {
	case !p.check(at, hostPath(given)):
	case ending == "qcow2" || ending == "img" || ending == "raw":
		p.refuse(at, fmt.Sprintf("Hyper-V cannot read %q", given), "convert it, as docs/hyper-v.md shows, and name the .vhdx file")
	case ending != "vhdx" && (ending != "vhd" || vm.Generation == 2):
		p.refuse(at, fmt.Sprintf("%q is no .vhdx file", given), "convert it with Convert-VHD, or qemu-img as docs/hyper-v.md shows")
	}
}

// hostText checks a name that is no file's.
func hostText(s string) *problem {
	if strings.ContainsFunc(s, unicode.IsControl) {
		return &problem{fmt.Sprintf("%q holds a control character", s), ""}
	}
	return nil
}

// notInFileNames are the characters that Windows takes in no name of a file.
const notInFileNames = `\/:*?"<>|`

// fileNamePart checks what becomes part of a file's name.
func fileNamePart(s string) *problem {
	if found := hostText(s); found != nil {
		return found
	}
	if i := strings.IndexAny(s, notInFileNames); i >= 0 {
		return &problem{fmt.Sprintf("%q holds %q, which no file's name on Windows may", s, s[i]), ""}
	}
	return nil
}

// hostRoot is the beginning of an absolute path: a drive, or a share of a server.
var hostRoot = regexp.MustCompile(`^([A-Za-z]:[\\/]|\\\\[^\\/]+[\\/][^\\/]+)`)

// hostPath checks a path of the host, absolute or relative to the media.
func hostPath(s string) *problem {
	rest := s[len(hostRoot.FindString(s)):]
	if strings.HasPrefix(rest, "/") || strings.HasPrefix(rest, `\`) && rest == s {
		return &problem{fmt.Sprintf("%q has no drive", s), `as in D:\vm, or \\server\share\vm`}
	}
	for part := range strings.FieldsFuncSeq(rest, func(r rune) bool { return r == '\\' || r == '/' }) {
		if found := fileNamePart(part); found != nil {
			return found
		}
	}
	return nil
}
