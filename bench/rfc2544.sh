#!/usr/bin/env bash
# Every measurement of docs/benchmarks.md after RFC 2544: raw figures into bench/results/rfc2544-*.json, tables to standard
# output, plots by bench/plot.py. About ten minutes of processor time. Times are simulated: the figures do not depend on the machine, nor on what else it does.
#
#   bench/rfc2544.sh [BUILD]      needs the targets portcullis and portcullis-bench-widths
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build}
# The clock that place and route reached for the engine of the geometry that is measured (docs/timing.md), and the model's usual one.
routed=$(python3 -c 'import json; print(next(p["fmax_capped_mhz"] for p in json.load(open("constraints/results/ecp5-engine.json"))["points"] if p["name"] == "edge"))')
sweep=64,65,66,69,80,100,128,132,133,164,196,197,256,260,261,388,389,512,516,517,1024,1029,1518,9000

measure() {
  local name=$1
  shift
  echo "$build/bin/portcullis bench rfc2544 $*"
  "$build/bin/portcullis" bench rfc2544 "$@" --json "bench/results/rfc2544-$name.json"
}
for width in 256 512 1024; do
  measure "clock-$width" --width "$width" --rates 100G --clocks "$routed" --families 4 --sizes "$sweep" --least-clock
done
measure lanes --lanes 2 --rates 100G --ports 2 --clocks "$routed" --families 4 --beside none,both --sizes 64,69,128,133,512,1518,9000,imix --least-clock
measure rules --rates 100G --rules 1,64,512 --ports 1,2 --families 4 --sizes 64,69,128,512,1518,imix
measure beside --rates 100G --families 4 --beside exchanges,counters,both --sizes 64,69,imix
measure rates --rates 10G,40G,100G --ports 1,2 --sizes 64,69,512,1518,9000,imix
python3 bench/plot.py
python3 bench/tables.py
