#!/usr/bin/env bash
# Set-up, build, and all tests. It goes on from the build of scripts/demo.sh.
#
#   bash scripts/test.sh              all tests; 15 to 30 minutes on 2 cores after the build
#   bash scripts/test.sh -R tutorial  those whose name has 'tutorial': all arguments are ctest's
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/setup.sh --slurm --tests
bash scripts/build.sh
exec ctest --test-dir build/release --output-on-failure --parallel "$(nproc)" "$@"
