#!/usr/bin/env bash
# A profile-guided build of portcullis, and what it gains: BUILD/guided/bin/portcullis, beside BUILD/bin/portcullis, which is left as it is.
#
#   bench/profile_guided.sh [BUILD] [JOBS] [FLAGS]      needs the target portcullis in BUILD, and GCC 12 or newer; FLAGS for the models, as -march=native
#
# 1. BUILD/guided is built with PORTCULLIS_PROFILE=generate.
# 2. The training: packets made from the example sites' rules, with other policies, sizes and seeds than `portcullis bench model`; its verdicts, frames and counters are compared as
#    in every run. Counts go to BUILD/profile.
# 3. BUILD/guided is built again with PORTCULLIS_PROFILE=use: in the same folder, as GCC's counts name the sources with their folder.
# 4. Both builds are measured in turn (bench/speed.py).
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath "${1:-build}")
jobs=${2:-$(nproc)}
flags=${3:-}
if [ ! -x "$build/bin/portcullis" ]; then
  echo "$build/bin/portcullis is not there: build it first (make profile-guided does)" >&2
  exit 2
fi
scale=$(sed -n 's/^PORTCULLIS_SCALE_MODEL:BOOL=//p' "$build/CMakeCache.txt")

build_with() {
  cmake -S . -B "$build/guided" -G Ninja -DPORTCULLIS_MODEL_FLAGS="$flags" -DPORTCULLIS_TESTS=OFF -DPORTCULLIS_FUZZ=OFF -DPORTCULLIS_SCALE_MODEL="${scale:-ON}" \
    -DPORTCULLIS_PROFILE="$1" -DPORTCULLIS_PROFILE_FOLDER="$build/profile" >/dev/null
  cmake --build "$build/guided" -j "$jobs" --target portcullis
}

train() {
  "$build/guided/bin/portcullis" run "$@" >/dev/null
}

rm -rf "$build/profile"
build_with generate
for site in first-days campus-voice kubernetes; do
  for ports in 1 2; do
    train "examples/$site/site.yaml" --geometry edge --ports "$ports" --rate max --packets 30000 --seed 101
    train "examples/$site/site.yaml" --geometry large --ports "$ports" --rate max --packets 30000 --seed 102
  done
done
train examples/campus-voice/site.yaml --geometry edge --rate 10G --packets 10000 --seed 103
train examples/first-days/site.yaml --geometry scale-small --rate max --packets 30000 --seed 104
if [ "${scale:-ON}" = ON ]; then
  train examples/kubernetes/site.yaml --geometry scale --rate max --packets 30000 --seed 105
fi
build_with use
python3 bench/speed.py plain="$build/bin/portcullis" guided="$build/guided/bin/portcullis" --models edge,large --json "$build/profile-guided.json"
echo "the profile-guided program is $build/guided/bin/portcullis; its figures are in $build/profile-guided.json"
