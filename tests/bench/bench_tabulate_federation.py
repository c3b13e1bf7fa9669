#!/usr/bin/env python3
"""N real nodes (default 200) on this machine, all pinned to each other, and one joint tabulation of
so many cells (default 100,000): what it costs, beside the same machines in one process.

    bench_tabulate_federation.py [N [CELLS]] [--json] [--alone]

Fails when no release comes, when the sum is far from the truth, or above the limits below where
these are known to hold (200 nodes, 100,000 cells, two processors).
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/e2e")]

import nodes  # noqa: E402
import tabulations  # noqa: E402

WALL_S = 30
PARTICIPANT_MS = 100  # of masks, shares and noise
MEMORY_KIB = 64 * 1024
FILLED = 400  # cells that each node has a count in
COUNT = 100


def cube_of(cells):
    """(cube, countries, months), of about so many cells: countries x months."""
    countries = 50 if cells <= 50_000 else 100 if cells <= 300_000 else 500
    months = max(1, cells // countries)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    names = [a + b for a in letters for b in letters][:countries]
    when = [f"{1900 + at // 12}-{at % 12 + 1:02}" for at in range(months)]
    return {"country": names, "month": when}, countries, months


def cpu_ms(pid):
    """Of all threads of a process, so far."""
    return sum(int(task.read_text("ascii").split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e6


def children(node):
    """{"gate": pid, "core": pid}, without asking the node."""
    found = {}
    for pid in node.family()[1:]:
        name = pathlib.Path(f"/proc/{pid}/comm").read_text("ascii").strip()
        found[name.removeprefix("symbolond-")] = pid
    return found


TILE_CELLS = 32768
PHASES = ("consents", "shares", "vectors", "survivors", "unmasking", "release")
MASKING = ("shares", "vectors")  # boxes and keys of masks; noise and masks


class Follower(threading.Thread):
    """Of one tabulation, reads how far it is, and looks at the clocks of all when a phase ends. A node has
    taken a step with each message of it: a consent, shares, tiles and a vector, a signature, shares again,
    and that it has kept the release."""

    def __init__(self, command, n, cells, look):
        super().__init__()
        tiles = -(-cells // TILE_CELLS)
        self.ends = [n, 2 * n, (3 + tiles) * n, (4 + tiles) * n, (5 + tiles) * n]
        self.command = command
        self.look = look
        self.looks = [look()]
        self.complaint = ""

    def run(self):
        for line in self.command.stderr:
            try:
                done = int(line.split()[0])
            except ValueError:
                self.complaint += line
                continue
            while self.ends and done >= self.ends[0]:
                self.looks.append(self.look())
                self.ends.pop(0)

    def finish(self):
        output = self.command.stdout.read()
        self.join()
        if self.command.wait() != 0:
            raise SystemExit(f"bench_tabulate_federation: {self.complaint} {output}")
        self.looks += [self.look()] * (1 + len(self.ends))
        return json.loads(output)

    def spent(self):
        """{phase: number}, of the differences between looks."""
        return {phase: self.looks[i + 1] - self.looks[i] for i, phase in enumerate(PHASES)}


def one_process(n, countries, months):
    words = [str(nodes.BUILD / "tests/bench/bench_joint"), "--json", str(n), str(countries), str(months)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


def measure(home, n, cells, alone=False):
    cube, countries, months = cube_of(cells)
    made = []
    times = {}

    def timed(what, act):
        began = time.monotonic()
        result = act()
        times[what] = time.monotonic() - began
        return result

    try:
        crew = timed("start", lambda: tabulations.make_crew(home, n, made, minimum=3))
        keys = tabulations.keys(cube)
        step = max(1, len(keys) // FILLED)
        own = {cell: COUNT for cell in keys[::step]}
        timed("load", lambda: crew.load([own] * n, cube=cube))
        timed("link", lambda: crew.each(lambda node: crew.asker.ping(node, "--timeout", "60"), crew.nodes[1:]))
        pids = {node: children(node) for node in crew.nodes}
        before = {node: {who: cpu_ms(pid) for who, pid in those.items()} for node, those in pids.items()}
        asker = pids[crew.asker]
        rest = {who: nodes.memory_kib(pid, "VmRSS") for who, pid in asker.items()}
        for pid in asker.values():
            pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")
        others = crew.nodes[1:]
        follower = Follower(crew.start("--timeout", 600_000, "--follow", cube=cube), n, len(keys),
                            lambda: sum(cpu_ms(pids[node]["core"]) for node in others) / len(others))
        follower.start()
        answer = timed("tabulate", follower.finish)
        if answer["state"] != "done":
            raise SystemExit(f"bench_tabulate_federation: no release: {answer['fault']}")
        most = {who: nodes.memory_kib(pid, "VmHWM") for who, pid in asker.items()}
        spent = {node: {who: cpu_ms(pid) - before[node][who] for who, pid in those.items()}
                 for node, those in pids.items()}
        near = [abs(got - n * COUNT) for got in answer["cells"][::step] if got]
        return {"nodes": n, "cells": len(keys), "seconds": times, "wall_s": answer["elapsed_us"] / 1e6,
                "survivors": len(answer["survivors"]), "threshold": answer["threshold"],
                "worst_off": max(near, default=None), "half_width": answer["half_width"],
                "participant_cpu_ms": {who: sum(spent[node][who] for node in others) / len(others)
                                       for who in ("core", "gate")},
                "phase_cpu_ms": follower.spent(),
                "initiator_cpu_ms": {who: spent[crew.asker][who] for who in ("core", "gate")},
                "bytes_per_node": {"to": answer["bytes_sent"] / len(others),
                                   "from": answer["bytes_received"] / len(others)},
                "initiator_added_kib": {who: most[who] - rest[who] for who in ("core", "gate")},
                "one_process": None if alone else one_process(n, countries, months)}
    finally:
        for node in made:
            if node.process is not None:
                node.process.terminate()
        for node in made:
            node.kill()


def masking_ms(f):
    return sum(f["phase_cpu_ms"][phase] for phase in MASKING)


def show(f):
    print(f"{f['nodes']} nodes, {f['cells']} cells, one query\n")
    names = {"start": "to make, start and pin them", "load": "to import, publish and grant", "link": "to link all",
             "tabulate": "from the question to the printed release"}
    for what, seconds in f["seconds"].items():
        print(f"  {seconds:8.2f} s    {names[what]}")
    print(f"  {f['wall_s']:8.2f} s    of that the tabulation\n")
    for who in ("core", "gate"):
        print(f"  {f['participant_cpu_ms'][who]:8.1f} ms   CPU of a participant's {who}; of the initiator's "
              f"{f['initiator_cpu_ms'][who]:.0f} ms")
    for phase, spent in f["phase_cpu_ms"].items():
        print(f"  {spent:8.1f} ms   of that for {phase}")
    print(f"  {masking_ms(f):8.1f} ms   for masks, shares and noise ({' and '.join(MASKING)})")
    print(f"  {f['bytes_per_node']['from'] / 1e6:8.2f} MB   from each participant, {f['bytes_per_node']['to'] / 1e6:.2f} MB to it")
    print(f"  {f['initiator_added_kib']['core']:8} KiB  more memory of the initiator's core, "
          f"{f['initiator_added_kib']['gate']} KiB of its gate")
    one = f["one_process"]
    if one:
        print(f"\n  one process, the same machines: {json.dumps(one)}")
        wall = sum(value for key, value in one.items() if key.endswith("_wall_s"))
        if wall:
            print(f"  {f['wall_s'] / wall:8.2f}      times as long as that")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("nodes", nargs="?", type=int, default=200)
    parser.add_argument("cells", nargs="?", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--alone", action="store_true", help="without the comparison")
    arguments = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        f = measure(pathlib.Path(home), arguments.nodes, arguments.cells, arguments.alone)
    if arguments.json:
        print(json.dumps(f, indent=2))
    else:
        show(f)
    limited = f["nodes"] == 200 and f["cells"] == 100_000 and (os.cpu_count() or 1) >= 2
    good = f["survivors"] == f["nodes"] and f["worst_off"] is not None and f["worst_off"] < 100
    slow = limited and (f["wall_s"] > WALL_S or masking_ms(f) > PARTICIPANT_MS or
                        sum(f["initiator_added_kib"].values()) > MEMORY_KIB)
    if slow or not good:
        print("bench_tabulate_federation: above a limit, or the sum is wrong", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
