#!/usr/bin/env bash
# The main job on an example, as `make demo` runs it: documents and site to tables, tables into the model of the filter through its registers,
# packets through it at 100 Gbit/s, every verdict compared. Usage: demo.sh BUILD-FOLDER SITE
set -euo pipefail
portcullis=$1/bin/portcullis
site=$2
out=$1/demo
mkdir -p "$out"
echo "\$ portcullis compile $site -o $out/site.pti"
"$portcullis" compile "$site" -o "$out/site.pti" >"$out/compile.txt"
echo "\$ portcullis run $site --rate 100G --verdicts $out/verdicts.csv --out-pcap $out/permitted.pcap --json $out/run.json"
"$portcullis" run "$site" --rate 100G --verdicts "$out/verdicts.csv" --out-pcap "$out/permitted.pcap" --json "$out/run.json" |
  tee "$out/run.txt"
