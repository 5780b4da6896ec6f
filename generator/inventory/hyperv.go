// SPDX-License-Identifier: Apache-2.0

package inventory

// HyperV says how the scripts for a Hyper-V host make the machines.
type HyperV struct {
	Switch       string       `yaml:"switch" doc:"The virtual switch that the machines are on. Default hakube."`
	CreateSwitch string       `yaml:"createSwitch" jsonschema:"enum=external,enum=internal,enum=private" doc:"What to make of the switch where there is none of its name: external (on the host's card adapter), internal (between the machines and the host) or private. Default: nothing; it must be there."`
	Adapter      string       `yaml:"adapter" doc:"The host's network card for an external switch, as Get-NetAdapter names it."`
	Prefix       string       `yaml:"prefix" doc:"What the machines' names on the host begin with, before the node's name. Default: nothing."`
	Path         string       `yaml:"path" doc:"Directory on the host; each machine and its disk get one below it. Default: the host's own for virtual machines."`
	Image        string       `yaml:"image" doc:"The VM image on the host, a .vhdx file; a name without a directory is looked for beside the media. Default image.vhdx."`
	DiskType     string       `yaml:"diskType" jsonschema:"enum=differencing,enum=copy" doc:"differencing (a disk that holds what differs from the image, which must stay as it is) or copy. Default differencing."`
	Bundle       string       `yaml:"bundle" doc:"The bundle's ISO on the host, for nodes with software: bundle; a name without a directory is looked for beside the media. Default bundle.iso."`
	Generation   int          `yaml:"generation" jsonschema:"minimum=1,maximum=2" doc:"Generation of the machines, 1 or 2. Default 2."`
	CPUs         int          `yaml:"cpus" jsonschema:"minimum=1,maximum=240" doc:"Processors of a machine. Default 2, of a load balancer 1."`
	Memory       int          `yaml:"memory" jsonschema:"minimum=32" doc:"Memory of a machine in MiB, all of it from the start on. Default 4096, of an etcd node 2048, of a load balancer 1024."`
	Disk         int          `yaml:"disk" jsonschema:"minimum=1,maximum=65536" doc:"Size of a machine's disk in GiB. Default 40, of an etcd node 30, of a load balancer 10."`
	SecureBoot   *bool        `yaml:"secureBoot" doc:"Secure Boot with the template for Linux. Default true in generation 2."`
	VLAN         int          `yaml:"vlan" jsonschema:"minimum=1,maximum=4094" doc:"VLAN that the switch puts the machines in. Default: none."`
	Start        string       `yaml:"start" jsonschema:"enum=always,enum=if-running,enum=never" doc:"When machines start with the host: always, if-running (those that ran before) or never. Default always."`
	Cards        []HyperVCard `yaml:"cards" doc:"Where the machines' other cards are, by the name of the interface. Default: all on the same switch."`
}

// HyperVCard is where a card of the machines is.
type HyperVCard struct {
	Name   string `yaml:"name" jsonschema:"required,minLength=1" doc:"Name of the interface, a card."`
	Switch string `yaml:"switch" doc:"Its virtual switch. Default: that of the machines."`
	VLAN   int    `yaml:"vlan" jsonschema:"minimum=1,maximum=4094" doc:"VLAN that the switch puts it in. Default: none."`
}

// NodeHyperV is what is different about one machine.
type NodeHyperV struct {
	Path       string `yaml:"path" doc:"Directory on the host, where it differs."`
	Image      string `yaml:"image" doc:"The VM image, where it differs."`
	DiskType   string `yaml:"diskType" jsonschema:"enum=differencing,enum=copy" doc:"differencing or copy, where it differs."`
	Generation int    `yaml:"generation" jsonschema:"minimum=1,maximum=2" doc:"Generation of the machine, where it differs."`
	CPUs       int    `yaml:"cpus" jsonschema:"minimum=1,maximum=240" doc:"Processors, where they differ."`
	Memory     int    `yaml:"memory" jsonschema:"minimum=32" doc:"Memory in MiB, where it differs."`
	Disk       int    `yaml:"disk" jsonschema:"minimum=1,maximum=65536" doc:"Size of the disk in GiB, where it differs."`
	SecureBoot *bool  `yaml:"secureBoot" doc:"Secure Boot, where it differs."`
	VLAN       int    `yaml:"vlan" jsonschema:"minimum=1,maximum=4094" doc:"VLAN, where it differs."`
	Start      string `yaml:"start" jsonschema:"enum=always,enum=if-running,enum=never" doc:"When it starts with the host, where it differs."`
}
