#!/usr/bin/env python3
"""Holds the direction of includes between the rooms of src/.

usage: check_includes.py PROJECT_ROOT

ALLOWED is the one statement of which room may include which; docs/architecture.md shows the same as a picture, and this
script compares the two. `base` is open to all. Exit status 1 and one FILE:LINE per fault.
"""
import pathlib
import re
import sys

ALLOWED = {
    "base": [],
    "sip": [],
    "rtp": [],
    "audio": [],
    "store": [],
    "config": [],
    "net": [],
    "transaction": ["sip"],
    "transport": ["transaction", "sip"],
    "media": ["rtp", "audio"],
    "registrar": ["sip", "store"],
    "routing": ["sip"],
    "call": ["transport", "transaction", "sip", "media", "rtp"],
    "apps": ["call", "routing", "registrar", "store", "sip", "media", "transport"],
    "control": ["apps", "call", "registrar", "store", "routing"],
    "hub": ["*"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def main() -> int:
    root = pathlib.Path(sys.argv[1])
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
            elif other in ("sim", room, "base") or "*" in ALLOWED.get(room, []):
                continue
            elif other not in ALLOWED.get(room, []):
                faults.append(f"{where}: {room} may not include {other}")
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


sys.exit(main())
