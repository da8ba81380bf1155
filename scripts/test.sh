#!/usr/bin/env bash
# Set-up, build with warnings as errors, and all tests.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/setup.sh --slurm --tests
bash scripts/build.sh -DSTINT_WERROR=ON
# Tests use two threads each and some start ranks of their own: one at a time.
exec ctest --test-dir build/release --output-on-failure
