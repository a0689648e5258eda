# A thin face over CMake: the names people type. Each target does all of its own set-up.
SHELL := /bin/bash
JOBS ?= $(shell nproc)
PRESET ?= release
BUILD := build/$(PRESET)
CMAKE_FLAGS ?=
CTEST_FLAGS ?=

.DEFAULT_GOAL := build
.PHONY: build test demo bench images lint tidy format asan tsan soak clean install setup-build setup-test

build: setup-build ## executables in build/release/bin, libraries in build/release/lib
	@cmake --preset $(PRESET) $(CMAKE_FLAGS) -DPGO_BUILD_TESTS=OFF >$(BUILD).configure.log 2>&1 || { cat $(BUILD).configure.log; exit 1; }
	@cmake --build $(BUILD) -j $(JOBS)

test: setup-test ## everything that .ci/run runs
	@scripts/test

demo: setup-build ## a real HA PostgreSQL cluster on this machine, and the death of its primary
	@$(MAKE) --no-print-directory build
	@scripts/demo $(BUILD)

bench: setup-test ## prints the figures of docs/performance.md
	@cmake --preset release -DPGO_BUILD_TESTS=ON -DPGO_BUILD_BENCH=ON >/dev/null && cmake --build build/release -j $(JOBS)
	@scripts/bench build/release

images: build ## container images for Kubernetes, with buildah, podman or docker
	@BUILD=$(BUILD) scripts/images

lint: setup-test ## formatting, shell scripts, house rules
	@scripts/lint

tidy: setup-tidy ## clang-tidy over the tree, or over FILES; what was clean and has not changed is passed over
	@scripts/tidy -j $(JOBS) $(FILES)

format:
	@git ls-files -co --exclude-standard '*.h' '*.cpp' '*.c' | xargs clang-format-19 -i

asan: setup-test ## unit and simulation tests under the address and undefined behaviour sanitizers
	@cmake --preset asan >/dev/null && cmake --build build/asan -j $(JOBS) && ctest --preset asan $(CTEST_FLAGS)

tsan: setup-test ## the same under the thread sanitizer
	@cmake --preset tsan >/dev/null && cmake --build build/tsan -j $(JOBS) && ctest --preset tsan $(CTEST_FLAGS)

soak: setup-test ## long runs: two million random steps with new seeds, twenty deaths of a primary under load
	@scripts/soak

install: build
	cmake --install $(BUILD)

clean:
	rm -rf build

setup-build:
	@mkdir -p build && scripts/setup build

setup-test:
	@mkdir -p build && scripts/setup test

setup-tidy:
	@mkdir -p build && scripts/setup tidy
