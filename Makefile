# Makefile — everything from a fresh clone: `make run` serves, `make test` proves.
# Each target does its own set-up; when nothing is missing, set-up takes well under a second.
.DEFAULT_GOAL := run
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: run build tuned setup ranks test test-dev test-tsan test-release tidy bench fuzz format clean

CONFIG ?= purser.yaml
FUZZ_SECONDS ?= 60

run: build
	@exec build/release/purser serve $(if $(wildcard $(CONFIG)),--config $(CONFIG))

build: setup ranks build/release/build.ninja
	@cmake --build build/release --target purser

# build/tuned/purser: compiled a second time, laid out by where the end-to-end suite spends its time.
tuned: setup ranks build/train/build.ninja
	@tools/setup llvm-19
	@cmake --build build/train --target purser
	@rm -rf build/train/profile
	@LLVM_PROFILE_FILE=$(CURDIR)/build/train/profile/%p.profraw tests/e2e/run.sh build/train/purser
	@llvm-profdata-19 merge -o build/train/purser.profdata build/train/profile/*.profraw
	@cmake --preset tuned >/dev/null
	@cmake --build build/tuned --target purser

setup:
	@tools/setup

ranks: setup
	@tools/fetch_ranks

build/%/build.ninja: CMakePresets.json | setup
	@cmake --preset $* >/dev/null

# The folders that have tests beside their code, and those of them that run on several threads.
tested := $(sort $(foreach test,$(wildcard src/*/*_test.cpp),$(word 2,$(subst /, ,$(test)))))
threaded := $(filter store http pipeline admin,$(tested))
space := $(subst ,, )
one_of = ^($(subst $(space),|,$(strip $(1))))$$

# The rules of the house; the units under ASan+UBSan; what has threads and the whole binary under
# TSan; then what ships, with every suite that drives the whole binary.
test: tidy test-dev test-tsan test-release

test-dev: setup ranks build/dev/build.ninja
	@cmake --build build/dev --target $(tested:%=purser_%_test)
	@ctest --test-dir build/dev --output-on-failure --no-tests=error -j2 -R '$(call one_of,$(tested))'

test-tsan: setup ranks build/tsan/build.ninja
	@cmake --build build/tsan --target purser $(threaded:%=purser_%_test)
	@TSAN_OPTIONS=halt_on_error=1 ctest --test-dir build/tsan --output-on-failure \
	  --no-tests=error -R '$(call one_of,$(threaded) e2e)'

test-release: setup ranks build/release/build.ninja
	@cmake --build build/release
	@ctest --test-dir build/release --output-on-failure --no-tests=error

tidy: setup
	@tools/tidy --self-test
	@tools/tidy

bench: build
	@cmake --build build/release
	@for program in build/release/bench/*_bench; do $$program --benchmark_min_time=0.2; done

fuzz: setup build/fuzz/build.ninja
	@cmake --build build/fuzz
	@for program in build/fuzz/fuzz_*; do \
	  mkdir -p build/fuzz/corpus/$${program##*/}; \
	  $$program -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 build/fuzz/corpus/$${program##*/}; \
	done

format: setup
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format-19 -i

clean:
	@rm -rf build
