// SPDX-License-Identifier: Apache-2.0

package generator

import "github.com/hakube/hakube-seed/seeds"

// channelFiles lists how a node says how far it is: the events, and a file for each channel that they go to.
func (g *Generator) channelFiles() ([]seeds.GuestFile, error) {
	var list fileList
	for _, name := range []string{
		"events", "redact", "advice", "support", "kvp.py", "channels/deliver",
		"channels/here/banner", "channels/here/history", "channels/here/lines", "channels/here/status",
		"channels/away/console", "channels/away/kvp",
	} {
		list.text(libraryDir+name, 0o644)
	}
	if g.cluster.ProgressURL != "" {
		for _, name := range []string{"post.py", "channels/here/newest", "channels/away/http"} {
			list.text(libraryDir+name, 0o644)
		}
	}
	return list.files, list.err
}
