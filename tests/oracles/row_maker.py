"""Rows for templates whose data sets are not here. A walk over the syntax tree guesses from use what a column holds (a list that
is iterated, a dict that is subscripted by a name, a number that is compared with one); values are then drawn by that
shape, with a few odd ones between: None, empty text, wide characters, very long text, protected bars."""
import json
from collections import defaultdict

from jinja2 import meta, nodes

import promptsource_oracle as oracle

WORDS = "the quick Brown fox, jumps over; straße “İstanbul” ΑΣ naïve 日本語 🙂 'quoted' \"double\" isn't __x__ a|||b two\nlines".split(" ")
STRING_METHODS = {"split", "lower", "replace", "strip", "startswith", "capitalize", "upper"}
STRING_FILTERS = {"lower", "upper", "capitalize", "trim", "replace"}
NUMBER_FILTERS = {"round", "abs", "int", "float"}


class Shape:
    def __init__(self):
        self.keys, self.hints, self.constants, self._item = defaultdict(Shape), set(), [], None

    @property
    def item(self):
        self._item = self._item or Shape()
        return self._item


class Walker:
    def __init__(self):
        self.columns, self.local = defaultdict(Shape), {}

    def bind(self, target, shape):
        if isinstance(target, nodes.Name):
            self.local[target.name] = shape
        elif isinstance(target, nodes.Tuple):
            for one in target.items:
                self.bind(one, shape.item)

    def statement(self, node):
        if isinstance(node, nodes.For):
            shape = self.expression(node.iter)
            if not isinstance(node.iter, nodes.Call):
                shape.hints.add("list")
            self.bind(node.target, shape.item)
            if node.test:
                self.expression(node.test)
            for child in node.body + node.else_:
                self.statement(child)
        elif isinstance(node, nodes.Assign):
            self.bind(node.target, self.expression(node.node))
        elif isinstance(node, nodes.If):
            self.expression(node.test)
            for child in node.body + node.elif_ + node.else_:
                self.statement(child)
        elif isinstance(node, nodes.Expr):
            self.expression(node)
        else:
            for child in node.iter_child_nodes():
                self.statement(child)

    def expression(self, node):
        visit = getattr(self, "on_" + type(node).__name__, None)
        if visit:
            return visit(node)
        for child in node.iter_child_nodes():
            self.expression(child)
        return Shape()

    def on_Name(self, node):
        return self.local[node.name] if node.name in self.local else self.columns[node.name]

    def on_Getattr(self, node):
        return self.expression(node.node).keys[node.attr]

    def on_Getitem(self, node):
        base = self.expression(node.node)
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            return base.keys[node.arg.value]
        if isinstance(node.arg, nodes.Slice):
            base.hints.add("slice")
            for bound in (node.arg.start, node.arg.stop):
                if bound is not None and not isinstance(bound, nodes.Const):
                    self.expression(bound).hints.add("int")
            return base
        if isinstance(node.node, nodes.Dict):
            for pair in node.node.items:
                if isinstance(pair.key, nodes.Const) and not isinstance(node.arg, nodes.Const):
                    self.expression(node.arg).constants.append(pair.key.value)
            return Shape()
        base.hints.add("item")
        if not isinstance(node.arg, nodes.Const):
            self.expression(node.arg).hints.add("int")
        return base.item

    def on_Call(self, node):
        shapes = [self.expression(argument) for argument in node.args]
        if isinstance(node.node, nodes.Getattr):
            base = self.expression(node.node.node)
            base.hints.add("str" if node.node.attr in STRING_METHODS else "list" if node.node.attr == "append" else
                           "dict" if node.node.attr in ("items", "keys", "update") else "any")
        elif isinstance(node.node, nodes.Name) and node.node.name == "range":
            for shape in shapes:
                shape.hints.add("int")
        elif isinstance(node.node, nodes.Name) and node.node.name == "zip":
            result = Shape()
            for shape in shapes:
                shape.hints.add("list")
            result._item = Shape()
            result._item._item = shapes[0].item
            return result
        return Shape()

    def on_Filter(self, node):
        base = self.expression(node.node) if node.node is not None else Shape()
        for argument in node.args:
            self.expression(argument)
        if node.name in STRING_FILTERS:
            base.hints.add("str")
        elif node.name in NUMBER_FILTERS:
            base.hints.add("int")
        elif node.name in ("join", "choice", "random", "first", "last", "sort", "unique", "most_frequent", "min"):
            base.hints.add("list")
            return base.item if node.name in ("choice", "random", "first", "last", "min") else base
        elif node.name in ("map", "selectattr"):
            base.hints.add("list")
            for keyword in node.kwargs:
                if keyword.key == "attribute":
                    base.item.keys[keyword.value.value]
            if node.name == "selectattr":
                base.item.keys[node.args[0].value]
                return base
        elif node.name in ("list", "select", "reject", "default"):
            return base
        return Shape()

    def on_Compare(self, node):
        left = self.expression(node.expr)
        for operand in node.ops:
            right = self.expression(operand.expr)
            for shape, other in ((left, operand.expr), (right, node.expr)):
                if isinstance(other, nodes.Const) and operand.op not in ("in", "notin"):
                    shape.constants.append(other.value)
                elif operand.op in ("lt", "gt", "lteq", "gteq"):
                    shape.hints.add("int")
            if operand.op in ("in", "notin") and isinstance(operand.expr, nodes.List):
                left.constants += [one.value for one in operand.expr.items if isinstance(one, nodes.Const)]
        return Shape()

    def on_arithmetic(self, node):
        left, right = self.expression(node.left), self.expression(node.right)
        for shape, other in ((left, node.right), (right, node.left)):
            text = isinstance(other, nodes.Const) and isinstance(other.value, str)
            shape.hints.add("str" if text else "int")
        return Shape()

    on_Sub = on_Mul = on_Div = on_Mod = on_Add = on_arithmetic


POOLS = (None, ["A", "B", "C"], ["1", "0.5", "2"], ["yes", "no"])  # texts that are found in each other


def text(generator, pool=None):
    if pool:
        return generator.choice(pool)
    roll = generator.random()
    if roll < 0.04:
        return " ".join(generator.choice(WORDS) for _ in range(700))
    if roll < 0.08:
        return generator.choice(["", " ", "\u3000x\u00a0", "x" * 2060, "7", "3.7", "e\u0301\u0000\u200b"])
    return " ".join(generator.choice(WORDS) for _ in range(generator.randint(1, 9)))


def value(shape, generator, depth=0, pool=None):
    if not pool and generator.random() < 0.03:
        return generator.choice([None, "", 0, -1, 2.5, True, [], {}])
    if depth > 6:
        return "deep"
    if shape.keys or "dict" in shape.hints:
        inner = {key: value(one, generator, depth + 1, pool) for key, one in shape.keys.items()}
        listed = shape.hints & {"list", "item", "slice"} and shape._item is not None and not shape.keys
        return [inner] if listed else inner or {"k": 1, "l": 2}
    if shape.constants and generator.random() < 0.8:
        constant = generator.choice(shape.constants)
        return constant + generator.randint(-1, 1) if type(constant) is int and generator.random() < 0.5 else constant
    if "list" in shape.hints or ("item" in shape.hints and "str" not in shape.hints):
        return [value(shape._item or Shape(), generator, depth + 1, pool) for _ in range(generator.randint(1, 5))]
    if "int" in shape.hints and "str" not in shape.hints:
        return generator.randint(0, 3)
    if "slice" in shape.hints and generator.random() < 0.5:
        return [text(generator, pool) for _ in range(generator.randint(0, 4))]
    return text(generator, pool)


ODD = [None, "", [], {}, "0", "3.70", " 12 ", -1, 0, 7, 2.5, 1e-07, True, False, "a ||| b", "|||", "straße İΑΣ 日本語 🙂 e\u0301", "\u3000x\u00a0\n", "x" * 2060, "many words " * 200, ["", "b|||c"], [None, 1.0], {"k": "v"}]


def odd_rows(row, count, start):
    """`row` with one value replaced by an odd one: `count` of them, the columns in turn, every second time inside of a list or
    dict where there is one."""
    places = [(name,) for name in row]
    for name, value in row.items():
        if isinstance(value, list):
            places += [(name, i) for i in range(min(len(value), 2))]
            places += [(name, 0, key) for key in value[0]] if value and isinstance(value[0], dict) else []
        elif isinstance(value, dict):
            places += [(name, key) for key in value]
    for i in range(start, start + count if places else start):
        odd = json.loads(json.dumps(row))
        *way, last = places[i % len(places)]
        inner = odd
        for step in way:
            inner = inner[step]
        inner[last] = ODD[(i + i // len(places)) % len(ODD)]
        yield odd


def make_row(template, generator, pool=None):
    walker, names = Walker(), set()
    for source in (template.answer_choices, template.jinja):
        if source is not None:
            tree = oracle.templates.env.parse(source)
            names |= meta.find_undeclared_variables(tree)
            walker.local = {}
            walker.statement(tree)
    names.discard("answer_choices")
    return {name: value(walker.columns[name], generator, pool=pool) for name in sorted(names)}
