#!/usr/bin/env bash
# Builds the Debian package, installs it with apt in a Debian 12 root that debootstrap makes, and runs the packaged command there on a packaged example.
#   deb_test.sh BUILD WORK        77 without root, debootstrap or a way to a Debian mirror
set -euo pipefail
build=$1 work=$2
mirror=${PORTCULLIS_DEBIAN_MIRROR:-http://deb.debian.org/debian}
if [ "$(id -u)" -ne 0 ] || ! command -v debootstrap >/dev/null; then
  echo "skipped: debootstrap is not installed (scripts/install-dependencies.sh nightly), or this is not root"
  exit 77
fi
mkdir -p "$work"
root=$work/root
if [ ! -f "$root/debootstrapped" ]; then
  rm -rf "$root"
  if ! debootstrap --variant=minbase bookworm "$root" "$mirror" >"$work/debootstrap.log" 2>&1; then
    tail -n 20 "$work/debootstrap.log"
    echo "skipped: debootstrap could not make a root from $mirror"
    exit 77
  fi
  touch "$root/debootstrapped"
fi

rm -f "$work"/*.deb
(cd "$build" && cpack -G DEB -B "$work" >"$work/cpack.log" 2>&1) || { tail -n 20 "$work/cpack.log"; exit 1; }
package=$(find "$work" -maxdepth 1 -name '*.deb')
dpkg-deb --info "$package"
dpkg-deb --contents "$package" >"$work/contents"
for file in ./usr/bin/portcullis ./usr/share/man/man1/portcullis.1 ./usr/share/portcullis/rtl/nic/pcl_filter.sv ./usr/share/doc/portcullis/docs/running.md; do
  grep -qF " $file" "$work/contents" || { echo "$file is not in the package"; exit 1; }
done

# The root's own files only: none of this machine's folders is mounted there.
cp "$package" "$root/tmp/portcullis.deb"
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
cp /etc/resolv.conf "$root/etc/resolv.conf"
inside apt-get -q update
inside apt-get -q install -y --no-install-recommends --reinstall /tmp/portcullis.deb
inside portcullis --version
inside portcullis run /usr/share/portcullis/examples/campus-voice/site.yaml --packets 2000 --json /tmp/run.json
python3 - "$root/tmp/run.json" <<'CHECK'
import json, sys
run = json.load(open(sys.argv[1]))
assert run["ok"] and run["mismatches"] == 0 and run["packets"]["accepted"] == 2000, run
CHECK
inside apt-get -q remove -y portcullis
if [ -e "$root/usr/bin/portcullis" ]; then echo "removing the package left the command"; exit 1; fi
