#!/usr/bin/env bash
# Installs what Portcullis needs on Debian 12 and is missing: Debian packages with apt, and for the tests a private
# Python environment (.venv in the repository) with the tools that Debian lacks. Run twice, it does nothing the second time.
#
#   scripts/install-dependencies.sh build     compilers, Verilator and libraries: what `make demo` needs
#   scripts/install-dependencies.sh test      and what `make test` needs on top (clang for fuzzing, PeakRDL, Yosys, a RISC-V compiler and core for the management processor)
#   scripts/install-dependencies.sh nightly   and what `make test-nightly` and `portcullis bench model-vs-cocotb` need on top (cocotb, a newer Verilator, in .venv-nightly)
#   scripts/install-dependencies.sh timing    what `make timing` needs: the environment of the tests, and nextpnr in it
#   scripts/install-dependencies.sh boards    what `make board-versa` and the test of its MACs need: Yosys, nextpnr and LiteEth, in .venv-boards
set -euo pipefail

build_packages=(
  build-essential ccache cmake ninja-build pkg-config
  verilator perl zlib1g-dev
  libcli11-dev libfmt-dev libgumbo-dev libmd4c-dev libpcap-dev libutf8proc-dev libyaml-cpp-dev
  nlohmann-json3-dev
)
test_packages=(clang clang-format dpdk-dev gcc-riscv64-unknown-elf libclang-rt-14-dev libdpdk-dev libgmock-dev libgtest-dev libsystemc-dev parallel picolibc-riscv64-unknown-elf python3-venv tcl)
nightly_packages=(chromium debootstrap groff-base libpython3.11 munge nftables openvswitch-switch-dpdk slurm-wlm tshark zsh)

profile=${1:-test}
case "$profile" in
  build) packages=("${build_packages[@]}") ;;
  test) packages=("${build_packages[@]}" "${test_packages[@]}") ;;
  nightly) packages=("${build_packages[@]}" "${test_packages[@]}" "${nightly_packages[@]}") ;;
  timing|boards) packages=(python3-venv) ;;
  *) echo "usage: $0 [build|test|nightly|timing|boards]" >&2; exit 2 ;;
esac

root=$(cd "$(dirname "$0")/.." && pwd)
as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi

if ! command -v apt-get >/dev/null; then
  echo "install-dependencies: this machine has no apt-get; Debian 12 is what this script knows." >&2
  echo "install-dependencies: the packages by their Debian names are: ${packages[*]}" >&2
  exit 2
fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
  echo "install-dependencies: installing with apt: ${missing[*]}"
  if [ "${#as_root[@]}" -gt 0 ] && ! command -v sudo >/dev/null; then
    echo "install-dependencies: not root and no sudo; as root, run: apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 2
  fi
  "${as_root[@]}" apt-get update -q
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
fi

# Makes the environment $1 from the requirements file $2. It is complete when it carries the stamp of the very file that made it.
make_environment() {
  local folder="$root/$1" requirements="$root/scripts/$2" stamp="$root/$1/requirements.sha256" wanted
  wanted=$(sha256sum <"$requirements")
  if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
    echo "install-dependencies: making $1 with $(grep -cvE '^\s*(#|$)' "$requirements") Python packages from PyPI"
    # Debian's interpreter, so that another python3 in the PATH makes no difference.
    /usr/bin/python3 -m venv --clear "$folder"
    "$folder/bin/pip" install -q --disable-pip-version-check -r "$requirements"
    echo "$wanted" >"$stamp"
  fi
}
if [ "$profile" = boards ]; then
  make_environment .venv-boards requirements-boards.txt
  exit
fi
if [ "$profile" != build ]; then
  make_environment .venv requirements.txt
  "$root/scripts/fetch-dpdk-headers.sh" ||
    echo "install-dependencies: DPDK's headers for drivers could not be fetched: the DPDK driver and its tests are left out" >&2
fi
if [ "$profile" = nightly ]; then make_environment .venv-nightly requirements-nightly.txt; fi
if [ "$profile" = timing ]; then
  "$root/.venv/bin/pip" install -q --disable-pip-version-check -r "$root/scripts/requirements-timing.txt"
fi
