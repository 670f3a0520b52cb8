#!/usr/bin/env python3
"""Writes what is made of RWI's schema: the TypeScript types and the reference for people.

usage: rwi_types.py JUNCTOR_BINARY PROJECT_ROOT [--check]

--check writes nothing and fails when a file is not what it would write.
"""
import json
import pathlib
import subprocess
import sys

HEADER = "// Made by scripts/rwi_types.py of `junctor schema`; not written by hand.\n\n"


def pascal(name):
    return "".join(part.capitalize() for part in name.replace(".", "_").split("_"))


def type_of(schema, indent):
    kind = schema.get("type")
    if "enum" in schema:
        made = " | ".join(json.dumps(word) for word in schema["enum"])
    elif kind == "string":
        made = "string"
    elif kind in ("integer", "number"):
        made = "number"
    elif kind == "boolean":
        made = "boolean"
    elif kind == "array":
        inner = type_of(schema["items"], indent)
        made = f"({inner})[]" if "|" in inner else f"{inner}[]"
    elif kind == "object" and "additionalProperties" in schema:
        made = f"Record<string, {type_of(schema['additionalProperties'], indent)}>"
    elif kind == "object":
        made = members(schema, indent)
    else:
        made = "unknown"
    return f"{made} | null" if schema.get("x-nullable") else made


def members(schema, indent, all_there=False):
    properties = schema.get("properties", {})
    if not properties:
        return "Record<string, never>"
    inner = indent + "  "
    lines = []
    for name, member in properties.items():
        optional = "" if all_there or name in schema.get("required", []) else "?"
        lines.append(f"{inner}/** {member.get('description', '')} */")
        lines.append(f"{inner}{name}{optional}: {type_of(member, inner)};")
    return "{\n" + "\n".join(lines) + f"\n{indent}}}"


def data_type(schema):
    return type_of(schema, "  ") if schema.get("type") == "array" else members(schema, "  ", True)


def typescript(schema):
    out = [HEADER, "/** Parameters and data of each command, by its name. */\n", "export interface Commands {\n"]
    for command in schema["commands"]:
        out.append(f"  /** {command['does']} Done when {command['completes_when']}. */\n")
        out.append(f"  \"{command['name']}\": {{ params: {members(command['params'], '  ')}; data: {data_type(command['data'])} }};\n")
    out.append("}\n\n/** Data of each event, by its name. */\nexport interface Events {\n")
    for event in schema["events"]:
        out.append(f"  /** {event['says']} */\n  \"{event['name']}\": {members(event['data'], '  ', True)};\n")
    out.append("}\n")
    return "".join(out)


def bound(member):
    words = []
    if "enum" in member:
        words.append(", ".join(f"`{word}`" for word in member["enum"]))
    if "minimum" in member or "maximum" in member:
        words.append(f"{member.get('minimum', '')}…{member.get('maximum', '')}")
    return f" ({'; '.join(words)})" if words else ""


def shown_type(member):
    if member.get("x-call"):
        return "call"
    if member.get("type") == "array":
        return f"list of {shown_type(member['items'])}"
    return "number" if member.get("type") in ("integer", "number") else member.get("type", "any")


def rows(schema, prefix=""):
    for name, member in schema.get("properties", {}).items():
        needed = "**" if name in schema.get("required", []) else ""
        yield f"| {needed}`{prefix}{name}`{needed} | {shown_type(member)} | {member.get('description', '')}{bound(member)} |"
        if member.get("type") == "object" and "properties" in member:
            yield from rows(member, f"{prefix}{name}.")
        if member.get("type") == "array" and "properties" in member.get("items", {}):
            yield from rows(member["items"], f"{prefix}{name}[].")


def table(schema):
    lines = list(rows(schema))
    return ["| member | type | |", "|---|---|---|", *lines, ""] if lines else []


def reference(schema):
    out = ["# RWI: all commands and events", "",
           "Made by `scripts/rwi_types.py` of `junctor schema`; how to use them is in [rwi.md](rwi.md).",
           "Members in bold are needed. *call* is a call's name, or the hub's id of it.", "", "## Commands", ""]
    for command in schema["commands"]:
        also = f", also `{command['alias']}`" if command["alias"] else ""
        scope = f"`{command['scope']}`" if command["scope"] else "any token"
        out += [f"### {command['name']}", "", f"{command['does']} Scope: {scope}{also}. Result when {command['completes_when']}.",
                "", *table(command["params"])]
        data = command["data"]["items"] if command["data"].get("type") == "array" else command["data"]
        if data.get("properties"):
            out += ["Data:", "", *table(data)]
    out += ["## Events", ""]
    for event in schema["events"]:
        out += [f"### {event['name']} (event)", "", f"{event['says']} In the flat dialect `{event['flat']}`.", "", *table(event["data"])]
    return "\n".join(out).rstrip() + "\n"


def main():
    junctor, root = sys.argv[1], pathlib.Path(sys.argv[2])
    schema = json.loads(subprocess.run([junctor, "schema"], check=True, capture_output=True, text=True).stdout)
    wanted = {root / "clients/typescript/src/types.ts": typescript(schema), root / "docs/rwi-reference.md": reference(schema)}
    old = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv:
        for path in old:
            print(f"{path} is not what scripts/rwi_types.py makes of the schema")
        return 1 if old else 0
    for path in old:
        path.write_text(wanted[path])
        print(f"wrote {path}")
    return 0


sys.exit(main())
