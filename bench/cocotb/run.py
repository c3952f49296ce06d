"""Builds the simulation of the `edge` filter for cocotb, as fast as it can be and as cocotb builds it by itself, and sends the benchmark's traffic
through both.

    run.py FOLDER REPETITIONS      FOLDER as in drive.py; the built simulations are kept there

Called by `portcullis bench model-vs-cocotb`. Exit code 0: FOLDER/result.json holds the
figures.
"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tests" / "cocotb"))

import simulation  # noqa: E402 (found by the path above)

# As sim/model/CMakeLists.txt builds the model.
EDGE = {"DATA_WIDTH": 512, "RULES": 512, "ADDRESS_INTERVALS": 256, "PORT_INTERVALS": 256, "VLAN_INTERVALS": 256, "FIFO_BYTES": 32768}


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    (folder / "result.json").unlink(missing_ok=True)
    results = {}
    for name, fast in (("fast", True), ("plain", False)):
        work = folder / name
        runner = simulation.build_filter(work, EDGE, fast)
        (work / "result.json").unlink(missing_ok=True)
        tests, failures = simulation.run(runner, work, "filter_pins", "drive", HERE, PORTCULLIS_BENCH=folder, PORTCULLIS_RESULT=work / "result.json",
                                         PORTCULLIS_REPETITIONS=sys.argv[2])
        if tests != 1 or failures:
            return 1
        for driver, figures in json.loads((work / "result.json").read_text()).items():
            results[f"{driver}_{name}"] = figures
    (folder / "result.json").write_text(json.dumps(results, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
