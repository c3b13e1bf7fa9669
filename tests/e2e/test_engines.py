"""The engine `vole` between two real nodes: equal to the intersection of the lists, whatever their
sizes; nothing is left half done when somebody stops in the middle."""

import random

import nodes
from nodes import DONE
from overlaps import OverlapTest, ids, matched, overlap_words, start_cli

VOLE = ("--engine", "vole")


class EnginesTest(OverlapTest):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.pair()

    def load_both(self, mine, theirs):
        self.load_numbers(self.a, "mine", mine)
        self.load_numbers(self.b, "theirs", theirs)
        self.grant(self.b, self.a, "theirs", "overlap:matches", words=("--engines", "dh,vole"))

    def test_equals_the_intersection(self):
        draw = random.Random(20)
        shapes = [(range(1), range(1)), (range(1), range(5, 9000)), (range(3000), range(2)),
                  (range(1024), range(512, 1536)), (range(1025), range(1024, 2049)), (range(16385), range(16000, 20000)),
                  (draw.sample(range(30000), 9000), draw.sample(range(30000), 12000))]
        for mine, theirs in shapes:
            with self.subTest(mine=len(mine), theirs=len(theirs)):
                self.load_both(list(mine), list(theirs))
                found = self.overlap(self.a, self.b, words=VOLE)
                self.assertEqual(set(matched(found)), ids(set(mine) & set(theirs)))
                self.assertEqual(self.latest(self.a)["engine"], "vole")

    def test_long_lists_choose_it(self):
        self.load_both(range(12000), range(6000, 9000))
        self.assertEqual(self.overlap(self.a, self.b)["common"], 3000)
        row = self.latest(self.a)
        self.assertEqual((row["engine"], row["engine_why"]), ("vole", "the lists are long"))

    def test_padding_changes_sizes_alone(self):
        self.load_both(range(1500), range(1000, 2100))
        for node in self.a, self.b:
            node.do("settings", "set", "overlap-padding", "power-of-two")
            node.restart()
        self.assertEqual(self.overlap(self.a, self.b, words=VOLE)["common"], 500)
        row = self.latest(self.a)
        self.assertEqual((row["own_size"], row["peer_size"]), (2048, 2048))

    def test_an_empty_list_is_refused_in_words(self):
        self.load_both(range(10), range(1))
        self.b.do("dataset", "forget", "theirs", "--record", "r0")
        outcome = self.a.cli(*overlap_words(self.b, "mine", "theirs", "matches", *VOLE))
        self.assertIn("an empty list needs --engine dh", outcome[2])
        self.assertEqual(self.overlap(self.a, self.b)["common"], 0)

    def test_every_arithmetic_gives_the_same(self):
        self.load_both(range(3000), range(2000, 4000))
        for name, value, words in (("SYMBOLON_VOLE", "portable", VOLE), ("SYMBOLON_RISTRETTO", "sodium", VOLE),
                                   ("SYMBOLON_RISTRETTO", "sodium", ("--engine", "dh"))):
            self.b.environment = {name: value}
            self.b.restart()
            self.assertEqual(self.overlap(self.a, self.b, words=words)["common"], 1000)
        self.assertEqual(self.b.json("status")["ristretto"], "sodium")
        self.b.stop()
        self.b.environment = {"SYMBOLON_VOLE": "abacus"}
        self.b.launch()
        self.assertFalse(self.b.read_line(nodes.START_S))
        self.assertNotEqual(self.b.process.wait(nodes.STOP_S), 0)
        self.b.forget()
        self.assertIn("SYMBOLON_VOLE: names a kernel that", self.b.log())

    def test_counts_are_not_computed_with_it(self):
        outcome = self.a.cli(*overlap_words("bank-b", "mine", "theirs", "count", *VOLE))
        self.assertEqual(outcome[0], nodes.USAGE)
        self.assertIn("computes matches only", outcome[2])


class Killed(OverlapTest):
    SIZE = 20000

    def test_a_kill_in_the_middle_leaves_nothing_half_done(self):
        a, b, (_, proxy) = self.proxied_pair()
        self.load_numbers(a, "mine", range(self.SIZE))
        self.load_numbers(b, "theirs", range(self.SIZE // 2, self.SIZE * 3 // 2))
        self.grant(b, a, "theirs", "overlap:matches", words=("--engines", "dh,vole"))
        a.ping(b)
        before = proxy.passed
        self.assertEqual(self.overlap(a, b, words=VOLE)["common"], self.SIZE // 2)
        whole = proxy.passed - before
        for victim in a, b:
            for part in 0.3, 0.7:
                with self.subTest(victim=victim.name, part=part):
                    a.ping(b)
                    proxy.hold_after(int(part * whole))
                    command = start_cli(a, *overlap_words(b, "mine", "theirs", "matches", *VOLE, "--wait", 3))
                    proxy.wait_held()
                    victim.kill()
                    proxy.cut()
                    victim.start()
                    command.communicate(timeout=60 * nodes.PATIENCE)
                    self.assertNotEqual(command.returncode, DONE)
                    self.assertEqual(self.overlap(a, b, words=VOLE)["common"], self.SIZE // 2)
