#!/usr/bin/env bash
# Fetches the headers that a DPDK driver outside of DPDK needs and that Debian's libdpdk-dev leaves out, from Debian's
# source package of the installed version, into .dpdk/ at the root of the repository. Run twice, it does nothing the
# second time. The system's own apt configuration is not touched.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
version=$(dpkg-query -W -f '${source:Version}' libdpdk-dev)
target="$root/.dpdk"
if [ -f "$target/version" ] && [ "$(cat "$target/version")" = "$version" ]; then exit 0; fi

echo "fetch-dpdk-headers: driver headers of dpdk $version from Debian's source package"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/source" "$work/tree"
chmod -R a+rwX "$work"
for suite in bookworm bookworm-updates; do
  echo "deb-src http://deb.debian.org/debian $suite main"
done >"$work/sources.list"
echo "deb-src http://deb.debian.org/debian-security bookworm-security main" >>"$work/sources.list"
apt=(apt-get -q -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$work/lists"
  -o "Dir::Cache=$work" -o "Dir::Cache::archives=$work/archives" -o Debug::NoLocking=1)
"${apt[@]}" update
(cd "$work/source" && { "${apt[@]}" --download-only source "dpdk=$version" || "${apt[@]}" --download-only source dpdk; })

tar -xJf "$work"/source/dpdk_*.orig.tar.xz -C "$work/tree" --strip-components=1 --wildcards \
  '*/lib/ethdev/*.h' '*/lib/eal/include/*driver*.h' '*/drivers/bus/vdev/*.h' '*/drivers/bus/pci/*.h'
rm -rf "$target"
mkdir -p "$target/include"
cp "$work"/tree/lib/ethdev/{ethdev_driver,ethdev_pci,ethdev_vdev}.h "$work"/tree/lib/eal/include/{bus,dev}_driver.h \
  "$work"/tree/drivers/bus/vdev/bus_vdev_driver.h "$work"/tree/drivers/bus/pci/bus_pci_driver.h "$target/include/"
echo "$version" >"$target/version"
