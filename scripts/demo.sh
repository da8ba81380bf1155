#!/usr/bin/env bash
# From an empty machine to the figure: sample lattice phi^4 by HMC, train a model on it, let the model sample the same theory and the
# theory in a magnetic field, and compare both with HMC.
#
#   bash scripts/demo.sh             L = 32, the reference point of the paper
#   bash scripts/demo.sh --quick     L = 8, about a minute after the build
#   bash scripts/demo.sh --pretrained   L = 32 with models/phi4-l32.h5, about a minute after the build
#   bash scripts/demo.sh --images       pictures: models/fashion-mnist.h5 fills in what is missing, a minute after the build
#   bash scripts/demo.sh --output DIR   where to write; by default demo/, demo-quick/, demo-pretrained/ or demo-images/
#
# Steps whose output is there already are skipped: remove the folder to start anew. With STINT=PROGRAM in the environment nothing is
# installed and built, and that program is used.
set -euo pipefail
cd "$(dirname "$0")/.."
repository=$PWD

quick=false
pretrained=false
images=false
output=
while [ $# -gt 0 ]; do
  case $1 in
    --quick) quick=true ;;
    --pretrained) pretrained=true ;;
    --images) images=true ;;
    --output) output=${2:?--output needs a folder}; shift ;;
    -h | --help) sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "demo.sh: unknown option '$1'; known: --quick, --pretrained, --images, --output DIR" >&2; exit 2 ;;
  esac
  shift
done

if $images; then
  output=${output:-demo-images}
  time="a minute, and 5 minutes for set-up and build where they have not been done"
elif $quick; then
  output=${output:-demo-quick}
  time="a minute, and 5 minutes for set-up and build where they have not been done"
  field=0.1
  hmc=(--lattice 8x8 --chains 1024 --thermalize 1000 --save-every 100)
  prior=(--trajectories 2000)
  posterior=(--trajectories 2000)
  train=(--steps 2500 --levels 2 --field-range 0.15)
  sample=(--samples 4096)
elif $pretrained; then
  output=${output:-demo-pretrained}
  time="a minute, and 5 minutes for set-up and build where they have not been done"
  field=0.02
  hmc=(--lattice 32x32 --algorithm cluster --chains 512 --thermalize 300 --save-every 10)
  prior=(--trajectories 200)
  posterior=(--trajectories 200)
  sample=(--samples 4096)
else
  output=${output:-demo}
  field=0.02
  time="20 minutes on 2 cores, set-up and build (5 minutes) included"
  hmc=(--lattice 32x32 --chains 2048 --save-every 300 --history-every 10)
  prior=(--thermalize 2500 --trajectories 6000)
  posterior=(--thermalize 1500 --trajectories 3000)
  train=(--steps 7500 --field-range 0.03)
  sample=(--samples 4096)
fi
echo "demo.sh: this takes about $time; results go to $output/"

stint=${STINT:-$repository/build/release/bin/stint}
if [ -z "${STINT:-}" ]; then
  bash scripts/setup.sh $(! $images || echo --images)
  bash scripts/build.sh --target stint
fi
mkdir -p "$output"
cd "$output"

# step FILE COMMAND...: runs 'stint COMMAND --output FILE' unless FILE is there.
step() {
  local file=$1
  shift
  if [ -e "$file" ]; then
    echo "== $file is there already"
  else
    echo "== stint $* --output $file"
    "$stint" "$@" --output "$file" --json "${file%.h5}.json" --overwrite
  fi
}

# Pictures that the model has not seen, with a part missing; what it fills in; and its estimate of least squared error.
if $images; then
  data=/usr/share/datasets/fashion-mnist
  [ -e $data ] || { echo "demo.sh: no $data; the package dataset-fashion-mnist has it, 'bash scripts/setup.sh --images' installs it" >&2; exit 1; }
  model=$repository/models/fashion-mnist.h5
  step truth.h5 import --idx $data/t10k-images-idx3-ubyte.gz --limit 16 --split test
  for mask in block:10x10@9,9 random:0.3 block:14x28@14,0; do
    name=${mask%%@*}
    name=${name//:/-}
    step "$name.h5" sample --model "$model" --task inpaint --known truth.h5 --mask $mask --samples 16
    step "$name-mean.h5" sample --model "$model" --task inpaint --known truth.h5 --mask $mask --samples 16 --estimate mean
  done
  for file in *.h5; do
    "$stint" export "$file" --sheet 1x16 --scale 3 --output "${file%.h5}.png" --overwrite
  done
  echo
  echo "demo.sh: rows of 16 pictures in $output/: truth.png, and for each mask what a draw and the mean make of the rest"
  exit 0
fi

theory=(--mass2 -4 --lambda 4.572)
step hmc-prior.h5 hmc "${hmc[@]}" "${prior[@]}" "${theory[@]}" --seed 1 --resume
model=model.h5
if $pretrained; then
  model=$repository/models/phi4-l32.h5
else
  step model.h5 train --data hmc-prior.h5 "${train[@]}" --resume
fi
step model-prior.h5 sample --model "$model" "${sample[@]}"
step model-posterior.h5 sample --model "$model" "${sample[@]}" --field $field --seed 2
step hmc-posterior.h5 hmc "${hmc[@]}" "${posterior[@]}" "${theory[@]}" --field $field --seed 2 --resume

echo "== compare"
for law in prior posterior; do
  echo
  echo "$law: HMC against the interpolant"
  "$stint" compare hmc-$law.h5 model-$law.h5 --json compare-$law.json --overwrite
done
python=${STINT_PYTHON:-${STINT_DEPS:-${XDG_CACHE_HOME:-$HOME/.cache}/stint}/python/bin/python3}
"$python" "$repository/analysis/python/stint" plot compare --output figure.png --json compare-prior.json --json compare-posterior.json
echo
echo "demo.sh: figure: $output/figure.png, numbers: $output/compare-prior.json and $output/compare-posterior.json"
