// SPDX-License-Identifier: Apache-2.0

package cluster

import "testing"

func TestProgressRules(t *testing.T) {
	runRules(t, []ruleTest{
		{name: "a server", add: "progress: {url: 'http://10.1.10.5:8080/events/'}"},
		{name: "none", add: "progress: {}"},
		{
			name: "not a URL", add: "progress: {url: 10.1.10.5}",
			want: `
error: progress.url: this is not a URL
  hint: as in http://10.1.10.5:8080/events
`,
		},
		{
			name: "another protocol", add: "progress: {url: 'syslog://10.1.10.5'}",
			want: `
error: progress.url: nodes speak https or http, not syslog
  hint: as in http://10.1.10.5:8080/events
`,
		},
		{
			name: "a login", add: "progress: {url: 'http://me:hunter2@10.1.10.5'}",
			want: `
error: progress.url: the URL holds a login, which every reader of the medium could see
  hint: as in http://10.1.10.5:8080/events
`,
		},
		{
			name: "a query", add: "progress: {url: 'http://10.1.10.5/?token=hunter2'}",
			want: `
error: progress.url: nodes add a path to this URL; it cannot have ? or #
  hint: as in http://10.1.10.5:8080/events
`,
		},
	})
}
