#!/usr/bin/env python3
"""Import and overlap between two real nodes, from command to result, against what the group
operations cost alone, in the same run.

    bench_node_overlap.py [--bits 14,17] [--runs N] [--rows N] [--json]

Fails when an overlap takes more than 1.15 times what libsodium takes for its four pipelines per
pair of elements on all processors, when one of 2^20 or more takes more than 1.25 times the bare calls of
crypto/oprf.h in memory on the same processors, when accounts are imported at less than 200,000 rows per second,
or when a process needs more than 100 bytes more for each element more.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/e2e")]

import lists  # noqa: E402
import nodes  # noqa: E402
import overlaps  # noqa: E402

BENCH_OVERLAP = nodes.BUILD / "tests/bench/bench_overlap"
MOST_RATIO = 1.15
MOST_CALLS_RATIO = 1.25  # from LARGE_BITS on
LARGE_BITS = 20
CALL_BITS = 14
LEAST_ROWS_PER_S = 200_000
MOST_BYTES = 100
KINDS = ("matches", "count")
PHONE_ROWS = 100_000


def bench_overlap(bits):
    """What bench_overlap.c says: {kind: microseconds per pair of elements}"""
    done = subprocess.run([str(BENCH_OVERLAP), str(bits)], capture_output=True, text=True, check=True)
    found = {}
    for line in done.stdout.splitlines():
        cells = line.split()
        if cells and cells[0].startswith("overlap:"):
            found[cells[0].partition(":")[2]] = {"backend": cells[2], "libsodium_us": float(cells[3]),
                                                 "calls_us": float(cells[4]), "pipelines_us": float(cells[5]),
                                                 "libsodium_cpu_us": float(cells[7]), "calls_cpu_us": float(cells[8])}
    if set(found) != set(KINDS):
        raise AssertionError(f"bench_overlap printed\n{done.stdout}")
    return found


def bare():
    """Microseconds per pair: libsodium and the bare calls, wall and processor; from a small set, which
    takes a second or two."""
    rows = bench_overlap(CALL_BITS).values()
    return {key: statistics.mean(row[key] for row in rows)
            for key in ("libsodium_us", "libsodium_cpu_us", "calls_us", "calls_cpu_us")}


class Watched:
    """A command: its time, its processor time, and its highest resident memory as far as one can see
    who looks every few milliseconds."""

    def __init__(self, *words):
        began = time.monotonic()
        before = os.times()
        with tempfile.TemporaryFile() as output:
            child = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=output,
                                     stderr=subprocess.STDOUT, env=nodes.clean_environment())
            self.kib = 0
            while child.poll() is None:
                try:
                    if os.readlink(f"/proc/{child.pid}/exe").startswith(str(nodes.SYMBOLON.resolve())):
                        self.kib = max(self.kib, nodes.memory_kib(child.pid, "VmHWM"))
                except (OSError, TypeError):
                    pass
                time.sleep(0.002 if time.monotonic() - began < 1 else 0.02)
            self.seconds = time.monotonic() - began
            output.seek(0)
            self.output = output.read().decode("utf-8", "replace")
        after = os.times()
        self.processor_s = (after.children_user + after.children_system -
                            before.children_user - before.children_system)
        if child.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, words))} ended with {child.returncode}: {self.output[-500:]}")


def processor_s(pids):
    ticks = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def import_list(node, path, dataset, profile="accounts", *words):
    return Watched(nodes.SYMBOLON, "import", path, "--dataset", dataset, "--profile", profile, *words,
                   "--dir", node.dir)


def rows_per_second(home, node, n_accounts):
    """As bench_import.c: every other account is an IBAN."""
    header = ("id", "iban", "bank", "account")
    rows = ((f"c{n}", "", overlaps.BANK, f"{n:08}") if n % 2 else
            (f"c{n}", lists.iban(overlaps.BANK, n), "", "") for n in range(n_accounts))
    sheet = lists.write(home / "accounts.csv", header, rows)
    phones = lists.write(home / "phones.csv", ("id", "phone"),
                         ((f"c{n}", f"020 7{100 + n // 10000:03} {n % 10000:04}") for n in range(PHONE_ROWS)))
    figures = {}
    for what, path, profile, n in (("accounts", sheet, "accounts", n_accounts),
                                   ("phones", phones, "persons", PHONE_ROWS)):
        runs = [import_list(node, path, what, profile, "--region", "GB") for _ in range(3)]
        figures[what] = {"rows": n, "rows_per_s": max(n / run.seconds for run in runs), "cli_kib": runs[0].kib}
        kept = node.json("dataset", "show", what)["records"]
        if kept != n:
            raise AssertionError(f"{kept} of {n} rows were kept")
        node.do("dataset", "drop", what, "--yes")
        path.unlink()
    return figures


class Pair:
    def __init__(self, home):
        self.nodes = [nodes.Node(home / name[-1], name).start() for name in ("Bank A", "Bank B")]
        self.a, self.b = self.nodes
        self.a.peer_with(self.b)

    def end(self):
        for node in self.nodes:
            node.kill()

    def load(self, home, size):
        """Lists that have half in common; their import, watched."""
        runs = []
        for node, first in ((self.a, 0), (self.b, size // 2)):
            path = lists.write(home / "list.csv", overlaps.ACCOUNT_COLUMNS,
                               overlaps.accounts(range(first, first + size)))
            runs.append(import_list(node, path, "list"))
        for kind in KINDS:
            self.b.do("grant", self.a.alias, "list", f"overlap:{kind}")
        return max(run.kib for run in runs)

    def pids(self):
        return {f"{node.alias} {who}": pid for node in self.nodes for who, pid in node.pids().items()
                if who != "supervisor"}

    def overlap(self, home, size, kind):
        out = home / "result.csv"
        out.unlink(missing_ok=True)
        pids = self.pids()
        before = processor_s(pids.values())
        run = Watched(nodes.SYMBOLON, *overlaps.overlap_words(self.b, "list", "list", kind, "--format", "csv",
                                                              "--out", out), "--dir", self.a.dir)
        cpu = processor_s(pids.values()) - before + run.processor_s
        row = overlaps.exchanges(self.a)[0]
        if row["state"] != "done" or row["common"] != size // 2:
            raise AssertionError(f"an overlap of {size} ended as {row}")
        return run, cpu, row


def end_to_end(pair, home, bits, runs):
    size = 1 << bits
    import_kib = pair.load(home, size)
    for node in pair.nodes:
        node.restart()  # so that the peak is that of the exchange
    pair.a.ping(pair.b)
    figures = {"bits": bits, "import_cli_kib": import_kib, "cli_kib": 0}
    pipelines = bench_overlap(bits)
    for kind in KINDS:
        rows = []
        for _ in range(runs):
            before = bare()
            run, cpu, entry = pair.overlap(home, size, kind)
            after = bare()
            us, cpu_us = run.seconds * 1e6 / size, cpu * 1e6 / size
            cost = {key: (before[key] + after[key]) / 2 for key in before}
            rows.append({**cost, "us": us, "ratio": us / cost["libsodium_us"], "cpu_us": cpu_us,
                         "cpu_ratio": cpu_us / cost["libsodium_cpu_us"], "calls_ratio": us / cost["calls_us"],
                         "calls_cpu_ratio": cpu_us / cost["calls_cpu_us"],
                         "wire_bytes": (entry["bytes_sent"] + entry["bytes_received"]) / size})
            figures["cli_kib"] = max(figures["cli_kib"], run.kib)
        figures[kind] = {key: statistics.median(row[key] for row in rows) for key in rows[0]}
        figures[kind]["pipelines"] = pipelines[kind]
    figures["peak_kib"] = {name: nodes.memory_kib(pid, "VmHWM") for name, pid in pair.pids().items()}
    figures["peak_kib"]["bank-a overlap command"] = figures["cli_kib"]
    return figures


def measure(home, bits, runs, rows):
    pair = Pair(home)
    try:
        figures = {"cores": os.cpu_count(), "import": rows_per_second(home, pair.a, rows),
                   "ristretto": pair.a.json("status").get("ristretto"),
                   "sizes": [end_to_end(pair, home, b, runs) for b in bits], "load": os.getloadavg()[0]}
    finally:
        pair.end()
    small, large = figures["sizes"][0], figures["sizes"][-1]
    more = (1 << large["bits"]) - (1 << small["bits"])
    figures["bytes_per_element"] = {name: (kib - small["peak_kib"][name]) * 1024 / more
                                    for name, kib in large["peak_kib"].items()} if more else {}
    return figures


def show(figures):
    print(f"two nodes on {figures['cores']} processors; microseconds per pair of elements, one at either side\n")
    print(f"  {'kind':<9}{'size':>6}{'libsodium':>11}{'pipelines':>11}{'overlap':>10}{'ratio':>8}"
          f"{'processors':>12}{'ratio':>8}{'calls':>8}{'ratio':>8}{'wire bytes':>12}")
    for size in figures["sizes"]:
        for kind in KINDS:
            row = size[kind]
            print(f"  {kind:<9}{'2^%d' % size['bits']:>6}{row['libsodium_us']:>11.1f}"
                  f"{row['pipelines']['pipelines_us']:>11.1f}{row['us']:>10.1f}{row['ratio']:>8.3f}"
                  f"{row['cpu_us']:>12.1f}{row['cpu_ratio']:>8.3f}{row['calls_us']:>8.1f}{row['calls_ratio']:>8.3f}"
                  f"{row['wire_bytes']:>12.1f}")
    print(f"\n  libsodium: derive and multiply for either token, evaluate, unblind. pipelines: bench_overlap.c, "
          f"backend {figures['sizes'][0]['matches']['pipelines']['backend']}; calls: those of crypto/oprf.h alone.\n"
          "  overlap: from the command to its result; processors: time that all processes took together.\n")
    for what, row in figures["import"].items():
        print(f"  import {what:<10}{row['rows']:>9} rows{row['rows_per_s']:>12.0f} rows/s")
    print(f"\n  {'peak memory, MiB':<26}" + "".join(f"{'2^%d' % size['bits']:>8}" for size in figures["sizes"]) +
          f"{'bytes per element':>20}")
    for name, per_element in figures["bytes_per_element"].items():
        print(f"  {name:<26}" + "".join(f"{size['peak_kib'][name] / 1024:>8.1f}" for size in figures["sizes"]) +
              f"{per_element:>20.1f}")
    if figures["load"] > figures["cores"] + 2:
        print(f"\n  The machine was busy (load {figures['load']:.1f}): trust the ratio of processor time more.")


def faults(figures):
    for size in figures["sizes"]:
        for kind in KINDS:
            if size[kind]["ratio"] > MOST_RATIO:
                yield f"{kind} of 2^{size['bits']} takes {size[kind]['ratio']:.3f} times what libsodium takes"
            if size["bits"] >= LARGE_BITS and size[kind]["calls_ratio"] > MOST_CALLS_RATIO:
                yield f"{kind} of 2^{size['bits']} takes {size[kind]['calls_ratio']:.3f} times what its calls take"
    if figures["import"]["accounts"]["rows_per_s"] < LEAST_ROWS_PER_S:
        yield f"accounts are imported at {figures['import']['accounts']['rows_per_s']:.0f} rows per second"
    for name, per_element in figures["bytes_per_element"].items():
        if per_element > MOST_BYTES:
            yield f"{name} needs {per_element:.0f} bytes more for each element more"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bits", default="14,17", help="sizes of the lists, as powers of two")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    bits = sorted(int(word) for word in arguments.bits.split(","))
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        figures = measure(pathlib.Path(home), bits, arguments.runs, arguments.rows)
    figures["faults"] = list(faults(figures))
    if arguments.json:
        print(json.dumps(figures, indent=2))
    else:
        show(figures)
    for fault in figures["faults"]:
        print(f"bench_node_overlap: {fault}", file=sys.stderr)
    return 1 if figures["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
