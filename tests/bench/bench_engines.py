#!/usr/bin/env python3
"""Every engine between two real nodes, from command to result on disk, beside libsodium, the bare calls and
the engine alone in memory, in the same run; one table.

    bench_engines.py [--sizes 12,16,20,22,10x22] [--engines dh,vole,standing] [--runs N] [--json]

20 is two lists of 2^20, 10x22 one of 2^10 that asks against one of 2^22. Fails when engine dh takes
more than 1.25 times the bare calls of crypto/oprf.h from 2^20 on, or engine vole more than 0.9 s at 2^20.
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/e2e"), str(ROOT / "tests/bench")]

import bench_node_overlap as bench  # noqa: E402
import lists  # noqa: E402
import nodes  # noqa: E402
import overlaps  # noqa: E402

ENGINES = ("dh", "vole", "standing")
PROGRAMS = nodes.BUILD / "tests/bench"
BRIEF = "12,16"
ALL = "12,16,20,22,10x22"
MOST_BITS = 22
MOST_DH_RATIO = 1.25  # from LARGE on
MOST_VOLE_S = 0.9  # at LARGE
LARGE = 1 << 20
QUERY_MAX = 4096
PREPARE_S = 300
PROCESSES = ("A core", "A gate", "B core", "B gate")
FIGURES = ("wall_ms", "a_cpu_ms", "b_cpu_ms", "cpu_ms", "a_bytes", "b_bytes")
VOLE_ROW = re.compile(r"wall +([\d.]+) ms .*cpu R +([\d.]+) +S +([\d.]+) ms +bytes/item R->S +([\d.]+) +S->R +([\d.]+)"
                      r".*memory +([\d.]+) MiB")


def sizes_of(word):
    a, _, b = word.partition("x")
    bits = int(a), int(b or a)
    if not all(5 <= n <= MOST_BITS for n in bits):
        raise ValueError(word)
    return tuple(1 << n for n in bits)


def runs_of(words, sizes):
    return words.runs or (1 if max(sizes) > LARGE else 3 if max(sizes) == LARGE else 5)


def row(engine, way, word, **figures):
    """Of sizes that take long it is said at once, too: the table comes last."""
    if max(sizes_of(word)) >= LARGE and "wall_ms" in figures:
        print(f"2^{word} {engine}, {way}: {figures['wall_ms']:.0f} ms", file=sys.stderr, flush=True)
    return {"engine": engine, "way": way, "size": word, **figures}


def dash(engine, word, why):
    return row(engine, "two nodes", word, why=why)


# --- In memory, without a node.


def libsodium_and_dh(word, sizes):
    """Rows of bench_overlap.c."""
    done = subprocess.run([str(PROGRAMS / "bench_overlap"), "--matches", word], capture_output=True, text=True,
                          check=True)
    cells = done.stdout.splitlines()[-1].split()
    if cells[:2] != ["overlap:matches", f"2^{word}"]:
        raise AssertionError(f"bench_overlap printed\n{done.stdout}")
    n = max(sizes) / 1000
    wall, cpu = ([float(cell) * n for cell in cells[at:at + 3]] for at in (3, 7))
    return [row("libsodium", "its calls alone", word, wall_ms=wall[0], cpu_ms=cpu[0]),
            row("dh", "its calls alone", word, wall_ms=wall[1], cpu_ms=cpu[1], backend=cells[2]),
            row("dh", "in memory", word, wall_ms=wall[2], cpu_ms=cpu[2], a_bytes=float(cells[12]),
                b_bytes=float(cells[13]), one_process_mib=float(cells[14]))]


def vole_in_memory(word, runs):
    done = subprocess.run([str(PROGRAMS / "bench_vole"), word], capture_output=True, text=True, check=True,
                          env={**os.environ, "RUNS": str(runs), "THREADS": "1"})
    found = VOLE_ROW.search(done.stdout)
    if found is None:
        raise AssertionError(f"bench_vole printed\n{done.stdout}")
    wall, a, b, sent, received, mib = map(float, found.groups())
    return row("vole", "in memory", word, wall_ms=wall, a_cpu_ms=a, b_cpu_ms=b, cpu_ms=a + b, a_bytes=sent,
               b_bytes=received, one_process_mib=mib)


# --- Between two nodes.


class Exchanges:
    """Two nodes, and on them lists of one size of which half of A's is on B's, too."""

    def __init__(self, home, pair, word, sizes):
        self.home, self.pair, self.word, self.sizes = home, pair, word, sizes
        self.name = f"list-{word}"  # what a day allows is counted for the dataset
        first = sizes[0] // 2
        self.common = min(sizes[0] - first, sizes[1])
        for node, start, size in ((pair.a, 0, sizes[0]), (pair.b, first, sizes[1])):
            path = lists.write(home / "list.csv", overlaps.ACCOUNT_COLUMNS,
                               ((f"r{n}", overlaps.BANK, f"{n:08}") for n in range(start, start + size)))
            bench.import_list(node, path, self.name)
            path.unlink()

    def grant(self, *words):
        """A list that asks with vole counts as up to 1.4 of its size, a short one as more."""
        self.pair.b.do("grant", self.pair.a.alias, self.name, "overlap:matches", "--max-size", 2 << MOST_BITS,
                       *words)

    def settle(self):
        """So that peaks of memory are those of what comes now."""
        for node in self.pair.nodes:
            node.restart()
        self.pair.a.ping(self.pair.b)
        pids = [node.pids() for node in self.pair.nodes]
        self.pids = {f"{'AB'[at]} {who}": pids[at][who] for at in (0, 1) for who in ("core", "gate")}

    def processor_ms(self, side):
        return bench.processor_s([pid for name, pid in self.pids.items() if name[0] == side]) * 1000

    def exchange(self, engine):
        out = self.home / "result.csv"
        out.unlink(missing_ok=True)
        run = bench.Watched(nodes.SYMBOLON, *overlaps.overlap_words(
            self.pair.b, self.name, self.name, "matches", "--engine", engine, "--format", "csv", "--out", out),
                            "--dir", self.pair.a.dir)
        entry = overlaps.exchanges(self.pair.a)[0]
        if entry["state"] != "done" or entry["common"] != self.common:
            raise AssertionError(f"{engine}, {self.word}: an exchange ended as {entry}")
        return run, entry

    def measure(self, engine, way, runs):
        """Wall time: the median. Processor time is counted in ticks: the mean."""
        before = [self.processor_ms(side) for side in "AB"]
        done = [self.exchange(engine) for _ in range(runs)]
        a, b = ((self.processor_ms(side) - was) / runs for side, was in zip("AB", before))
        a += sum(run.processor_s for run, _ in done) * 1000 / runs
        entry = done[-1][1]
        return row(engine, way, self.word, runs=runs, wall_ms=statistics.median(run.seconds for run, _ in done) * 1000,
                   a_cpu_ms=a, b_cpu_ms=b, cpu_ms=a + b, a_bytes=entry["bytes_sent"] / self.sizes[0],
                   b_bytes=entry["bytes_received"] / self.sizes[1], command_mib=max(run.kib for run, _ in done) / 1024,
                   peak_mib={who: nodes.memory_kib(pid, "VmHWM") / 1024 for who, pid in self.pids.items()})

    def drop(self):
        for node in self.pair.nodes:
            node.do("dataset", "drop", self.name, "--yes")

    def standing(self, runs):
        if self.sizes[0] > QUERY_MAX:
            return [dash("standing", self.word, f"a query has at most {QUERY_MAX} identifiers")]
        self.grant("--engines", "dh,standing", "--standing", 30, "--elements-per-day", (runs + 1) * self.sizes[0])
        began = time.monotonic()
        nodes.wait_until(lambda: any(grant["dataset"] == self.name and grant["standing_until"]
                                     for grant in self.pair.b.json("grants", "list")), PREPARE_S, "a standing list")
        prepared = time.monotonic() - began
        self.settle()
        return [{**self.measure("standing", "two nodes, first", 1), "prepare_s": prepared},
                self.measure("standing", "two nodes, later", runs)]


def of_size(home, pair, word, words):
    """The rows of one size; dh between nodes right after the calls that it is compared with, and before others."""
    sizes = sizes_of(word)
    runs = runs_of(words, sizes)
    exchanges = Exchanges(home, pair, word, sizes)
    exchanges.grant("--engines", "dh,vole")
    rows = []
    if "dh" in words.engines:
        before = libsodium_and_dh(word, sizes)
        exchanges.settle()
        rows = [*before, exchanges.measure("dh", "two nodes", runs)]
        rows[-1]["calls_ratio"] = rows[-1]["wall_ms"] / before[1]["wall_ms"]
    if "vole" in words.engines:
        exchanges.settle()
        rows += [vole_in_memory(word, runs), exchanges.measure("vole", "two nodes", runs)]
    if "standing" in words.engines:
        rows += exchanges.standing(5 * runs)
    exchanges.drop()
    return rows


def faults(rows):
    for r in rows:
        sizes = sizes_of(r["size"])
        if sizes[0] == sizes[1] >= LARGE and r.get("calls_ratio", 0) > MOST_DH_RATIO:
            yield f"dh at 2^{r['size']} takes {r['calls_ratio']:.2f} times what its bare calls take"
        if (r["engine"], r["way"], sizes) == ("vole", "two nodes", (LARGE, LARGE)) and \
                r["wall_ms"] > MOST_VOLE_S * 1000:
            yield f"vole at 2^{r['size']} takes {r['wall_ms'] / 1000:.2f} s"


# --- The table.


def processor_name():
    found = re.search(r"^model name\s*:\s*(.*)$", pathlib.Path("/proc/cpuinfo").read_text("utf-8"), re.M)
    return found[1] if found else "unknown"


def measure(words):
    figures = {"date": datetime.date.today().isoformat(), "cpu": processor_name(), "processors": os.cpu_count(),
               "load_before": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        pair = bench.Pair(pathlib.Path(home))
        try:
            figures["ristretto"] = pair.a.json("status").get("ristretto")
            figures["rows"] = [r for word in words.sizes.split(",")
                               for r in of_size(pathlib.Path(home), pair, word, words)]
        finally:
            pair.end()
    figures["load_after"] = os.getloadavg()[0]
    figures["faults"] = list(faults(figures["rows"]))
    return figures


def cell(value):
    return "-" if value is None else f"{value:.1f}" if value < 1000 else f"{value:.0f}"


def cells(r):
    size = "2^" + r["size"].replace("x", " x 2^")
    peaks = r.get("peak_mib", {})
    one = [r.get("one_process_mib")] + [None] * 3
    return [r["engine"], r["way"], size, *(cell(r.get(figure)) for figure in FIGURES),
            *(cell(value) for value in ([peaks[who] for who in PROCESSES] if peaks else one))]


def show(figures, words):
    print(f"{figures['date']}, {figures['processors']} x {figures['cpu']}, ristretto {figures['ristretto']}\n")
    table = [["engine", "way", "size", "wall ms", "CPU A", "CPU B", "CPU all", "B/item A>B", "B/item B>A",
              *(f"{who} MiB" for who in PROCESSES)], *map(cells, figures["rows"])]
    widths = [max(len(line[at]) for line in table) for at in range(len(table[0]))]
    for before, line in zip([None, *table], table):
        if before and before[2] != line[2]:
            print()
        print("  ".join(text.ljust(width) if at < 3 else text.rjust(width)
                        for at, (text, width) in enumerate(zip(line, widths))).rstrip())
    print("\n  A asks, with the command; wall of two nodes: from the command to its result on disk, median. Bytes: what a side"
          "\n  sends for each item of its own list. In memory: both sides in one process, on all processors together; its peak"
          "\n  stands under A core; dh has one crew of threads for both sides there. Calls alone: computed from a sample.")
    for r in figures["rows"]:
        if "why" in r:
            print(f"  {r['engine']} at 2^{r['size']}: none, because {r['why']}.")
        if "prepare_s" in r:
            print(f"  standing at 2^{r['size']}: B prepared its list in {r['prepare_s']:.1f} s.")
        if "calls_ratio" in r:
            print(f"  dh at 2^{r['size']}: two nodes take {r['calls_ratio']:.2f} times what its calls take.")
    if max(figures["load_before"], figures["load_after"]) > figures["processors"] + 1:
        print(f"  The machine was busy (load {figures['load_before']:.1f} before, {figures['load_after']:.1f} after): "
              "trust processor time more than wall time.")
    left = [size for size in ALL.split(",") if size not in words.sizes.split(",")]
    if left:
        print(f"  The rest, minutes long: make bench-engines SIZES={','.join(left)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=BRIEF, help=f"some of {ALL}, or others")
    parser.add_argument("--engines", default=",".join(ENGINES), type=lambda text: text.split(","))
    parser.add_argument("--runs", type=int, help="of each exchange; default: 5, 3 at 2^20, 1 above; standing: 5 times as many")
    parser.add_argument("--json", action="store_true")
    words = parser.parse_args()
    if not set(words.engines) <= set(ENGINES):
        parser.error(f"--engines: some of {', '.join(ENGINES)}")
    try:
        for word in words.sizes.split(","):
            sizes_of(word)
    except ValueError as error:
        parser.error(f"--sizes: {error} is not as 16 or 10x22, of 5 to {MOST_BITS}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench_engines: stopped"))  # ends the nodes, too
    figures = measure(words)
    if words.json:
        print(json.dumps(figures, indent=2))
    else:
        show(figures, words)
    for fault in figures["faults"]:
        print(f"bench_engines: {fault}", file=sys.stderr)
    return 1 if figures["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
