#!/usr/bin/env bash
# One tar file with the program and all that it needs, for machines without internet and without our packages.
#
#   bash scripts/bundle.sh                        build/release as stint-VERSION-ARCHITECTURE.tar.gz
#   bash scripts/bundle.sh --output FILE          FILE.tar.gz or FILE.tar
#
# The other machine needs a processor of the same kind and a glibc as new as the one here, nothing else:
#
#   tar xf stint-*.tar.gz && stint-*/bin/stint --help
#
# Inside are the program, the libraries that it names (LibTorch, HDF5, FFTW, Open MPI's, libstdc++; not glibc), the Python package with
# numpy, h5py and matplotlib, and the models. Figures need a python3 of the version that they were installed for. A run is one process
# with threads: for ranks on several nodes build with the cluster's own MPI (docs/building.md).
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
build=$repository/build/release

fail() { echo "bundle.sh: $*" >&2; exit 1; }

[ -x "$build/bin/stint" ] || fail "$build/bin/stint is missing; build it first: bash scripts/build.sh"
version=$("$build/bin/stint" --version | sed -n '1s/^stint \([0-9.]*\).*/\1/p')
name=stint-$version-$(uname -m)
output=$name.tar.gz
while [ $# -gt 0 ]; do
  case $1 in
    --output) output=${2:?--output needs a file}; shift ;;
    -h | --help) sed -n '2,14s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "bundle.sh: unknown option '$1'; known: --output FILE" >&2; exit 2 ;;
  esac
  shift
done
case $output in
  *.tar.gz) pack=--gzip ;;
  *.tar) pack= ;;
  *) fail "--output is '$output', expected a name that ends in .tar.gz or .tar" ;;
esac
[ ! -e "$output" ] || fail "$output exists; remove it first"

work=$(mktemp -d "$(dirname "$output")/.bundle-XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/$name
cmake --install "$build" --prefix "$root" --component program >/dev/null
mkdir "$root/libexec" "$root/lib"
mv "$root/bin/stint" "$root/libexec/stint"

# All libraries that the loader finds but those of glibc, which belong to the machine.
glibc='^(ld-linux.*|libc|libm|libdl|libpthread|librt|libresolv|libutil|libanl|libnss_.*)\.so'
soname_and_file='s/^\s*\(\S*\) => \(\/.*\) (0x.*/\1 \2/p' # of a line of ldd
libraries=$(ldd "$build/bin/stint")
! grep "not found" <<<"$libraries" >&2 || fail "the libraries above are missing here"
sed -n "$soname_and_file" <<<"$libraries" | while read -r soname file; do
  [[ $soname =~ $glibc ]] || cp -L "$file" "$root/lib/$soname"
done

# The Python packages of scripts/setup.sh that the figures need, with what they need.
python=${STINT_DEPS:-${XDG_CACHE_HOME:-$HOME/.cache}/stint}/python/bin/python3
python_version=none
if [ -x "$python" ]; then
  python_version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  "$python" - "$root/share/stint/site-packages" <<'END'
import importlib.metadata, pathlib, re, shutil, sys
target, wanted, found = pathlib.Path(sys.argv[1]), ["numpy", "h5py", "matplotlib"], set()
while wanted:
    name = wanted.pop().lower()
    if name in found:
        continue
    found.add(name)
    package = importlib.metadata.distribution(name)
    wanted += [re.match(r"[\w.-]+", line)[0] for line in package.requires or [] if "extra ==" not in line and ";" not in line]
    for file in package.files:
        if ".." not in file.parts and "__pycache__" not in file.parts and "tests" not in file.parts:
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(package.locate_file(file), target / file)
END
fi

cat >"$root/bin/stint" <<'END'
#!/bin/sh
# stint with the libraries of this folder.
here=$(CDPATH= cd -- "$(dirname -- "$(readlink -f -- "$0")")/.." && pwd)
export STINT_PYTHON="${STINT_PYTHON:-$here/bin/stint-python}" STINT_PLOTS="${STINT_PLOTS:-$here/share/stint/python}"
export LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
exec "$here/libexec/stint" "$@"
END
cat >"$root/bin/stint-python" <<END
#!/bin/sh
# python3 for the figures, without the libraries of this folder and with its packages if the version fits.
here=\$(CDPATH= cd -- "\$(dirname -- "\$(readlink -f -- "\$0")")/.." && pwd)
LD_LIBRARY_PATH=\${LD_LIBRARY_PATH#"\$here/lib"}
LD_LIBRARY_PATH=\${LD_LIBRARY_PATH#:}
[ -n "\$LD_LIBRARY_PATH" ] && export LD_LIBRARY_PATH || unset LD_LIBRARY_PATH
for python in python$python_version python3; do
  command -v "\$python" >/dev/null && break
done
if [ "\$("\$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = "$python_version" ]; then
  export PYTHONPATH="\$here/share/stint/site-packages:\$here/share/stint/python\${PYTHONPATH:+:\$PYTHONPATH}"
fi
exec "\$python" "\$@"
END
chmod +x "$root/bin/stint" "$root/bin/stint-python"
cp "$repository/LICENSE" "$repository/README.md" "$root/"
cp -r "$repository/docs" "$root/docs"

# It runs, and the loader takes nothing but glibc from elsewhere.
env -i PATH=/usr/bin:/bin "$root/bin/stint" --version >/dev/null || fail "the program does not start from its folder"
foreign=$(LD_LIBRARY_PATH="$root/lib" ldd "$root/libexec/stint" | sed -n "$soname_and_file" | grep -vF " $root/" | grep -Ev "$glibc" || true)
[ -z "$foreign" ] || fail "libraries from elsewhere: $foreign"

tar -C "$work" $pack -cf "$work/packed" "$name"
mv "$work/packed" "$output"
needed=$(find "$root" -type f \( -name '*.so*' -o -name stint \) -exec objdump -T {} + 2>/dev/null | grep -o 'GLIBC_2\.[0-9]*' | sort -uV | tail -1 || true)
echo "bundle.sh: $output, $(du -h "$output" | cut -f1); needs ${needed:-a glibc like the one here}, and for figures python $python_version"
