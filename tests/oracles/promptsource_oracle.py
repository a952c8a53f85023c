"""promptsource 0.2.3 as an oracle: its own `apply`, without the packages that it imports but rendering does not need.

Two things are arranged around it. Compiled templates are kept (it compiles at every call). `choice` draws while rendering:
jinja2 would draw from a constant list while compiling, once for all rows of a compiled template.
"""
import functools
import hashlib
import json
import os
import random
import sys
import types
from pathlib import Path

from common import SOURCE


def _import_promptsource():
    sys.modules.setdefault("pandas", types.ModuleType("pandas"))
    resources = types.ModuleType("pkg_resources")
    resources.resource_filename = lambda package, path: str(Path(sys.modules["jinja2"].__file__).parents[1] / "promptsource" / path)
    sys.modules.setdefault("pkg_resources", resources)
    package = types.ModuleType("promptsource")  # its __init__ imports more
    import jinja2
    package.__path__ = [str(Path(jinja2.__file__).parents[1] / "promptsource")]
    sys.modules["promptsource"] = package
    import promptsource.templates
    return promptsource.templates


templates = _import_promptsource()
FOLDER = Path(os.environ.get("CAPPY_PROMPTSOURCE", templates.TEMPLATES_FOLDER_PATH))
templates.TEMPLATES_FOLDER_PATH = str(FOLDER)
os.environ["CAPPY_PROMPTSOURCE"] = str(FOLDER)

import jinja2  # noqa: E402
import yaml  # noqa: E402

templates.env.from_string = functools.lru_cache(maxsize=None)(templates.env.from_string)
templates.env.filters["choice"] = jinja2.pass_context(lambda context, items: random.choice(items))


def _use_libyaml():
    """The same constructors over libyaml's parser: reading 279 files takes seconds instead of a minute."""
    if not hasattr(yaml, "CFullLoader"):
        return
    for kind in (templates.Template, templates.Template.Metadata):
        yaml.CFullLoader.add_constructor(kind.yaml_tag, kind.from_yaml)
    yaml.FullLoader = yaml.CFullLoader


_use_libyaml()


def datasets():
    return sorted(str(file.parent.relative_to(FOLDER)) for file in FOLDER.rglob("templates.yaml"))


def load(dataset):
    """The templates of a data set, by name, sorted."""
    found = templates.DatasetTemplates(dataset)
    return {template.name: template for template in sorted(found.templates.values(), key=lambda one: one.name)}


def seed_draws(template, row, seed=0):
    """The rule of `cappy render`: draws depend on seed, template and row alone."""
    text = f"{seed}\n{template.id}\n{json.dumps(row, ensure_ascii=False, separators=(',', ':'))}"
    random.seed(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))


def render(template, row, seed=0):
    """instruction, target, choices as `cappy render` adds them; the exception where the package raises."""
    copy = json.loads(json.dumps(row))  # a template may change the row's lists
    try:
        seed_draws(template, row, seed)
        choices = template.get_answer_choices_list(json.loads(json.dumps(row)))
        seed_draws(template, row, seed)
        parts = template.apply(copy)
    except Exception as error:  # whatever a template raises
        return error
    if len(parts) > 2:
        return ValueError(f"{len(parts)} parts")
    instruction, target = parts if len(parts) == 2 else (None, None)
    return {"instruction": instruction, "choices": choices, "target": target}
