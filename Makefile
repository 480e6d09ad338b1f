# Everything to type, in groups. Nothing has to be set up before: a stable Rust toolchain
# (1.89 or later) and a C compiler are enough, and what else a build needs is got.

CARGO ?= cargo

# What `.ci/tools` got comes first.
export PATH := $(CURDIR)/.tools/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: renew help tools demo test quick fuzz browser soak sanitize check deny sbom fmt fmt-check lint doc book cuda bench bench-peers forbid

help:
	@echo 'try it       make demo     train a plain autoencoder and ACAI, show the table'
	@echo '             make quick    the same with next to no training: does it run at all?'
	@echo 'test it      make test     every test'
	@echo '             make fuzz     every reader on damaged files, for an hour or 10 million files each'
	@echo '             make browser  the report in Chromium, which has to be there, and Node.js'
	@echo '             make soak     1,000 kills over the life of a study, and 16 runs on one store, killed 100 times each'
	@echo '             make sanitize the kernels under Valgrind, which has to be there'
	@echo '             make deny     licences, sources, duplicates and advisories of third-party crates; gets cargo-deny, which takes minutes'
	@echo '             make check    what a change must pass: formatting, lints, tests, docs, CUDA'
	@echo 'change it    make fmt      format the code'
	@echo '             make lint     clippy, no warning allowed'
	@echo '             make doc      the documentation, in target/doc'
	@echo '             make book     docs/ as a book, in book/; gets mdBook, which takes minutes'
	@echo '             make cuda     type-check the CUDA build; needs no CUDA'
	@echo '             make renew    run what documents show, and write it into them'
	@echo '             make forbid   find what must not be left behind'
	@echo '             make sbom     what a build is made of, in target/acai-pipe.cdx.json; for releases'
	@echo 'measure it   make bench    kernels and training steps in images per second, k-means, and runs with nothing to do'
	@echo '             make bench-peers  ours and PyTorch, scikit-learn, DVC … in turn; writes docs/performance.md'

tools:
	@sh .ci/tools

# --- try it

demo: tools
	$(CARGO) run --locked -- run pipelines/quickstart.ron

quick: tools
	$(CARGO) run --locked -- run pipelines/quickstart.ron --set models.kimg=1 --set clusters.restarts=2

# --- test it

# Every crate, the program and the examples in the documentation; benches are not run.
test: tools
	$(CARGO) test --locked --workspace

# `make test` does the same for two seconds each. Files are written to memory where it has a
# folder, for a disk would be what is waited for.
fuzz: tools
	TMPDIR=$$(test -d /dev/shm && echo /dev/shm || echo /tmp) ACAI_FUZZ_S=3600 ACAI_FUZZ_N=10000000 \
		$(CARGO) test --locked --profile fuzz --workspace --test main fuzz:: -- --nocapture

# `CHROMIUM` names the browser, if it is not where Debian has it.
browser: tools
	$(CARGO) build --locked
	cd tests/browser && npm ci --silent && npm test

# `make test` does the same with few kills.
soak: tools
	ACAI_SOAK_KILLS=1000 $(CARGO) test --locked --workspace --test main soak:: -- --nocapture
	ACAI_STORM_RUNS=16 ACAI_STORM_KILLS=100 \
		$(CARGO) test --locked --workspace --test main storm:: -- --nocapture

# The kernels' tests under Valgrind. It knows AVX2 and says to programs that there is no
# AVX-512, so the kernels run at their other levels.
sanitize: tools
	$(CARGO) test --locked --workspace --lib --no-run
	valgrind --error-exitcode=1 $$($(CARGO) test --locked --workspace --lib --no-run 2>&1 \
		| sed -n 's/.*(\(.*acai_kernel-[0-9a-f]*\))$$/\1/p')

# What third-party crates are held to is in deny.toml. Advisories come from GitHub.
deny: .tools/bin/cargo-deny
	cargo-deny --locked check licenses bans sources
	@if cargo-deny --locked fetch db; then cargo-deny --locked check advisories; \
		else echo 'notice: the database of advisories cannot be reached; it is not asked' >&2; fi

.tools/bin/cargo-deny:
	$(CARGO) install --locked --root .tools cargo-deny

check: fmt-check lint forbid test doc cuda

# --- change it

# `cargo fmt` does not see modules that a table declares.
RUST_FILES = $$(git ls-files '*.rs')

fmt:
	rustfmt --edition 2024 $(RUST_FILES)

fmt-check:
	rustfmt --edition 2024 --check $(RUST_FILES)

lint: tools
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings

doc: tools
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --locked --workspace --no-deps

# mdBook calls every page HTML; those outside of docs/ stay what they are.
book: .tools/bin/mdbook
	mdbook build docs
	perl -pi -e 's/(href="\.\.\/[A-Z]+)\.html/$$1.md/g' book/*.html

.tools/bin/mdbook:
	$(CARGO) install --locked --root .tools --no-default-features --features search mdbook

# The quickstart's lockfile, its table and pictures in the README, outputs in the documents.
renew: demo
	for variant in baseline acai; do \
		$(CARGO) run --locked -- export pipelines/quickstart.ron paths/$$variant/0 \
			--png target/renew/$$variant --count 6 --force && \
		cp target/renew/$$variant/sheet.png docs/images/paths-$$variant.png || exit 1; \
	done
	ACAI_RENEW=1 $(CARGO) test --locked --workspace --test main tidy::outputs

sbom: tools
	@mkdir -p target
	python3 .ci/sbom > target/acai-pipe.cdx.json

cuda: tools
	$(CARGO) check --locked --features cuda,ci-check

forbid:
	@! grep -rniE '\b(todo|dbg)!|\b(fixme|xxx)\b|//.*\btodo\b' src benches pipelines

# --- measure it

bench: tools
	$(CARGO) bench --locked --bench kernels
	$(CARGO) bench --locked --bench step
	$(CARGO) bench --locked --bench kmeans
	$(CARGO) bench --locked --bench noop

# Ours and others in turn, in one sitting; writes the tables of docs/performance.md. Options in
# `PEERS`: `make bench-peers PEERS='--only training'`. From a registry PyTorch comes with its
# libraries for GPUs, some gigabytes; `PIP_INDEX_URL` may name one that has it without.
bench-peers: tools .tools/peers/installed
	.tools/peers/bin/python benches/peers/run.py $(PEERS)

.tools/peers/installed: benches/peers/requirements.txt benches/peers/requirements_workflow.txt
	python3 -m venv .tools/peers
	.tools/peers/bin/pip install --quiet -r benches/peers/requirements.txt
	.tools/peers/bin/pip install --quiet -r benches/peers/requirements_workflow.txt || \
		echo 'notice: no DVC and Snakemake; they are not asked' >&2
	touch $@
