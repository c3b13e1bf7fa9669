"""One hub and many partners, each a real node, all linked at once: for test_limits.py and
bench_federation.py."""

import concurrent.futures
import os
import time

import nodes

AT_ONCE = 2 * (os.cpu_count() or 1)


class Federation:
    """Times are in seconds, memory in KiB."""

    def __init__(self, make_node, partners):
        """make_node(name): a node that runs."""
        self.times = {}
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as self.pool:
            self.hub = make_node("Hub")
            self.partners = self.timed("start", make_node, [f"Partner {n + 1}" for n in range(partners)])
            self.pin_all()
            self.rest_kib = self.memory()
            self.timed("link", lambda node: node.do("peer", "ping", "hub", "--timeout", "60"), self.partners)
            self.linked_kib = self.memory()

    def timed(self, what, act, items):
        began = time.monotonic()
        results = list(self.pool.map(act, items))
        self.times[what] = time.monotonic() - began
        return results

    def pin_all(self):
        """The hub takes all cards as one roster, each partner takes the hub's."""
        began = time.monotonic()
        roster = self.hub.home / "roster"
        roster.write_text("".join((node.dir / "node.card").read_text("utf-8") for node in self.partners), "utf-8")
        self.hub.do("peer", "add", roster, "--yes")
        card = self.hub.card()
        list(self.pool.map(lambda node: node.do("peer", "add", card, "--alias", "hub", "--yes"), self.partners))
        self.times["pin"] = time.monotonic() - began

    def memory(self):
        """Resident memory of the hub's gate and core."""
        pids = self.hub.pids()
        return {who: nodes.memory_kib(pids[who], "VmRSS") for who in ("gate", "core")}

    def ping_everybody(self):
        """Over the links that are there, from the hub; the slowest round trip in microseconds."""
        began = time.monotonic()
        slowest = 0
        for row in self.hub.json("peer", "list"):
            said = self.hub.ping(row["alias"])
            slowest = max(slowest, said["round_trip_us"]["max"])
        self.times["ping"] = time.monotonic() - began
        return slowest
