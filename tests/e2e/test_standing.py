"""Standing lists between two nodes: prepared in the background, downloaded once, limited by the day,
anew after each change, erased with what is forgotten, and there again after kill -9.

runner: timeout=240
"""

import errno

import evidence
import nodes
from disks import ALWAYS, CORE, FaultyDisk
from overlaps import OverlapTest, ids

MANY = 20000
FEW = range(MANY - 20, MANY + 12)
BOTH = set(range(MANY - 20, MANY))


class Standing(OverlapTest):
    def begin(self, *limits):
        a, b = self.pair()
        self.load_numbers(a, "mine", FEW)
        self.load_numbers(b, "theirs", range(MANY))
        self.grant(b, a, "theirs", "overlap:matches", words=("--standing", 30, *limits))
        return a, b

    def row(self, b):
        return next(row for row in b.json("grants", "list") if row["dataset"] == "theirs")

    def prepared(self, b):
        return nodes.wait_until(lambda: self.row(b)["standing_until"], 60, "the standing list is prepared")

    def asks(self, a, b, expected, why, words=("--engine", "auto")):
        """What was received, bytes."""
        answer = self.finds(a, b, ids(expected), words=words)
        shown = self.shown(a, answer["exchange"]["id"])
        self.assertEqual(shown["engine"], "standing", shown)
        self.assertIn(why, shown["engine_why"])
        return shown["bytes_received"]

    def test_the_first_query_downloads_and_later_ones_do_not(self):
        a, b = self.begin()
        self.prepared(b)
        first = self.asks(a, b, BOTH, "long")
        second = self.asks(a, b, BOTH, "holds")
        self.assertGreater(first, 100000)
        self.assertLess(second, 20000)
        self.assertEqual(self.row(b)["evaluated"], 64)
        for node in (a, b):
            node.kill()
            node.start()
        third = self.asks(a, b, BOTH, "holds")
        self.assertLess(third, 20000)
        self.assertEqual(self.row(b)["evaluated"], 96)

    def test_lists_are_shown_and_a_received_one_is_erased(self):
        a, b = self.begin()
        self.prepared(b)
        self.assertEqual(a.json("dataset", "list", "--received"), [])
        self.asks(a, b, BOTH, "long")
        held = a.json("dataset", "list", "--received")[0]
        self.assertEqual((held["peer"], held["dataset"], held["type"], held["size"]), (b.alias, "theirs", "any", MANY))
        made = b.json("status")["standing_lists"]
        self.assertEqual((made["being_prepared"], made["received"]), (0, 0))
        self.assertGreater(made["prepared"], 0)
        self.assertEqual(a.json("status")["standing_lists"]["received"], 1)
        self.assertEqual(a.json("status")["standing_lists"]["bytes"], held["bytes"])
        self.assertIn("of 1000 used today", b.do("grants", "list"))
        evidence.add_auditor(a)
        a.do("dataset", "drop", "theirs", "--received-from", b.alias)
        told = a.json("log", "list", "--kind", "dropped", user=evidence.AUDITOR)
        self.assertEqual([(row["event"], row["subject"], row["user"]) for row in told],
                         [("standing-list-dropped", "theirs", "operator")])
        self.assertEqual(a.json("dataset", "list", "--received"), [])
        code, _, error = a.cli("dataset", "drop", "theirs", "--received-from", b.alias)
        self.assertEqual(code, nodes.FAILED)
        self.assertIn("no standing list", error)
        self.assertGreater(self.asks(a, b, BOTH, "long"), 100000)
        a.do("peer", "remove", b.alias)
        self.assertEqual(a.json("dataset", "list", "--received"), [])

    def test_a_peer_is_cut_off_also_where_its_list_cannot_be_erased(self):
        a, b = self.begin()
        self.prepared(b)
        self.asks(a, b, BOTH, "long")
        a.kill()
        disk = FaultyDisk(a.home / "page", CORE)
        a.environment = disk.environment
        a.start()
        a.ping(b)
        disk.fail(2, errno.ENOSPC, many=ALWAYS, kind="d")  # the peer is removed in the first commit
        code, _, complaint = a.cli("peer", "remove", b.alias)
        disk.mend()
        self.assertEqual(code, nodes.FAILED, complaint)
        self.assertIn("is removed, but its standing lists are not erased yet", complaint)
        nodes.wait_until(lambda: b.link_to(a) != "live", 10, "the link is cut")
        self.assertEqual(len(a.json("dataset", "list", "--received")), 1)
        a.stop()
        a.start()
        self.assertEqual(a.json("dataset", "list", "--received"), [])

    def test_import_publication_and_drop_begin_an_epoch_or_end_it(self):
        a, b = self.begin()
        self.prepared(b)
        self.asks(a, b, BOTH, "long")
        b.do("dataset", "publish", "theirs")
        self.prepared(b)
        self.assertGreater(self.asks(a, b, BOTH, "long"), 100000)
        self.load_numbers(b, "theirs", range(MANY - 5))
        self.prepared(b)
        self.assertGreater(self.asks(a, b, set(range(MANY - 20, MANY - 5)), "long"), 100000)
        b.do("dataset", "drop", "theirs", "--yes")
        self.is_denied(self.try_overlap(a, b, words=("--engine", "standing")), "")
        self.assertEqual(b.json("status")["standing_lists"]["prepared"], 0)

    def test_a_forgotten_record_begins_an_epoch(self):
        a, b = self.begin()
        self.prepared(b)
        self.asks(a, b, BOTH, "long")
        b.do("dataset", "forget", "theirs", "--record", f"r{MANY - 1}")
        self.prepared(b)
        again = self.asks(a, b, BOTH - {MANY - 1}, "long")
        self.assertGreater(again, 100000)

    def test_the_day_is_the_limit_also_after_kill(self):
        a, b = self.begin("--elements-per-day", 64)
        self.prepared(b)
        only = ("--engine", "standing")
        self.asks(a, b, BOTH, "", words=only)
        b.kill()
        b.start()
        self.asks(a, b, BOTH, "", words=only)
        self.is_denied(self.try_overlap(a, b, words=only), "within 24 hours")
        self.assertEqual(self.row(b)["evaluated"], 64)
        self.counts_otherwise(a, b)

    def counts_otherwise(self, a, b):
        answer = self.finds(a, b, ids(BOTH))
        self.assertEqual(self.shown(a, answer["exchange"]["id"])["engine"], "dh")

    def test_killed_while_preparing_it_is_prepared_again(self):
        a, b = self.pair()
        self.load_numbers(a, "mine", FEW)
        self.load_numbers(b, "theirs", range(MANY))
        for _ in range(3):
            self.grant(b, a, "theirs", "overlap:matches", words=("--standing", 30))
            b.kill()
            b.start()
        self.prepared(b)
        self.asks(a, b, BOTH, "long")

    def test_without_a_list_the_other_engine_answers(self):
        a, b = self.begin()
        self.prepared(b)
        self.grant(b, a, "theirs", "overlap:matches")
        self.assertIsNone(self.row(b)["standing_until"])
        self.counts_otherwise(a, b)
        self.is_denied(self.try_overlap(a, b, words=("--engine", "standing")), "standing")
