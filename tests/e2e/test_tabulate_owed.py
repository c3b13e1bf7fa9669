"""Releases of joint tabulations that somebody was cut off from: the initiator, killed when it had
kept one, or a participant, killed before it had it. The initiator brings it to them later.

runner: timeout=300
"""

import contextlib
import json
import os
import signal

import evidence
import nodes
from disks import CORE, FaultyDisk
from tabulations import CUBE, EXACT, NANO, TabulationTest, finish, pooled, random_counts
from test_tabulate_hostile import DEBIT, debits

UNMASK = DEBIT + 1
KEEP = DEBIT + 2
PATIENCE_S = 90  # tried after 10, 20 and 40 seconds, should the others be slow to come back


def kill(node):
    for pid in node.family()[1:]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    node.kill()


class Owed(TabulationTest):
    def make(self, n):
        def prepare(node):
            node.disk = FaultyDisk(node.home / "page", CORE)
            node.environment = node.disk.environment
        crew = self.crew(n, 3, daemon=EXACT, prepare=prepare)
        crew.each(evidence.add_auditor)
        counts = [random_counts(CUBE, at) for at in range(n)]
        crew.load(counts)
        crew.each(crew.asker.ping, crew.nodes[1:])
        return crew, counts

    def hold(self, crew, those, at):
        for node in crew.nodes:
            node.disk.only_hold(0, kind="d")
        for node in those:
            node.disk.only_hold(at, kind="d")

    def reach(self, those, at):
        for node in those:
            nodes.wait_until(lambda node=node: node.disk.calls >= at, 30, f"{node.name}: its commit {at}")

    def start_again(self, those):
        for node in those:
            node.disk.reset()
            node.start()

    def has_release(self, node, truth):
        shown = [row for row in node.json("exchange", "list") if row["kind"] == "tabulate" and row["state"] == "done"]
        release = json.loads(node.do("exchange", "result", shown[0]["id"], "--format", "json"))
        cells = release["levels"][0]["cells"]
        self.assertTrue(all(cell in (None, count) for cell, count in zip(cells, truth)), cells)
        self.assertGreater(sum(cell is not None for cell in cells), len(truth) / 2)

    def wait_delivered(self, asker, n):
        nodes.wait_until(lambda: asker.log().count("release-delivered") >= n, PATIENCE_S, "deliveries")

    def test_who_was_killed_before_all_had_the_release_brings_it_when_it_is_back(self):
        crew, counts = self.make(3)
        others = crew.nodes[1:]
        self.hold(crew, others, KEEP)
        command = crew.start()
        self.reach(others, KEEP)
        for node in crew.nodes:
            kill(node)
        command.communicate()
        self.start_again(crew.nodes)
        self.wait_delivered(crew.asker, 2)
        for node in others:
            self.has_release(node, pooled(CUBE, counts))
            self.assertEqual(debits(node), [NANO])
            node.do("log", "verify", user=evidence.AUDITOR)
        # It is told once, and everybody goes on.
        self.assertEqual(crew.ask(cube={"country": CUBE["country"]})["state"], "done")
        self.assertEqual(crew.asker.log().count("release-delivered"), 2)

    def test_who_was_killed_before_it_had_unmasked_gets_what_the_others_released(self):
        crew, counts = self.make(6)
        leaving = crew.nodes[5]
        self.hold(crew, [leaving], UNMASK)
        command = crew.start()
        self.reach([leaving], UNMASK)
        kill(leaving)
        self.is_sum(finish(command), pooled(CUBE, counts))
        self.start_again([leaving])
        self.wait_delivered(crew.asker, 1)
        self.has_release(leaving, pooled(CUBE, counts))
