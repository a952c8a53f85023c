"""Everything that a template can call, against jinja2 and CPython: every filter, test and method of their own lists over a grid of
odd values with up to three arguments, format specs and texts made at random, and every character of Unicode. A case is
a template and a row; both render the same text, or both refuse. What differs on purpose stands in `justified`, and is counted.
"""
import copy
import json
import random
import re
import subprocess
import sys
import unicodedata
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jinja2
from jinja2 import filters, tests

from common import CAPPY, Report

ENVIRONMENT = jinja2.Environment()
ENVIRONMENT.globals["zip"] = zip
UNSUPPORTED = {"urlize", "striptags"}  # filters that answer with an error
LAZY = {"batch", "slice", "map", "select", "reject", "selectattr", "rejectattr", "unique", "items", "reverse"}  # seen as lists
MARKUP = {"e", "escape", "forceescape", "safe", "tojson"}  # seen as text: the type that marks safe text is not here

TEXTS = ["", " ", "a", "ab", "Abc dé", "straße İ ΑΣ ǆ", "  two  words\t\n", "3", " -3.7 ", "1_000", "٣", "ff", "nan", "a,b,,c", "x|||y",
         "one\ntwo\r\nthree\u2028four", "%s and %d", "{} {0}", "{a[0]:>5}", "<b a=\"1\">&'</b>", "日本語 🙂", "e\u0301\u00a0\x1f", "foo-bar (baz) well--known",
         "x" * 90, "the quick brown fox jumps over the lazy dog " * 3]
NUMBERS = [0, 1, -1, 7, -10, 1234567, 2**53 + 1, -2**63, True, False, 0.0, -0.0, 0.5, 2.5, -2.675, 1e16, 1e-7, 123456.789, 1e300, 999.95]
LISTS = [[], [1, 2, 3], ["b", "A", "a", "B"], [3, "x", None], [[1, "x"], [2, "y"]], [0, "", None, False, 1.5], [True, 1, 1.0, "1"],
         [{"a": 1, "b": "x"}, {"a": 2, "b": "X"}, {"b": "y"}], [{"a": {"c": 2}}, {"a": {"c": 1}}], ["a"] * 3, [2.5, -1, 10], [[], [1], [1, 2]]]
DICTS = [{}, {"a": 1, "B": 2, "c": 0}, {"k": "v", "list": [1, 2]}, {"b": None, "a": "x<y"}, {"x y": 1}, {"n": {"m": [1, {"o": "p" * 40}], "q": "r" * 40}}]
VALUES = [None] + TEXTS + NUMBERS + LISTS + DICTS
# What JSON has not; `missing` is undefined.
MORE = ["missing", "()", "(1, 'x')", "(1,)", "range(4)", "range(5, 0, -2)", "{'k': 1}.items()", "{'k': 1}.keys()", "['x', 'y'] | map('upper')",
        "{1: 'x', 'k': (1, 2)}", "{2: 'x', 1: 'y'}", "namespace(a=1)", "range", "'x'.lower", "(none,)", "{(1, 2): none}", "('inf' ~ missing) | float", "[missing]"]
OTHER, OTHER_ROWS = "[" + ", ".join(MORE) + "][i]", [{"i": i} for i in range(len(MORE))]
ARGUMENTS = [None, True, 0, 1, 2, -1, 5, 1.5, "", "a", " ", ",", "b", "value", "{'a': 1}", [], [1], {"a": 1}]
FEW = [None, 0, 2, -1, "", "a", "b", True, [1]]
MISSING = object()
ALL = "--all" in sys.argv  # every pair of arguments: minutes


def chosen(rows, count):
    return rows if ALL or len(rows) <= count else random.Random(len(rows)).sample(rows, count)


def rows_of(values, *arguments):
    """Rows {v, a, b, c} for all combinations; an absent column is undefined."""
    rows = [{} if value is MISSING else {"v": value} for value in values]
    for name, choices in zip("abc", arguments):
        rows = [{**row, **({} if one is MISSING else {name: one})} for row in rows for one in choices]
    return rows


def spelled(name):
    """How a result is printed; @ stands for the call."""
    return "{{ (@) | list }}" if name in LAZY else "{{ @ }}" if name in MARKUP else "{{ [@] }}"


def grid(call, form, values=VALUES, three=False):
    """Templates that make `call` ("| f", ".m", …) on each value with up to two or three arguments."""
    def made(source, arguments):
        return form.replace("@", f"({source}){call}({arguments})")
    yield made("v", ""), rows_of(values)
    yield made("v", "a"), rows_of(values, [MISSING, *ARGUMENTS])
    yield made("v", "a, b"), chosen(rows_of(values, FEW, FEW), 4 * len(values))
    if three:
        yield made("v", "a, b, c"), chosen(rows_of(values, ["a", "", 1, "b"], [0, 1, -2, None, "x"], [2, -1, 100, None]), 12 * len(values))
    if values is VALUES:
        yield made(OTHER, ""), OTHER_ROWS
        yield made(OTHER, "a"), [{**row, "a": one} for row in OTHER_ROWS for one in ARGUMENTS[::2]]


def filter_cases():
    for name in sorted(filters.FILTERS):
        if name not in UNSUPPORTED:
            yield from grid(f" | {name}", spelled(name))
    by = [None, "a", "b", "a.c", "0", 0, "zz", "a,b", ""]
    for name in ("join(', ', attribute=a)", "sort(attribute=a)", "sort(true, attribute=a)", "sort(case_sensitive=true)", "unique(attribute=a)", "min(attribute=a)", "max(attribute=a)",
                 "sum(attribute=a)", "sum(start=a)", "sum('a', 10)", "groupby(a, default='x')", "groupby(a, case_sensitive=true)", "map(attribute=a)", "map(attribute=a, default='-')",
                 "map(a)", "map('default', a)", "map('replace', 'a', 'b')", "selectattr(a)", "selectattr(a, 'equalto', 1)", "rejectattr(a, 'none')", "select('in', a)", "reject('string')",
                 "dictsort(by='value')", "dictsort(true)", "dictsort(reverse=true)", "dictsort(false, 'key', true)", "tojson(indent=2)", "tojson('\t')", "indent(2, true)", "indent('>', blank=true)",
                 "indent(first=true, blank=true)", "truncate(5)", "truncate(5, true)", "truncate(7, end='')", "truncate(3, true, '…', 0)", "wordwrap(10)", "wordwrap(5, false)", "wordwrap(8, wrapstring='|')",
                 "wordwrap(6, break_on_hyphens=false)", "batch(2, '-')", "slice(2, '-')", "default('x', true)", "d(boolean=true)", "round(2, 'floor')", "round(1, 'ceil')", "round(method='ceil')", "round(none)",
                 "round(-1)", "int(base=16)", "int(-1, 0)", "int('x', 40)", "float(none)", "replace('a', 'b', count=1)", "format(a=1)", "format(a, b=1)", "trim(chars='a ')", "center(width=7)",
                 "filesizeformat(true)", "xmlattr(autospace=false)", "attr('items')", "attr('zz')", "batch(linecount=3, fill_with=0)", "nope=1", "list(1)"):
        if "=1" not in name or "(" in name:
            function = name.split("(")[0]
            yield spelled(function).replace("@", f"(v) | {name}"), chosen(rows_of(VALUES, by if "a" in name else [1]), 250)
            yield spelled(function).replace("@", f"({OTHER}) | {name}"), OTHER_ROWS


def test_cases():
    for name in sorted(tests.TESTS):
        if name == "sameas":
            yield "{{ v is sameas a }}", rows_of([None, True, False, 1, "a"], [None, True, False])
            continue
        more = [MISSING, *ARGUMENTS, *TEXTS[:9], *NUMBERS]
        for source, rows in (("v", rows_of(VALUES)), (OTHER, OTHER_ROWS)):
            yield f"{{{{ [{source}] | select('{name}') | list | length }}}}", rows
            yield f"{{{{ [{source}] | select('{name}', a) | list | length }}}}", chosen([{**row, **({} if one is MISSING else {"a": one})} for row in rows for one in more], 250)
            if name.isalpha() and name != "in":
                yield f"{{{{ ({source}) is {name} }}}}|{{{{ ({source}) is not {name} }}}}", rows
    pairs = [{"i": i, "j": j} for i in range(len(MORE)) for j in range(len(MORE))]
    other = OTHER.replace("[i]", "[j]")
    yield f"{{{{ ({OTHER}) is eq ({other}) }}}}{{{{ ({OTHER}) == ({other}) }}}}", pairs
    yield f"{{{{ ({OTHER}) is in ({other}) }}}}", pairs


def method_cases():
    kinds = {str: TEXTS, list: LISTS, dict: DICTS, int: NUMBERS[:8], bool: [True, False], float: NUMBERS[10:]}
    for kind, values in kinds.items():
        for name in dir(kind):
            if not name.startswith("_"):
                yield from grid(f".{name}", "{% set r = " + ("@ | list" if kind is dict and name in ("keys", "values", "items") else "@") + " %}{{ [r] }}{{ [v] }}", values, three=kind is str)
    for source in ("(1, 'x', 1)", "range(4)", "range(5, 0, -2)"):
        for name in ("count", "index"):
            yield from grid(f".{name}", "{{ @ }}", [1, 3, "x"])
            yield f"{{{{ {source}.{name}(v) }}}}", rows_of(VALUES)
    for call in ("split(sep=a)", "split(maxsplit=1)", "rsplit(none, 1)", "rsplit(sep=a, maxsplit=1)", "splitlines(keepends=true)", "expandtabs(tabsize=3)", "startswith(('a', 'x'))", "startswith(('x', 1))",
                 "endswith(('e', ' '), 1)", "translate({97: 'X', 98: none, 99: 100})", "translate(v.maketrans('ab', 'ba'))", "translate(v.maketrans({'a': 'Z', 98: 'q'}))", "translate(''.maketrans('a', 'b', 'x'))",
                 "maketrans('ab', 'c')", "replace(old='a', new='b')", "center(9, '*')", "rjust(5, '日')", "ljust(5, 'ab')", "format(1, a=2)", "format_map({'a': [1]})", "join(['1', '2'])", "join('xy')",
                 "join([1])", "join({'k': 1})", "zfill(5)", "removeprefix('a')", "removesuffix('b')"):
        yield "{{ [v.%s] }}" % call, rows_of(TEXTS + ["-5", "+x", "a\tb\tc", "abcabc"], [None, "a", ",", " ", ""])
    for call in ("sort(reverse=true)", "sort()", "extend('ab')", "extend(v)", "insert(1, 'x')", "insert(-1, 'x')", "pop(1)", "index('a', 1)", "index('a', 0, 1)", "sort(key=none)"):
        yield "{{ [v.%s] }}{{ v }}" % call, rows_of(LISTS)
    for call in ("get('a', 5)", "update(a=1, z=2)", "update([['q', 1]])", "update([[1]])", "update({'a': 9})", "setdefault('a')", "pop('a', 1)", "fromkeys('ab', 0)", "fromkeys([1, 1.0, true])", "popitem()"):
        yield "{{ [v.%s] }}{{ v }}" % call, rows_of(DICTS)


def format_cases(generator):
    def spec():
        chosen = generator.choice
        return "".join([chosen(["", "", "<", ">", "^", "=", "*<", "日>", "0=", "x^", "{<"]), chosen(["", "", "+", "-", " "]), chosen(["", "", "", "z"]), chosen(["", "", "#"]), chosen(["", "", "0"]),
                        chosen(["", "1", "5", "8", "12", "25"]), chosen(["", "", ",", "_"]), chosen(["", "", ".0", ".1", ".3", ".10", "."]), chosen(list("bcdeEfFgGnosxX%") + [""] * 6 + ["y", "dd"])])
    specs = ["", "s", "d", ".2f", ",", "_", "08,", "010,d", "+.1e", "#x", "#010b", "^9", "%", ".1%", ".0f", "#.0f", "#g", "n", "c", "=+8", "é^7"] + [spec() for _ in range(250)]
    values = ["abc", "日本", "", 0, 5, -42, 1234567, 255, True, 0.0, -0.0, 0.05, 1234567.891, -1.5, 1e20, 1e-9, 100.0, None, [1]]
    for value in values + [float("nan"), float("inf")]:
        source = "v" if value == value and value not in (float("inf"), ) else "(('nan' ~ z) | float)" if value != value else "(('inf' ~ z) | float)"
        yield "{{ ('{:' ~ a ~ '}').format(%s) }}" % source, [{"v": value if source == "v" else 0, "a": one} for one in specs]

    def percent():
        chosen = generator.choice
        return "%" + "".join([chosen(["", "", "-", "+", " ", "0", "#", "-0", "+0"]), chosen(["", "", "1", "5", "12"]), chosen(["", "", ".0", ".1", ".3", ".12", "."]), chosen(["", "", "", "l"]), chosen(list("diouxXeEfFgGcrsa%") + ["y"])])
    percents = ["%s", "%d", "%5.1f%%", "%%", "%", "%(v)s", "%(a", "%s %s", "x", "%c"] + [percent() for _ in range(200)]
    for value in values:
        yield "{{ a % v }}|{{ a | format(v) }}", [{"v": value, "a": one} for one in percents]
    yield "{{ a % (v, 3) }}", [{"v": value, "a": one} for value in values for one in ("%s %s", "%*d", "%.*f", "%s", "%-*s|", "%d %% %s", "%s %s %s", "%(v)s")]
    yield "{{ a % d }}", [{"d": {"k": value, "a b": 1}, "a": one} for value in values for one in ("%(k)s", "%(k)d", "%(a b)5d %(k)r", "%(zz)s", "%s", "x", "%(k)s %s", "%%")]
    fields = ["{}", "{0}", "{1}{0}", "{}{1}", "{v}", "{v!r}", "{v!a:>9}", "{v!x}", "{0[0]}", "{0[a]}", "{0[-1]}", "{v[k]}", "{v.k}", "{0.items}", "{}}", "{", "{{}}", "{{{0}}}", "{0:{1}}", "{:{}}", "{0:{1}{2}}",
              "{0:{1:{2}}}", "{!r}", "{:>{w}}", "{a.b}", "{0[}", "{0[]}", "{0.}", "{0[0]x}", "a{}b{}c", "{ 0}", "{99}", "{0!}", "{0!r }", "{[0]}", "{.x}", "{:}", "{0:}}", "é{}日"]
    for one in fields:
        yield f"{{{{ a.format(v, 8, '>', v=v, w=6) }}}}|{{{{ a.format(v) }}}}", [{"v": value, "a": one} for value in ["x", 5, 2.5, None, [1, 2], {"a": 1, "k": 2}, "long text"]]
        yield f"{{{{ a.format_map(v) }}}}", [{"v": value, "a": one} for value in ["x", None, {"a": 1, "k": 2, "v": {"k": 3}, "w": 9}]]


def text_cases(generator):
    alphabet = ["a", "B", "z", "é", "İ", "Σ", "ß", "1", "_", "-", "-", "--", " ", " ", "  ", "\t", "\n", "\r\n", "\u2003", ".", ",", "'", '"', "(", "<", "日", "🙂", "word", "long-hyphenated-word", "\x1c", "\x85", "&", "!", "?"]
    texts = ["".join(generator.choice(alphabet) for _ in range(generator.randint(0, 40))) for _ in range(150)]
    rows = [{"v": one, "a": generator.randint(1, 12), "b": generator.choice(alphabet), "c": generator.randint(-12, 12)} for one in texts]
    for call in ("v | title", "v | wordcount", "v | wordwrap(a)", "v | wordwrap(a, false)", "v | wordwrap(a, true, '|', false)", "v | indent(a)", "v | truncate(a + 3)", "v | capitalize", "v | pprint", "v | tojson", "v | urlencode",
                 "v | trim(b)", "v | upper", "v | lower", "v.title()", "v.swapcase()", "v.casefold()", "v.split()", "v.split(none, 2)", "v.split(b)", "v.rsplit()", "v.rsplit(none, 2)", "v.rsplit(b, 2)", "v.splitlines()", "v.splitlines(true)",
                 "v.expandtabs(a)", "v.center(a * 4, '*')", "v.find(b, c)", "v.rfind(b, c, 12)", "v.count(b, c)", "v.replace(b, '<>', c)", "v.partition(b)", "v.rpartition(b)", "v[c:a]", "v[::-1]", "v.zfill(a * 3)", "v.istitle()", "v.isidentifier()"):
        yield spelled("tojson" if "tojson" in call else "").replace("@", call), rows

    def value(depth):
        roll = generator.random()
        if depth > 3 or roll < 0.5:
            return generator.choice(texts + [None, True, 1, -2.5, 10**9, "k" * 70, ""])
        if roll < 0.75:
            return [value(depth + 1) for _ in range(generator.randint(0, 5))]
        return {generator.choice("abcdefgh") * generator.randint(1, 9): value(depth + 1) for _ in range(generator.randint(0, 5))}
    trees = [{"v": value(0)} for _ in range(150)]
    for call in ("v | pprint", "v | tojson", "v | tojson(2)", "v | string", "v", "v | tojson(indent='--')"):
        yield "{{ %s }}" % call, trees


PREDICATES = ["isalpha", "isdecimal", "isdigit", "isnumeric", "isalnum", "isspace", "islower", "isupper", "istitle", "isprintable", "isidentifier"]
MAPPINGS = ["lower", "upper", "title", "capitalize", "swapcase", "casefold"]


def compare_characters():
    """Every character of Python's Unicode against Python's str: alone and between letters."""
    template = "{% for c in v %}" + "".join("{{ '1' if c.%s() else '0' }}" % one for one in PREDICATES) + "{{ '1' if ('a' ~ c).isidentifier() else '0' }}{{ c | wordcount }}"
    template += "".join("|{{ c.%s() }}" % one for one in MAPPINGS) + "|{{ ('x' ~ c ~ 'yΣ' ~ c).title() }}|{{ [c] }}\0{% endfor %}"
    characters = [chr(code) for code in range(1, 0x110000) if unicodedata.category(chr(code)) not in ("Cn", "Co", "Cs")]
    out = run_lines(json.dumps({"template": template, "row": {"v": "".join(characters)}}) + "\n")
    report = Report("characters of Python's str")
    for one, mine in zip(characters, json.loads(out)["text"].split("\0")):
        flags = "".join("1" if getattr(one, name)() else "0" for name in PREDICATES) + ("1" if ("a" + one).isidentifier() else "0") + str(len(re.findall(r"\w+", one)))
        texts = [getattr(one, name)() for name in MAPPINGS] + [("x" + one + "yΣ" + one).title(), repr([one])]
        report.equal(mine, "|".join([flags, *texts]), f"U+{ord(one):04X}")
    report.finish(at_least=140_000)


def global_cases():
    for source in ("dict()", "dict(a=1, b='x')", "dict([('a', 1)])", "dict({'a': 1}, b=2)", "dict(1)", "range(3)", "range(1, 7, 3) | list", "range(0)", "range('x')", "range(1, 2, 0)", "range()", "zip('ab', [1, 2]) | list",
                   "zip() | list", "zip(none)", "namespace(a=1).a", "namespace({'b': 2}).b", "namespace().zz", "cycler('a', 'b').next()", "cycler('a', 'b').current", "cycler()", "joiner()()", "joiner('|')()"):
        yield "{{ %s }}" % source, [{}]
    yield "{% set c = cycler('a', 'b', 'c') %}{% for i in range(7) %}{{ c.next() }}{{ c.current }}{% if i == 3 %}{{ c.reset() }}{% endif %}{% endfor %}", [{}]
    yield "{% set j = joiner() %}{% for i in range(3) %}{{ j() }}{{ i }}{% endfor %}{% set k = joiner('; ') %}{{ k() }}a{{ k() }}b{{ k() }}", [{}]


def rendered(template, row):
    try:
        random.seed(5)
        return {"text": template.render(copy.deepcopy(row))}
    except Exception as error:  # whatever Python raises
        return {"error": f"{type(error).__name__}: {error}"}


def answer(template, rows):
    try:
        compiled = ENVIRONMENT.from_string(template)
    except Exception as error:
        return [{"error": f"{type(error).__name__}: {error}"}] * len(rows)
    return [rendered(compiled, row) for row in rows]


def justified(template, row, mine, reference):
    """Why a difference is meant; None where it is not."""
    said, wanted = mine.get("error", ""), reference.get("text", "")
    if "64-bit" in said or "64 bits" in said:
        return "integers beyond 64 bits are refused"
    if "has no text" in said:
        return "a text with an address in memory is refused"
    if "is not supported here" in said:
        return "a method that is left out is refused by name"
    if "too large" in said or "no character" in said:
        return "sizes and characters that no text holds are refused"
    if "wordwrap" in template and "is not an integer" in said:
        return "a width with a fraction is refused"
    if "'x'.lower" in template and row.get("i") == row.get("j") and "eq" in template:
        return "bound methods are equal where they are one"
    return None


def run_lines(text):
    done = subprocess.run([Path(CAPPY).parent / "jinja_lines"], input=text, capture_output=True, text=True, encoding="utf-8")
    if done.returncode != 0:
        sys.exit(f"jinja_lines ended with {done.returncode}: {done.stderr}")
    return done.stdout


def main():
    generator = random.Random(3)
    cases = [*filter_cases(), *test_cases(), *method_cases(), *format_cases(generator), *text_cases(generator), *global_cases()]
    only = [word for word in sys.argv[1:] if not word.startswith("-")]
    if only:
        cases = [case for case in cases if only[0] in case[0]]
    lines = "".join(json.dumps({"template": template, "row": rows}) + "\n" for template, rows in cases)
    with ThreadPoolExecutor(1) as pool:
        out = pool.submit(run_lines, lines)
        wanted = [answer(*case) for case in cases]
    report, reasons, per, examples = Report("jinja2's builtins"), Counter(), Counter(), {}
    for (template, rows), line, references in zip(cases, out.result().split("\n"), wanted):
        results = json.loads(line)
        results = results if isinstance(results, list) else [results] * len(rows)
        for row, mine, reference in zip(rows, results, references):
            equal = mine.get("text") == reference.get("text")
            reason = None if equal else justified(template, row, mine, reference)
            if reason:
                reasons[reason] += 1
                continue
            if not equal:
                per[template] += 1
                examples[template] = (row, mine, reference)
            report.equal(mine if not equal else 0, reference if not equal else 0, f"{template} {json.dumps(row, ensure_ascii=False)[:300]}")
    for reason, count in reasons.items():
        print(f"{count} cases differ on purpose: {reason}")
    for template, count in per.most_common():
        print(f"{count} differ: {template.replace(OTHER, 'OTHER')}  {examples[template]}")
    print(f"{len(filters.FILTERS) - len(UNSUPPORTED)} of {len(filters.FILTERS)} filters, {len(tests.TESTS)} tests, {len(cases)} templates")
    report.finish(at_least=1 if only else 100_000)


compare_characters()
main()
