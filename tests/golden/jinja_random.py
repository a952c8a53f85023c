"""Templates made at random from a grammar of the whole language (statements in one another, few names that meet in all scopes,
macros, call blocks, captured blocks, recursive loops, white-space control, broken ones too) against jinja2: both render the same
text, or both refuse. Where jinja2 fails by a bug of its own (its generated Python is wrong), there is nothing to compare; such
cases are counted and must stay few.
"""
import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import jinja2

from common import CAPPY, Report

CASES, SEED = 2_000, 11
ENVIRONMENT = jinja2.Environment()
ENVIRONMENT.globals["zip"] = zip
ROWS = [
    {"i": 3, "j": -2, "f": 2.5, "s": "Abc dé", "t": "x,y,,z", "u": "", "b": True, "e": None, "l": ["b", "a", "C", "a"], "nums": [3, 1, 2], "d": {"k": "v", "i": 7, "items": [1]},
     "rows": [{"i": 1, "s": "p", "l": [{"i": 2, "s": "q", "l": []}]}, {"i": 3, "s": "", "l": []}], "x": "row x"},
    {"i": 0, "j": 1, "f": -0.5, "s": "", "t": "straße 🙂", "u": " \n ", "b": False, "e": None, "l": [], "nums": [5], "d": {}, "rows": [], "y": [1, "y"]},
    {"i": 2, "j": 2, "f": 1e16, "s": "it's", "t": "a b", "u": "%s", "b": 1, "l": ["one"], "nums": [0, 0], "d": {"a": None, "b": {"c": [1, 2]}}, "rows": [{"i": 1, "s": "r", "l": [{"i": 5, "l": [{"i": 6, "s": "deep", "l": []}]}]}]},
]
BUGS = (AssertionError, NameError, SyntaxError)  # of jinja2's generated code; UnboundLocalError is a NameError


EARLY = ("no filter is called", "no test is called")  # refused before rendering; jinja2 waits until a branch runs


class Grammar:
    """Text of a kind of expression or statement; what a name holds goes by its letter, mostly."""

    def __init__(self, rng):
        self.rng, self.macros, self.loops, self.in_macro, self.budget = rng, [], 0, 0, 0

    def pick(self, *choices):
        return self.rng.choice(choices)

    def chance(self, share):
        return self.rng.random() < share

    # Expressions.

    def integer(self, depth):
        if depth <= 0 or self.chance(0.35):
            plain = [str(self.rng.randint(-3, 9)), "i", "j", "i", "j", "nums[0]", "d.i"]
            return self.pick(*plain, *(["loop.index", "loop.index0", "loop.length", "loop.revindex", "loop.depth", "loop.depth0", "loop.revindex0"] if self.loops else []))
        one = lambda: self.integer(depth - 1)
        return self.pick(f"({one()} {self.pick('+', '-', '*', '//', '%')} {one()})", f"{one()} {self.pick('+', '-', '*')} {one()}", f"-{one()}", f"({self.sequence(depth - 1)}) | length",
                         f"({self.text(depth - 1)}) | int", f"({one()}) | abs", f"({self.numbers(depth - 1)}) | {self.pick('sum', 'max', 'min', 'first', 'last')}", f"({one()} if {self.truth(depth - 1)} else {one()})",
                         f"({self.text(depth - 1)}).{self.pick('count', 'find')}({self.text(0)})", f"({self.numbers(depth - 1)})[{one()}]", "i ** 2", f"+{one()}")

    def real(self, depth):
        return self.pick("f", "2.5", "1e3", f"{self.integer(depth - 1)} / {self.integer(0)}", f"({self.integer(depth - 1)}) | float", f"(f * {self.integer(0)}) | round({self.pick('', '1', '2')})", "f | round | int")

    def string(self):
        return self.pick("'x'", "'ab c'", '"it\'s"', "'é'", "''", "'a' 'b'", "', '", "'\\n'", "'%s-%s'", "'a,b,c'")

    def text(self, depth):
        if depth <= 0 or self.chance(0.3):
            return self.pick("s", "t", "u", "s", self.string(), self.string(), "d.k", "l[0]", "x")
        one = lambda: self.text(depth - 1)
        call = self.macro_call(depth - 1) if self.macros else one()
        return self.pick(f"{one()} ~ {self.any(depth - 1)}", f"({one()} + {one()})", f"({one()}) | {self.pick('upper', 'lower', 'capitalize', 'title', 'trim', 'string', 'reverse')}", f"({one()})[{self.slice(depth)}]",
                         f"({one()}) | replace({one()}, {self.string()})", f"({self.sequence(depth - 1)}) | join({self.pick('', self.string())})", f"({one()}).{self.pick('upper()', 'strip()', 'lower()', 'title()', 'capitalize()')}",
                         f"({one()} if {self.truth(depth - 1)} else {one()})", f"({self.any(depth - 1)}) | string", f"({one()}) | default({one()}{self.pick('', ', true')})", f"{self.string()} * {self.rng.randint(0, 3)}",
                         f"'%s' % ({self.any(depth - 1)})", f"({one()}) | truncate({self.rng.randint(3, 9)})", call, call, call, f"{one()} or {one()}", f"{one()} and {one()}", "loop.cycle('p', 'q')" if self.loops else one())

    def slice(self, depth):
        bound = lambda: self.pick("", str(self.rng.randint(-3, 4)), self.integer(0))
        return f"{bound()}:{bound()}" + (f":{self.rng.choice([1, 2, -1, -2])}" if self.chance(0.3) else "")

    def numbers(self, depth):
        if depth <= 0 or self.chance(0.4):
            return self.pick("nums", "nums", f"range({self.rng.randint(0, 4)})", f"[{self.integer(0)}, {self.integer(0)}]", "[]")
        return self.pick(f"({self.numbers(depth - 1)}) | {self.pick('list', 'sort', 'unique | list', 'reverse | list')}", f"({self.numbers(depth - 1)})[{self.slice(depth)}]", f"range({self.integer(0)}, {self.integer(0)})",
                         f"{self.numbers(depth - 1)} + {self.numbers(depth - 1)}", f"({self.numbers(depth - 1)}) | select({self.pick(repr('odd'), repr('gt') + ', 1')}) | list", f"(rows | map(attribute='i')) | list")

    def texts(self, depth):
        if depth <= 0 or self.chance(0.4):
            return self.pick("l", "l", f"[{self.text(0)}, {self.text(0)}]", "t.split(',')", "d", "s")
        return self.pick(f"({self.texts(depth - 1)}) | {self.pick('list', 'sort', 'unique | list', 'reverse | list', 'map(repr)'.replace('repr', repr('upper')) + ' | list')}", f"({self.text(depth - 1)}).split({self.pick('', self.string())})",
                         f"({self.texts(depth - 1)})[{self.slice(depth)}]", f"rows | map(attribute='s') | list", "d.keys() | list", "d.values() | list", f"({self.texts(depth - 1)}) | reject('equalto', {self.string()}) | list")

    def sequence(self, depth):
        return self.pick(self.numbers, self.texts)(depth)

    def mapping(self, depth):
        return self.pick("d", "rows[0]", f"{{'k': {self.any(depth - 1)}, 'i': {self.integer(0)}}}", "dict(k=1, i=2)", "d.b")

    def truth(self, depth):
        if depth <= 0 or self.chance(0.25):
            return self.pick("b", "not b", "true", "false", "i", "s", "l", "x", "e", *(["loop.first", "loop.last", "loop.changed(x)", "not loop.last"] if self.loops else []))
        compare = self.pick("==", "!=", "<", "<=", ">", ">=")
        name = self.pick("x", "y", "i", "s", "nope", "d.k", "d.nope", "m0", "caller", "loop")
        return self.pick(f"{self.integer(depth - 1)} {compare} {self.integer(depth - 1)}", f"{self.text(depth - 1)} {self.pick('==', '!=', '<')} {self.text(depth - 1)}", f"{self.any(0)} {self.pick('in', 'not in')} {self.sequence(depth - 1)}",
                         f"({self.truth(depth - 1)} {self.pick('and', 'or')} {self.truth(depth - 1)})", f"not ({self.truth(depth - 1)})", f"{name} is {self.pick('defined', 'undefined', 'not defined', 'none', 'string', 'number', 'mapping', 'sequence', 'iterable')}",
                         f"{self.integer(0)} is {self.pick('odd', 'even', 'divisibleby 2', 'not divisibleby(3)')}", f"{self.integer(0)} < {self.integer(0)} {compare} {self.integer(0)}", f"{self.any(0)} == {self.any(0)}")

    def any(self, depth):
        kinds = [self.integer, self.text, self.text, self.real, self.truth, self.numbers, self.texts, self.mapping]
        if self.chance(0.25):
            return self.pick("x", "y", "x", "y", "e", "nope", "d.nope", "d['k']", "rows[0].l", "rows[-1]", "l[9]", "none", "varargs", "kwargs", "ns.x", "ns.i", "p, q", "(x, i)", "[x, [y]]", "q", "m0", "x is mapping",
                             *(["loop", "loop.previtem", "loop.nextitem", "x.i", "x[0]"] if self.loops else []), *([f"{self.macros[0]}.name", f"{self.macros[-1]}.arguments"] if self.macros else []))
        return self.rng.choice(kinds)(depth)

    def argument_list(self, depth):
        given = [self.any(depth).replace(", ", " ~ ") if self.chance(0.1) else self.text(0) for _ in range(self.rng.randint(0, 2))]
        if self.chance(0.12):
            given.append(f"*{self.pick(self.texts(0), '[s]', '[]')}")
        given += [f"{name}={self.text(0) if self.chance(0.7) else self.integer(0)}" for name in self.rng.sample(["x", "s", "i", "q"], self.rng.choice([0, 0, 0, 1, 1, 2]))]
        if self.chance(0.1):
            given.append(f"**{self.mapping(0)}")
        return ", ".join(given)

    def macro_call(self, depth):
        return f"{self.rng.choice(self.macros)}({self.argument_list(depth)})"

    # Statements.

    def tag(self, text):
        left, right = ("-" if self.chance(0.12) else ""), ("-" if self.chance(0.12) else "")
        return f"{{%{left} {text} {right}%}}"

    def words(self):
        return self.pick("a", " b ", "\n", "  \n c", "-", "|", "é", "x\n", "} { ", "#", "% ")

    def output(self, depth):
        return "{{" + ("-" if self.chance(0.08) else "") + f" {self.any(depth)} " + ("-" if self.chance(0.08) else "") + "}}"

    def target(self):
        return self.pick("x", "y", "i", "s", "x", "y", "q", "ns.x", "ns.i", "ns.x") if self.chance(0.96) else self.pick("x, y", "p, q", "(x, i)", "x, (y, q)")

    def block(self, depth):
        known = self.macros
        text = "".join(self.statement(depth) for _ in range(self.rng.randint(1, 3)))
        self.macros = known  # those made inside are not seen outside, but of `if`
        return text

    def statement(self, depth):
        self.budget -= 1
        if depth <= 0 or self.budget < 0 or self.chance(0.3):
            return self.pick(self.words(), self.output(2), self.output(1), self.set_(1))
        return self.rng.choice([self.if_, self.if_, self.for_, self.for_, self.for_, self.set_, self.set_, self.set_block, self.filter_block, self.with_, self.macro, self.macro, self.call_block, self.call_block,
                                self.recursive, self.other])(depth - 1)

    def if_(self, depth):
        elifs = "".join(self.tag(f"elif {self.truth(1)}") + self.block(depth) for _ in range(self.rng.choice([0, 0, 0, 1, 2])))
        other = self.tag("else") + self.block(depth) if self.chance(0.5) else ""
        return self.tag(f"if {self.truth(2)}") + self.block(depth) + elifs + other + self.tag("endif")

    def for_(self, depth):
        target, source = self.pick(("i", self.numbers(2)), ("s", self.texts(2)), ("x", self.sequence(2)), ("x", "rows"), ("x, y", "d.items()"), ("x, i", "zip(l, nums)"), ("y", "[x, s]"), ("i, s", "[(1, 'p'), (2, 'q')]"))
        test = f" if {self.truth(1)}" if self.chance(0.25) else ""
        self.loops += 1
        body = self.block(depth)
        self.loops -= 1
        other = self.tag("else") + self.block(depth) if self.chance(0.25) else ""
        return self.tag(f"for {target} in {source}{test}") + body + other + self.tag("endfor")

    def recursive(self, depth):
        self.loops += 1
        test = " if x.i" if self.chance(0.3) else ""
        inner = self.pick("{{ loop(x.l) }}", "[{{ loop(x.l) }}]", "{% if x.l %}{{ loop(x.l) }}{% endif %}", "{% set y = loop(x.l) %}{{ y | upper }}", "{% filter upper %}{{ loop(x.l) }}{% endfilter %}")
        body = self.block(depth) + "{{ x.i }}{{ loop.depth }}" + inner + self.block(depth - 1)
        self.loops -= 1
        other = self.tag("else") + self.block(depth - 1) if self.chance(0.3) else ""
        return self.tag(f"for x in rows{test} recursive") + body + other + self.tag("endfor")

    def set_(self, depth):
        target = self.target()
        value = {"i": self.integer, "s": self.text}.get(target[-1], self.any)(2)
        return self.tag(f"set {target} = {value}")

    def chain(self):
        return self.pick("upper", "trim", "replace('a', 'b')", "upper | lower", "length", "default('x')", "list | join('.')", "indent(2)")

    def set_block(self, depth):
        chain = f" | {self.chain()}" if self.chance(0.4) else ""
        return self.tag(f"set {self.pick('x', 'y', 's', 'ns.x', 'q')}{chain}") + self.block(depth) + self.tag("endset")

    def filter_block(self, depth):
        return self.tag(f"filter {self.chain()}") + self.block(depth) + self.tag("endfilter")

    def with_(self, depth):
        assigns = ", ".join(f"{self.pick('x', 'y', 'i', 's')} = {self.text(1) if self.chance(0.6) else self.integer(1)}" for _ in range(self.rng.randint(0, 2)))
        return self.tag(f"with {assigns}") + self.block(depth) + self.tag("endwith")

    def parameters(self):
        names = self.rng.sample(["x", "s", "i", "y", "q"], self.rng.randint(0, 3))
        if self.chance(0.06):
            names.append(self.pick("caller", "kwargs", "varargs"))
        first = self.rng.randint(0, len(names))
        return ", ".join(name if n < first else f"{name}={self.pick(self.text(0), self.integer(0), 'x', 'none')}" for n, name in enumerate(names))

    def macro(self, depth):
        name = f"m{len(self.macros) % 4}"
        known, self.macros, loops, self.loops = self.macros, self.macros if self.macros and name not in self.macros else [], self.loops, 0
        extra = self.pick("", "", "{{ caller() }}", "{{ caller('c', 4) }}", "{{ varargs }}", "{{ kwargs }}", "{% if caller %}{{ caller(1) }}{% endif %}", "{{ varargs | join('+') }}{{ kwargs | length }}")
        text = self.tag(f"macro {name}({self.parameters()})") + self.block(depth) + extra + self.tag("endmacro")
        self.macros, self.loops = known + ([name] if name not in known else []), loops
        return text

    def call_block(self, depth):
        if not self.macros:
            return self.macro(depth)
        arguments = f"({self.parameters()})" if self.chance(0.4) else ""
        return self.tag(f"call{arguments} {self.macro_call(0)}") + self.block(depth) + self.tag("endcall")

    def other(self, depth):
        return self.pick("{# note #}", "{#- note -#}", "{% raw %}{{ x }}{% endraw %}", " {%- raw -%} {% x %} {%- endraw %}", self.tag(f"print {self.any(1)}"), self.tag("set ns = namespace(x=1, i=2)"), "{%+ if b +%} y{% endif %}")

    def template(self):
        self.macros, self.budget = [], 9
        text = ("{% set ns = namespace(x='n') %}" if self.chance(0.95) else "") + "".join(self.statement(3) for _ in range(self.rng.randint(2, 5)))
        if self.chance(0.03):  # something is missing or too much
            at = self.rng.randrange(len(text))
            text = text[:at] + self.pick("", "%", "}", "(", "'", "{%", " x ") + text[at + self.rng.randint(0, 3):]
        return text


def by_jinja2(template, row):
    try:
        return {"text": ENVIRONMENT.from_string(template).render(**json.loads(json.dumps(row)))}
    except BUGS as error:
        return {"bug": repr(error)}
    except RecursionError:
        return {"error": "recursion"}
    except Exception as error:
        return {"error": repr(error)}


def main():
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else CASES
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else SEED)
    lines = [{"template": Grammar(rng).template(), "row": rng.choice(ROWS)} for _ in range(cases)]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    program = Path(CAPPY).parent / "jinja_lines"
    done = subprocess.run([program], input=text, capture_output=True, text=True, encoding="utf-8")
    if done.returncode != 0:
        sys.exit(f"{program} ended with {done.returncode} on line {done.stdout.count(chr(10)) + 1}: {lines[done.stdout.count(chr(10))]}\n{done.stderr[-3000:]}")
    report, counts = Report("jinja2, templates at random"), Counter()
    for line, answer in zip(lines, done.stdout.split("\n")):
        mine, wanted = json.loads(answer), by_jinja2(line["template"], line["row"])
        named = "error" in mine and any(words in mine["error"] for words in EARLY) and "text" in wanted
        kind = "early" if named else "bug" if "bug" in wanted else "address" if " at 0x" in wanted.get("text", "") else "raised" if "error" in wanted else "rendered"
        counts[kind] += 1
        if kind in ("rendered", "raised"):
            where = f"{line['template']}\n  row {line['row']}\n  {mine} {wanted}"
            report.equal(mine.get("text", "refused"), wanted.get("text", "refused"), where)
    print(f"{cases} templates: {dict(counts)}")
    if counts["bug"] + counts["address"] + counts["early"] > cases * 0.05 or counts["rendered"] < cases * 0.4:
        sys.exit("too few templates render to say much")
    report.finish(at_least=cases * 0.9)


if __name__ == "__main__":
    main()
