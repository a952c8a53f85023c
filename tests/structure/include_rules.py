"""The includes of every source file obey the module table of docs/architecture.md, and `cappy` is free of libtorch."""
import os
import re
import subprocess
import sys
from pathlib import Path

from common import CAPPY, SOURCE

# module (longest prefix wins) -> modules whose headers it may include, beside its own; and whether it may include torch
RULES = {
    "harness/core": (set(), False),
    "harness/metrics": ({"harness/core"}, False),
    "harness/hub": ({"harness/core"}, False),
    "tasks": ({"harness/core"}, False),
    "backbones/tokenizer": ({"harness/core"}, False),
    "backbones": ({"harness/core", "harness/hub", "backbones/tokenizer"}, True),
    "cappy": ({"harness/core", "harness/metrics", "backbones", "backbones/tokenizer"}, True),
    "reports": ({"harness/core", "harness/metrics"}, False),
    "harness/run": (None, True),  # None: all
    "harness/cli": (None, True),
    "tests": (None, True),
}
TORCH = re.compile(r"^(torch|ATen|c10|caffe2)/")
WIDE = {"torch/torch.h", "torch/all.h"}


def module_of(path):
    found = [m for m in RULES if path == m or path.startswith(m + "/")]
    return max(found, key=len) if found else None


def check(path):
    """Yields what is wrong with the includes of one file."""
    module = module_of(path)
    if module is None:
        yield f"{path}: in no module of the table"
        return
    allowed, torch = RULES[module]
    for number, line in enumerate(open(SOURCE / path, encoding="utf-8"), 1):
        match = re.match(r'\s*#\s*include\s+["<]([^">]+)[">]', line)
        if not match:
            continue
        name = match.group(1)
        if TORCH.match(name):
            if not torch:
                yield f"{path}:{number}: {module} must not include torch ({name})"
            elif name in WIDE:
                yield f"{path}:{number}: include the narrow header instead of {name}"
            continue
        target = module_of(name)
        if target and target != module and allowed is not None and target not in allowed:
            yield f"{path}:{number}: {module} must not include {target} ({name})"
        if target and not (SOURCE / name).exists() and not name.startswith("tests/"):
            yield f"{path}:{number}: no file {name}"


def sources():
    for top in ("harness", "tasks", "backbones", "cappy", "reports", "tests"):
        for folder, _, files in os.walk(SOURCE / top):
            for file in files:
                if file.endswith((".h", ".cc")):
                    yield str(Path(folder, file).relative_to(SOURCE))


def main():
    files = sorted(sources())
    problems = [problem for path in files for problem in check(path)]
    libraries = subprocess.run(["readelf", "-d", CAPPY], capture_output=True, text=True, check=True).stdout
    if re.search(r"NEEDED.*(torch|c10)", libraries):
        problems.append(f"{CAPPY} links libtorch: verbs without a model would pay for it")
    print(*problems, sep="\n")
    print(f"oracle include rules: {len(files)} files compared, {len(problems)} differ")
    sys.exit(bool(problems) or not files)


if __name__ == "__main__":
    main()
