#!/usr/bin/env python3
"""A hub and N partners (default 200), each a real node, all linked to the hub at once.

    bench_federation.py [N] [--json]

Fails unless all links are live together and everybody can be pinged over them.
"""

import argparse
import json
import os
import pathlib
import resource
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/e2e")]

import federation  # noqa: E402
import nodes  # noqa: E402

LINK_KIB = 16 * 1024


def measure(home, partners):
    made = []

    def make_node(name):
        node = nodes.Node(home / f"{len(made)}-{name.replace(' ', '-').lower()}", name)
        made.append(node)
        return node.start()

    try:
        f = federation.Federation(make_node, partners)
        links = f.hub.links()
        linked = sum(node.links() for node in f.partners)
        slowest = f.ping_everybody()
        after = f.memory()
        shares = {who: nodes.pss_kib(pid) for who, pid in f.hub.pids().items()} if os.geteuid() == 0 else None
        return {"partners": partners, "links": links, "linked_partners": linked,
                "links_after_pings": f.hub.links(), "seconds": f.times, "slowest_round_trip_us": slowest,
                "hub_rest_kib": f.rest_kib, "hub_linked_kib": f.linked_kib, "hub_after_pings_kib": after,
                "hub_pss_kib": shares}
    finally:
        for node in made:
            if node.process is not None:
                node.process.terminate()
        for node in made:
            node.kill()


def show(figures):
    n = figures["partners"]
    print(f"{n} partners of one hub, all links live at once\n")
    names = {"start": f"to make and start {n} nodes", "pin": "to pin all cards, both ways",
             "link": f"for {n} partners to dial and ping the hub", "ping": "for the hub to ping everybody"}
    for what, seconds in figures["seconds"].items():
        print(f"  {seconds:8.2f} s    {names[what]}")
    print(f"  {figures['slowest_round_trip_us'] / 1000:8.2f} ms   the slowest of those round trips")
    print(f"  {figures['links_after_pings']:8}      links live at the end\n")
    print(f"  {'hub, KiB resident':<20}{'at rest':>10}{'linked':>10}{'pinged':>10}{'per link':>10}")
    for who in ("gate", "core"):
        rest, linked, after = (figures[key][who] for key in
                               ("hub_rest_kib", "hub_linked_kib", "hub_after_pings_kib"))
        print(f"  {who:<20}{rest:>10}{linked:>10}{after:>10}{(after - rest) / n:>10.1f}")
    if figures["hub_pss_kib"]:
        print(f"\n  {sum(figures['hub_pss_kib'].values())} KiB PSS of the hub in all")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("partners", nargs="?", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        figures = measure(pathlib.Path(home), arguments.partners)
    if arguments.json:
        print(json.dumps(figures, indent=2))
    else:
        show(figures)
    whole = figures["links"] == figures["linked_partners"] == figures["links_after_pings"] == arguments.partners
    grown = max(figures["hub_after_pings_kib"][who] - figures["hub_rest_kib"][who] for who in ("gate", "core"))
    if not whole or grown > arguments.partners * LINK_KIB:
        print("bench_federation: not all links were live, or memory grew too much", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
