#!/usr/bin/env bash
# Builds the release preset into build/release with what scripts/setup.sh installed. Arguments go to CMake's configure step.
set -euo pipefail
cd "$(dirname "$0")/.."
cmake --preset release "$@" >build-configure.log 2>&1 || { cat build-configure.log >&2; exit 1; }
mv build-configure.log build/release/configure.log
cmake --build --preset release
