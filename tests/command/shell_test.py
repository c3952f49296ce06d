#!/usr/bin/env python3
"""The command as scripts, shells and terminals meet it: exit codes of the report, colours, --quiet, --json, completion
in a real bash and zsh, man pages.

  shell_test.py PORTCULLIS SOURCE-FOLDER WORK-FOLDER [unittest's arguments]
"""
import glob
import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
import unittest

PORTCULLIS, SITE, WORK = "", "", ""


def run(*arguments, **environment):
    """Exit code, standard output, standard error, both through pipes."""
    done = subprocess.run([PORTCULLIS, *arguments], capture_output=True, text=True, cwd=WORK,
                          env={**os.environ, **environment}, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


def run_on_terminal(*arguments, **environment):
    """What a terminal would show, standard output and error together."""
    master, slave = pty.openpty()
    variables = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen([PORTCULLIS, *arguments], stdin=subprocess.DEVNULL, stdout=slave, stderr=slave, cwd=WORK,
                               env={**variables, "TERM": "xterm", **environment})
    os.close(slave)
    shown = b""
    while True:
        try:
            data = os.read(master, 4096)
        except OSError:  # the other end is closed
            break
        if not data:
            break
        shown += data
    process.wait()
    os.close(master)
    return shown.decode()


def help_of(*command):
    return run(*command, "--help")[1]


def commands():
    listing = help_of().split("Subcommands:\n")[1].split("\n\n")[0]
    return re.findall(r"^  (\S+)", listing, re.MULTILINE)


def options(command):
    """Long options of a command, as its --help lists them."""
    return sorted(set(re.findall(r"^  +(?:-\w,)?(--[a-z-]+)", help_of(command), re.MULTILINE)))


class Shell(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.image = os.path.join(WORK, "site.pti")
        assert run("compile", SITE, "-o", cls.image)[0] == 0

    def test_colours_are_for_terminals_that_want_them(self):
        asked = ("prove", SITE, self.image)
        self.assertIn("\x1b[32m", run_on_terminal(*asked))
        self.assertNotIn("\x1b", run(*asked, TERM="xterm")[1])
        self.assertNotIn("\x1b", run_on_terminal(*asked, NO_COLOR="1"))
        self.assertNotIn("\x1b", run_on_terminal(*asked, TERM="dumb"))
        self.assertIn("\x1b[32m", run_on_terminal(*asked, NO_COLOR=""), "empty is as if it were not set")

    def test_messages_are_red_on_terminals_only(self):
        self.assertIn("\x1b[31mportcullis:\x1b[0m", run_on_terminal("prove", "absent.yaml", "absent.pti"))
        code, _, err = run("prove", "absent.yaml", "absent.pti", TERM="xterm")
        self.assertEqual(code, 2)
        self.assertTrue(err.startswith("portcullis: "), err)

    def test_a_report_shows_policy_tests_and_says_no_where_one_is_not_met(self):
        folder = os.path.dirname(SITE)
        page, site = os.path.join(WORK, "tests.html"), os.path.join(WORK, "tests.yaml")
        with open(SITE) as file:
            start = file.read().replace("file: ", f"file: {folder}/")
        self.assertNotIn("\nexpect:", start)
        met = "  - {name: nothing-on-port-1, protocol: tcp, source_port: 1, destination_port: 1, verdict: drop}\n"
        for more, exit_code, shown in (("", 0, "1 of 1"), (met.replace("nothing", "all").replace("drop", "permit"), 1,
                                                            "1 of 2")):
            with open(site, "w") as file:
                file.write(f"{start}\nexpect:\n{met}{more}")
            code, _, err = run("report", site, "-o", page)
            self.assertEqual((code, err), (exit_code, ""))
            with open(page) as file:
                text = file.read()
            self.assertIn(f"<strong>{shown}</strong>", text)
            self.assertIn("nothing-on-port-1", text)
            self.assertEqual("not met" in text, exit_code == 1)

    def test_a_report_for_trees_has_their_tables_and_proof(self):
        page = os.path.join(WORK, "trees.html")
        code, out, err = run("report", SITE, "-o", page, "--geometry", "scale-ipv6")
        self.assertEqual((code, err), (0, ""))
        self.assertIn(", proved, ", out)
        with open(page) as file:
            text = file.read()
        self.assertIn("rules of the slice", text)
        self.assertIn("of geometry scale-ipv6", text)

    def test_a_report_refuses_what_is_no_run_and_writes_over_nothing_that_it_reads(self):
        page, no_run = os.path.join(WORK, "none.html"), os.path.join(WORK, "no-run.json")
        with open(no_run, "w") as file:
            file.write("{}")
        code, _, err = run("report", SITE, "-o", page, "--run", no_run)
        self.assertEqual(code, 2)
        self.assertIn("no-run.json: is not what `portcullis run --json` writes", err)
        self.assertFalse(os.path.exists(page))
        code, _, err = run("report", SITE, "-o", no_run, "--run", no_run)
        self.assertEqual(code, 2)
        self.assertIn("would be overwritten", err)

    def test_quiet_leaves_exit_code_and_files(self):
        image = os.path.join(WORK, "quiet.pti")
        self.assertEqual(run("compile", SITE, "-o", image, "--quiet"), (0, "", ""))
        self.assertEqual(run("prove", "-q", SITE, image), (0, "", ""))
        page = os.path.join(WORK, "quiet.html")
        self.assertEqual(run("report", "-q", SITE, "-o", page), (0, "", ""))
        for file in (image, page):
            self.assertGreater(os.path.getsize(file), 1000)
        code, out, err = run("prove", "-q", SITE, "absent.pti")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("absent.pti", err)

    def test_json_has_the_figures_of_the_text(self):
        text = run("compile", SITE, "-o", self.image)[1]
        code, out, _ = run("compile", SITE, "-o", self.image, "--json", "-")
        figures = json.loads(out)
        self.assertEqual(code, 0)
        self.assertIn(f"{figures['entries']} of {figures['rules']}", text)
        self.assertIn(f"need {figures['tcam_entries']} ", text)
        for name, table in figures["tables"].items():
            self.assertRegex(text, rf"{name} +{table['used']} of +{table['capacity']} rows")
        self.assertEqual(json.loads(run("prove", SITE, self.image, "--json", "-")[1])["result"], "proved")
        self.assertEqual(json.loads(run("prove", "-q", SITE, self.image, "--json", "-")[1])["result"], "proved")
        run("prove", SITE, self.image, "--json", os.path.join(WORK, "proof.json"))
        with open(os.path.join(WORK, "proof.json")) as file:
            self.assertEqual(json.load(file)["result"], "proved")

    def test_json_of_an_image_of_another_site_names_the_difference(self):
        other = os.path.join(WORK, "other.yaml")
        with open(SITE) as file, open(other, "w") as out:
            folder = os.path.dirname(SITE)
            out.write(file.read().replace("file: ", f"file: {folder}/").replace("default: drop", "default: permit"))
        code, out, _ = run("prove", other, self.image, "--json", "-")
        result = json.loads(out)
        self.assertEqual((code, result["result"]), (1, "differs"))
        self.assertTrue(result["packet"])
        self.assertTrue(result["differences"])

    def test_json_of_classify_counts_its_lines(self):
        filters = os.path.join(WORK, "filters")
        with open(filters, "w") as file:
            file.write("@10.0.0.0/8\t0.0.0.0/0\t0 : 65535\t80 : 80\t0x06/0xFF\n")
        trace = os.path.join(WORK, "trace")
        with open(trace, "w") as file:
            file.write("167772161 1 1000 80 6\n167772161 1 1000 81 6\n1 1 1000 80 6\n")
        image = os.path.join(WORK, "filters.pti")
        self.assertEqual(run("compile", "--classbench", filters, "-o", image, "-q")[0], 0)
        self.assertEqual(run("classify", image, "--trace", trace)[1], "0\n-1\n-1\n")
        figures = json.loads(run("classify", image, "--trace", trace, "--json", "-")[1])
        self.assertEqual((figures["headers"], figures["matched"], figures["unmatched"]), (3, 1, 2))

    def complete(self, line):
        """What bash offers at the end of the line."""
        script = ('source <("$1" completion bash)\n'
                  'read -ra COMP_WORDS <<<"$2"; [[ $2 == *" " ]] && COMP_WORDS+=("")\n'
                  'COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_portcullis\nprintf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "--norc", "-c", script, "bash", PORTCULLIS, line], capture_output=True, text=True,
                              cwd=WORK)
        self.assertEqual(done.stderr, "")
        return sorted(done.stdout.split())

    def test_bash_completes_commands_options_values_and_files(self):
        self.assertEqual(self.complete("portcullis "), sorted([*commands(), "--help", "--version"]))
        self.assertEqual(self.complete("portcullis comp"), ["compile", "completion"])
        self.assertEqual(self.complete("portcullis classify x --engine "), ["reference", "rtl"])
        self.assertEqual(self.complete("portcullis completion "), ["bash", "zsh"])
        self.assertIn("site.pti", self.complete("portcullis prove si"))
        self.assertIn("site.pti", self.complete("portcullis run --pcap si"))
        for command in commands():
            with self.subTest(command):
                offered = [word for word in self.complete(f"portcullis {command} --") if word.startswith("--")]
                self.assertEqual(offered, options(command))

    def test_man_pages_have_every_command_and_every_option_of_help(self):
        folder = os.path.join(WORK, "manual")
        shutil.rmtree(folder, ignore_errors=True)
        self.assertEqual(run("manual", folder), (0, "", ""))
        pages = {os.path.basename(page) for page in glob.glob(folder + "/man1/*")}
        self.assertEqual(pages, {"portcullis.1", *(f"portcullis-{c}.1" for c in commands())})
        self.assertNotIn("manual", commands())
        for command in commands():
            with self.subTest(command), open(f"{folder}/man1/portcullis-{command}.1") as file:
                text = file.read()
                self.assertTrue(text.startswith(f".TH PORTCULLIS-{command.upper()} 1 "))
                plain = text.replace("\\-", "-")
                for option in options(command):
                    self.assertRegex(plain, rf"(?m)^\.BI? .*{option}\b")
                for line in text.splitlines():  # no text begins a macro by accident
                    self.assertRegex(line, r"^(\.(TH|SH|TP|B|I|BI|BR|RI) ?|[^.'])")
        with open(folder + "/bash/portcullis") as file:
            self.assertEqual(file.read(), run("completion", "bash")[1])

    def test_a_manual_formatter_has_no_complaint(self):
        groff = shutil.which("groff")
        if not groff:
            self.skipTest("there is no groff here")
        folder = os.path.join(WORK, "formatted")
        run("manual", folder)
        for page in glob.glob(folder + "/man1/*"):
            done = subprocess.run([groff, "-man", "-Tascii", "-ww", page], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""), page)

    def test_zsh_completes_commands_options_and_values(self):
        zsh = shutil.which("zsh")
        if not zsh:
            self.skipTest("there is no zsh here")
        functions = os.path.join(WORK, "zsh")
        os.makedirs(functions, exist_ok=True)
        with open(os.path.join(functions, "_portcullis"), "w") as out:
            out.write(run("completion", "zsh")[1])
        link = os.path.join(functions, "portcullis")
        if not os.path.lexists(link):
            os.symlink(PORTCULLIS, link)
        for line, offered in (("portcullis ", commands()), ("portcullis run --", options("run")),
                              ("portcullis classify x --engine ", ["reference", "rtl"]),
                              ("portcullis completion ", ["bash", "zsh"])):
            with self.subTest(line):
                shown = self.type_into_zsh(zsh, functions, line + "\t\t", offered)
                for word in offered:
                    self.assertRegex(shown, rf"(^|\s){word}\s")

    def type_into_zsh(self, zsh, functions, keys, offered):
        """What an interactive zsh shows after the keys: until all words are there, or twenty seconds have passed."""
        master, slave = pty.openpty()
        process = subprocess.Popen([zsh, "-f", "-i"], stdin=slave, stdout=slave, stderr=slave, cwd=WORK,
                                   start_new_session=True,
                                   env={"PATH": functions + ":" + os.environ["PATH"], "TERM": "dumb", "HOME": WORK})
        os.close(slave)
        os.write(master, f"fpath=('{functions}' $fpath); autoload -Uz compinit; compinit -u -D; PS1='ready> '; "
                         "LISTMAX=1000\n".encode())
        shown, typed, end = "", False, time.monotonic() + 20
        while time.monotonic() < end and not (typed and all(re.search(rf"(^|\s){w}\s", shown) for w in offered)):
            if select.select([master], [], [], 0.2)[0]:
                shown += os.read(master, 4096).decode(errors="replace")
            if not typed and "\rready> " in shown:
                os.write(master, keys.encode())
                shown, typed = "", True
        process.kill()
        process.wait()
        os.close(master)
        return shown


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    PORTCULLIS, SITE, WORK = (os.path.abspath(argument) for argument in sys.argv[1:4])
    SITE = os.path.join(SITE, "examples/kubernetes/site.yaml")
    os.makedirs(WORK, exist_ok=True)
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
