#!/usr/bin/env python3
"""An overlap table of six real nodes and a tallier on one machine, command to result on disk, beside the bare
crypto that it consists of (bench_table.c) in the same run.

    bench_table_nodes.py [--lists 6] [--elements 100000] [--mode exact|dp] [--json]

Fails above 1.3 times the bare crypto on all processors. What other programs of the machine took meanwhile does
not count, and is told: the clock on the wall shows what it should only where they took next to nothing.
"""

import argparse
import json
import os
import pathlib
import re
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
import tables  # noqa: E402

RATIO_MAX = 1.3
QUIET = 0.05  # of all processors, at most for other programs


def bare_s(words):
    """Processor seconds of the crypto of the whole table."""
    done = subprocess.run([str(nodes.BUILD / "tests/bench/bench_table"), "--bare", str(words.lists), str(words.elements)],
                          capture_output=True, text=True, check=True)
    return float(re.search(r"bare crypto ([\d.]+) s", done.stdout)[1])


def machine_s():
    """Processor seconds of the whole machine since it started: (worked or withheld from it, idle)"""
    first = pathlib.Path("/proc/stat").read_text("ascii").splitlines()[0]
    user, nice, system, idle, io, irq, soft, steal = (int(n) / os.sysconf("SC_CLK_TCK") for n in first.split()[1:9])
    return user + nice + system + irq + soft + steal, idle + io


def load(home, table, words):
    """Half of each list is on all of them, the other half on it alone."""
    common = words.elements // 2
    own = words.elements - common
    for at, node in enumerate(table.contributors):
        numbers = [*range(common), *range(common + at * own, common + (at + 1) * own)]
        path = lists.write(home / "list.csv", overlaps.ACCOUNT_COLUMNS,
                           ((f"r{n}", overlaps.BANK, f"{n:08}") for n in numbers))
        bench.import_list(node, path, tables.DATASET)
        path.unlink()
    return {frozenset(range(words.lists)): common, **{frozenset((at,)): own for at in range(words.lists)}}


def measure(home, made, words):
    table = tables.make_table(home, words.lists, made)
    truth = load(home, table, words)
    table.grant("--max-size", 1 << 20)
    for node in made:  # so that all links are up, and peaks of memory are those of what comes now
        for peer in made:
            if node is not peer:
                node.ping(peer)
    pids = {node: node.pids() for node in made}
    cores, gates = ([of[who] for of in pids.values()] for who in ("core", "gate"))
    bare = bare_s(words)
    out = home / "table.json"
    before = bench.processor_s(cores), bench.processor_s(gates)
    watching = time.process_time()
    machine = machine_s()
    run = bench.Watched(nodes.SYMBOLON, *table.words("--format", "json", "--out", out, mode=words.mode,
                                                     identifiers="account"), "--dir", table.asker.dir)
    busy_s, idle_s = (now - was for now, was in zip(machine_s(), machine))
    core_s, gate_s = (bench.processor_s(of) - was for of, was in zip((cores, gates), before))
    own_s = core_s + gate_s + run.processor_s
    others_s = max(0, busy_s - own_s - (time.process_time() - watching))
    bare = (bare + bare_s(words)) / 2
    document = json.loads(out.read_text("utf-8"))
    found = {on: n for on, n in tables.cells_of(document, table.names).items() if n}
    if words.mode == "exact" and found != truth:
        raise AssertionError(f"the table is {found}")
    row = next(row for row in table.asker.json("exchange", "list") if row["kind"] == "overlap:table")
    processors = os.cpu_count()
    return {"lists": words.lists, "elements": words.elements, "mode": words.mode, "processors": processors,
            "ristretto": table.asker.json("status").get("ristretto"), "announced": row["own_size"],
            "bare_cpu_s": bare, "bare_s": bare / processors, "wall_s": run.seconds,
            "core_cpu_s": core_s, "gate_cpu_s": gate_s, "others_cpu_s": others_s, "idle_s": idle_s,
            "wall_ratio": run.seconds * processors / bare, "cpu_ratio": own_s / bare,
            "undisturbed_ratio": (run.seconds * processors - others_s) / bare,
            "core_mib": max(nodes.memory_kib(pid, "VmHWM") for pid in cores) / 1024}


def show(r):
    print(f"{r['lists']} nodes with {r['elements']} elements each ({r['announced']} announced) and a tallier, {r['mode']}, "
          f"{r['ristretto']}, {r['processors']} processors:\n"
          f"  bare crypto {r['bare_s']:.2f} s ({r['bare_cpu_s']:.2f} s of processor), command to result {r['wall_s']:.2f} s "
          f"({r['core_cpu_s']:.2f} s in cores, {r['gate_cpu_s']:.2f} s in gates)\n"
          f"  ratio {r['wall_ratio']:.3f} (without what others took {r['undisturbed_ratio']:.3f}, processor time "
          f"{r['cpu_ratio']:.3f}); processors idle {r['idle_s']:.2f} s, with others {r['others_cpu_s']:.2f} s; "
          f"largest core {r['core_mib']:.0f} MiB")
    if r["others_cpu_s"] > QUIET * r["processors"] * r["wall_s"]:
        print("  Other programs were at work, also where the nodes would have waited: trust no ratio but processor time.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lists", type=int, default=6)
    parser.add_argument("--elements", type=int, default=100000)
    parser.add_argument("--mode", choices=("exact", "dp"), default="exact")
    parser.add_argument("--json", action="store_true")
    words = parser.parse_args()
    made = []
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        try:
            figures = measure(pathlib.Path(home), made, words)
        finally:
            for node in made:
                node.stop()
    if words.json:
        print(json.dumps(figures, indent=2))
    else:
        show(figures)
    if figures["undisturbed_ratio"] > RATIO_MAX:
        print(f"bench_table_nodes: {figures['undisturbed_ratio']:.2f} times the bare crypto", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
