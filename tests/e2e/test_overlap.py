"""Overlaps between two nodes: what they find is what a plain set intersection finds; how they are
asked for, shown and kept. How they end before their time: test_overlap_end.

runner: timeout=240
"""

import csv
import errno
import io
import json
import os

import lists
import nodes
import overlaps
from disks import ALWAYS, CORE, FaultyDisk
from nodes import DONE, FAILED, UNREACHABLE, USAGE
from overlaps import OverlapTest, accounts, ids, matched, overlap_words, start_cli

MANY = int(os.environ.get("SYMBOLON_TEST_ELEMENTS", 20000))
PERSON_COLUMNS = ("id", "name", "date_of_birth", "phone", "email", "iban")


class Truth(OverlapTest):
    """Against a plain set intersection."""

    def test_twenty_thousand_at_either_side_from_either_side(self):
        a, b = self.pair()
        for node in (a, b):  # computing is silent, and must not look idle
            node.do("settings", "set", "link-idle-seconds", "1")
            node.restart()
        ours, theirs = range(0, MANY), range(MANY - 7001, 2 * MANY - 7001)
        common = set(ours) & set(theirs)
        self.assertEqual(len(common), 7001)
        self.load_numbers(a, "mine", ours, "a")
        self.load_numbers(b, "theirs", theirs, "b")
        self.grant(a, b, "mine")
        self.grant(b, a, "theirs")
        self.counts(a, b, len(common))
        answer = self.finds(a, b, ids(common, "a"))
        self.assertEqual({kind for row in matched(answer).values() for kind in row}, {"account"})
        self.finds(b, a, ids(common, "b"), mine="theirs", theirs="mine")

    def test_lists_of_all_shapes(self):
        a, b = self.pair()
        shapes = {"one": [17], "few": list(range(10)), "some": list(range(1000)), "other": list(range(1000, 2000)),
                  "edge": list(range(999, 1999)), "many": list(range(3000))}
        for name in ("one", "few", "some", "many"):
            self.load_numbers(a, name, shapes[name])
        for name, numbers in shapes.items():
            self.load_numbers(b, name, numbers)
            self.grant(b, a, name)
        pairs = {"none of few": ("few", "other"), "none of some": ("some", "other"), "one of few": ("few", "one"),
                 "one of some": ("some", "edge"), "one by many": ("one", "many"), "many by one": ("many", "one"),
                 "all of few": ("few", "few"), "all of some": ("some", "some"), "one by one": ("one", "one")}
        for what, (mine, theirs) in pairs.items():
            common = set(shapes[mine]) & set(shapes[theirs])
            with self.subTest(what, common=len(common)):
                self.counts(a, b, len(common), mine=mine, theirs=theirs)
                answer = self.finds(a, b, ids(common), mine=mine, theirs=theirs)
                self.assertEqual(answer["common"], len(common))

    def test_duplicates_count_once_and_match_each_record(self):
        a, b = self.pair()
        rows = accounts(range(500), "x") + accounts(range(250), "y") + accounts(range(100), "x")
        report = self.load(a, "mine", rows)
        self.assertEqual((report["records"], report["duplicate_rows"], report["duplicate_tokens"]), (750, 100, 250))
        self.load(b, "theirs", accounts(range(200, 300), "p") + accounts(range(200, 300), "q"))
        self.grant(b, a, "theirs")
        self.counts(a, b, 100)
        answer = self.finds(a, b, ids(range(200, 300), "x") | ids(range(200, 250), "y"))
        self.assertEqual((answer["common"], answer["records"]), (100, 150))
        self.assertEqual((answer["exchange"]["own_size"], answer["exchange"]["peer_size"]), (500, 100))

    def people(self, node, name, numbers, manner, prefix):
        rows = [(f"{prefix}{n}", lists.name_as(n, n + manner), lists.person(n)[2], lists.phone_as(n, n + manner),
                 lists.email_as(n, n + manner),
                 (lists.iban(overlaps.BANK, n), lists.grouped(lists.iban(overlaps.BANK, n)),
                  lists.iban(overlaps.BANK, n).lower())[(n + manner) % 3]) for n in numbers]
        report = self.load(node, name, rows, "--region", "GB", header=PERSON_COLUMNS, profile="persons")
        self.assertEqual((report["rejected"], report["refused"]), (0, 0), report)

    def test_unlike_spellings_are_one_identifier(self):
        a, b = self.pair()
        ours, theirs = range(0, 300), range(150, 450)
        self.people(a, "mine", ours, 0, "a")
        common = ids(set(ours) & set(theirs), "a")
        for manner in range(1, 6):  # every spelling of phones, names and e-mails meets another
            self.people(b, "theirs", theirs, manner, "b")
            self.grant(b, a, "theirs")
            answer = self.finds(a, b, common)
            for record, kinds in matched(answer).items():
                self.assertEqual(kinds, {"name_dob", "phone", "email", "iban"}, record)
            self.assertEqual(answer["common"], 4 * len(common))

    def test_a_type_is_chosen(self):
        a, b = self.pair()
        rows = [(f"a{n}", "", "", lists.phone(n), f"p{n}@example.org", "") for n in range(60)]
        self.load(a, "mine", rows, "--region", "GB", header=PERSON_COLUMNS, profile="persons")
        rows = [(f"b{n}", "", "", lists.phone(n), f"p{n + 20}@example.org", "") for n in range(40, 100)]
        self.load(b, "theirs", rows, "--region", "GB", header=PERSON_COLUMNS, profile="persons")
        self.grant(b, a, "theirs")
        answer = self.finds(a, b, ids(range(40, 60), "a"), words=("--type", "phone"))
        self.assertEqual(answer["exchange"]["type"], "phone")
        self.assertEqual((answer["exchange"]["own_size"], answer["exchange"]["peer_size"]), (60, 60))
        self.finds(a, b, [], words=("--type", "email"))
        self.counts(a, b, 20, words=("--type", "phone"))
        self.assertEqual(self.finds(a, b, ids(range(40, 60), "a"))["exchange"]["own_size"], 120)
        # A count over records with several identifiers would count them twice.
        code, output, complaint = self.try_overlap(a, b, reveal="count")
        self.assertEqual(code, FAILED, complaint)
        self.assertIn("--type", complaint)
        self.assertEqual(output, "")
        code, _, complaint = self.try_overlap(a, b, words=("--type", "iban"))
        self.assertEqual(code, FAILED, "there is nothing to compare")
        self.assertIn("iban", complaint)


class Asking(OverlapTest):
    def ready_pair(self):
        a, b = self.pair()
        self.load_numbers(a, "mine", range(300), "a")
        self.load_numbers(b, "theirs", range(200, 500), "b")
        self.grant(b, a, "theirs")
        return a, b

    def test_every_format_says_the_same_now_and_later(self):
        a, b = self.ready_pair()
        common = ids(range(200, 300), "a")
        answer = self.finds(a, b, common)
        row = answer["exchange"]
        self.assertEqual((row["peer"], row["role"], row["kind"], row["state"], row["mine"], row["theirs"]),
                         ("bank-b", "initiator", "overlap:matches", "done", "mine", "theirs"))
        self.assertEqual((row["own_size"], row["peer_size"], row["common"], row["records"]), (300, 300, 100, 100))
        self.assertEqual((row["purpose"], row["basis"], row["case"], row["has_result"]),
                         ("test", "agreement", "T-1", True))
        self.assertGreater(row["bytes_sent"], 300 * 32)
        self.assertGreater(row["bytes_received"], 300 * 40)
        for again in range(2):  # also after a restart
            self.assertEqual(json.loads(a.do("exchange", "result", row["id"], "--format", "json"))["matches"],
                             answer["matches"])
            text = a.do("exchange", "result", row["id"][:8], "--format", "csv")
            rows = list(csv.DictReader(io.StringIO(text)))
            self.assertEqual({row["record"] for row in rows}, common)
            self.assertEqual({row["types"] for row in rows}, {"account"})
            table = a.do("exchange", "result", row["id"], "--format", "table")
            for record in common:
                self.assertIn(record, table)
            if again == 0:
                a.restart()
        path = self.home / "result.csv"
        a.do(*overlap_words(b, "mine", "theirs", "matches", "--format", "csv", "--out", path))
        self.assertEqual({row["record"] for row in csv.DictReader(path.read_text("utf-8").splitlines())}, common)
        self.assertEqual(path.stat().st_mode & 0o077, 0, "a result is private")

    def test_the_other_side_sees_who_asked_what_and_no_more(self):
        a, b = self.ready_pair()
        mine = self.finds(a, b, ids(range(200, 300), "a"), words=("--note", "a note of Bank A"))["exchange"]
        theirs, = overlaps.exchanges(b)
        self.assertEqual(theirs["id"], mine["id"])
        self.assertEqual((theirs["peer"], theirs["role"], theirs["kind"], theirs["state"], theirs["purpose"],
                          theirs["basis"]), ("bank-a", "participant", mine["kind"], "done", "test", "agreement"))
        self.assertEqual((theirs["own_size"], theirs["peer_size"]), (300, 300))
        self.assertFalse(theirs["has_result"])
        self.assertEqual((mine["case"], mine["note"], mine["user"]), ("T-1", "a note of Bank A", "operator"))
        for text in ("T-1", "a note of Bank A"):
            self.assertNotIn(text, json.dumps(theirs))
        self.assertFalse(theirs["common"], "the answer belongs to who asked")
        # What is written down before the last message of a side leaves does not count that message.
        for told, heard in ((mine["bytes_sent"], theirs["bytes_received"]), (theirs["bytes_sent"], mine["bytes_received"])):
            self.assertTrue(told <= heard < told + 8192, (told, heard))
        self.assertEqual(b.cli("exchange", "result", theirs["id"])[0], FAILED)

    def test_a_result_is_forgotten(self):
        a, b = self.ready_pair()
        exchange = self.finds(a, b, ids(range(200, 300), "a"))["exchange"]["id"]
        a.do("exchange", "forget", exchange)
        self.assertEqual(a.cli("exchange", "result", exchange)[0], FAILED)
        row = self.shown(a, exchange)
        self.assertEqual((row["state"], row["has_result"]), ("done", False))
        self.assertEqual(a.cli("exchange", "show", "0" * 32)[0], FAILED)

    def test_a_result_is_forgotten_whole_or_not_at_all(self):
        a, b = self.ready_pair()
        kept, dropped = (self.finds(a, b, ids(range(200, 300), "a"))["exchange"]["id"] for _ in range(2))
        a.stop()
        disk = FaultyDisk(a.home / "page", CORE)
        a.environment = disk.environment
        a.start()
        told = {}
        for exchange, commit in ((kept, 1), (dropped, 2)):
            disk.fail(commit, errno.ENOSPC, many=ALWAYS, kind="d")
            code, _, told[exchange] = a.cli("exchange", "forget", exchange)
            disk.mend()
            self.assertEqual(code, FAILED, told[exchange])
        self.assertIn("it is kept", told[kept])
        self.assertEqual(len(a.json("exchange", "result", kept)["matches"]), 100)
        self.assertIn("is not erased for good yet", " | ".join(a.json("status")["warnings"]))
        a.do("exchange", "forget", kept)
        self.assertNotIn("is not erased for good yet", " | ".join(a.json("status")["warnings"]))
        self.assertIn("erased when that is remedied", told[dropped])
        self.assertIn("was forgotten", a.cli("exchange", "result", dropped)[2])

    def test_six_at_once_both_ways(self):
        a, b = self.ready_pair()
        self.load_numbers(a, "mine", range(0, 1000), "a")
        self.load_numbers(b, "theirs", range(500, 1500), "b")
        self.grant(a, b, "mine")
        running = []
        for at in range(6):
            node, peer, mine, theirs = (a, b, "mine", "theirs") if at % 2 else (b, a, "theirs", "mine")
            words = overlap_words(peer, mine, theirs, "count" if at < 2 else "matches", "--format", "json")
            running.append((node, start_cli(node, *words)))
        for node, command in running:
            answer = json.loads(self.finish(command))
            self.assertEqual(answer["common"], 500)
            if "matches" in answer:
                self.assertEqual(set(matched(answer)), ids(range(500, 1000), node.name[-1].lower()))
        self.assertEqual(len({row["id"] for row in overlaps.exchanges(a)}), 6)

    def test_padding_hides_the_size_and_changes_no_answer(self):
        a, b = self.ready_pair()
        for node in (a, b):
            node.do("settings", "set", "overlap-padding", "power-of-two")
            node.restart()
        answer = self.finds(a, b, ids(range(200, 300), "a"))
        self.assertEqual(answer["common"], 100)
        self.assertEqual(answer["exchange"]["peer_size"], 512)
        self.assertEqual(self.latest(b)["peer_size"], 512)
        self.counts(a, b, 100)
        self.assertNotEqual(a.cli("settings", "set", "overlap-padding", "sometimes")[0], DONE)

    def test_what_cannot_be_asked_is_refused_before_anything_is_sent(self):
        a, b = self.ready_pair()
        asked = overlap_words(b, "mine", "theirs", "matches")

        def without(option):
            at = asked.index(option)
            return asked[:at] + asked[at + 2:]

        def with_value(option, value):
            return [value if asked[at - 1] == option else word for at, word in enumerate(asked)]

        for option in ("--peer", "--mine", "--theirs", "--reveal", "--purpose", "--basis", "--case"):
            with self.subTest(without=option):
                self.assertEqual(a.cli(*without(option))[0], USAGE)
        for option, value in (("--reveal", "everything"), ("--purpose", "fun"), ("--basis", "because"),
                              ("--purpose", "none"), ("--case", "")):
            with self.subTest(option, value=value):
                self.assertEqual(a.cli(*with_value(option, value))[0], USAGE)
        for words in (("--type", "shoe_size"), ("--format", "xml"), ("--engine", "steam")):
            self.assertEqual(a.cli(*asked, *words)[0], USAGE, words)
        for option, value in (("--peer", "bank-x"), ("--mine", "nothing")):
            with self.subTest(option, value=value):
                self.refused(a.cli(*with_value(option, value)), FAILED, value)
        self.assertEqual(overlaps.exchanges(b), [])

    def test_a_peer_that_is_not_there_is_unreachable(self):
        a, b = self.ready_pair()
        self.assertEqual(b.stop(), 0)
        self.refused(self.try_overlap(a, b, words=("--timeout", "2")), UNREACHABLE, "bank-b")
        b.start()
        self.finds(a, b, ids(range(200, 300), "a"))
