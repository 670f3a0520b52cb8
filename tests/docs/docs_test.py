#!/usr/bin/env python3
"""Holds the documents to the code.

usage: docs_test.py PROJECT_ROOT JUNCTOR_BINARY

In every *.md of the project:
  - each ```toml block is a complete configuration that `junctor check` accepts
  - each `junctor …` line of a ```console block, and each `junctor …` in backticks, is a command with these options
  - each `make TARGET` exists
  - each relative link leads to a file, and its #anchor to a heading
  - each file of ours in backticks exists; each counter in backticks is counted somewhere
  - docs/metrics.md has each metric, and each counter of the code is one; docs/rwi.md each code that commands are counted by
  - README.md gives each room its line
"""
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(sys.argv.pop(1)).resolve()
JUNCTOR = pathlib.Path(sys.argv.pop(1)).resolve()

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
OUR_FILE = re.compile(r"^(?:src|sim|tests|scripts|cmake|docs|bench)/[\w./-]+$")
COUNTER = re.compile(r"^(?:auth|calls|control|dns|edge|guard|log|media|register|sip|store)_[a-z_]+$")


class Page:
    def __init__(self, path: pathlib.Path):
        self.path = path
        self.name = str(path.relative_to(ROOT))
        self.text = path.read_text(encoding="utf-8")
        self.blocks = [(self.line(m.start()), m.group(1), m.group(2)) for m in FENCE.finditer(self.text)]
        self.prose = FENCE.sub(lambda m: "\n" * m.group(0).count("\n"), self.text)

    def line(self, offset: int) -> int:
        return self.text.count("\n", 0, offset) + 1

    def code_spans(self):
        return [(self.prose.count("\n", 0, m.start()) + 1, m.group(1)) for m in CODE.finditer(self.prose)]

    def shell_lines(self):
        """What follows `$ ` in console blocks."""
        for start, language, text in self.blocks:
            if language != "console":
                continue
            for number, line in enumerate(text.splitlines(), start + 1):
                if line.startswith("$ "):
                    yield number, line[2:]

    def anchors(self):
        headings = re.findall(r"^#+ (.+)$", self.prose, re.M)
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def pages():
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return [Page(path) for path in sorted(found)]


def junctor(*words: str, cwd=None, env=None):
    return subprocess.run([JUNCTOR, *words], capture_output=True, text=True, cwd=cwd, env=env, timeout=30, check=False)


def command_fault(line: str) -> str:
    """What is wrong with a `junctor …` line; empty: nothing."""
    try:
        words = shlex.split(re.split(r"\s[|<>&]", line)[0], comments=True)[1:]
    except ValueError as error:
        return str(error)
    chosen: list[str] = []
    shown = junctor("--help").stdout
    while True:
        _, _, subcommands = shown.partition("Subcommands:")
        known = re.findall(r"^  (\w+)", subcommands, re.M)
        rest = words[len(chosen):]
        if not known or not rest or rest[0].startswith("-") or rest[0] == "…":
            break
        if rest[0] not in known:
            return f"no command `{' '.join(['junctor', *chosen, rest[0]])}`"
        chosen.append(rest[0])
        shown = junctor(*chosen, "--help").stdout
    for word in words[len(chosen):]:
        option = word.split("=")[0]
        if option.startswith("--") and not re.search(rf"{re.escape(option)}\b", shown):
            return f"`{' '.join(['junctor', *chosen])}` has no {option}"
    return ""


def with_certificate(text: str, folder: str) -> str:
    """The block, its certificate and key being files that exist: `check` reads them."""
    if "certificate_file" not in text:
        return text
    files = {"certificate_file": f"{folder}/certificate.pem", "private_key_file": f"{folder}/key.pem"}
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                    "/CN=example", "-out", files["certificate_file"], "-keyout", files["private_key_file"]],
                   capture_output=True, check=True)
    return re.sub(r'\b(certificate_file|private_key_file) = "[^"]+"', lambda m: f'{m[1]} = "{files[m[1]]}"', text)


class Documents(unittest.TestCase):
    maxDiff = None

    def expect_none(self, faults):
        self.assertEqual([], faults, "\n" + "\n".join(faults))

    def test_toml_blocks_are_valid_configurations(self):
        faults, count = [], 0
        for page in pages():
            for line, language, text in page.blocks:
                if language != "toml":
                    continue
                count += 1
                variables = {name: "x" for name in re.findall(r"\$\{(\w+)\}", text)}
                with tempfile.TemporaryDirectory() as folder:
                    file = pathlib.Path(folder) / "junctor.toml"
                    file.write_text(with_certificate(text, folder), encoding="utf-8")
                    done = junctor("check", "--config", str(file), cwd=folder, env=variables)
                if done.returncode != 0:
                    faults.append(f"{page.name}:{line}: {done.stdout}{done.stderr}")
        self.assertGreater(count, 0)
        self.expect_none(faults)

    def test_commands_exist(self):
        faults, count = [], 0
        for page in pages():
            lines = list(page.shell_lines()) + page.code_spans()
            for number, line in lines:
                if not line.startswith("junctor "):
                    continue
                count += 1
                if fault := command_fault(line):
                    faults.append(f"{page.name}:{number}: {fault}")
        self.assertGreater(count, 0)
        self.expect_none(faults)

    def test_make_targets_exist(self):
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        targets = set(re.findall(r"^([a-z][\w-]*):", makefile, re.M))
        faults = []
        for page in pages():
            for number, line in list(page.shell_lines()) + page.code_spans():
                match = re.match(r"make ([a-z][\w-]*)", line)
                if match and match.group(1) not in targets:
                    faults.append(f"{page.name}:{number}: the Makefile has no target {match.group(1)}")
        self.expect_none(faults)

    def test_links_lead_somewhere(self):
        faults = []
        by_path = {page.path: page for page in pages()}
        for page in by_path.values():
            for match in LINK.finditer(page.prose):
                target, _, anchor = match.group(1).partition("#")
                if re.match(r"[a-z]+:", target):
                    continue
                path = (page.path.parent / target).resolve() if target else page.path
                where = f"{page.name}:{page.prose.count(chr(10), 0, match.start()) + 1}"
                if not path.exists():
                    faults.append(f"{where}: {match.group(1)} does not exist")
                elif anchor and path in by_path and anchor not in by_path[path].anchors():
                    faults.append(f"{where}: {target} has no heading #{anchor}")
        self.expect_none(faults)

    def test_files_that_are_named_exist(self):
        faults = []
        for page in pages():
            for number, span in page.code_spans():
                if OUR_FILE.match(span) and not (ROOT / span).exists() and "NAME" not in span:
                    faults.append(f"{page.name}:{number}: there is no {span}")
        self.expect_none(faults)

    def test_counters_that_are_named_are_counted(self):
        sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.[ch]pp")
                          if not path.stem.endswith(("_test", "_fuzz")))
        faults = []
        for page in pages():
            for number, span in page.code_spans():
                if not COUNTER.match(span) or span.endswith("_"):
                    continue
                if (ROOT / "bench" / f"{span}.cpp").exists():  # a benchmark, not a counter
                    continue
                reason = span.removeprefix("media_dropped_")  # these names are put together
                if f'"{span}"' not in sources and (reason == span or f'"{reason}"' not in sources):
                    faults.append(f"{page.name}:{number}: nobody counts {span}")
        self.expect_none(faults)

    def test_metrics_are_documented(self):
        table = (ROOT / "src/control/metric_names.cpp").read_text(encoding="utf-8")
        gauges = (ROOT / "src/control/metrics.cpp").read_text(encoding="utf-8")
        made = set(re.findall(r'"(junctor_\w+)"', table + gauges))
        listed = set(re.findall(r"^\| `(junctor_\w+)` \|", (ROOT / "docs/metrics.md").read_text(encoding="utf-8"), re.M))
        self.assertEqual(made, listed)

        shown = re.findall(r'\{\s*"(\w+)",\s*"junctor_\w+",\s*"(\w*)"', table)
        faults = []
        for path in (ROOT / "src").rglob("*.[ch]pp"):
            if path.stem.endswith(("_test", "_fuzz")) or path.name.startswith("test_"):
                continue
            for counter in re.findall(r'counters(?:_|\(\))?\.get\("(\w+)"\)', path.read_text(encoding="utf-8")):
                if not any(counter.startswith(name) and len(counter) > len(name) if label else counter == name
                           for name, label in shown):
                    faults.append(f"{path.relative_to(ROOT)}: {counter} is not in src/control/metric_names.cpp")
        self.expect_none(faults)

    def test_codes_of_refusals_are_counted(self):
        _, _, table = (ROOT / "docs/rwi.md").read_text(encoding="utf-8").partition("## When something is refused\n")
        named = {code for row in re.findall(r"^\| (`.*?) \|", table, re.M) for code in re.findall(r"`(\w+)`", row)}
        counted = (ROOT / "src/control/command_counts.cpp").read_text(encoding="utf-8")
        listed = set(re.findall(r'"(\w+)"', counted.partition("known[] =")[2].partition("};")[0]))
        self.assertEqual({code for code in named if not code.startswith("sip_")} - {"code"}, listed)

    def test_readme_lists_the_rooms(self):
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        listed = set(re.findall(r"^\| \[(\w+)\]\(src/\1\) \|.*\| (?:stable|testing|sketch) \|$", readme, re.M))
        rooms = {path.name for path in (ROOT / "src").iterdir() if path.is_dir()}
        self.assertEqual(rooms, listed)


if __name__ == "__main__":
    unittest.main()
