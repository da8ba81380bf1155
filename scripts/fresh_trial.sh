#!/usr/bin/env bash
# README's two commands and the tutorial's commands, one by one, in an empty Debian 12: bash scripts/fresh_trial.sh FOLDER
#
#   bash scripts/fresh_trial.sh FOLDER                     everything; an hour and a half of two cores
#   bash scripts/fresh_trial.sh FOLDER -R 'names|tutorial' the same, with these options of ctest for scripts/test.sh
#   STEPS=tutorial bash scripts/fresh_trial.sh FOLDER      the tutorial alone, after an earlier trial; STEPS="demo test tutorial" is the default
#
# Needs root, debootstrap and a Debian mirror. FOLDER becomes the Debian, or is one from an earlier trial. It gets a clone of what is
# committed here, an empty home, and this machine's settings for the network. Each command is printed with the seconds that it took. On a
# machine with other work give OMP_NUM_THREADS=1 and CMAKE_BUILD_PARALLEL_LEVEL=1, which are passed on.
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }
cd "$(dirname "$0")/.."
debian=$1
shift
[ -e "$debian/bin/sh" ] || debootstrap --variant=minbase bookworm "$debian" "${MIRROR:-http://deb.debian.org/debian}" >/dev/null
home=$debian/home/newcomer
mkdir -p "$home"

# The network as it is here: names of hosts, certificates, proxies and the index of pip; and how many cores to use.
for file in /etc/resolv.conf /etc/hosts; do cp -L "$file" "$debian$file"; done
mapfile -t settings < <(env | grep -iE '^(https?_proxy|no_proxy|pip_(index_url|extra_index_url|default_timeout)|omp_num_threads|cmake_build_parallel_level)=' || true)
if [ -n "${SSL_CERT_FILE:-}" ]; then # apt writes the usual file anew
  cp -L "$SSL_CERT_FILE" "$debian/etc/certificates.pem"
  settings+=(SSL_CERT_FILE=/etc/certificates.pem PIP_CERT=/etc/certificates.pem)
fi

mounted=()
unmount() { for where in "${mounted[@]}"; do umount "$debian/$where" || true; done; }
trap unmount EXIT
for mount in "proc proc" "sysfs sys" "tmpfs dev/shm"; do
  read -r kind where <<<"$mount"
  mkdir -p "$debian/$where"
  mountpoint -q "$debian/$where" && continue
  if mount -t "$kind" "$kind" "$debian/$where"; then mounted+=("$where"); else echo "fresh_trial.sh: /$where cannot be mounted here" >&2; fi
done

if [ ! -e "$home/stint" ]; then git clone -q --no-hardlinks . "$home/stint"; fi
echo "commit $(git -C "$home/stint" rev-parse HEAD)"

commands=$(mktemp "$home/commands-XXXXXX")
{ # one shell, as a newcomer has it
  echo 'cd ~/stint'
  python3 - "${STEPS:-demo test tutorial}" "$@" <<'END'
import pathlib, shlex, sys
sys.path.insert(0, "tests/docs")
import pages

steps, tests = sys.argv[1].split(), shlex.join(sys.argv[2:])
tutorial = []
for block in pages.commands(pathlib.Path("docs/tutorial.md").read_text()):
    tutorial += [block.text] if "<<" in block.text else block.text.splitlines()
known = {"demo": ["bash scripts/demo.sh"], "test": [f"bash scripts/test.sh {tests}".strip()], "tutorial": tutorial}
commands = [command for step in steps for command in known[step]]
for command in commands:
    shown = shlex.quote("$ " + command.replace("\n", "\n> "))
    print(f"echo {shown}; begin=$SECONDS\n{command}\necho \"[status $?, $((SECONDS - begin)) s]\"; echo")
END
} >"$commands"
chroot "$debian" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/home/newcomer USER=newcomer "${settings[@]}" \
  bash "/home/newcomer/${commands##*/}"
