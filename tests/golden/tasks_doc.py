"""docs/tasks.md does what it says: its worked examples are written out and run in an empty folder, its table of keys is the parser's.

A file of the page is a line with nothing but its path as code, then a fenced block. A `console` block is a session: `$ command`,
then what it prints on standard output, to the letter; a line of one ellipsis stands for any number of lines. The page is one session,
from top to bottom. `tasks_doc.py --write` puts the table of keys of `cappy tasks schema` into the page.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from common import CAPPY, SOURCE, Report, run_cappy

PAGE = SOURCE / "docs/tasks.md"
BEGIN, END = "<!-- keys: made by tests/golden/tasks_doc.py --write -->", "<!-- end of keys -->"
FILE = re.compile(r"\n`([^`\n]+)`\n\n```\w*\n(.*?)```\n", re.S)
SESSION = re.compile(r"```console\n(.*?)```\n", re.S)


def steps(page):
    """("file", path, content) and ("run", command, output) in the order of the page."""
    found = [(match.start(), "file", match[1], match[2]) for match in FILE.finditer(page)]
    for match in SESSION.finditer(page):
        for number, part in enumerate(re.split(r"^\$ ", match[1], flags=re.M)[1:]):
            command, _, output = part.partition("\n")
            found.append((match.start() + number, "run", command, output))
    return [step[1:] for step in sorted(found)]


def agrees(output, written):
    pattern = "".join("(?:.*\n)*?" if line == "…\n" else re.escape(line) for line in written.splitlines(keepends=True))
    return re.fullmatch(pattern, output) is not None


def run_page(report, page):
    environment = {**os.environ, "PATH": f"{Path(CAPPY).resolve().parent}:{os.environ['PATH']}", "CAPPY_HOME": str(SOURCE),
                   "HF_HUB_OFFLINE": "1"}
    with tempfile.TemporaryDirectory() as folder:
        for kind, name, content in steps(page):
            if kind == "file":
                path = Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, encoding="utf-8")
                continue
            done = subprocess.run(["bash", "-o", "pipefail", "-c", name], cwd=folder, env=environment, capture_output=True,
                                  text=True, encoding="utf-8")
            report.equal(done.returncode, 0, f"$ {name}\n{done.stderr}")
            if not agrees(done.stdout, content):
                report.equal(done.stdout, content, f"$ {name}")


def check_fragments(report, page):
    """Blocks of YAML without a path: tasks and groups load beside the page's own files, names of a map of sources are known."""
    pathless = [block for block in re.findall(r"\n\n```yaml\n(.*?)```\n", page, re.S) if block not in [step[2] for step in steps(page)]]
    with tempfile.TemporaryDirectory() as folder:
        words = []
        for kind, name, content in steps(page):
            if kind == "file" and name.startswith("my_tasks/") and name.endswith(".yaml"):
                (Path(folder) / Path(name).name).write_text(content, encoding="utf-8")
        for number, block in enumerate(pathless):
            if not block.startswith(("task:", "group:")):  # a map of sources
                words = ["--sources", Path(folder) / "places/sources.txt"]
                for place in yaml.safe_load(block).values():
                    (Path(folder) / "places" / place).mkdir(parents=True, exist_ok=True)
                words[1].write_text(block, encoding="utf-8")
            else:
                (Path(folder) / f"fragment{number}.yaml").write_text(block, encoding="utf-8")
        done = run_cappy("tasks", "list", "--tasks", folder, *words, check=False)
        report.equal((len(pathless), done.returncode), (3, 0), f"blocks of YAML without a path\n{done.stderr}")


def value_of(schema):
    """A schema of a value in words."""
    if "anyOf" in schema:
        return " or ".join(value_of(part) for part in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    kind = schema["type"]
    if kind == "array":
        return f"list of {value_of(schema['items'])}"
    if kind == "object" and "properties" in schema:
        return "map"
    if kind == "object":
        return f"names to {value_of(schema['additionalProperties'])}"
    if kind == "integer":
        return f"whole number from {schema['minimum']}" if "minimum" in schema else "whole number"
    return {"boolean": "true or false", "number": "number"}.get(kind if isinstance(kind, str) else "", "text")


def maps_below(schema):
    """The maps with keys of their own in a value."""
    if "properties" in schema:
        return [schema]
    parts = schema.get("anyOf", []) + ([schema["items"]] if "items" in schema else [])
    return [found for part in parts for found in maps_below(part)]


def key_lines(schema, prefix=""):
    for name, value in schema["properties"].items():
        note = " **required**" if name in schema.get("required", []) else ""
        below = maps_below(value)
        items = "[]" if below and below[0] is not value else ""
        yield f"| `{prefix}{name}`{note} | {value_of(value)} | {value['description'].replace('|', chr(92) + '|')} |"
        for one in below:
            yield from key_lines(one, f"{prefix}{name}{items}.")


def key_table():
    task, group = json.loads(run_cappy("tasks", "schema").stdout)["anyOf"]
    head = ["| key | value | meaning |", "|---|---|---|"]
    return "\n".join([BEGIN, "", *head, *key_lines(task), "", "A group's file:", "", *head, *key_lines(group), "", END])


def main():
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    written, _, after = rest.partition(END)
    if "--write" in sys.argv:
        PAGE.write_text(before + key_table() + after, encoding="utf-8")
        return
    report = Report("docs/tasks.md")
    report.equal(BEGIN + written + END, key_table(), "the table of keys: run this script with --write")
    run_page(report, page)
    check_fragments(report, page)
    report.finish(at_least=8)


if __name__ == "__main__":
    main()
