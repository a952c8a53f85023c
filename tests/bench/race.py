"""What the races share: systems that answer the same rows in turns, outputs compared before times, ratios that must be met.

Every system is a process of its own: `cappy` is started anew for each pass, and what it takes to start, load and end (the shortest of
three runs on no input) is taken off its time; a peer loads once and then answers passes. Passes go A-B-B-A, whoever waits is stopped, all
have the same number of threads. A ratio is taken within a round, because a shared machine changes its speed between rounds; what is
printed is the median. Peers beside transformers need an environment of their own (peers.txt), whose Python CAPPY_PEERS names; without it
they are left out, which is said.
"""
import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import common

CACHE = Path(os.environ.get("CAPPY_RACES", common.SOURCE / "build/races"))  # models, some gigabytes
THREADS = int(os.environ.get("CAPPY_THREADS", len(os.sched_getaffinity(0))))
PEERS = os.environ.get("CAPPY_PEERS")
ENVIRONMENT = dict(os.environ, PYTHONPATH=os.pathsep.join([str(common.SOURCE / "tests/oracles"), str(Path(__file__).parent)]))
ENVIRONMENT.update({name: str(THREADS) for name in (
    "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")})


def options(description, **defaults):
    """The command line of a race: the common flags, and one for each default."""
    parser = argparse.ArgumentParser(description=description.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small models and inputs: outputs must agree, no ratio is demanded")
    parser.add_argument("--systems", default="", help="names with commas; default: all that are installed")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    for name, default in defaults.items():
        parser.add_argument("--" + name.replace("_", "-"), type=type(default), default=default)
    return parser.parse_args()


# ---- a system as a process ------------------------------------------------------------------------------------------

class Filter:
    """`cappy VERB`: started for each pass."""

    def __init__(self, name, *words):
        self.name, self.words = name, [common.CAPPY, *map(str, words), "--threads", str(THREADS)]

    def start(self, rows):
        self.load = min(self.once([])[0] for _ in range(3))
        self.once(rows[:1])

    def once(self, rows):
        with tempfile.TemporaryFile("w+", encoding="utf-8") as source, tempfile.TemporaryFile("w+", encoding="utf-8") as out:
            source.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            source.seek(0)
            begin = time.perf_counter()
            child = subprocess.Popen(self.words, stdin=source, stdout=out, env=ENVIRONMENT)
            _, status, usage = os.wait4(child.pid, 0)
            seconds = time.perf_counter() - begin
            child.returncode = os.waitstatus_to_exitcode(status)
            if status:
                sys.exit(f"{self.name}: {' '.join(self.words)} failed with {child.returncode}")
            out.seek(0)
            return seconds, usage.ru_maxrss / 1024, [json.loads(line) for line in out]

    def run(self, rows):
        seconds, peak, outputs = self.once(rows)
        return {"seconds": max(seconds - self.load, 1e-9), "peak_mb": peak, "outputs": outputs}

    def stop(self):
        pass


class Worker:
    """A peer: this same script with --worker NAME, in the oracles' environment or in that of the peers."""

    def __init__(self, name, python=sys.executable):
        self.name, self.python = name, python

    def start(self, rows):
        self.process = subprocess.Popen([self.python, *sys.argv, "--worker", self.name], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, encoding="utf-8", env=ENVIRONMENT)
        self.ask(rows[:1])
        self.hold()

    def ask(self, rows):
        self.process.stdin.write(json.dumps(rows) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.name}: ended with {self.process.wait()}")
        return json.loads(line)

    def run(self, rows):
        os.kill(self.process.pid, signal.SIGCONT)
        result = self.ask(rows)
        self.hold()
        return result

    def hold(self):
        os.kill(self.process.pid, signal.SIGSTOP)

    def stop(self):
        os.kill(self.process.pid, signal.SIGCONT)
        self.process.stdin.close()
        self.process.wait()


def serve(load):
    """The worker's side. load() -> function of rows that returns an output for each; where it has a `prepare`, that gets
    the rows of the first pass before the clock runs."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # libraries may print
    run = load()
    for line in sys.stdin:
        rows = json.loads(line)
        if len(rows) > 1 and hasattr(run, "prepare"):
            run.prepare(rows)
            del run.prepare
        begin = time.perf_counter()
        outputs = run(rows)
        seconds = time.perf_counter() - begin
        out.write(json.dumps({"seconds": seconds, "peak_mb": peak_mb(), "outputs": outputs}) + "\n")
        out.flush()


def peak_mb():
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


# ---- the race -------------------------------------------------------------------------------------------------------

def idle_share():
    """Of the machine, over half a second."""
    def ticks():
        numbers = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        return sum(numbers), numbers[3] + numbers[4]
    before = ticks()
    time.sleep(0.5)
    after = ticks()
    return (after[1] - before[1]) / max(1, after[0] - before[0])


def chosen(systems, names):
    """The systems to race, those of the peers' environment only where it is there."""
    asked = [name for name in names.split(",") if name]
    unknown = set(asked) - {system.name for system in systems}
    if unknown:
        sys.exit(f"no system {', '.join(sorted(unknown))}: there are {', '.join(system.name for system in systems)}")
    kept = []
    for system in systems:
        if asked and system.name not in asked:
            continue
        if getattr(system, "python", "") is None:
            print(f"left out: {system.name} (set CAPPY_PEERS to the Python of an environment with tests/bench/peers.txt)")
            continue
        kept.append(system)
    return kept


def run_rounds(systems, rows, rounds):
    """{name: [result of each round]}; every second round in reverse order."""
    results = {system.name: [] for system in systems}
    for system in systems:
        print(f"{time.strftime('%H:%M:%S')} {system.name} starts", file=sys.stderr, flush=True)
        system.start(rows)
    for number in range(rounds):
        for system in systems if number % 2 == 0 else systems[::-1]:
            time.sleep(0.3)  # threads of the one before spin a little when they are done
            result = system.run(rows)
            results[system.name].append(result)
            print(f"{time.strftime('%H:%M:%S')} {system.name} {result['seconds']:.2f} s", file=sys.stderr, flush=True)
    for system in systems:
        system.stop()
    return results


def race(systems, rows, arguments, *, base, check, wanted, unit):
    """Runs, compares, prints; ends the program with 1 where a ratio is missed.

    check(name, outputs, base's outputs) -> what the table says of agreement; it exits where outputs differ that must not.
    wanted: {name: {other system: least ratio of its time to that of `name`}}; unit: (what is counted, how many)."""
    systems = chosen(systems, arguments.systems)
    idle = idle_share()
    results = run_rounds(systems, rows, arguments.rounds)
    print(f"{THREADS} threads, {arguments.rounds} rounds in turns; the machine was idle to {100 * idle:.0f} % before and to "
          f"{100 * idle_share():.0f} % after\n")
    agreement = {}
    for name, passes in results.items():
        if any(result["outputs"] != passes[0]["outputs"] for result in passes) and name.startswith("cappy"):
            sys.exit(f"{name}: outputs differ between rounds")
        agreement[name] = check(name, passes[0]["outputs"], results[base][0]["outputs"]) if base in results else "not compared"
    print(table(results, agreement, base, unit), "\n", sep="")
    sys.exit(int(missed(results, wanted) and not arguments.quick))


def ratio(results, faster, slower):
    """Median over rounds of how many times as long `slower` takes."""
    pairs = zip(results[slower], results[faster], strict=True)
    return statistics.median(slow["seconds"] / fast["seconds"] for slow, fast in pairs)


def table(results, agreement, base, unit):
    what, count = unit
    lines = [f"| system | median s | least to most | {what}/s | x {base} | peak MB | agrees |", "|---|--:|--:|--:|--:|--:|---|"]
    for name, passes in results.items():
        seconds = [result["seconds"] for result in passes]
        median = statistics.median(seconds)
        times = f"{ratio(results, name, base):.2f}" if base in results else ""
        lines.append(f"| {name} | {median:.2f} | {min(seconds):.2f} to {max(seconds):.2f} | {count / median:.4g} | {times} | "
                     f"{max(result['peak_mb'] for result in passes):,.0f} | {agreement[name]} |")
    return "\n".join(lines)


def missed(results, wanted):
    """Prints each ratio that is demanded of systems that ran; true where one is missed."""
    found = False
    for faster, demands in wanted.items():
        for slower, least in demands.items():
            if faster in results and slower in results:
                reached = ratio(results, faster, slower)
                print(f"{faster} against {slower}: {reached:.2f}, wanted {least}{'' if reached >= least else ': MISSED'}")
                found = found or reached < least
    return found
