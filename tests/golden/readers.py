"""Rows as `tasks::open_rows` reads them, against Python: csv over random texts with odd quoting, json over random values,
gzip and zstd of both, and Parquet files of random nested types, which Arrow's Python binding writes.

    readers.py          all of it
    readers.py ROWS     the peak of memory over Parquet files of so many rows"""
import csv
import gzip
import itertools
import json
import math
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from common import CAPPY, Report

ROW_LINES = str(Path(CAPPY).parent / "row_lines")


def run_cases(cases):
    text = "".join(json.dumps(case) + "\n" for case in cases)
    done = subprocess.run([ROW_LINES], input=text, capture_output=True, text=True, encoding="utf-8", check=True)
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def pairs(text):
    """JSON text as a value in which the order of keys and the kind of numbers count."""
    return json.loads(text, object_pairs_hook=lambda items: ("object", items))


def in_order(value):
    """A Python value in the form of `pairs`, floats that JSON has no text for as the driver prints them."""
    if isinstance(value, dict):
        return ("object", [(key, in_order(item)) for key, item in value.items()])
    if isinstance(value, list):
        return [in_order(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return ("object", [("float", str(value))])
    return value


def typed(value):
    """The same with numbers as (type, repr): 1, 1.0 and True differ, and so do 0.0 and -0.0."""
    if isinstance(value, tuple):
        return (value[0], [(key, typed(item)) for key, item in value[1]])
    if isinstance(value, list):
        return [typed(item) for item in value]
    return value if isinstance(value, (str, type(None))) else (type(value).__name__, repr(value))


def zstd(data):
    return pa.Codec("zstd").compress(data, asbytes=True)


# ---- tables of text ------------------------------------------------------------------------------------------------------
def random_table(draw, delimiter, quote):
    pieces = [delimiter] * 6 + [quote or '"'] * 6 + ["\n"] * 4 + ["\r\n", "\r", " ", " ", "a", "b c", "é", "😀", "'", "\\", "\t",
                                                               ",", ";", "\u2028", "\x0b", "\x1c", '""', '"x"', f'{delimiter}"']
    return "".join(draw.choice(pieces) for _ in range(draw.randrange(40)))


def python_records(path, delimiter, quote, skip_initial_space):
    """(first line, cells) of every record that is not empty."""
    quoting = {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE}
    with open(path, newline="", encoding="utf-8-sig") as text:
        reader = csv.reader(text, delimiter=delimiter, skipinitialspace=skip_initial_space, **quoting)
        first, records = 1, []
        for cells in reader:
            records.append((first, cells))
            first = reader.line_num + 1
    return records


def expected_table(path, records, names, other_length):
    rows, places, skipped = [], [], 0
    for line, cells in records:
        if not cells:
            continue
        if len(cells) == len(names):
            rows.append(dict(zip(names, cells)))
            places.append(f"{path}: line {line}")
        elif other_length == "error":
            return {"rows": rows, "places": places, "error": f"{path}: line {line}: {len(cells)} cells, expected {len(names)}"}
        else:
            skipped += 1
    if not rows:
        return {"rows": [], "places": [], "error": f"{path}: no rows"}
    return {"rows": rows, "places": places, "skipped": skipped}


def check_tables(folder, report):
    draw, cases, expected = random.Random(1), [], []
    dialects = list(itertools.product([",", "\t", ";", " ", "|"], ['"', "'", ""], [False, True]))
    for turn in range(4000):
        delimiter, quote, skip = dialects[turn % len(dialects)]
        ending = ".tsv" if delimiter == "\t" else ".csv"
        text = ("\ufeff" if turn % 11 == 0 else "") + random_table(draw, delimiter, quote)
        path, data = folder / f"table{turn}{ending}", text.encode()
        if turn % 5 == 1:
            path, data = Path(f"{path}.gz"), gzip.compress(data[:9]) + gzip.compress(data[9:])
        elif turn % 5 == 2:
            path, data = Path(f"{path}.zst"), zstd(data[:7]) + zstd(data[7:])
        path.write_bytes(data)
        (folder / "plain").write_bytes(text.encode())
        records = python_records(folder / "plain", delimiter, quote, skip)
        for width in range(1, 5):
            names, header = [f"c{i}" for i in range(width)], draw.choice(["skip", "none"])
            other_length = draw.choice(["skip", "skip", "error"])
            if header == "skip" and not records:
                continue  # its error is a unit test's
            format = {"header": header, "columns": names, "quote": quote, "skip_initial_space": skip, "other_length": other_length,
                      "delimiter": "" if delimiter in ",\t" and turn % 2 else delimiter}
            cases.append({"files": [str(path)], "format": format})
            expected.append(expected_table(path, records[header == "skip":], names, other_length))
    for case, mine, reference in zip(cases, run_cases(cases), expected, strict=True):
        if "error" in reference:
            mine["error"] = mine.get("error", "")[: len(reference["error"])]
        report.equal({key: mine.get(key) for key in reference}, reference, f"{case}")


def check_header_tables(folder, report):
    """Written by Python's own writer: what goes in comes out, names from the first line."""
    draw, cases, expected = random.Random(2), [], []
    for turn in range(300):
        names = draw.sample(["id", "a b", 'quo"te', "é", "comma,", "new\nline", "tab\t"], draw.randrange(1, 6))
        rows = [[draw.choice(["", "x", "1,5", 'say "hi"', "two\r\nlines", " ", "😀", "\t"]) for _ in names] for _ in range(5)]
        rows = [row if row != [""] else ["-"] for row in rows]
        path = folder / f"written{turn}{draw.choice(['.csv', '.tsv'])}"
        with open(path, "w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out, delimiter="\t" if path.suffix == ".tsv" else ",", lineterminator=draw.choice(["\n", "\r\n"]))
            writer.writerows([names, *rows])
        cases.append({"files": [str(path)]})
        expected.append([dict(zip(names, row)) for row in rows])
    for case, mine, reference in zip(cases, run_cases(cases), expected, strict=True):
        report.equal(mine["rows"], reference, f"{case}: {mine.get('error')}")


# ---- JSON ----------------------------------------------------------------------------------------------------------------
def random_value(draw, depth=0):
    kind = draw.randrange(9 if depth < 3 else 6)
    if kind == 0:
        return draw.choice([None, True, False])
    if kind == 1:
        return draw.choice([0, -1, 2**63 - 1, -(2**63), 2**63, 10**30, draw.randrange(10**9)])
    if kind == 2:
        return draw.choice([0.0, -0.0, 1.0, 1e300, 5e-324, draw.random(), draw.gauss(0, 1e10)])
    if kind < 6:
        return "".join(draw.choice('ab "\\/\n\té😀\u2028\x01\x7f') for _ in range(draw.randrange(8)))
    if kind < 8:
        return [random_value(draw, depth + 1) for _ in range(draw.randrange(4))]
    return random_object(draw, depth + 1)


def random_object(draw, depth=0):
    return {draw.choice(["a", "b", "c", "é", "", 'q"', "long key"]): random_value(draw, depth) for _ in range(draw.randrange(5))}


def check_json(folder, report):
    draw, cases, expected = random.Random(3), [], []
    for turn in range(1200):
        rows = [random_object(draw) for _ in range(draw.randrange(1, 6))]
        ascii_only, lines = draw.random() < 0.5, turn % 3 > 0
        written = [json.dumps(row, ensure_ascii=ascii_only) for row in rows]
        if lines:
            text = draw.choice(["\n", "\r\n"]).join(written) + draw.choice(["", "\n"])
        else:
            text = json.dumps(rows, ensure_ascii=ascii_only, indent=draw.choice([None, 2]))
        data = draw.choice([b"", b"", b"\xef\xbb\xbf"]) + text.encode()
        name = draw.choice([".jsonl", ".json"]) if lines else ".json"  # JSON Lines are also called .json
        path = folder / f"rows{turn}{name}"
        if turn % 4 == 1:
            path, data = Path(f"{path}.gz"), gzip.compress(data)
        elif turn % 4 == 2:
            path, data = Path(f"{path}.zst"), zstd(data)
        path.write_bytes(data)
        cases.append({"files": [str(path)]})
        expected.append((rows, [f"{path}: line {i + 1}" if lines else f"{path}: row {i}" for i in range(len(rows))]))
    text = "".join(json.dumps(case) + "\n" for case in cases)
    done = subprocess.run([ROW_LINES], input=text, capture_output=True, text=True, encoding="utf-8", check=True)
    for case, line, (rows, places) in zip(cases, done.stdout.rstrip("\n").split("\n"), expected, strict=True):
        mine = dict(pairs(line)[1])
        report.equal((typed(mine["rows"]), mine["places"]), (typed(in_order(rows)), places), f"{case}: {mine.get('error')}")


# ---- Parquet -------------------------------------------------------------------------------------------------------------
SCALARS = [pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(), pa.float16(),
           pa.float32(), pa.float64(), pa.string(), pa.large_string(), pa.string(), pa.string(), pa.null()]
UNREAD = [pa.timestamp("us"), pa.date32(), pa.decimal128(9, 2), pa.binary(), pa.time64("us"), pa.map_(pa.string(), pa.int32()),
          pa.list_(pa.timestamp("ms")), pa.struct([("bytes", pa.binary()), ("path", pa.string())])]


def random_type(draw, depth=0):
    kind = draw.randrange(10)
    if depth < 3 and kind == 0:
        return pa.list_(random_type(draw, depth + 1))
    if depth < 3 and kind == 1:
        return draw.choice([pa.large_list(random_type(draw, depth + 1)), pa.list_(random_type(draw, 3), 2)])
    if depth < 3 and kind in (2, 3):
        return pa.struct([(name, random_type(draw, depth + 1)) for name in draw.sample("abcdé", draw.randrange(1, 4))])
    if kind == 4 and depth == 0:
        return pa.dictionary(pa.int32(), pa.string())
    return draw.choice(SCALARS)


def random_cell(draw, type):
    if pa.types.is_null(type) or draw.random() < 0.15:
        return None
    if pa.types.is_struct(type):
        return {type.field(i).name: random_cell(draw, type.field(i).type) for i in range(type.num_fields)}
    if pa.types.is_list(type) or pa.types.is_large_list(type):
        return [random_cell(draw, type.value_type) for _ in range(draw.randrange(4))]
    if pa.types.is_fixed_size_list(type):
        return [random_cell(draw, type.value_type) for _ in range(type.list_size)]
    if pa.types.is_boolean(type):
        return draw.random() < 0.5
    if pa.types.is_unsigned_integer(type):
        return draw.choice([0, 1, 2**type.bit_width - 1, draw.randrange(2**type.bit_width)])
    if pa.types.is_integer(type):
        half = 2 ** (type.bit_width - 1)
        return draw.choice([0, -1, half - 1, -half, draw.randrange(-half, half)])
    if pa.types.is_float16(type):
        return np.float16(draw.choice([0.1, -0.0, 65504.0, 6e-8, math.inf, math.nan]))
    if pa.types.is_floating(type):
        return draw.choice([0.1, 3.8, -0.0, 1e-40, 3e38, math.inf, -math.inf, math.nan, draw.gauss(0, 1)])
    return "".join(draw.choice('ab "\\\n\té😀\0') for _ in range(draw.randrange(6)))


def hub_metadata(features):
    return {b"huggingface": json.dumps({"info": {"features": features}}).encode()}


def write_options(draw):
    version = draw.choice(["1.0", "2.0"])  # Arrow cannot read back small pages of booleans that it wrote as 2.0
    return {"row_group_size": draw.choice([1, 3, 7, 1000]), "compression": draw.choice(["NONE", "SNAPPY", "GZIP", "BROTLI", "ZSTD", "LZ4"]),
            "use_dictionary": draw.random() < 0.5, "data_page_version": version, "data_page_size": 64 if version == "1.0" else 2**20,
            "version": draw.choice(["2.4", "2.6"]), "store_schema": draw.random() < 0.7, "write_page_index": draw.random() < 0.3}


def random_split(draw, folder, turn):
    """A split of one to three files; what reading it must give."""
    types = {f"c{i}": random_type(draw) for i in range(draw.randrange(1, 6))}
    unread = {f"u{i}": draw.choice(UNREAD) for i in range(draw.randrange(3))}
    columns = list(types.items()) + list(unread.items()) + [("label", pa.int64())]
    draw.shuffle(columns)
    files, rows, options = [], [], write_options(draw)
    names = {"label": [f"class {i}" for i in range(draw.randrange(1, 4))]}
    features = {"label": {"names": names["label"], "_type": "ClassLabel"}, "c0": {"dtype": "string", "_type": "Value"}}
    schema = pa.schema(columns).with_metadata(hub_metadata(features))
    if not options["store_schema"]:
        names = {}  # then no metadata are written at all
    for part in range(draw.randrange(1, 4)):
        count = draw.randrange(1, 20)
        data = {name: [None if name in unread else random_cell(draw, type) for _ in range(count)] for name, type in columns}
        table = pa.Table.from_pydict(data, schema=schema)
        path = folder / f"split{turn}-{part:05}.parquet"
        pq.write_table(table, path, **options)
        rows += table.drop_columns(list(unread)).to_pylist()
        if turn % 9 == 4:
            packed = Path(f"{path}.gz") if part % 2 else Path(f"{path}.zst")
            packed.write_bytes(gzip.compress(path.read_bytes()) if part % 2 else zstd(path.read_bytes()))
            path = packed
        files.append(str(path))
    return files, rows, names, unread, options


def check_parquet(folder, report):
    draw, cases, expected = random.Random(4), [], []
    for turn in range(500):
        files, rows, names, unread, options = random_split(draw, folder, turn)
        cases.append({"files": draw.sample(files, len(files))})
        expected.append((rows, names, set(unread), options))
    text = "".join(json.dumps(case) + "\n" for case in cases)
    done = subprocess.run([ROW_LINES], input=text, capture_output=True, text=True, encoding="utf-8", check=True)
    for case, line, (rows, names, unread, options) in zip(cases, done.stdout.rstrip("\n").split("\n"), expected, strict=True):
        mine = dict(pairs(line)[1])
        got = (typed(mine["rows"]), dict(mine.get("class_names", ((), ()))[1]), {name for name, _ in mine["unread"][1]})
        report.equal(got, (typed(in_order(rows)), names, unread), f"{case} {options}: {mine.get('error')}")


def check_hub_shapes(folder, report):
    """What the Hub's `datasets` writes: a Sequence of dict as a struct of lists, float32 as it prints in Python."""
    path = folder / "squad.parquet"
    answers = [{"text": ["a", "b"], "answer_start": [1, 2]}, {"text": [], "answer_start": []}]
    type = pa.struct([("text", pa.list_(pa.string())), ("answer_start", pa.list_(pa.int32()))])
    pq.write_table(pa.table({"answers": pa.array(answers, type), "stars": pa.array([3.8, 5], pa.float32())}), path)
    mine = run_cases([{"files": [str(path)]}])[0]["rows"]
    report.equal(mine, [{"answers": answers[0], "stars": 3.799999952316284}, {"answers": answers[1], "stars": 5.0}])


def check_openssl(folder, report):
    """libparquet exports an OpenSSL of its own, which must not serve the program that loads it."""
    path = folder / "one.parquet"
    pq.write_table(pa.table({"n": [1]}), path)
    done = subprocess.run([ROW_LINES, "--openssl", str(path)], capture_output=True, text=True, check=True)
    report.equal([Path(library).name for library in done.stdout.split()], ["libcrypto.so.3"] * 2)


def check_missing_module(folder, report):
    """The reader of Parquet is a file beside the program."""
    alone, path = folder / "row_lines", folder / "one.parquet"
    shutil.copy(ROW_LINES, alone)
    pq.write_table(pa.table({"n": [1]}), path)
    done = subprocess.run([alone, path], capture_output=True, text=True)
    message = f"row_lines: {folder}/cappy_parquet.so: the reader of Parquet cannot be loaded; build all targets again ("
    report.equal((done.returncode, done.stderr[: len(message)]), (1, message), done.stderr)


def check_broken_parquet(folder, report):
    """Every cut of a file, and bytes changed: an error that names the file, or the rows before it; never a crash."""
    path, broken = folder / "whole.parquet", folder / "broken.parquet"
    pq.write_table(pa.table({"text": [f"row {i}" for i in range(50)], "n": list(range(50))}), path, compression="NONE",
                   row_group_size=20, write_page_checksum=True)
    data, draw = path.read_bytes(), random.Random(5)
    for length in sorted(draw.sample(range(len(data)), 60)):
        broken.write_bytes(data[:length])
        mine = run_cases([{"files": [str(broken)]}])[0]
        report.equal(str(broken) in mine.get("error", ""), True, f"cut at {length}: {mine}")


# ---- memory --------------------------------------------------------------------------------------------------------------
def peak_kilobytes(*words):
    """Of a program whose output is thrown away; (peak, lines of output)."""
    code = ("import resource, subprocess, sys\n"
            "program = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)\n"
            "lines = sum(block.count(b'\\n') for block in iter(lambda: program.stdout.read(1 << 20), b''))\n"
            "assert program.wait() == 0\n"
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, lines)")
    done = subprocess.run([sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True, check=True)
    return tuple(map(int, done.stdout.split()))


def write_big(path, rows, row_group):
    text = pa.array([f"{i} " + "lorem ipsum dolor sit amet " * 7 for i in range(rows)])
    pq.write_table(pa.table({"text": text, "label": pa.array(range(rows)), "tags": [["a", "b"]] * rows}), path, row_group_size=row_group,
                   use_dictionary=False)


def check_memory(folder, report, rows=200_000):
    """One row group of all rows, and many: the peak stays within 200 MB of reading one row."""
    small, _ = measured(folder, "one", 1, 1)
    for name, row_group in (("one-group", rows), ("many-groups", max(1000, rows // 40))):
        peak, count = measured(folder, name, rows, row_group)
        print(f"memory, {rows} rows, {name}: {peak - small} KB above a file of one row ({small} KB)")
        report.equal((count, peak - small < 200 * 1024), (rows, True), f"{name}: {peak} KB, {small} KB")


def measured(folder, name, rows, row_group):
    path = folder / f"{name}.parquet"
    write_big(path, rows, row_group)
    return peak_kilobytes(ROW_LINES, path)


TASK = """task: big
kind: generation
data: {files: {test: [one-group.parquet]}, split: test}
prompt: {templates: [{name: plain, instruction: "{{ text }}", target: "{{ label }}"}]}
metric: rouge_l
version: 1
"""


def check_export(folder, report, rows):
    """The same through a task: rows become instances one by one."""
    (folder / "big.yaml").write_text(TASK)
    write_big(folder / "one-group.parquet", rows, rows)
    words = [CAPPY, "tasks", "export", "big", "--tasks", folder, "--split", "test"]
    start, _ = peak_kilobytes(CAPPY, "--help")
    peak, count = peak_kilobytes(*words)
    print(f"memory, tasks export of {rows} rows: {peak - start} KB above the start-up ({start} KB)")
    report.equal((count, peak - start < 200 * 1024), (rows, True), f"{peak} KB, {start} KB")


CHECKS = {"tables": (check_tables, 14000), "header tables": (check_header_tables, 300), "JSON": (check_json, 1200),
          "Parquet": (check_parquet, 500), "Parquet of the Hub": (check_hub_shapes, 1),
          "OpenSSL beside Parquet": (check_openssl, 1),
          "module of Parquet": (check_missing_module, 1), "broken Parquet": (check_broken_parquet, 60),
          "Parquet memory": (check_memory, 2)}

if __name__ == "__main__":
    if len(sys.argv) > 1:  # the number of rows: memory alone, in the large
        many = int(sys.argv[1])
        CHECKS = {"Parquet memory": (lambda folder, report: check_memory(folder, report, many), 2),
                  "memory of a task": (lambda folder, report: check_export(folder, report, many), 1)}
    for name, (check, at_least) in CHECKS.items():
        with tempfile.TemporaryDirectory() as scratch:
            report = Report(f"readers, {name}")
            check(Path(scratch), report)
            report.finish(at_least)
