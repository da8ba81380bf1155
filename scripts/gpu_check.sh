#!/usr/bin/env bash
# Checks stint's learning on a machine with a GPU, without installing anything there and without internet.
#
#   bash scripts/gpu_check.sh collect FOLDER             on a Debian with internet: FFTW, Random123, fmt, GoogleTest, Google Benchmark
#   bash scripts/gpu_check.sh run FOLDER [LIBTORCH]      on the machine with the GPU, in a copy of this checkout that has FOLDER
#
# 'run' needs g++ 12 or later, CMake 3.25 or later, Ninja or make, and a LibTorch >= 2.6: LIBTORCH, else that of python3's torch.
# It builds the libraries lattice and generative with their tests and benchmarks into build/gpu-check, runs the tests on the GPU (on a
# stand-in where there is none), and prints samples a second of training and seconds a configuration of sampling. Ten minutes on 16 cores.
set -euo pipefail
cd "$(dirname "$0")/.."

PACKAGES=(libfftw3-dev libfftw3-double3 libfftw3-single3 librandom123-dev libfmt-dev libgtest-dev libbenchmark-dev libbenchmark1debian)
LARGEST=60 # MB, unpacked
MINUTES=10

fail() { echo "gpu_check.sh: $*" >&2; exit 1; }

collect() { # FOLDER
  mkdir -p "$1"
  local downloads=$1/downloads package
  mkdir -p "$downloads"
  (cd "$downloads" && apt-get download -q -o APT::Sandbox::User=root "${PACKAGES[@]}" >/dev/null) || fail "apt-get cannot download ${PACKAGES[*]}"
  for package in "$downloads"/*.deb; do dpkg -x "$package" "$1"; done
  rm -rf "$downloads" "$1/usr/share/doc" "$1"/usr/lib/*/libfftw3*.a "$1"/usr/bin
  local size
  size=$(du -sm "$1" | cut -f1)
  [ "$size" -le $LARGEST ] || fail "$1 has $size MB, expected at most $LARGEST"
  echo "gpu_check.sh: $1 has $size MB; copy it with the checkout and run: bash scripts/gpu_check.sh run $1"
}

found() { # PATTERN: the one file below the packages' folder
  local file
  file=$(find "$packages/usr" -path "$1" | head -n 1)
  [ -n "$file" ] || fail "$packages has no $1; collect it first: bash scripts/gpu_check.sh collect $packages"
  echo "$file"
}

check() { # FOLDER [LIBTORCH]
  packages=$(cd "$1" && pwd) || fail "no folder $1"
  local libtorch=${2:-$(python3 -c 'import torch; print(torch.__path__[0])' 2>/dev/null || true)}
  [ -n "$libtorch" ] || fail "no LibTorch: python3 has no torch; give the folder with include/torch and lib/libtorch_cpu.so"
  local cuda=OFF generator="Unix Makefiles" root=$libtorch
  [ -d "$root/torch/lib" ] && root=$root/torch
  if [ -e "$root/lib/libtorch_cuda.so" ] && [ -e /dev/nvidiactl ]; then cuda=ON; fi
  if command -v ninja >/dev/null; then generator=Ninja; fi
  local begin=$SECONDS build=build/gpu-check fftw fftwf gtest benchmark
  fftw=$(found '*/libfftw3.so') && fftwf=$(found '*/libfftw3f.so') || exit 1
  gtest=$(found '*/GTestConfig.cmake') && benchmark=$(found '*/benchmarkConfig.cmake') || exit 1
  echo "== LibTorch in $libtorch, CUDA $cuda"
  # -idirafter: LibTorch brings its own fmt, which has to come first.
  mkdir -p build
  cmake -S . -B $build -G "$generator" -DCMAKE_BUILD_TYPE=Release -DSTINT_PROGRAM=OFF -DSTINT_INSTALL=OFF -DSTINT_WERROR=OFF \
    -DSTINT_CUDA=$cuda -DLibTorch_ROOT="$libtorch" -DCMAKE_CXX_FLAGS="-idirafter $packages/usr/include" \
    -DFFTW_INCLUDE_DIR="$packages/usr/include" -DFFTW_DOUBLE_LIBRARY="$fftw" \
    -DFFTW_SINGLE_LIBRARY="$fftwf" -DGTest_DIR="${gtest%/*}" \
    -Dbenchmark_DIR="${benchmark%/*}" >$build.log 2>&1 || { tail -20 $build.log >&2; fail "CMake failed; see $build.log"; }
  cmake --build $build --parallel --target lattice_test device_test bench_training bench_sampling
  echo "== built in $((SECONDS - begin)) s"
  local status=0
  $build/bin/lattice_test --gtest_brief=1 || status=1
  $build/bin/device_test --gtest_brief=1 || status=1
  echo "== training, 32x32, default network, batch 64: samples_per_second"
  $build/bin/bench_training --benchmark_filter='^step/(bf16|fp32)/' --benchmark_min_time=5 2>/dev/null | grep step/
  echo "== sampling, 10 steps: s_per_configuration"
  $build/bin/bench_sampling --benchmark_filter='^sampling/multistep_(bf16|fp32)/32' --benchmark_min_time=5 2>/dev/null | grep sampling/
  local seconds=$((SECONDS - begin))
  echo "== $seconds s in all; tests $([ $status -eq 0 ] && echo passed || echo FAILED)"
  [ $seconds -le $((60 * MINUTES)) ] || echo "gpu_check.sh: longer than $MINUTES minutes" >&2
  exit $status
}

case "${1:-}" in
  collect) [ $# -eq 2 ] || fail "usage: bash scripts/gpu_check.sh collect FOLDER"; collect "$2" ;;
  run) [ $# -ge 2 ] && [ $# -le 3 ] || fail "usage: bash scripts/gpu_check.sh run FOLDER [LIBTORCH]"; shift; check "$@" ;;
  -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0" ;;
  *) echo "gpu_check.sh: unknown command '${1:-}'; known: collect FOLDER, run FOLDER [LIBTORCH]" >&2; exit 2 ;;
esac
