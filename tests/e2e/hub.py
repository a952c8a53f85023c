"""`cappy pull` against a Hub on the loopback interface: the cache's layout equals huggingface_hub's and each uses what the
other fetched; after connections cut, wrong bytes, 429, 5xx, silence and kill -9 the cache is never corrupt and the next
call completes."""
import hashlib
import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from common import CAPPY, Report
from hub_server import FAULTS, HubServer, git_blob

CLEAN = {k: v for k, v in os.environ.items() if not re.match(r"(?i)(HF_|HUGGING|TRANSFORMERS_OFF|https?_proxy|no_proxy|all_proxy)", k)}


class Bench:
    """One server, one cache, and the ways to call."""

    def __init__(self, folder, certificate=None):
        self.folder, self.server = Path(folder), HubServer(certificate)
        self.cache, self.timeout = self.folder / "hub", "3"

    def environment(self, cache=None, **more):
        env = dict(CLEAN, HF_ENDPOINT=self.server.endpoint, HF_HOME=str(self.folder), HF_HUB_CACHE=str(cache or self.cache),
                   HF_HUB_ETAG_TIMEOUT=self.timeout, HF_HUB_DOWNLOAD_TIMEOUT=self.timeout, CAPPY_HUB_FIRST_WAIT="0.005")
        env.update(more)
        return {k: v for k, v in env.items() if v is not None}

    def pull(self, *words, check=True, cache=None, before=None, **env):
        done = subprocess.run([CAPPY, "pull", "--progress", "none", *words], capture_output=True, text=True, timeout=60,
                              env=self.environment(cache, **env), preexec_fn=before)
        if check and done.returncode != 0:
            sys.exit(f"cappy pull {' '.join(words)} failed with {done.returncode}:\n{done.stderr[-3000:]}")
        return done


class Reference:
    """huggingface_hub in a process of its own, since its settings are read once, at its import."""

    LOOP = """import sys, json, huggingface_hub
for line in sys.stdin:
    function, words, options = json.loads(line)
    print(json.dumps(getattr(huggingface_hub, function)(*words, **options)), flush=True)
"""

    def __init__(self, bench, **env):
        env = bench.environment(HF_HUB_ETAG_TIMEOUT="10", HF_HUB_DOWNLOAD_TIMEOUT="10", HF_HUB_DISABLE_TELEMETRY="1",
                                HF_HUB_DISABLE_PROGRESS_BARS="1", **env)
        self.process = subprocess.Popen([sys.executable, "-c", self.LOOP], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)

    def __call__(self, function, *words, **options):
        self.process.stdin.write(json.dumps([function, words, options]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        return json.loads(line) if line else sys.exit(f"huggingface_hub failed in {function} {words} {options}")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def model_files(seed=0, big=200_000):
    draw = random.Random(seed)
    return {"config.json": b'{"model_type": "t5"}', "tokenizer.json": b"{}" * 50, "model.safetensors": draw.randbytes(big),
            "pytorch_model.bin": draw.randbytes(1000), "flax_model.msgpack": draw.randbytes(1000), "README.md": b"# hello\n",
            "onnx/model.onnx": draw.randbytes(500), "empty.txt": b"", "folder/a b+c.txt": "naïve".encode()}


LFS = ["model.safetensors", "pytorch_model.bin", "flax_model.msgpack", "onnx/model.onnx"]


def problems_of(cache, server):
    """What is not as it must be in a cache, whatever happened before."""
    found = []
    commits = {sha: files for repository in server.repositories.values() for sha, files in repository.commits.items()}
    for path in Path(cache).rglob("*"):
        inner = path.relative_to(cache).parts
        if path.is_dir() and not path.is_symlink():
            continue
        if inner[0] == ".locks" or inner == ("CACHEDIR.TAG",):
            continue
        part, name = inner[1], "/".join(inner[2:])
        if part == "blobs" and name.endswith(".incomplete"):
            continue
        if part == "blobs":
            content = path.read_bytes()
            if name != (hashlib.sha256(content).hexdigest() if len(name) == 64 else git_blob(content)):
                found.append(f"blob {name} has another hash")
        elif part == "snapshots":
            sha, inside = name.split("/", 1)
            if not path.is_symlink() or os.readlink(path).startswith("/") or not path.exists():
                found.append(f"{name} is no relative link to something")
            elif path.read_bytes() != commits[sha].get(inside):
                found.append(f"{name} has other bytes")
        elif part == "refs":
            if path.read_text() not in commits:
                found.append(f"ref {name} holds {path.read_text()!r}")
        elif part == "trees":
            if sorted(json.loads(path.read_text())["files"]) != sorted(commits[path.stem]):
                found.append(f"tree {name} has other files")
        elif part != ".no_exist":
            found.append(f"{'/'.join(inner)}: not of the layout")
    return found


def layout(cache):
    """Names, kinds and targets of all that is in a cache; listings by their content."""
    out = {}
    for path in sorted(Path(cache).rglob("*")):
        name = str(path.relative_to(cache))
        if path.is_symlink():
            out[name] = "-> " + os.readlink(path)
        elif path.is_dir():
            out[name] = "folder"
        elif "/trees/" in name:
            out[name] = json.loads(path.read_text())
        elif name == "CACHEDIR.TAG" or name.startswith(".locks"):
            out[name] = "file"
        else:
            out[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return out


def test_reference(bench, report):
    """Both clients make the same cache, and each finds all that the other made."""
    server = bench.server
    model = server.add("models", "org/model", model_files(), lfs=LFS)
    sha = model.refs["main"]
    model.commit(dict(model_files(), **{"config.json": b"{}"}), ref="refs/pr/1")
    server.add("datasets", "org/set", {f"data/part-{i}.jsonl": b"%d\n" % i for i in range(7)}, lfs=["data/part-3.jsonl"])
    server.page = 3
    calls = [("org/model", "model", "main"), ("org/model", "model", "refs/pr/1"), ("org/model", "model", sha), ("org/set", "dataset", "main")]
    reference = Reference(bench)
    for name, kind, revision in calls:
        mine, theirs = (bench.folder / f"{who}-{kind}-{revision.replace('/', '-')}" for who in ("mine", "theirs"))
        words = [name, "--repo-type", kind, "--revision", revision, "--include", "*"]
        options = {"repo_type": kind, "revision": revision}
        bench.pull(*words, cache=mine)
        reference("snapshot_download", name, cache_dir=str(theirs), **options)
        ours, expected = layout(mine), layout(theirs)
        report.equal(sorted(ours), sorted(expected), f"names in the cache of {name} at {revision}")
        for path in expected:
            report.equal(ours.get(path), expected[path], f"{name} at {revision}: {path}")
        report.equal(problems_of(mine, server), [], "our cache")
        # each on the other's cache: nothing is fetched again, also without a network
        server.log.clear()
        reference("snapshot_download", name, cache_dir=str(mine), **options)
        bench.pull(*words, cache=theirs)
        report.equal([repr(r) for r in server.downloads()], [], "nothing is fetched twice")
        server.log.clear()
        snapshot = reference("snapshot_download", name, cache_dir=str(mine), local_files_only=True, **options)
        report.equal(Path(snapshot).is_relative_to(mine), True, "huggingface_hub offline on our cache")
        bench.pull(*words, cache=theirs, HF_HUB_OFFLINE="1")
        report.equal(server.log, [], "offline asks nobody")
        report.equal(layout(theirs), expected, "using a cache leaves it as it is")
    server.page = 1000
    # a single file, and files in place of links
    mine, theirs = bench.folder / "mine-file", bench.folder / "theirs-file"
    bench.pull("org/model", "--include", "config.json", cache=mine)
    reference("hf_hub_download", "org/model", "config.json", cache_dir=str(theirs))
    ours = {k: v for k, v in layout(mine).items() if "trees" not in k}  # we list before we fetch
    report.equal(ours, layout(theirs), "one file")
    reference.close()
    mine, theirs = bench.folder / "mine-copies", bench.folder / "theirs-copies"
    bench.pull("org/model", "--include", "*", cache=mine, HF_HUB_DISABLE_SYMLINKS="1")
    reference = Reference(bench, HF_HUB_DISABLE_SYMLINKS="1")
    reference("snapshot_download", "org/model", cache_dir=str(theirs))
    reference.close()
    report.equal(layout(mine), layout(theirs), "without symbolic links")


def test_choice(bench, report):
    """What is fetched of a model: one format of weights."""
    bench.server.add("models", "org/model", model_files(), lfs=LFS)
    lines = bench.pull("org/model").stdout.splitlines()
    names = sorted(line.split("\t")[1].split("/snapshots/")[1].split("/", 1)[1] for line in lines)
    report.equal(names, ["config.json", "model.safetensors", "tokenizer.json"], "files of a model")
    sizes = {line.split("\t")[1].rsplit("/", 1)[1]: int(line.split("\t")[0]) for line in lines}
    report.equal(sizes["model.safetensors"], 200_000, "size on standard output")
    files = {k: v for k, v in model_files().items() if k != "model.safetensors"}
    bench.server.add("models", "org/old", files, lfs=LFS)
    names = sorted(line.rsplit("/", 1)[1] for line in bench.pull("org/old").stdout.splitlines())
    report.equal(names, ["config.json", "pytorch_model.bin", "tokenizer.json"], "files of an older model")
    bench.server.add("datasets", "org/only-data", {"train.csv": b"a,b\n1,2\n"})
    report.equal(bench.pull("org/only-data").stdout.count("\n"), 1, "ORG/NAME falls back to a data set")
    report.equal(bench.pull("datasets/org/only-data", "--include", "*.csv").stdout.count("\n"), 1, "datasets/ORG/NAME")


TASK = """task: {name}
kind: classification
data: {{hub: org/{name}, config: {config}, split: validation, train: train{more}}}
prompt:
  templates:
    - {{name: ask, instruction: "{{{{ text }}}}", target: "{{{{ ['no', 'yes'][label] }}}}", choices: "no ||| yes"}}
label: {{column: label}}
metric: accuracy
"""


def test_tasks(bench, report):
    """A task, a group, an experiment: the files of its splits and its models, from the branch that has them."""
    server, own = bench.server, bench.folder / "own"
    rows = {split: f'{{"text": "{split}", "label": 1}}\n'.encode() for split in ("train", "validation", "test")}
    pinned = server.add("datasets", "org/first", {f"one/{k}.jsonl": v for k, v in rows.items()} | {f"two/{k}.jsonl": v for k, v in rows.items()})
    old = pinned.refs["main"]
    pinned.commit({"README.md": b"moved"})
    converted = server.add("datasets", "org/second", {"script.py": b"", "README.md": b""})
    converted.commit({f"one/{k}/0000.jsonl": v for k, v in rows.items()}, ref="refs/convert/parquet")
    server.add("datasets", "org/third", {"README.md": b""})
    server.add("models", "org/model", model_files(), lfs=LFS)
    own.mkdir()
    for name, config, more in (("first", "one", f", revision: {old}"), ("second", "one", ""), ("third", "one", "")):
        (own / f"{name}.yaml").write_text(TASK.format(name=name, config=config, more=more))
    (own / "both.yaml").write_text("group: both\ntasks: [first, second, codenames]\n")

    def pulled(*words, **env):
        done = bench.pull(*words, "--tasks", str(own), **env)
        return sorted(re.sub(r".*/(datasets|models)--org--(\w+)/snapshots/\w+/", r"\2: ", line) for line in done.stdout.splitlines()), done.stderr

    report.equal(pulled("first")[0], ["first: one/train.jsonl", "first: one/validation.jsonl"], "a pinned task")
    report.equal(pulled("second")[0], ["second: one/train/0000.jsonl", "second: one/validation/0000.jsonl"], "the converted branch")
    files, said = pulled("both")
    report.equal(len(files), 4, "a group")
    report.equal("not on the Hub" in said and "codenames" in said, True, said)
    done = bench.pull("third", "--tasks", str(own), check=False)
    report.equal((done.returncode, "third, split validation" in done.stderr and "refs/convert/parquet" in done.stderr), (1, True), done.stderr)
    done = bench.pull("secon", "--tasks", str(own), check=False)
    report.equal((done.returncode, "did you mean 'second'" in done.stderr), (1, True), done.stderr)
    # an experiment: tasks and models; a folder that is there is no id
    experiment = own.parent / "experiment.yaml"
    (own.parent / "local/model").mkdir(parents=True)
    experiment.write_text("experiment: e\ntasks: [first, miniature]\nbackbones:\n  - {model: org/model}\n  - {model: local/model}\n  - {new: x.yaml, seed: 1}\n")
    server.log.clear()
    files, said = pulled(str(experiment))
    report.equal(files, ["first: one/train.jsonl", "first: one/validation.jsonl", "model: config.json", "model: model.safetensors", "model: tokenizer.json"], "an experiment")
    report.equal([r.path for r in server.log if "first" in r.path], [], "what is cached under a commit is not asked about")
    server.log.clear()
    report.equal((pulled(str(experiment), HF_HUB_OFFLINE="1")[0], server.log), (files, []), "offline, after it")
    experiment.write_text("experiment: e\ntasks: [first]\nscorers:\n  - {model: ../no/such}\n")
    done = bench.pull(str(experiment), "--tasks", str(own), check=False)
    report.equal((done.returncode, "experiment.yaml:4" in done.stderr, "no id of the Hub" in done.stderr), (1, True, True), done.stderr)
    # rows are read from the cache, fetched by the verb that needs them
    export = [CAPPY, "tasks", "export", "first", "--split", "validation", "--tasks", str(own), "--progress", "none"]
    for cache, offline in ((bench.folder / "on-demand", None), (bench.folder / "on-demand", "1")):
        done = subprocess.run(export, capture_output=True, text=True, env=bench.environment(cache, HF_HUB_OFFLINE=offline))
        report.equal([json.loads(line)["instruction"] for line in done.stdout.splitlines()], ["validation"], done.stderr)


def test_errors(bench, report):
    """Each failure says what to do, leaves nothing behind, and is retried only where that helps."""
    server = bench.server
    server.add("models", "org/model", model_files(), lfs=LFS)
    server.add("models", "org/gated", model_files(), lfs=LFS, gated=True)
    server.token = "hf_right"

    def fails(says, *words, requests=None, **env):
        server.log.clear()
        done = bench.pull(*words, check=False, **env)
        report.equal((done.returncode, "\n" in done.stderr.strip().splitlines()[-1], done.stdout), (1, False, ""), f"{words} fails")
        missing = [text for text in says if text not in done.stderr]
        report.equal(missing, [], f"{words}: {done.stderr}")
        if requests is not None:
            report.equal(len(server.log), requests, f"requests of {words}: {server.log}")

    fails(["org/gated", "request access at " + server.endpoint, "HF_TOKEN"], "models/org/gated", requests=1)
    fails(["org/gated", "request access", "HF_TOKEN"], "models/org/gated", requests=1, HF_TOKEN="hf_wrong")
    fails(["org/none", "does not exist", "HF_TOKEN"], "models/org/none", requests=1)
    fails(["org/none", "no task, model or data set of this name"], "org/none", requests=2)
    fails(["no revision 'v9'"], "models/org/model", "--revision", "v9", requests=1)
    fails(["no files for it", "--include"], "models/org/model", "--include", "*.gguf", requests=2)
    fails(["HF_HUB_OFFLINE", "cappy pull", "not in the cache"], "datasets/org/none", requests=0, HF_HUB_OFFLINE="YES")
    fails(["127.0.0.1:9", "cannot be reached", "HF_HUB_OFFLINE", "--sources"], "org/none", HF_ENDPOINT="http://127.0.0.1:9")
    fails(["no-such-host.invalid"], "org/none", HF_ENDPOINT="http://no-such-host.invalid")
    fails(["HF_HUB_ETAG_TIMEOUT", "'soon'"], "org/none", HF_HUB_ETAG_TIMEOUT="soon")
    fails(["HF_ENDPOINT", "'ftp://x'"], "org/none", HF_ENDPOINT="ftp://x")
    fails(["'../../etc'"], "../../etc", requests=0)
    fails(["none.yaml"], "none.yaml", requests=0)
    fails(["refs/../x"], "org/model", "--revision", "refs/../x", requests=0)
    report.equal(problems_of(bench.cache, server) if bench.cache.exists() else [], [], "after errors")
    server.log.clear()
    bench.pull("models/org/gated", HF_TOKEN="hf_right\n")
    report.equal({r.host for r in server.log if r.token}, {"hub"}, "the token is not sent to the CDN")
    report.equal({r.host for r in server.log}, {"hub", "cdn"}, "the CDN was asked")
    (bench.folder / "token").write_text("hf_right\n")
    bench.pull("models/org/gated", cache=bench.folder / "by-file")
    # renamed: the redirect is followed, with the token
    server.renamed["models", "old/gated"] = "org/gated"
    bench.pull("models/old/gated", cache=bench.folder / "renamed")
    report.equal((bench.folder / "renamed/models--old--gated/refs/main").exists(), True, "kept under the name that was asked for")


def test_update(bench, report):
    """A branch that moves: only what changed is fetched; without the Hub the last commit stands in."""
    server = bench.server
    repository = server.add("models", "org/model", model_files(), lfs=LFS)
    first = repository.refs["main"]
    bench.pull("org/model")
    second = repository.commit(dict(model_files(), **{"config.json": b'{"model_type": "t5", "d_model": 8}'}))
    server.log.clear()
    out = bench.pull("org/model").stdout
    report.equal([r.path.rsplit("/", 1)[1] for r in server.downloads()], ["config.json"], "only the new file is fetched")
    report.equal((first in out, second in out), (False, True), "the new commit")
    report.equal(problems_of(bench.cache, server), [], "two commits")
    server.log.clear()
    bench.pull("org/model", "--revision", first)
    report.equal(server.log, [], "a commit that is cached is not asked about")
    server.faults.extend(["503"] * 3)
    done = bench.pull("org/model")
    report.equal((second in done.stdout, "using what the cache has" in done.stderr), (True, True), done.stderr)
    server.faults.clear()
    done = bench.pull("org/model", HF_ENDPOINT="http://127.0.0.1:9")
    report.equal(done.stdout, out, "unreachable: the cache stands in")
    # a cache that cannot be written serves what it has
    third = repository.commit(dict(model_files(), **{"notes.txt": b"nothing that is pulled changed"}))
    bench.pull("org/model", "--revision", third)
    for part in ("refs", "trees"):
        subprocess.run(["rm", "-r", bench.cache / "models--org--model" / part], check=True)
        (bench.cache / "models--org--model" / part).write_text("no folder")
    done = bench.pull("org/model")
    report.equal((third in done.stdout, "refs" in done.stderr), (True, True), done.stderr)


def test_faults(bench, report):
    """Each fault once, at a download: it recovers in the same call."""
    server = bench.server
    server.add("models", "org/model", {"model.safetensors": random.Random(5).randbytes(300_000), "config.json": b"{}"}, lfs=LFS)
    bench.timeout = "0.6"
    for fault in FAULTS:
        cache = bench.folder / f"fault-{fault}"
        server.faults.clear()
        # revision, tree, HEAD and GET of config.json; HEAD, GET of the weights, then the CDN
        server.faults.extend([None] * 6 + [fault, "cut"])
        server.log.clear()
        done = bench.pull("org/model", cache=cache)
        report.equal(problems_of(cache, server), [], f"after {fault}")
        report.equal(len(list((cache / "models--org--model/blobs").glob("*.incomplete"))), 0, f"{fault}: no partial file")
        if fault in ("cut", "stall"):
            ranges = [r.range for r in server.log if r.host == "cdn"]
            report.equal(ranges[0] is None and ranges[1] == "bytes=150000-", True, f"{fault}: resumed: {ranges}")
    # a range that is ignored, or is another one, after a cut: seen for what it is, not only by the hash
    for fault, says in (("ignore-range", "connection broke"), ("other-range", "another range")):
        cache = bench.folder / f"range-{fault}"
        server.faults.clear()
        server.faults.extend([None] * 6 + ["cut", None, fault])
        done = bench.pull("org/model", cache=cache)
        report.equal((says in done.stderr, "promised" in done.stderr, problems_of(cache, server)), (True, False, []), done.stderr)
    # wrong bytes at every attempt: an error, no blob, and the next call completes
    cache = bench.folder / "wrong"
    server.faults.clear()
    server.faults.extend([None] * 6 + ["wrong"] + [None, "wrong"] * 9)
    done = bench.pull("org/model", cache=cache, check=False)
    report.equal((done.returncode, "not what the Hub promised" in done.stderr), (1, True), done.stderr)
    weights = [p.name for p in (cache / "models--org--model/blobs").iterdir() if len(p.name) > 40]
    report.equal(weights, [], "no blob of wrong bytes")
    server.faults.clear()
    bench.pull("org/model", cache=cache)
    report.equal(problems_of(cache, server), [], "after wrong bytes")
    # Retry-After is obeyed, and refused where it is too long
    server.faults.extend(["429"])
    report.equal(bench.pull("org/model", cache=bench.folder / "busy").returncode, 0, "429")


def test_disk(bench, report):
    """A disk that is full names the file and leaves nothing under its final name."""
    server = bench.server
    server.add("models", "org/model", {"model.safetensors": random.Random(5).randbytes(300_000)}, lfs=LFS)

    def small_files():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    done = bench.pull("org/model", check=False, before=small_files)
    report.equal((done.returncode, ".incomplete" in done.stderr, "cannot be written" in done.stderr), (1, True, True), done.stderr)
    report.equal(problems_of(bench.cache, server), [], "after a full disk")
    server.log.clear()
    bench.pull("org/model")
    report.equal([r.range for r in server.log if r.host == "cdn"], ["bytes=100000-"], "resumed when there is room")
    report.equal(problems_of(bench.cache, server), [], "after the next call")


def test_kill(bench, report):
    """kill -9 in the midst of a download: nothing is corrupt, the next call resumes."""
    server = bench.server
    server.add("models", "org/model", {"model.safetensors": random.Random(6).randbytes(800_000)}, lfs=LFS)
    for i in range(4):
        cache = bench.folder / f"kill-{i}"
        server.pause = 0.05
        server.log.clear()
        running = subprocess.Popen([CAPPY, "pull", "org/model"], env=bench.environment(cache), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        deadline = time.time() + 20
        while not list(cache.glob("models--*/blobs/*.incomplete")) and time.time() < deadline:
            time.sleep(0.005)
        time.sleep(0.06 * (i + 1))
        running.kill()
        running.wait()
        server.pause = 0
        report.equal(problems_of(cache, server), [], "after kill -9")
        server.log.clear()
        bench.pull("org/model", cache=cache)
        report.equal(problems_of(cache, server), [], "after the next call")
        ranges = [r.range for r in server.log if r.host == "cdn"]
        report.equal(len(ranges) == 1 and (ranges[0] or "").startswith("bytes="), True, f"resumed: {ranges}")


def test_two_processes(bench, report):
    """Two at once: one downloads, the other waits for it and uses it; Python's lock is the same one."""
    server = bench.server
    server.add("models", "org/model", {"model.safetensors": random.Random(7).randbytes(500_000)}, lfs=LFS)
    server.pause = 0.03
    both = [subprocess.Popen([CAPPY, "pull", "org/model"], env=bench.environment(), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(3)]
    outputs = [process.communicate(timeout=60) for process in both]
    server.pause = 0
    report.equal([p.returncode for p in both], [0, 0, 0], outputs)
    report.equal(len({out for out, _ in outputs}), 1, "same place")
    report.equal(len(server.downloads()), 1, "one download")
    report.equal(problems_of(bench.cache, server), [], "after two at once")
    cache, etag = bench.folder / "locked", hashlib.sha256(random.Random(7).randbytes(500_000)).hexdigest()
    lock = cache / f".locks/models--org--model/{etag}.lock"
    lock.parent.mkdir(parents=True)
    holder = subprocess.Popen([sys.executable, "-c", "import sys, filelock\nwith filelock.FileLock(sys.argv[1]):\n print(flush=True)\n input()", lock],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    holder.stdout.readline()
    waiting = subprocess.Popen([CAPPY, "pull", "org/model"], env=bench.environment(cache), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    line = waiting.stderr.readline()
    report.equal("waiting for another process" in line, True, line)
    report.equal(waiting.poll(), None, "it waits for Python's lock")
    holder.communicate(b"\n")
    waiting.communicate(timeout=30)
    report.equal((waiting.returncode, problems_of(cache, server)), (0, []), "then it goes on")


def random_sequence(bench, seed):
    """One sequence of faults; yields what must be equal, and last how many calls failed."""
    server, draw, failed = bench.server, random.Random(seed), 0
    cache = bench.folder / f"random-{seed}"
    others = [fault for fault in FAULTS if fault != "stall"]
    faults = [draw.choice(others + ["stall"]) if draw.random() < 0.8 else None for _ in range(draw.randint(1, 20))]
    if faults.count("stall") > 1:
        faults = [None if fault == "stall" else fault for fault in faults]
    server.faults.clear()
    server.faults.extend(faults)
    for _ in range(draw.randint(1, 2)):
        done = bench.pull("org/model", cache=cache, check=False)
        failed += done.returncode != 0
        yield done.returncode in (0, 1), True, f"seed {seed}: {faults}: {done.stderr[-500:]}"
        yield problems_of(cache, server) if cache.exists() else [], [], f"seed {seed}: {faults}"
    server.faults.clear()
    done = bench.pull("org/model", cache=cache)
    yield len(done.stdout.splitlines()), 3, f"seed {seed}: all files"
    yield problems_of(cache, server), [], f"seed {seed}, the next call"
    yield list(cache.rglob("*.incomplete")) + list(cache.rglob("*.tmp")), [], f"seed {seed}: nothing is left over"
    yield failed


def test_random(bench, report, sequences=64):
    """Random sequences of faults: whatever the outcome, the cache is sound, and the next call completes."""
    files = {"config.json": b"{}", "model.safetensors": random.Random(8).randbytes(60_000), "tokenizer.json": b"[1]" * 2000}

    def share(worker):  # most of the time is silence and waits, so several servers run side by side
        own = Bench(bench.folder)
        own.timeout, own.server.stall = "0.4", 0.5
        own.server.add("models", "org/model", files, lfs=LFS)
        outcomes = [list(random_sequence(own, seed)) for seed in range(worker, sequences, 4)]
        own.server.close()
        return outcomes

    failed = 0
    with ThreadPoolExecutor(4) as pool:
        for outcomes in pool.map(share, range(4)):
            for *cases, count in outcomes:
                failed += count
                for case in cases:
                    report.equal(*case)
    print(f"random faults: {sequences} sequences, {failed} calls ended with an error")
    if not 3 < failed < sequences:
        sys.exit("the faults are too weak or too strong to test anything")


def make_certificate(folder, name):
    key, certificate = folder / f"{name}.key", folder / f"{name}.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=" + name, "-addext",
                    f"subjectAltName={name}", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key


def test_tls(folder, report):
    """HTTPS: the certificate is checked, for its signature and for its name."""
    certificate, key = make_certificate(folder, "IP:127.0.0.1,DNS:localhost")
    bench = Bench(folder / "tls", (certificate, key))
    bench.server.add("models", "org/model", model_files(), lfs=LFS)
    bench.pull("org/model", SSL_CERT_FILE=str(certificate))
    report.equal(problems_of(bench.cache, bench.server), [], "over TLS")
    other, _ = make_certificate(folder, "DNS:localhost")
    for file, name in ((None, "unknown"), (other, "another")):
        done = bench.pull("org/model", check=False, cache=folder / "refused", SSL_CERT_FILE=file and str(file), SSL_CERT_DIR=None)
        report.equal((done.returncode, "certificate is not accepted" in done.stderr), (1, True), f"{name}: {done.stderr}")
    bench.server.close()
    misnamed, key = make_certificate(folder, "DNS:example.org")
    bench = Bench(folder / "misnamed", (misnamed, key))
    bench.server.add("models", "org/model", model_files(), lfs=LFS)
    done = bench.pull("org/model", check=False, SSL_CERT_FILE=str(misnamed))
    report.equal((done.returncode, "mismatch" in done.stderr), (1, True), done.stderr)
    report.equal(bench.cache.exists(), False, "nothing was written")
    bench.server.close()


def main():
    only = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        tests = [test_reference, test_choice, test_tasks, test_errors, test_update, test_faults, test_disk, test_kill, test_two_processes, test_random]
        for test in tests:
            if only and test.__name__ not in only:
                continue
            begin, report = time.time(), Report(f"hub {test.__name__[5:]}")
            bench = Bench(Path(folder) / test.__name__)
            bench.folder.mkdir()
            test(bench, report)
            bench.server.close()
            print(f"{test.__name__}: {time.time() - begin:.1f} s")
            report.finish()
        if not only or "test_tls" in only:
            report = Report("hub tls")
            test_tls(Path(folder), report)
            report.finish()


if __name__ == "__main__":
    main()
