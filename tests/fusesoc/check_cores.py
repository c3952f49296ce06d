"""The FuseSoC cores name the very files that the manifests (.f) name, for each body of the primitives.

    check_cores.py FUSESOC ROOT WORK

FUSESOC is the command, ROOT the repository, WORK a folder for FuseSoC's output. Exit 0: they agree; 1: they do not, with the
lines to add or remove.
"""

import pathlib
import subprocess
import sys

import yaml

# Core, flag, manifests that together name its files.
CASES = [
    ("portcullis::engine", None, ["engine/engine.f"]),
    ("portcullis::engine", "hardware", ["engine/engine_hardware.f"]),
    ("portcullis::engine", "ecp5", ["engine/engine_ecp5.f"]),
    ("portcullis::pair", None, ["engine/pair.f"]),
    ("portcullis::pair", "ecp5", ["engine/pair_ecp5.f"]),
    ("portcullis::scale", None, ["engine/scale.f"]),
    ("portcullis::scale", "ecp5", ["engine/scale_ecp5.f"]),
    ("portcullis::parser", None, ["parser/parser.f"]),
    ("portcullis::filter", None, ["nic/filter.f"]),
    ("portcullis::filter", "hardware", ["prim/hardware.f", "nic/filter_sources.f"]),
    ("portcullis::filter", "ecp5", ["prim/ecp5.f", "nic/filter_sources.f"]),
    ("portcullis::nic", None, ["nic/nic.f"]),
]
# Headers are found by include path in a manifest, and named in a core.
HEADERS = {"prim/pcl_assert.svh"}


def manifest_files(rtl, manifest, seen):
    """Files of a manifest, nested ones included, relative to rtl/."""
    if manifest in seen:
        return []
    seen.add(manifest)
    files = []
    for line in (rtl / manifest).read_text().splitlines():
        line = line.split("//")[0].strip()
        if line.startswith("-f"):
            files += manifest_files(rtl, line[2:].strip(), seen)
        elif line and not line.startswith("+"):
            files.append(line)
    return files


def core_files(fusesoc, root, work, core, flag):
    """Files that FuseSoC takes for a core and everything it depends on, relative to rtl/, in the order of compilation."""
    out = work / (core.replace("::", "_") + "_" + (flag or "simulation"))
    config = work / "fusesoc.conf"
    config.write_text("[main]\n")
    command = [fusesoc, "--config", config, "--cores-root", root / "rtl", "run", "--no-export", "--setup", "--target=default",
               "--tool=verilator", "--work-root", out]
    command += ["--flag=" + flag] if flag else []
    result = subprocess.run([*command, core], capture_output=True, text=True, cwd=work)
    if result.returncode:
        sys.exit(f"FuseSoC cannot set up {core}:\n{result.stdout}{result.stderr}")
    (description,) = out.glob("*.eda.yml")
    names = [entry["name"] for entry in yaml.safe_load(description.read_text())["files"]]
    rtl = root / "rtl"
    return [str((out / name).resolve().relative_to(rtl)) for name in names]


def main():
    fusesoc, root, work = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), pathlib.Path(sys.argv[3])
    work.mkdir(parents=True, exist_ok=True)
    differences = []
    for core, flag, manifests in CASES:
        seen = set()
        wanted = [name for manifest in manifests for name in manifest_files(root / "rtl", manifest, seen)]
        found = core_files(fusesoc, root, work, core, flag)
        title = core + (f" --flag={flag}" if flag else "")
        differences += [f"{title}: {name} is in {' '.join(manifests)} and in no .core file" for name in wanted if name not in found]
        differences += [f"{title}: {name} is not in {' '.join(manifests)}" for name in found if name not in wanted and name not in HEADERS]
        differences += [f"{title}: {name} is named twice" for name in set(found) if found.count(name) > 1]
        print(f"{title}: {len(found)} files")
    print("\n".join(differences))
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
