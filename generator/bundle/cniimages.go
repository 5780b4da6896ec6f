// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"gopkg.in/yaml.v3"
)

// ManifestImages returns the images of all containers that a Kubernetes manifest starts, sorted, each once. Images that
// an operator of the manifest names only while it runs cannot be seen.
func ManifestImages(manifest []byte) ([]string, error) {
	var images []string
	for documents := yaml.NewDecoder(bytes.NewReader(manifest)); ; {
		var document yaml.Node
		err := documents.Decode(&document)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("this is not YAML: %w", err)
		}
		images = containerImages(&document, images)
	}
	slices.Sort(images)
	return slices.Compact(images), nil
}

// containerImages appends the images of the containers in a node and below. Aliases are not followed: what they point
// to is in the document, too.
func containerImages(n *yaml.Node, images []string) []string {
	if n.Kind != yaml.MappingNode {
		for _, child := range n.Content {
			images = containerImages(child, images)
		}
		return images
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i].Value, n.Content[i+1]
		if slices.Contains([]string{"containers", "initContainers", "ephemeralContainers"}, key) && value.Kind == yaml.SequenceNode {
			for _, container := range value.Content {
				if image := field(container, "image"); image != "" {
					images = append(images, image)
				}
			}
		}
		images = containerImages(value, images)
	}
	return images
}

// field returns a text of a mapping, empty where there is none.
func field(n *yaml.Node, name string) string {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name && n.Content[i+1].Kind == yaml.ScalarNode {
			return n.Content[i+1].Value
		}
	}
	return ""
}
