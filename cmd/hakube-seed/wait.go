// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hakube/hakube-seed/cmd/hakube-seed/clusterapi"
)

func waitCommand(p *printer) *cli.Command {
	return &cli.Command{
		Name:      "wait",
		Usage:     "wait until a cluster is complete",
		ArgsUsage: "INVENTORY|DIR",
		Description: "Waits until status would say that the cluster is complete. The exit code is 0 then, and 3 when the time is over.\n\n" +
			"Example:\n   $ hakube-seed wait out/reference",
		Flags: []cli.Flag{kubeconfigFlag(), timeoutFlag()},
		Action: func(c *cli.Context) error {
			t, err := p.targetOf(c)
			if err != nil {
				return err
			}
			return p.await(c.Context, t, c.Duration("timeout"))
		},
	}
}

// await looks at the cluster again and again until it is complete or the time is over.
func (p *printer) await(ctx context.Context, t target, limit time.Duration) error {
	defer p.clear()
	begun := time.Now()
	within, stop := context.WithTimeout(ctx, limit)
	defer stop()
	verdict := clusterapi.Verdict{}
	for within.Err() == nil {
		seen := t.look(within)
		if seen.Complete {
			p.clear()
			p.resultf("cluster %q is complete after %s", t.name, clockText(time.Since(begun)))
			return nil
		}
		if within.Err() == nil || verdict.Checks == nil {
			verdict = seen // a look that the end cut off tells nothing
		}
		if p.live {
			p.line(waitLine(verdict, time.Since(begun)))
		}
		wait(within, apiPause)
	}
	why := fmt.Errorf("cluster %q is not complete after %s: %s", t.name, clockText(time.Since(begun)), strings.Join(lacking(verdict), "; "))
	hint := "hakube-seed status shows all of it"
	if ctx.Err() != nil {
		return failure{fmt.Errorf("%w: %w", errInterrupted, why), hint}
	}
	return lateError{failure{why, hint}}
}

// waitLine returns the progress line: how much of a complete cluster is there, and the first thing that is not. It fits
// on the narrowest terminal that people use, because a line that breaks cannot be written over.
func waitLine(v clusterapi.Verdict, spent time.Duration) string {
	const width, longest = 20, 79
	passed, all := 0, max(1, len(v.Checks))
	for _, c := range v.Checks {
		if c.Passed {
			passed++
		}
	}
	filled := width * passed / all
	line := fmt.Sprintf("[%s%s] %d/%d %s", strings.Repeat("#", filled), strings.Repeat(" ", width-filled), passed, all, clockText(spent))
	if left := lacking(v); len(left) > 0 {
		line += ", " + left[0]
	}
	return fit([]span{{line, ""}}, longest)[0].text
}

// lacking returns what is missing in a complete cluster.
func lacking(v clusterapi.Verdict) []string {
	var texts []string
	for _, c := range v.Checks {
		if !c.Passed {
			texts = append(texts, c.Name+": "+c.Detail)
		}
	}
	if i := slices.IndexFunc(v.Checks, func(c clusterapi.Check) bool { return c.Name == "API" && !c.Passed }); i >= 0 && len(v.Checks) == 1 {
		return []string{v.Checks[i].Detail}
	}
	return texts
}
