#!/usr/bin/env bash
# Builds the release preset into build/release with what scripts/setup.sh installed.
#
#   bash scripts/build.sh                   everything: program, tests, benchmarks, examples
#   bash scripts/build.sh --target stint    the program alone; a later call without --target builds the rest
#
# Other arguments go to CMake's configure step.
set -euo pipefail
cd "$(dirname "$0")/.."
target=all
if [ "${1:-}" = --target ]; then
  target=${2:?--target needs a name}
  shift 2
fi
cmake --preset release "$@" >build-configure.log 2>&1 || { cat build-configure.log >&2; exit 1; }
mv build-configure.log build/release/configure.log
cmake --build --preset release --target "$target"
