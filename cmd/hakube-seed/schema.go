// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/urfave/cli/v2"

	"github.com/hakube/hakube-seed/generator/inventory"
)

func schemaCommand(p *printer) *cli.Command {
	return &cli.Command{
		Name:  "schema",
		Usage: "print the JSON Schema of inventories, for the completion of editors",
		Description: "An editor with a YAML language server completes and checks an inventory whose first line is\n\n" +
			"    # yaml-language-server: $schema=hakube-seed.schema.json\n\n" +
			"Example:\n   $ hakube-seed schema > hakube-seed.schema.json",
		Action: func(*cli.Context) error {
			schema, err := inventory.Schema()
			if err != nil {
				return err
			}
			_, err = p.Write(schema)
			return err
		},
	}
}
