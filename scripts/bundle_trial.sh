#!/usr/bin/env bash
# Tries a file of scripts/bundle.sh in an empty Debian 12 with nothing of ours: bash scripts/bundle_trial.sh FILE.tar.gz FOLDER
# Needs root, debootstrap and a Debian mirror. FOLDER becomes the Debian (200 MB, 2 minutes), or is one from an earlier trial.
set -euo pipefail
[ $# -eq 2 ] || { echo "usage: bash scripts/bundle_trial.sh FILE.tar.gz FOLDER" >&2; exit 2; }
[ -e "$2/bin/sh" ] || debootstrap --variant=minbase bookworm "$2" "${MIRROR:-http://deb.debian.org/debian}" >/dev/null
rm -rf "$2"/trial
mkdir "$2/trial"
tar -C "$2/trial" -xf "$1"
mountpoint -q "$2/proc" || mount -t proc proc "$2/proc" || echo "bundle_trial.sh: /proc cannot be mounted here" >&2
inside() { # COMMAND FOLDER: in the Debian, with an empty environment
  echo "\$ $1"
  chroot "$2" /usr/bin/env -i PATH=/usr/bin:/bin /bin/sh -c "cd /trial && PATH=\$PATH:\$(echo /trial/stint-*/bin) && $1"
}
inside 'ldd --version | head -1; find / -xdev -name "libhdf5*" -o -xdev -name "libmpi*" -o -xdev -name "libtorch*" | grep -v ^/trial | wc -l' "$2"
inside 'stint --version' "$2"
inside 'stint hmc --lattice 8x8 --mass2 -4 --lambda 4.572 --chains 64 --thermalize 200 --trajectories 400 --save-every 20 --output hmc.h5 --quiet' "$2"
inside 'stint train --data hmc.h5 --steps 50 --levels 2 --output model.h5 --quiet' "$2"
inside 'stint sample --model $(echo stint-*/share/stint/models/phi4-l32.h5) --samples 8 --output l32.h5 --quiet && stint info l32.h5 | head -4' "$2"
inside 'stint sample --model model.h5 --samples 256 --output new.h5 --quiet && stint compare hmc.h5 new.h5 | sed -n 3,6p' "$2"
inside 'command -v python3 || echo no python3, so no figures' "$2"
inside 'stint compare hmc.h5 new.h5 --plot figure.png --quiet; test -s figure.png && echo figure.png is there' "$2" || true
