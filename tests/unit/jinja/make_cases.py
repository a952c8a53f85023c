"""Writes cases/*.txt: what jinja2 3.1.6 with promptsource's filters renders. Run by hand with the oracle environment after changing
the lists below: PYTHONPATH=../../oracles ../../../.deps/oracles/bin/python make_cases.py

A file begins with "--- row" and the row of all its cases. A case is two parts, each begun by a line: "--- template" and "--- text"
with what is rendered; the last newline of a part is not its own. "--- raises" stands where jinja2 raises, with its message as a
remark. Draws are those of random.seed(5).
"""
import json
import random
from pathlib import Path

import promptsource_oracle as oracle

ROW = {"a": "Abc dé", "n": 3, "neg": -7, "f": 2.5, "t": True, "none": None, "empty": "", "l": ["b", "a", "C", "a"], "nums": [3, 1, 2],
       "d": {"k": "v", "items": 1, "list": [1]}, "nested": [{"x": 1, "y": "p"}, {"x": 2, "y": ""}, {"z": 0}], "mixed": ["a", "it's", None, 1.5, {"k": "v"}],
       "uni": "straße İ ΑΣ", "big": 1e16, "small": 1e-05, "esc": "a\n\t\"'\u200b\u00a0\U0001f642\x7f", "label": 1, "long": "word " * 600, "solid": "x" * 3000}

CASES = {
    "values": ["{{a}}|{{n}}|{{f}}|{{t}}|{{none}}|{{empty}}|{{missing}}", "{{l}} {{d}} {{mixed}} {{nums}}", "{{big}} {{small}} {{0.1+0.2}} {{123456789.0}} {{1e22}} {{-0.0}}",
               "{{[esc]}}", "{{{'a': [1, (2,), (3, 4), ()], 1: none}}}", "{{range(3)}} {{range(1, 9, 2)}} {{range(0,5)[1:]}}", "{{d.items()}} {{d.keys()}} {{d['items']}} {{d.list}} {{d.k}} {{d.nope}}",
               "{{'\\x41\\u00e9\\n\\'\\q\\\\'}}", "{{'a' 'b' ''''}}", "{{1_000}} {{0x1f}} {{1e3}} {{1.5e-7}}", "{{true}} {{True}} {{none}} {{None}} {{false}}", "{{ ['x'] * 2 + ['y'] }} {{ 'ab' * 2 }}",
               "{{namespace(a=1)}}", "{{ {'a': {'b': 1}}['a'] }}", "{{ a, n }}", "{{ a.1 }} {{ l.0 }}"],
    "access": ["{{l[0]}} {{l[-1]}} {{l[9]}}| {{l['1']}}| {{none.x}}| {{a[0]}}{{a[-1]}} {{a[4]}}", "{{nested[0].x}} {{nested[0]['y']}} {{nested[2].x}}|", "{{missing.x}}", "{{missing[0]}}", "{{d.nope.x}}",
               "{{l[1:]}} {{l[:-1]}} {{l[-2:]}} {{a[2:]}} {{a[-2:]}} {{a[:n]}} {{l[::2]}} {{a[::-1]}}", "{{none[1:]}}", "{{l['x':]}}", "{{ l [label] }}", "{{ l[l | length - 1] }}", "{{ l[0 if t else 1] }}", "{{ d[missing] }}|"],
    "operators": ["{{1+2*3-4/2}} {{7//2}} {{-7//2}} {{7%3}} {{-7%3}} {{7.5%2}} {{-7.5//2}}", "{{2**3**2}} {{-2**2}} {{2**-1}}", "{{-1|abs}} {{n|int - 1}} {{1 + f|round}}", "{{1 == 1.0}} {{t == 1}} {{'1' == 1}} {{none == missing}} {{missing == other}}",
                  "{{1 < 2 < 3}} {{3 > 2 == 2}} {{'a' < 'b'}} {{[1,2] < [1,3]}}", "{{'a' < 1}}", "{{1 + 'a'}}", "{{missing + 1}}", "{{missing < 1}}", "{{'b' in l}} {{'z' not in l}} {{'bc' in a}} {{'k' in d}} {{1 in missing}}", "{{1 in 'a'}}",
                  "{{a or 'x'}} {{empty or 'x'}} {{empty and 'x'}}| {{not empty}} {{not not n}}", "{{'y' if t else 'n'}} {{'y' if empty}}| {{'a' if 0 else 'b' if 0 else 'c'}}", "{{'x' if t else 'y' | upper}}", "{{1 ~ 'a' ~ none}}", "{{1/0}}", "{{1%0}}",
                  "{{'%s-%03d-%.2f' % (a, n, f)}}", "{{ 0.1 + 0.2 == 0.3 }} {{ 4 / 2 }} {{ 1e308 * 10 }}", "{{ +n }} {{ -f }} {{ - - n }}", "{{ n is odd }} {{ missing is defined }} {{ none is none }} {{ t is true }} {{ 0 is false }} {{ a is string }} {{ n is not divisibleby 2 }} {{ n is in [3] }}"],
    "filters": ["{{a|upper}} {{a|lower}} {{a|capitalize}} {{uni|upper}} {{uni|lower}} {{uni|capitalize}}", "{{l|join(', ')}} {{l|join}} {{a|join('-')}} {{d|join(',')}} {{mixed|join('/')}}", "{{'ab'|replace('', '-')}} {{a|replace('b','X')}} {{n|replace(3, 4)}}",
                "{{l|length}} {{a|length}} {{missing|length}} {{uni|count}}", "{{none|length}}", "{{empty|default('x')}}|{{empty|default('x', True)}}|{{missing|default('y')}}|{{missing|default}}|{{0|d(1, true)}}",
                "{{'3.7'|int}} {{' 5 '|int}} {{'x'|int}} {{''|int}} {{none|int}} {{3.9|int}} {{-3.9|int}} {{'1_0'|int}} {{'x'|int(9)}} {{'ff'|int(0, 16)}} {{t|int}}", "{{missing|int}}", "{{'1.5'|float}} {{'x'|float}} {{n|float}} {{'nan'|float}} {{'-inf'|float}}",
                "{{2.5|round}} {{3.5|round}} {{2.675|round(2)}} {{n|round}} {{1234.5|round(-2)}} {{1250|round(-2)}} {{2.1|round(0,'ceil')}} {{-2.1|round(0,'floor')}}", "{{'x'|round}}", "{{'  xax '|trim}}|{{'xax'|trim('x')}}|{{'abcba'|trim('ab')}}",
                "{{l|unique|list}} {{l|sort}} {{l|sort(reverse=true)}} {{nums|sort}} {{nums|min}} {{nums|max}} {{[]|min}}|{{l|first}} {{l|last}} {{[]|first}}|", "{{['B','b','A']|unique|join}} {{['b','B','a']|sort(case_sensitive=true)}}", "{{[1,'a']|sort}}",
                "{{nested|map(attribute='x')|list}} {{nested|map(attribute='x', default=0)|list}} {{l|map('upper')|join}} {{['xa','bx']|map('trim','x')|list}}", "{{nested|selectattr('x')|list}} {{nested|selectattr('x','equalto',2)|list}} {{l|reject('equalto','a')|list}} {{l|select('!=','')|list}}",
                "{{nested|sort(attribute='x')}}", "{{[{'x':2},{'x':1}]|sort(attribute='x')}}", "{{l|most_frequent}} {{[]|most_frequent}}", "{{'%0.1f'|format(0.25)}} {{'%s'|format(n)}} {{'%d%%'|format(50)}}", "{{'%d'|format('x')}}", "{{l|string}} {{none|string}} {{missing|string}}|",
                "{{long|truncate(2048)|length}} {{solid|truncate(2048)|length}} {{'foo bar baz qux'|truncate(9)}} {{'foo bar baz qux'|truncate(9, true)}} {{'foo bar baz qux'|truncate(11)}} {{'foo bar baz qux'|truncate(11, false, '...', 0)}}", "{{-5|abs}} {{neg|abs}} {{f|abs}}",
                "{{l|reverse|list}} {{'abc'|reverse}} {{nums|sum}} {{l|list|length}}", "{{l|map('upper')|length}}", "{{ l|map('upper')|list|join(' ')|lower|replace('b', 'q') }}", "{{a|nope}}"],
    "methods": ["{{a.split()}} {{' a  b '.split(' ')}} {{'a__b'.split('__')}} {{'a b c'.split(' ', 1)}} {{''.split()}} {{''.split(',')}}", "{{a.lower()}} {{a.upper()}} {{'x-y'.replace('-', '+')}} {{' a '.strip()}}| {{'xax'.strip('x')}}", "{{a.split('')}}",
                "{{l.append('z') or ''}}{{l}}", "{{ l.append('z') | default('', True) }}{{l|length}}", "{{l.index('C')}} {{l.pop()}} {{l}} {{l.pop(0)}} {{l}}", "{{l.index('nope')}}", "{{', '.join(l)}}", "{{', '.join(nums)}}", "{{d.update({'q': 1})}} {{d}}", "{{a.startswith('A')}} {{a.endswith('é')}} {{a.index('d')}} {{a.find('zz')}}",
                "{{'hELLO wORLD'.capitalize()}} {{'hello world'.title()}} {{'aXbX'.count('X')}}", "{{a.nope()}}", "{{none.strip()}}", "{{missing.strip()}}", "{{d.get('k')}} {{d.get('zz')}} {{d.get('zz', 5)}}", "{{nums.extend([9])}}{{nums}}"],
    "statements": ["{% if n > 2 %}big{% elif n > 1 %}mid{% else %}small{% endif %}", "{% for x in l %}{{loop.index}}/{{loop.length}}{{x}}{{'' if loop.last else ', '}}{% endfor %}", "{% for x in l if x != 'a' %}{{loop.index0}}{{x}}{% endfor %}", "{% for k, v in d.items() %}{{k}}={{v}};{% endfor %}",
                   "{% for a, b in zip(l, nums) %}{{a}}{{b}} {% endfor %}", "{% for x in nums %}{{loop.previtem}}<{{x}}>{{loop.nextitem}} {{loop.first}}{{loop.revindex}} {% endfor %}", "{% set x = 1 %}{% for i in nums %}{{x}}{% set x = i %}{{x}} {% endfor %}{{x}}",
                   "{% set ns = namespace(c=0) %}{% for i in nums %}{% set ns.c = ns.c + i %}{% endfor %}{{ns.c}}", "{% if t %}{% set q = 5 %}{% endif %}{{q}}", "{% if empty %}{% set a = 5 %}{% endif %}{{a}}", "{% set p, q = 1, 2 %}{{p}}{{q}}", "{% for x in [] %}x{% else %}none{% endfor %}", "{% for x in missing %}x{% endfor %}|", "{% for x in none %}x{% endfor %}",
                   "{% for i in range(2) %}{% for j in range(2) %}{{loop.index}}{% endfor %}{{loop.index}} {% endfor %}", "{% for c in a %}{{c}}.{% endfor %}", "{% for x in nums %}{{a}}{% endfor %}{% set a = 1 %}{{a}}", "{% for x in nums %}{% if x == 1 %}{% set n = 'in' %}{% endif %}{{n}} {% endfor %}{{n}}",
                   "{% set ns = 1 %}{% set ns.x = 2 %}", "{% for a, b in l %}{% endfor %}", "{% for x in l if x not in seen %}{{x}}{% endfor %}", "{% set seen = [] %}{% for x in l if x not in seen %}{{x}}{{ seen.append(x) or '' }}{% endfor %}", "{% set t = l %}{{ t.append(1) or '' }}{{ l }}", "{{ loop }}|", "{% for x in nums %}{{ loop.cycle('a', 'b') }}{{ loop.changed(x > 2) }}{% endfor %}"],
    "white_space": ["a {%- if t %} b {%- endif -%}  \n c", "a\n{% if t %}\nb\n{% endif %}\nc\n", "x {#- note -#} y", "{# a {{ b }} #}x", "{{- a -}}  z", "  {{ a }}\n\n", "{% raw %}{{ a }}{% endraw %}", "a \u00a0{%- if t -%}\u2003b{% endif %}", "{%+ if t +%} x {%- endif %}", "{{ '}}' }} {{ \"%}\" }}", "a\r\nb\rc"],
    "random": ["{{ l | choice }}", "{{ ['x', 'y', 'z'] | random }}{{ nums | choice }}", "{{ [] | choice }}", "{{ [] | random }}|", "{% for i in range(20) %}{{ l | choice }}{{ range(1000) | random }} {% endfor %}"],
}
BROKEN = ["{{ a", "{% if t %}x", "{% endif %}", "{{ a | }}", "{{ (a }}", "{{ a b }}", "{% nope %}", "{{ 'a }}", "{{ a is nope }}", "{# x", "{% for x l %}{% endfor %}", "{{ ! }}", "{{ }}", "{% set true = 1 %}{{ x }}", "{{ [1, 2 }}", "{% if %}{% endif %}", "{{ a. }}", "{% for x in l %}{% endif %}"]


def case(template):
    random.seed(5)
    try:
        text = oracle.templates.env.from_string(template).render(**json.loads(json.dumps(ROW)))
        outcome = f"--- text\n{text}\n"
    except Exception as error:
        outcome = f"--- raises\n{type(error).__name__}: {error}\n".replace("\n---", "\n ---")
    return f"--- template\n{template}\n{outcome}"


for name, templates in {**CASES, "broken": BROKEN}.items():
    with open(Path(__file__).parent / "cases" / f"{name}.txt", "w", encoding="utf-8", newline="") as file:
        file.write(f"--- row\n{json.dumps(ROW)}\n" + "".join(map(case, templates)))
