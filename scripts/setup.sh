#!/usr/bin/env bash
# Installs what stint is built from. Idempotent, and quick and silent on the network when nothing is missing.
#
#   bash scripts/setup.sh          system packages, LibTorch (CPU), Python packages for the plots
#   bash scripts/setup.sh --cuda   the same with LibTorch's CUDA libraries (5 GB)
#   bash scripts/setup.sh --tests  the same with what the tests use: pyerrors, xarray, ArviZ and scikit-image (310 MB, 25 s), Fashion-MNIST (Debian's
#                                  package, 30 MB), and a headless Chromium, which looks at the HTML report (306 MB, 26 s); tests of
#                                  what is missing are left out
#   bash scripts/setup.sh --images the same with Fashion-MNIST, for scripts/demo.sh --images
#   bash scripts/setup.sh --slurm  the same with Slurm, for the test of jobs/, which is left out where it is missing (40 MB)
#
# System packages come from apt (as root or through sudo). LibTorch and the Python packages come from PyPI, pinned below, and go
# to one folder that several checkouts share: $STINT_DEPS, by default ~/.cache/stint. What apt and pip say goes to setup.log there.
set -euo pipefail

STINT_DEPS=${STINT_DEPS:-${XDG_CACHE_HOME:-$HOME/.cache}/stint}
TORCH_VERSION=2.15.0
CUDA_LIBRARY_VERSION=13.2 # two small libraries that libtorch_cpu.so of the PyPI wheel names as needed
PYTHON_PACKAGES=(numpy==2.2.6 h5py==3.14.0 matplotlib==3.10.3)
TEST_PACKAGES=(pyerrors==2.17.0 xarray==2026.9.0 arviz==0.23.4 scikit-image==0.25.2 setuptools==80.9.0)
SYSTEM_PACKAGES=(
  g++ cmake ninja-build git python3 python3-venv
  libopenmpi-dev openmpi-bin libhdf5-openmpi-dev libfftw3-dev zlib1g-dev libboost-program-options-dev librandom123-dev
  libspdlog-dev libfmt-dev nlohmann-json3-dev libpng-dev libjpeg-dev libgtest-dev libbenchmark-dev
)
SLURM_PACKAGES=(slurm-wlm munge)
DATA_PACKAGES=(dataset-fashion-mnist)
BROWSER_PACKAGES=(chromium-headless-shell fonts-dejavu-core)

cuda=false slurm=false tests=false images=false
for argument in "$@"; do
  case $argument in
    --cuda) cuda=true ;;
    --slurm) slurm=true ;;
    --tests) tests=true ;;
    --images) images=true ;;
    -h | --help) sed -n '2,15s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "setup.sh: unknown option '$argument'; known: --cuda, --tests, --images, --slurm" >&2; exit 2 ;;
  esac
done

install_packages() { # NAME...
  command -v dpkg-query >/dev/null || { # not a Debian: the packages may come from modules, CMake will say what is missing
    echo "setup.sh: no dpkg here; see docs/building.md for the list of packages to load as modules" >&2
    return
  }
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  local become=()
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || {
      echo "setup.sh: an administrator should run: apt-get install -y ${missing[*]}" >&2
      exit 1
    }
    become=(sudo)
  fi
  apt_get() { "${become[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q "$@"; }
  logged "lists of packages" apt_get update
  logged "${#missing[@]} system packages: ${missing[*]}" apt_get install -y --no-install-recommends "${missing[@]}"
}

# logged WHAT COMMAND...: runs COMMAND with its output in the log, and shows WHAT with the seconds that it takes. If COMMAND fails, the
# last lines and the name of the log are shown.
logged() {
  local what=$1 begin=$SECONDS status=0 ticker=
  shift
  echo "== $(date -u +%FT%TZ) $*" >>"$log"
  if [ -t 1 ]; then
    while sleep 0.5 && kill -0 $$ 2>/dev/null; do
      printf '\rsetup.sh: %4d s  %.*s' $((SECONDS - begin)) $((${COLUMNS:-80} - 20)) "$what"
    done 9>&- &
    ticker=$!
  fi
  "$@" >>"$log" 2>&1 </dev/null || status=$?
  if [ -n "$ticker" ]; then
    kill "$ticker"
    wait "$ticker" 2>/dev/null || true
    printf '\r\033[K'
  fi
  if [ $status -ne 0 ]; then
    tail -n 5 "$log" >&2
    echo "setup.sh: ${what:0:60} failed with status $status; all that it said is in $log" >&2
    exit 1
  fi
  echo "setup.sh: $((SECONDS - begin)) s  $what"
}

# install_once FOLDER COMMAND...: runs COMMAND with "$FOLDER.part" as its last argument and renames that to FOLDER when it
# succeeded, so that FOLDER is whole or absent.
install_once() {
  local folder=$1
  shift
  [ -d "$folder" ] && return
  rm -rf "$folder.part"
  logged "$folder" "$@" "$folder.part"
  mv "$folder.part" "$folder"
}

install_libtorch_cpu() {
  "$python/bin/pip" install -q --no-compile --no-deps --target "$1" "torch==$TORCH_VERSION" \
    "nvidia-cuda-runtime==$CUDA_LIBRARY_VERSION.*" "nvidia-cuda-cupti==$CUDA_LIBRARY_VERSION.*"
}

install_libtorch_cuda() {
  "$python/bin/pip" install -q --no-compile --target "$1" "torch==$TORCH_VERSION"
}

install_python() { # STAMP PACKAGE...: a virtual environment cannot be renamed, so a stamp says what it has
  local stamp=$python/$1 wanted="${*:2}"
  [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return
  logged "$python" /usr/bin/env python3 -m venv "$python"
  logged "Python packages: $wanted" "$python/bin/pip" install -q "${PYTHON_PACKAGES[@]}" "${@:2}"
  echo "$wanted" >"$stamp"
}

mkdir -p "$STINT_DEPS"
log=$STINT_DEPS/setup.log
install_packages "${SYSTEM_PACKAGES[@]}"
if $tests || $images; then (install_packages "${DATA_PACKAGES[@]}") || echo "setup.sh: no Fashion-MNIST; its test will be left out" >&2; fi
if $tests; then (install_packages "${BROWSER_PACKAGES[@]}") || echo "setup.sh: no Chromium; its test will be left out" >&2; fi
if $slurm; then (install_packages "${SLURM_PACKAGES[@]}") || echo "setup.sh: no Slurm; its test will be left out" >&2; fi
exec 9>"$STINT_DEPS/lock"
flock 9 # two checkouts may be set up at the same time
python=$STINT_DEPS/python
install_python installed "${PYTHON_PACKAGES[@]}"
if $tests; then install_python installed-tests "${TEST_PACKAGES[@]}"; fi
install_once "$STINT_DEPS/libtorch-cpu-$TORCH_VERSION" install_libtorch_cpu
if $cuda; then install_once "$STINT_DEPS/libtorch-cuda-$TORCH_VERSION" install_libtorch_cuda; fi
