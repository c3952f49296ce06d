"""What the scripts here share: the sources behind a manifest, and Yosys."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
RTL = ROOT / "rtl"


def entries(name, seen=None):
    """What a manifest and those that it includes say, options and waivers too, each line once; paths are relative to rtl/."""
    found = []
    seen = set() if seen is None else seen
    for line in (RTL / name).read_text(encoding="utf-8").splitlines():
        line = line.split("//")[0].strip()
        if line.startswith("-f "):
            found += entries(line[3:].strip(), seen)
        elif line and line not in seen:
            seen.add(line)
            found.append(line)
    return found


def sources(name):
    """The source files of a manifest, paths relative to rtl/."""
    return [entry for entry in entries(name) if entry.endswith((".sv", ".v"))]


def yosys(commands, folder):
    """Runs Yosys (PyPI's pyosys) in the repository, its log into `folder`. Ends the program with a message where it fails."""
    folder.mkdir(parents=True, exist_ok=True)
    script, log = folder / "yosys.ys", folder / "yosys.log"
    script.write_text("\n".join(commands) + "\n", encoding="utf-8")
    # In a process of its own, whose memory goes with it.
    program = "import sys; from pyosys import libyosys; libyosys.run_pass(sys.argv[1], libyosys.Design())"
    with open(log, "w", encoding="utf-8") as out:
        code = subprocess.run([sys.executable, "-c", program, f"tee -q script {script}"], cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, check=False).returncode
    if code != 0:
        tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-4:]
        sys.exit(f"{pathlib.Path(sys.argv[0]).name}: Yosys ended with {code} (it is PyPI's pyosys; scripts/install-dependencies.sh installs it); {log} ends:\n  "
                 + "\n  ".join(tail))
