#!/usr/bin/env bash
# Runs the commands of docs/tasks.md in FOLDER and makes its pictures there: bash scripts/tasks.sh FOLDER
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: bash scripts/tasks.sh FOLDER" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
python=${STINT_PYTHON:-${STINT_DEPS:-$HOME/.cache/stint}/python/bin/python3}
export PATH="$root/build/release/bin:$PATH"
mkdir -p "$1"
cd "$1"

# The blocks of the document are the commands; its lines that call python3 take the Python of scripts/setup.sh.
script=$(sed -n '/^```bash$/,/^```$/{/^```/d;p}' "$root/docs/tasks.md" |
  sed "s|python3 analysis|$python $root/analysis|; s|^python3|$python|; /^build/d")
bash -euo pipefail -c "$script" || exit 1

picture() { "$python" "$root/analysis/python/stint" plot configurations --output "$1.png" "${@:2}"; }
picture generate generate.h5
picture tilted tilted.h5
picture inpaint generate.h5 inpaint.h5
picture sequential sequential.h5
picture multiscale multiscale.h5
picture superresolve generate.h5 superresolve.h5
picture denoise generate.h5 noisy.h5 denoise.h5
