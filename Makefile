# SPDX-License-Identifier: Apache-2.0
# make help lists the targets. Everything that a target needs it installs itself (Debian packages, Go modules); root.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export CACHE ?= $(HOME)/.cache/hakube-test
FUZZTIME ?= 30s
# of each minor a patch release that Go module proxies have; 1.24.2 is of test/inventories/legacy.yaml
EVERY_KUBEADM := 1.24.2 1.25.16 1.26.15 1.27.3 1.28.15 1.29.6 1.30.14 1.31.14 1.32.13 1.33.13 1.34.4 1.35.4 1.36.3 1.37.2
LINT := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
PACKAGES := gpg shellcheck genisoimage xorriso libarchive-tools cloud-image-utils openssl jq time qemu-utils make gcc libc6-dev

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

.PHONY: build
build: ## bin/hakube-seed
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o bin/hakube-seed ./cmd/hakube-seed

.PHONY: test
test: deps lint unit fuzz foreign boot ## everything but the clusters

.PHONY: deps
deps: ## Debian packages that the tests use
	@missing=$$(for p in $(PACKAGES); do dpkg -s $$p >/dev/null 2>&1 || echo $$p; done); \
	[ -z "$$missing" ] || { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $$missing; }

.PHONY: lint
lint: deps ## formatting, vet, linters with the import rules, shellcheck
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { echo "gofmt would change: $$unformatted"; exit 1; }
	go vet ./...
	$(LINT) run ./...
	shellcheck -s dash -e SC2154 templates/usr/local/sbin/hakube $$(git ls-files templates/usr/local/lib/hakube | grep -vE '\.(py|tmpl)$$')
	shellcheck -x $$(git ls-files '*.sh') .ci/run

.PHONY: unit
unit: deps ## unit, property, golden and command tests, with the race detector
	go test -race -timeout 30m ./...

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZTIME
	@for package in $$(go list ./...); do \
	  for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
	    echo "$$package $$target"; go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5s $$package || exit 1; \
	  done; \
	done

.PHONY: foreign
foreign: deps ## rendered documents judged by the tools that read them on the guest
	test/foreign/run.sh

.PHONY: versions
versions: deps ## rendered documents and the version table judged by the kubeadm of every minor, and by Ubuntu's oldest netplans
	KUBEADMS='$(EVERY_KUBEADM)' NETPLANS='bionic focal' test/foreign/run.sh -timeout 30m -run '^(TestKubeadm|TestNetplanOfUbuntu)'

.PHONY: boot
boot: ## QEMU boots media with real cloud-init
	test/boot/boot.sh

.PHONY: cluster
cluster: ## seven nodes from their ISOs become a real cluster
	test/lab/cluster.sh

.PHONY: cluster-faults
cluster-faults: ## power cuts, late machines, rebuilt machines, each a real cluster
	test/lab/faults.sh

.PHONY: cluster-pair
cluster-pair: ## two load balancers share a virtual IP; one dies, and a client measures for how long
	test/lab/pair.sh

.PHONY: cluster-apt
cluster-apt: ## four nodes fetch packages and images from a mirror that is late; and refuse one with another key
	test/lab/apt.sh

.PHONY: cluster-bundle
cluster-bundle: ## four nodes get everything from a bundle, in a network that leads nowhere
	test/lab/bundle.sh

.PHONY: cluster-watch
cluster-watch: ## what `hakube-seed watch` tells of a cluster that comes up, and of machines with faults
	test/lab/watch.sh

.PHONY: cluster-dual
cluster-dual: ## four nodes with IPv4 and IPv6 become a dual-stack cluster
	test/lab/dual.sh

.PHONY: cluster-etcd
cluster-etcd: ## seven nodes with etcd on three of their own; one is lost and comes back, one is rebuilt
	test/lab/external-etcd.sh

.PHONY: cluster-firewall
cluster-firewall: ## closed machines become a cluster, and answer to the table of ports alone; with nftables, then with ufw
	test/lab/firewall.sh

.PHONY: bench
bench: deps ## gen against cloud-localds, genisoimage, xorriso and plain writes
	go run ./test/bench

.PHONY: clean
clean: ## remove what was built and generated here
	rm -rf bin out secrets
