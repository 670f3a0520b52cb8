#!/usr/bin/env python3
"""Holds the direction of includes between the rooms of src/, and the page that shows it.

usage: check_includes.py PROJECT_ROOT

ALLOWED says which room may include which; `base` is open to all. docs/architecture.md says the same twice, as a table
(`| room | may include |`) and as a mermaid diagram, and both are compared with ALLOWED: the table must be equal, the
diagram may leave out what follows from its other arrows. Exit status 1 and one FILE:LINE (or FILE) per fault.
"""
import pathlib
import re
import sys

EVERYTHING = "*"
ALLOWED = {
    "base": [],
    "sip": [],
    "rtp": [],
    "audio": [],
    "srtp": [],
    "store": [],
    "config": [],
    "net": [],
    "transaction": ["sip"],
    "transport": ["transaction", "sip"],
    "media": ["rtp", "audio", "srtp"],
    "recording": ["media", "audio"],
    "transcription": ["media", "audio"],
    "stream": ["media", "audio"],
    "registrar": ["sip", "store"],
    "routing": ["sip"],
    "call": ["transport", "transaction", "sip", "media", "rtp", "srtp"],
    "apps": ["call", "routing", "registrar", "store", "transport", "sip", "media", "audio", "recording",
             "transcription", "stream"],
    "control": ["apps", "call", "registrar", "store"],
    "hub": [EVERYTHING],
}
PAGE = "docs/architecture.md"
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def wrong_includes(root: pathlib.Path) -> list[str]:
    faults = []
    for path in sorted((root / "src").rglob("*")):
        if path.suffix not in (".hpp", ".cpp"):
            continue
        room = path.relative_to(root / "src").parts[0]
        test = path.stem.endswith(("_test", "_fuzz"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            other = match.group(1).split("/")[0]
            where = f"{path.relative_to(root)}:{number}"
            if "/" not in match.group(1):
                faults.append(f"{where}: include by room, e.g. \"{room}/{match.group(1)}\"")
            elif other == "sim" and not test:
                faults.append(f"{where}: only tests may include sim")
            elif other in ("sim", room, "base") or EVERYTHING in ALLOWED.get(room, []):
                continue
            elif other not in ALLOWED.get(room, []):
                faults.append(f"{where}: {room} may not include {other}")
    return faults


def unknown_rooms(root: pathlib.Path) -> list[str]:
    folders = {path.name for path in (root / "src").iterdir() if path.is_dir()}
    faults = [f"src/{room}: a room that scripts/check_includes.py does not know" for room in folders - ALLOWED.keys()]
    faults += [f"scripts/check_includes.py: there is no room src/{room}" for room in ALLOWED.keys() - folders]
    return sorted(faults)


def table_of(lines: list[str]) -> dict[str, set[str]]:
    """The rows under `| room | may include |`; the words in backticks are rooms, "everything" is EVERYTHING."""
    rows: dict[str, set[str]] = {}
    inside = False
    for line in lines:
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if cells == ["room", "may include"]:
            inside = True
        elif inside and not line.startswith("|"):
            break
        elif inside and not cells[0].startswith("--"):
            rooms = set(re.findall(r"`(\w+)`", cells[1]))
            rows[cells[0].strip("`")] = {EVERYTHING} if cells[1] == "everything" else rooms
    return rows


def diagram_of(text: str) -> dict[str, set[str]]:
    """The arrows `a --> b & c` of the page's mermaid block."""
    arrows: dict[str, set[str]] = {}
    block = re.search(r"```mermaid\n(.*?)```", text, re.S)
    for line in block.group(1).splitlines() if block else []:
        match = re.match(r"^\s*(\w+) --> ([\w &]+)$", line)
        if match:
            arrows.setdefault(match.group(1), set()).update(match.group(2).replace("&", " ").split())
    return arrows


def reached(arrows: dict[str, set[str]], room: str) -> set[str]:
    found: set[str] = set()
    waiting = list(arrows.get(room, ()))
    while waiting:
        other = waiting.pop()
        if other not in found:
            found.add(other)
            waiting += arrows.get(other, ())
    return found


def page_faults(root: pathlib.Path) -> list[str]:
    page = root / PAGE
    if not page.exists():
        return [f"{PAGE}: is missing"]
    text = page.read_text(encoding="utf-8")
    table, arrows = table_of(text.splitlines()), diagram_of(text)
    faults = []
    for room in sorted(ALLOWED.keys() | table.keys()):
        code, told = set(ALLOWED.get(room, ())), table.get(room)
        if room not in ALLOWED or told is None:
            faults.append(f"{PAGE}: {room} stands in " + ("the table" if told is not None else "the code") + " only")
        elif code != told:
            faults.append(f"{PAGE}: {room} may include {sorted(code)} by the code, {sorted(told)} by the table")
    for room, allowed in ALLOWED.items():
        below = (ALLOWED.keys() if EVERYTHING in allowed else set(allowed)) - {room, "base"}
        drawn = arrows.get(room, set())
        if drawn - below:
            faults.append(f"{PAGE}: the diagram lets {room} include {sorted(drawn - below)}")
        if below - reached(arrows, room):
            faults.append(f"{PAGE}: the diagram has no way from {room} to {sorted(below - reached(arrows, room))}")
    return faults + [f"{PAGE}: the diagram has a room {room}" for room in sorted(arrows.keys() - ALLOWED.keys())]


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    faults = wrong_includes(root) + unknown_rooms(root) + page_faults(root)
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


sys.exit(main())
