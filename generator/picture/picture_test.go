// SPDX-License-Identifier: Apache-2.0

package picture_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakube/hakube-seed/generator/cluster"
	"github.com/hakube/hakube-seed/generator/inventory"
	"github.com/hakube/hakube-seed/generator/picture"
)

const examples = "../../test/inventories"

var update = flag.Bool("update", false, "write the pictures of testdata anew")

// planned plans an inventory of the examples, with more nodes behind its own.
func planned(t *testing.T, name, more string) *cluster.Cluster {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(examples, name))
	if err != nil {
		t.Fatal(err)
	}
	if more != "" { // which need more addresses for their pods
		data = []byte(strings.Replace(string(data), "podSubnet: 192.168.1.0/24", "podSubnet: 192.168.0.0/16", 1) + more)
	}
	inv, _ := inventory.Parse(data)
	files := map[string][]byte{}
	for _, ref := range inv.FileReferences() {
		if files[ref.File], err = os.ReadFile(filepath.Join(examples, ref.File)); err != nil {
			t.Fatal(err)
		}
	}
	plan, diagnostics := cluster.Plan(inv, files)
	if plan == nil {
		t.Fatalf("%s: %+v", name, diagnostics)
	}
	return plan
}

func drawn(t *testing.T, c *cluster.Cluster) []byte {
	t.Helper()
	svg, err := picture.Draw(c)
	if err != nil {
		t.Fatal(err)
	}
	return svg
}

// rect is a rectangle of a picture.
type rect struct{ class, x, y, w, h string }

func (r rect) edges() (left, top, right, bottom int) {
	number := func(s string) int { n, _ := strconv.Atoi(s); return n }
	return number(r.x), number(r.y), number(r.x) + number(r.w), number(r.y) + number(r.h)
}

// parts returns the rectangles and the texts of a picture, which must be XML.
func parts(t *testing.T, svg []byte) (rects []rect, texts string) {
	t.Helper()
	in := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			return rects, texts
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.CharData:
			texts += string(token) + "\n"
		case xml.StartElement:
			attributes := map[string]string{}
			for _, a := range token.Attr {
				attributes[a.Name.Local] = a.Value
			}
			if token.Name.Local == "rect" {
				rects = append(rects, rect{attributes["class"], attributes["x"], attributes["y"], attributes["width"], attributes["height"]})
			}
		}
	}
}

// Nothing lies over anything else or outside, and every machine and every step is there.
func TestNothingOverlaps(t *testing.T) {
	many := ""
	for i := 4; i <= 60; i++ {
		many += fmt.Sprintf("  - {name: k8s-worker%d, role: worker, address: 10.1.10.%d}\n", i, 103+i)
	}
	twenty := strings.Join(strings.SplitAfter(many, "\n")[:17], "")
	names, err := filepath.Glob(filepath.Join(examples, "*.yaml"))
	if err != nil || len(names) == 0 {
		t.Fatal(err)
	}
	pictures := map[string]*cluster.Cluster{"20 workers": planned(t, "reference.yaml", twenty), "60 workers": planned(t, "reference.yaml", many)}
	for _, name := range names {
		pictures[name] = planned(t, filepath.Base(name), "")
	}
	for name, c := range pictures {
		rects, texts := parts(t, drawn(t, c))
		_, _, width, height := rects[0].edges() // the ground
		for i, r := range rects {
			left, top, right, bottom := r.edges()
			if left < 0 || top < 0 || right > width || bottom > height {
				t.Errorf("%s: %v is outside of %d x %d", name, r, width, height)
			}
			for _, other := range rects[i+1:] {
				if r.class != "box" && !strings.HasPrefix(r.class, "chip") && r.class != "panel" || other.class == "box" && r.class == "panel" {
					continue
				}
				l, tp, rt, b := other.edges()
				if left < rt && l < right && top < b && tp < bottom {
					t.Errorf("%s: %v lies over %v", name, r, other)
				}
			}
		}
		if name == "60 workers" {
			if !strings.Contains(texts, "and 21 more\n") {
				t.Errorf("%s: nothing is said of those that are not drawn", name)
			}
			continue
		}
		for _, n := range c.Nodes {
			if !strings.Contains(texts, n.Name) || !strings.Contains(texts, n.Address.String()) {
				t.Errorf("%s: %s is not in the picture", name, n.Name)
			}
		}
	}
}

func TestDraw(t *testing.T) {
	for _, name := range []string{"reference"} {
		path := filepath.Join("testdata", name+".svg")
		got := drawn(t, planned(t, name+".yaml", ""))
		if *update {
			if err := os.WriteFile(path, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s: look at the picture, and if it is right run go test -update (-want +got):\n%s", name, diff)
		}
	}
}
