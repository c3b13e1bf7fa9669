#!/usr/bin/env python3
"""Throughput of a sealed stream between two nodes against TLS alone, in the same run; its memory.

    bench_link.py [--pairs N] [--mib N] [--json]

Runs of both alternate, so that whatever else the machine does meets both. Fails when the median
ratio is below 40 %, or when gate or core of either node grows by 16 MiB or more, also while the
receiver stands still.
"""

import argparse
import json
import os
import pathlib
import re
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/e2e")]

import nodes  # noqa: E402

BENCH_TLS = nodes.BUILD / "tests/bench/bench_tls"
LEAST_RATIO = 0.40
LINK_KIB = 16 * 1024
STILL_S = 5
MIB = 1 << 20


def tls_alone(mib):
    """Bytes per second, and seconds of processor time of both sides."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([str(BENCH_TLS), str(mib)], capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return int(re.search(r"(\d+) bytes per second", done.stdout)[1]), worked


def processor_s(pids):
    """Processor time that these processes have taken so far."""
    ticks = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


class Memory:
    """How far gate and core of both nodes have grown since they were at rest, in KiB."""

    def __init__(self, pair):
        self.pids = {f"{node.alias} {who}": pid for node in pair for who, pid in node.pids().items()
                     if who != "supervisor"}
        self.rest = {name: nodes.memory_kib(pid, "VmRSS") for name, pid in self.pids.items()}

    def grown(self):
        return {name: nodes.memory_kib(pid, "VmHWM") - self.rest[name] for name, pid in self.pids.items()}


def stream_with_a_pause(a, b, mib, who):
    """A stream during which a process of the receiver stands still."""
    ping = subprocess.Popen([str(nodes.SYMBOLON), "peer", "ping", b.alias, "--mib", str(mib), "--timeout", "120",
                             "--dir", str(a.dir)], stdout=subprocess.DEVNULL)
    nodes.wait_until(lambda: b.json("peer", "list")[0]["bytes_received"] > 16 * MIB, 60, "payload arrives")
    pid = b.pids()[who]
    os.kill(pid, signal.SIGSTOP)
    time.sleep(STILL_S)
    os.kill(pid, signal.SIGCONT)
    if ping.wait(120) != 0:
        raise AssertionError(f"a stream did not survive that {who} stood still:\n{a.log()}")


def measure(home, pairs, mib):
    pair = []
    try:
        for name in ("Bank A", "Bank B"):
            pair.append(nodes.Node(home / name[-1], name).start())
        a, b = pair
        a.peer_with(b)
        a.ping(b)
        memory = Memory(pair)
        rows = []
        for _ in range(pairs):
            tls, tls_worked = tls_alone(mib)
            worked = processor_s(memory.pids.values())
            link = a.ping(b, "--mib", mib, "--timeout", "600")["bytes_per_second"]
            worked = processor_s(memory.pids.values()) - worked
            rows.append({"tls": tls, "link": link, "ratio": link / tls, "tls_processor_s": tls_worked,
                         "link_processor_s": worked})
        streaming = memory.grown()
        for who in ("gate", "core"):
            b.restart()
            a.restart()
            a.ping(b)
            memory = Memory(pair)
            stream_with_a_pause(a, b, 256, who)
            streaming = {name: max(kib, memory.grown()[name]) for name, kib in streaming.items()}
        return {"mib": mib, "cores": os.cpu_count(), "load": os.getloadavg()[0], "runs": rows,
                "median_ratio": statistics.median(row["ratio"] for row in rows), "grown_kib": streaming}
    finally:
        for node in pair:
            node.kill()


def show(figures):
    print(f"{figures['mib']} MiB through a link between two nodes, and through TLS alone\n")
    print(f"  {'run':>3}{'TLS alone':>16}{'link':>16}{'ratio':>9}{'processor time of both':>28}")
    for at, row in enumerate(figures["runs"]):
        print(f"  {at + 1:>3}{row['tls'] / MIB:>10.0f} MiB/s{row['link'] / MIB:>10.0f} MiB/s{row['ratio']:>9.0%}"
              f"{row['tls_processor_s']:>16.2f} s{row['link_processor_s']:>8.2f} s")
    print(f"  {'median':>35}{figures['median_ratio']:>9.0%}\n")
    if figures["load"] > figures["cores"] + 2:
        print(f"  The machine was busy (load {figures['load']:.1f} on {figures['cores']} cores): trust the "
              "processor time more than the ratio.\n")
    print(f"  most memory beyond rest, also while the receiver stood still for {STILL_S} s")
    for name, kib in figures["grown_kib"].items():
        print(f"  {name:<16}{kib / 1024:>8.1f} MiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        figures = measure(pathlib.Path(home), arguments.pairs, arguments.mib)
    if arguments.json:
        print(json.dumps(figures, indent=2))
    else:
        show(figures)
    if figures["median_ratio"] < LEAST_RATIO or max(figures["grown_kib"].values()) >= LINK_KIB:
        print(f"bench_link: below {LEAST_RATIO:.0%} of TLS alone, or too much memory", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
