#!/usr/bin/env python3
"""What `portcullis lint --format sarif` prints is valid by the schema of SARIF 2.1.0.

    sarif_test.py PORTCULLIS SOURCE_FOLDER

The schema is that of the OASIS standard, as the package pydantic-sarif was generated from it: required properties, types, enumerations, and no property
that the standard does not have. Exit code 77: the Python environment of the tests is missing.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

portcullis, source = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
python = source / ".venv/bin/python"
if "--in-environment" not in sys.argv:
    if not python.exists():
        print(f"skipped: {python} is missing; scripts/install-dependencies.sh test makes it")
        sys.exit(77)
    os.execv(python, [str(python), *sys.argv, "--in-environment"])
try:
    from pydantic import ValidationError
    from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Log
except ImportError as error:
    print(f"skipped: {error}; scripts/install-dependencies.sh test installs it")
    sys.exit(77)

HEADER = "| Server role | Service | Port | Protocol | Notes |\n|---|---|---|---|---|\n"
FILES = {
    "nothing wrong.md": HEADER + "| Web | pages | 443 | TCP | |\n",
    "ports & more %1.md": HEADER
    + "| Web <&\"> | pages | 443 | TCP | |\n| Web <&\"> | pages | 443 | TCP | |\n| Web <&\"> | media | 1000-65335 | UDP | |\n"
    + "| 服务器 | 媒体 | 99999 | UDP | |\n| \x1b[2J | \x07 | 1 | whatever | |\n",
    "site.yaml": "portcullis: 1\ndocuments: ['ports & more %1.md']\nunbound: none\nroles: {'Web <&\">': 192.0.2.1/24}\n"
    + "lint: [{rule: odd-range-end, reason: a <known> one}]\n",
    "filters": "@10.0.0.0/8 192.0.2.0/24 0 : 65535 80 : 80 0x06/0xFF\n@10.1.0.0/16 192.0.2.0/24 0 : 65535 80 : 80 0x06/0xFF\n",
}


def lint(folder, *arguments):
    """The log as text, and how many results it has."""
    done = subprocess.run([portcullis, "lint", "--format", "sarif", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout, len(json.loads(done.stdout)["runs"][0]["results"])


with tempfile.TemporaryDirectory() as folder:
    for name, text in FILES.items():
        (pathlib.Path(folder) / name).write_text(text, encoding="utf-8")
    results = 0
    for arguments in (
        ["nothing wrong.md"],
        ["ports & more %1.md"],
        [str(pathlib.Path(folder) / "ports & more %1.md"), "nothing wrong.md"],
        ["site.yaml"],
        ["--classbench", "filters"],
        [str(source / "examples/campus-voice/site.yaml")],
    ):
        log, count = lint(folder, *arguments)
        Log.model_validate_json(log)
        results += count
        print(f"valid, {count} results: lint {' '.join(arguments)}")
    assert results > 10, results

    def break_version(log):
        log["version"] = "2.0.0"

    def break_level(log):
        log["runs"][0]["results"][0]["level"] = "fatal"

    def break_message(log):
        del log["runs"][0]["results"][0]["message"]

    def break_property(log):
        log["runs"][0]["results"][0]["severity"] = "error"

    for damage in (break_version, break_level, break_message, break_property):
        log = json.loads(lint(folder, "site.yaml")[0])
        damage(log)
        try:
            Log.model_validate(log)
        except ValidationError:
            continue
        sys.exit(f"{damage.__name__} was not noticed: the schema is not checked")
