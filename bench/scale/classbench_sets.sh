#!/usr/bin/env bash
# ClassBench sets of 10,000 rules by each of its twelve seeds and three choices of smoothness, address scope and port
# scope: OUT/"SEED SMOOTHNESS ADDRESSES PORTS". The generator takes the time as its own seed: each run gives other sets.
#
#   bench/scale/classbench_sets.sh CLASSBENCH OUT
#
# CLASSBENCH: ClassBench (db_generator and parameter_files, for instance of github.com/jafingerhut/classbench), built
# by `make -C CLASSBENCH/db_generator`. It is not part of this project; its authors ask for use in research and teaching.
set -euo pipefail
if [ $# != 2 ] || [ ! -x "$1/db_generator/db_generator" ]; then
  echo "usage: classbench_sets.sh CLASSBENCH OUT; CLASSBENCH/db_generator/db_generator must have been built" >&2
  exit 2
fi
mkdir -p "$2"
for seed in acl1 acl2 acl3 acl4 acl5 fw1 fw2 fw3 fw4 fw5 ipc1 ipc2; do
  for scopes in "2 -0.5 0.1" "2 0.5 -0.1" "0 0 0"; do
    # shellcheck disable=SC2086  # three arguments
    "$1/db_generator/db_generator" -bc "$1/parameter_files/${seed}_seed" 10000 $scopes "$2/$seed $scopes" >/dev/null
  done
done
