#!/usr/bin/python3
"""bench/campaign/slurm.sbatch on a real Slurm: munged, slurmctld and slurmd of their own on this machine.

    slurm_test.py PORTCULLIS SBATCH WORK

Shows that an array of tasks gives the summary that one process gives, that shards left out are listed as missing and filled in by a second array, and that a shard
run twice changes nothing. Exit 77 where Slurm or munge is not installed, or without root, which slurmd needs.
"""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHARDS, PACKETS, SEED = 4, 8000, 9


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(*command, ok=(0,), **arguments):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=600, **arguments)
    print("+", *command, "->", done.returncode, done.stdout[-2000:], done.stderr[-2000:], flush=True)
    if done.returncode not in ok:
        raise SystemExit(f"{command[0]} ended with {done.returncode}")
    return done


class Slurm:
    """The daemons, in a folder of their own, with ports and keys of their own."""

    def __init__(self, folder):
        self.folder = folder
        self.daemons = []
        host = socket.gethostname().split(".")[0]
        for name in ("state", "spool"):
            (folder / name).mkdir()
        (folder / "munge.key").write_bytes(os.urandom(128))
        (folder / "munge.key").chmod(0o600)
        controller, node = free_port(), free_port()
        (folder / "slurm.conf").write_text(f"""
ClusterName=campaign
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={os.cpu_count()} RealMemory=1024 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
""")
        self.environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}

    def start(self, *command):
        self.daemons.append(subprocess.Popen([str(word) for word in command], env=self.environment, stdin=subprocess.DEVNULL))

    def __enter__(self):
        f = self.folder
        self.start("munged", "--foreground", "--force", f"--socket={f}/munge.socket", f"--key-file={f}/munge.key", f"--pid-file={f}/munged.pid",
                   f"--log-file={f}/munged.log", f"--seed-file={f}/munge.seed")
        self.wait_for(lambda: (f / "munge.socket").exists(), "munged")
        self.start("slurmctld", "-D", "-f", f / "slurm.conf")
        self.start("slurmd", "-D", "-f", f / "slurm.conf")
        self.wait_for(self.idle, "slurmctld and slurmd")
        return self

    def __exit__(self, *_):
        for daemon in reversed(self.daemons):
            daemon.terminate()
        for daemon in self.daemons:
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
        for name in ("slurmctld.log", "slurmd.log", "munged.log"):
            log = self.folder / name
            if log.exists():
                print(f"--- {name}\n{log.read_text()[-3000:]}", flush=True)

    def idle(self):
        state = subprocess.run(["sinfo", "--noheader", "--format=%t"], env=self.environment, capture_output=True, text=True)
        return state.stdout.strip() == "idle"

    def wait_for(self, there, what):
        for _ in range(120):
            if there():
                return
            if any(daemon.poll() is not None for daemon in self.daemons):
                break
            time.sleep(0.5)
        self.__exit__()
        raise SystemExit(f"{what} did not start")

    def submit(self, script, array, variables):
        exports = ",".join(["ALL", *(f"{name}={value}" for name, value in variables.items())])
        run("sbatch", "--wait", f"--array={array}", f"--export={exports}", f"--output={self.folder}/task-%a.log", script, env=self.environment)


def main():
    portcullis, script, work = (Path(word).resolve() for word in sys.argv[1:4])
    if os.geteuid() != 0 or not all(shutil.which(name) for name in ("munged", "slurmctld", "slurmd", "sbatch")):
        print("skipped: slurm-wlm and munge are not installed, or not root (scripts/install-dependencies.sh nightly installs them)")
        return 77
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    one = ["--seed", SEED, "--packets", PACKETS, "--shards", SHARDS]
    run(portcullis, "campaign", *one, "--out", work / "alone")
    run(portcullis, "campaign", "merge", work / "alone", "-o", work / "alone.json")

    results = work / "array"
    variables = {"PORTCULLIS": portcullis, "SHARDS": SHARDS, "PACKETS": PACKETS, "SEED": SEED, "OUT": results}
    # A short path: munged's socket has at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="slurm-") as folder, Slurm(Path(folder)) as slurm:
        slurm.submit(script, "0,2,3", variables)
        run(portcullis, "campaign", "merge", results, "-o", work / "partial.json", ok=(1,))
        assert json.loads((work / "partial.json").read_text())["missing"] == [1]
        slurm.submit(script, "1-2", variables)  # the missing one, and one that is there
        again = work / "again"
        slurm.submit(script, "3", {**variables, "OUT": again})
    merged = run(portcullis, "campaign", "merge", results, again, "-o", work / "array.json")
    assert "1 files say the same again" in merged.stdout, merged.stdout
    assert (work / "array.json").read_bytes() == (work / "alone.json").read_bytes(), "the array's summary is not that of one process"
    assert json.loads((work / "array.json").read_text())["complete"]
    return 0


if __name__ == "__main__":
    sys.exit(main())
