#!/usr/bin/env bash
# Installs the build, then builds and runs a project that finds it by CMake, and a C program by pkg-config.
#   consume.sh BUILD_DIRECTORY WORK_DIRECTORY
set -euo pipefail

here="$(cd "$(dirname "$0")" && pwd)"
build="$1"
work="$2"
rm -rf "${work:?}"
mkdir -p "${work}"

cmake --install "${build}" --prefix "${work}/prefix" >/dev/null
cmake -S "${here}/project" -B "${work}/project" -G Ninja -DCMAKE_PREFIX_PATH="${work}/prefix" >/dev/null
cmake --build "${work}/project" >/dev/null
"${work}/project/embedder"

PKG_CONFIG_PATH="$(dirname "$(find "${work}/prefix" -name pgo.pc)")"
export PKG_CONFIG_PATH
# shellcheck disable=SC2046 # the flags are words
cc -std=c11 -Wall -Wextra -Wpedantic -Werror "${here}/project/caller.c" -o "${work}/caller" \
  $(pkg-config --cflags --libs pgo)
LD_LIBRARY_PATH="$(pkg-config --variable=libdir pgo)" "${work}/caller"
