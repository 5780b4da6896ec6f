// SPDX-License-Identifier: Apache-2.0

package cluster

import "strings"

func planProgress(p *planner) {
	given := p.inv.Progress.URL
	if given == "" {
		return
	}
	if found := parseServerURL(given); found != nil {
		p.refuse("progress.url", found.message, "as in http://10.1.10.5:8080/events")
		return
	}
	p.cluster.ProgressURL = strings.TrimRight(given, "/")
}
