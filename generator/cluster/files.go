// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hakube/hakube-seed/generator/inventory"
)

// ownedPaths are directories whose contents are of this program, of kubeadm or of the kernel.
var ownedPaths = []struct{ path, why string }{
	{"/etc/hakube", "this program's own files"},
	{"/var/lib/hakube", "this program's own files"},
	{"/usr/local/sbin/hakube", "this program itself"},
	{"/etc/kubernetes", "kubeadm, whose reset empties it"},
	{"/proc", "the kernel"},
	{"/sys", "the kernel"},
	{"/dev", "the kernel"},
}

func planFiles(p *planner) {
	whole := p.extraFiles("files", p.inv.Files)
	for i := range p.inv.Nodes {
		p.cluster.Nodes[i].Files = whole
		if own := p.inv.Nodes[i].Files; len(own) > 0 {
			p.cluster.Nodes[i].Files = overlayFiles(whole, p.extraFiles(nodePath(i, "files"), own))
		}
	}
}

// overlayFiles is the cluster's files, except those that the node has itself, and the node's.
func overlayFiles(whole, own []File) []File {
	kept := slices.DeleteFunc(slices.Clone(whole), func(f File) bool {
		return slices.ContainsFunc(own, func(o File) bool { return o.Path == f.Path })
	})
	return append(kept, own...)
}

func (p *planner) extraFiles(list string, given []inventory.File) []File {
	var files []File
	first := make(map[string]int, len(given))
	for i, f := range given {
		path := itemPath(list, i)
		if f.Path == "" {
			p.refuse(path+".path", "the file has no path on the node", "add path: with an absolute path")
		} else if p.check(path+".path", parseFilePath(f.Path)) {
			if earlier, taken := first[f.Path]; taken {
				p.refuse(path+".path", fmt.Sprintf("%s is written twice (%s)", f.Path, p.place(itemPath(list, earlier)+".path")), "")
			} else {
				first[f.Path] = i
			}
		}
		if f.Mode == "" {
			f.Mode = defaults.fileMode
		}
		mode, found := parseMode(f.Mode)
		p.check(path+".mode", found)
		files = append(files, File{Path: f.Path, Mode: mode, Content: p.content(path, f.Content, f.File)})
	}
	return files
}

func parseFilePath(s string) *problem {
	if found := parseGuestPath(s); found != nil {
		return found
	}
	for _, owned := range ownedPaths {
		if s == owned.path || strings.HasPrefix(s, owned.path+"/") {
			return &problem{fmt.Sprintf("%s is for %s; extra files go elsewhere", owned.path, owned.why), ""}
		}
	}
	return nil
}

// content returns what a pair of keys content and file stands for: exactly one of them is given.
func (p *planner) content(path, content, file string) []byte {
	hasContent := content != "" || p.inv.Has(path+".content")
	switch {
	case hasContent && file != "":
		p.refuse(path, "content and file are both given", "keep one of them")
	case hasContent:
		return []byte(content)
	case file == "":
		p.refuse(path, "neither content nor file is given", "add content: with the text, or file: with a file beside the inventory")
	default:
		content, _ := p.file(path+".file", file)
		return content
	}
	return nil
}

// file returns the content of a file that the inventory names.
func (p *planner) file(path, name string) (content []byte, found bool) {
	content, found = p.files[name]
	if !found {
		p.refuse(path, fmt.Sprintf("there is no file %q", name), "names are relative to the inventory")
	}
	return content, found
}

func planCommands(p *planner) {
	before := p.commands("commands.before", p.inv.Commands.Before)
	after := p.commands("commands.after", p.inv.Commands.After)
	for i := range p.inv.Nodes {
		own, node := p.inv.Nodes[i].Commands, &p.cluster.Nodes[i]
		node.CommandsBefore, node.CommandsAfter = before, after
		if len(own.Before)+len(own.After) > 0 {
			node.CommandsBefore = slices.Concat(before, p.commands(nodePath(i, "commands.before"), own.Before))
			node.CommandsAfter = slices.Concat(after, p.commands(nodePath(i, "commands.after"), own.After))
		}
	}
}

func (p *planner) commands(list string, given []string) []string {
	for i, command := range given {
		if strings.TrimSpace(command) == "" {
			p.refuse(itemPath(list, i), "the command is empty", "")
		}
	}
	return given
}
