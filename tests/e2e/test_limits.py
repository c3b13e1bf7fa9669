"""How much a node takes: memory at rest and with a link, and a federation on live links.

runner: timeout=900
"""

import contextlib
import os
import signal
import subprocess
import time

import federation
import nodes
from nodes import NodeTest

NODE_KIB = 40 * 1000
LINK_KIB = 16 * 1024
PARTNERS = 20


class Memory(NodeTest):
    def setUp(self):
        super().setUp()
        if not nodes.IS_RELEASE:
            self.skipTest("the runtime of this build takes memory of its own")

    def check_settled(self, node, when):
        """Resident sizes count shared pages once per process: they are the upper bound of PSS."""
        pids = node.pids()

        def resident_kib():
            return {who: nodes.memory_kib(pid, "VmRSS") for who, pid in pids.items()}
        with contextlib.suppress(AssertionError):
            nodes.wait_until(lambda: sum(resident_kib().values()) < NODE_KIB, 2, "it settles")
        resident = resident_kib()
        shares = {who: nodes.pss_kib(pid) for who, pid in pids.items()} if os.geteuid() == 0 else {}
        print(f"{when}: {sum(resident.values())} KiB resident {resident}, {sum(shares.values())} KiB PSS {shares}",
              flush=True)
        self.assertLess(sum(resident.values()), NODE_KIB)

    def test_a_node_settles_below_40_mb(self):
        a, b = self.pair()
        a.ping(b)
        b.ping(a)
        self.check_settled(a, "at rest, one link")

    def test_a_node_settles_below_40_mb_after_work(self):
        a, b = self.pair()
        a.ping(b, "--mib", "64", "--timeout", "600")
        b.ping(a, "--mib", "64", "--timeout", "600")
        self.check_settled(a, "after 128 MiB of traffic")

    def test_a_stream_to_a_partner_that_stands_still_takes_no_more_memory(self):
        for stopped in ("gate", "core"):
            with self.subTest(stopped):
                a, b = self.pair()
                a.ping(b)
                pids = {(node.name, who): pid for node in (a, b) for who, pid in node.pids().items()}
                rest = {key: nodes.memory_kib(pid, "VmRSS") for key, pid in pids.items()}
                ping = subprocess.Popen([str(nodes.SYMBOLON), "peer", "ping", "bank-b", "--mib", "256",
                                         "--timeout", "600", "--dir", str(a.dir)], stdout=subprocess.DEVNULL)
                nodes.wait_until(lambda b=b: b.json("peer", "list")[0]["bytes_received"] > 1 << 20, 20,
                                 "payload arrives")
                os.kill(pids[b.name, stopped], signal.SIGSTOP)
                time.sleep(1)
                os.kill(pids[b.name, stopped], signal.SIGCONT)
                self.assertEqual(ping.wait(600), 0)
                grown = {key: nodes.memory_kib(pid, "VmHWM") - rest[key] for key, pid in pids.items()}
                print(f"while {stopped} of Bank B stood still, in KiB: {grown}", flush=True)
                self.assertLess(max(grown.values()), LINK_KIB)


class Partners(NodeTest):
    def test_twenty_partners_on_live_links_at_once(self):
        f = federation.Federation(self.node, PARTNERS)
        self.assertEqual(f.hub.links(), PARTNERS)
        self.assertEqual([node.links() for node in f.partners], [1] * PARTNERS)
        slowest = f.ping_everybody()
        self.assertEqual(f.hub.links(), PARTNERS)
        print(f"{PARTNERS} partners: {f.times}, slowest round trip {slowest} us; hub at rest {f.rest_kib}, "
              f"linked {f.linked_kib} KiB", flush=True)
        if nodes.IS_RELEASE:
            for who, kib in f.linked_kib.items():
                self.assertLess(kib - f.rest_kib[who], PARTNERS * 1024)

    def test_a_linked_hub_ends_by_itself(self):
        f = federation.Federation(self.node, 5)
        began = time.monotonic()
        self.assertEqual(f.hub.stop(), 0)
        self.assertLess(time.monotonic() - began, nodes.BY_ITSELF_S)
        for node in f.partners:
            nodes.wait_until(lambda node=node: node.links() == 0, 2, "the partners notice")
