"""Import: what is wrong with a file is said, nothing is lost and nothing half there."""

import contextlib
import csv
import io
import json
import os
import pathlib
import signal
import subprocess
import threading

import lists
import nodes
import overlaps
from nodes import DONE, FAILED, USAGE
from overlaps import OverlapTest, accounts

GOOD = "id,bank,account\r\nx1,20-00-01,00000001\r\nx2,20-00-01,00000002\r\n"


class ImportTest(OverlapTest):
    def setUp(self):
        super().setUp()
        self.bank = self.node()

    def file(self, content, name=None):
        path = self.home / (name or f"{next(self.homes)}.csv")
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    def imports(self, content, *words, profile="accounts", dataset="list"):
        path = content if isinstance(content, pathlib.Path) else self.file(content)
        return self.bank.cli("import", path, "--dataset", dataset, "--profile", profile, *words, "--json")

    def kept(self, content, records, *words, **how):
        code, output, complaint = self.imports(content, *words, **how)
        self.assertEqual((code, complaint), (DONE, ""), output)
        report = json.loads(output)
        self.assertEqual(report["records"], records, report)
        return report

    def is_refused(self, content, *fragments, code=FAILED, words=(), **how):
        before = self.bank.json("dataset", "list")
        outcome = self.imports(content, *words, **how)
        self.refused(outcome, code, *fragments)
        self.assertLess(len(outcome[2]), 2000, "a complaint, not the file")
        self.assertEqual(self.bank.json("dataset", "list"), before)

    def shown(self, dataset="list"):
        return self.bank.json("dataset", "show", dataset)


class BadFiles(ImportTest):
    def test_each_is_refused_with_its_reason_and_nothing_is_lost(self):
        self.kept(GOOD, 2)
        head, line = b"id,bank,account\n", b"x1,20-00-01,00000001\n"
        bad = {"empty": (b"", "empty"), "only a BOM": (b"\xef\xbb\xbf", "empty"),
               "binary": (os.urandom(4096).replace(b"\n", b"\0"), ""),
               "an executable": (nodes.SYMBOLON.read_bytes()[:100000], ""),
               "NUL bytes": (head + b"x1,20-00-01,0000\x000001\n", "2"),
               "Latin-1": (head + line + "é,20-00-01,00000003\n".encode("latin-1"), "UTF-8"),
               "UTF-16": (GOOD.encode("utf-16"), ""),
               "a surrogate": (head + b"x\xed\xa0\x80,20-00-01,00000003\n", "UTF-8"),
               "an endless line": (head + b"x" * (3 << 20), "64 KiB"),
               "an endless row": (head + b"x1," + b"y" * 60000 + (b"," + b"y" * 60000) * 30, ""),
               "an open quotation": (head + line * 10 + b'x2,"20-00-01,00000002\n' + line, ""),
               "no column it knows": (b"shoe,size\n1,2\n", "column"),
               "no id": (b"bank,account\n20-00-01,00000001\n", "id"),
               "a column twice": (b"id,account,account,bank\n1,2,3,4\n", "")}
        for what, (content, fragment) in bad.items():
            with self.subTest(what):
                self.is_refused(content, fragment)
        self.assertEqual(self.shown()["records"], 2)

    def test_what_is_no_file_is_refused(self):
        self.is_refused(self.home / "absent.csv", "absent.csv")
        self.is_refused(self.home, "")
        self.is_refused(self.file(b"", "nothing.csv"), "nothing.csv")
        self.is_refused(GOOD, "nonesuch", profile="nonesuch")
        broken = self.home / "broken.profile"
        for text in ("", "no section\n", "[profile]\nid = id\n[columns]\nid = shoe_size\n",
                     "[profile]\nid = id\nidd = x\n[columns]\naccount = account\n", "[profile]\n" + "x" * 300):
            broken.write_text(text, "utf-8")
            with self.subTest(profile=text[:40]):
                self.is_refused(GOOD, "broken.profile", profile=broken)
        self.is_refused(GOOD, "", code=USAGE, words=("--region", "Great Britain"))
        self.is_refused(GOOD, "", code=USAGE, words=("--nonsense",))
        for name in ("", "a b", "x" * 64, "../up"):
            with self.subTest(dataset=name):
                outcome = self.imports(GOOD, dataset=name)
                self.assertIn(outcome[0], (FAILED, USAGE), outcome)
        self.assertEqual(self.bank.json("dataset", "list"), [])

    def test_a_truncated_file_is_refused(self):
        whole = ("id,bank,account\r\n" + "".join(f'"x{n}","20-00-01","{n:08}"\r\n' for n in range(50))).encode()
        self.is_refused(whole[:-7], "cut off")  # within quotation marks
        self.is_refused(whole[:whole.rindex(b'"20')], "cut off")  # between columns
        self.kept(whole[:-2], 50)

    def test_all_ends_of_lines_boms_and_quotations_are_understood(self):
        variants = {"LF": GOOD.replace("\r\n", "\n"), "CR LF": GOOD, "BOM": "\ufeff" + GOOD, "no last end": GOOD[:-2],
                    "quoted": 'id,"bank",account\r\n"x1","20-00-01","00000001"\r\nx2,"20-00-01",00000002\r\n',
                    "a quoted newline": 'id,note,bank,account\nx1,"two\r\nlines, ""quoted""",20-00-01,00000001\n'
                                        'x2,,20-00-01,00000002\n',
                    "spaces in the head": " id , bank ,account\nx1,20-00-01,00000001\nx2,20-00-01,00000002\n"}
        for what, content in variants.items():
            with self.subTest(what):
                report = self.kept(content, 2)
                self.assertEqual((report["rows"], report["tokens"], report["rejected"]), (2, 2, 0))

    def test_rows_that_cannot_be_used_are_counted_shown_and_saved(self):
        rejects = self.home / "rejects.csv"
        content = ("id,iban,bank,account\nx1,GB33BUKB20201555555555,,\nx2,GB00BUKB20201555555555,,\n,,20-00-01,1\n"
                   "x4,GB00BUKB20201555555555,20-00-01,00000004\nx5,1\n")
        code, output, complaint = self.imports(content, "--rejects", rejects)
        self.assertEqual(code, DONE, complaint)
        report = json.loads(output)
        self.assertEqual((report["rows"], report["records"], report["rejected"], report["refused"]), (5, 2, 3, 2))
        rows = list(csv.DictReader(io.StringIO(rejects.read_text("utf-8"))))
        self.assertEqual(list(rows[0])[:5], ["symbolon_line", "symbolon_kept", "symbolon_reason", "id", "iban"])
        self.assertEqual([(row["symbolon_line"], row["symbolon_kept"], row["id"]) for row in rows],
                         [("3", "no", "x2"), ("4", "no", ""), ("5", "yes", "x4"), ("6", "no", "x5")])
        self.assertEqual(rejects.stat().st_mode & 0o077, 0, "rejected rows are private")
        code, _, complaint = self.bank.cli("import", self.file(content), "--dataset", "list", "--profile", "accounts")
        self.assertEqual(code, DONE, complaint)
        self.assertNotIn("GB00BUKB20201555555555", complaint, "a reason holds no value")


class Datasets(ImportTest):
    def numbers(self, numbers, prefix="r"):
        return self.csv(overlaps.ACCOUNT_COLUMNS, accounts(numbers, prefix))

    def test_a_dry_run_says_the_same_and_writes_nothing(self):
        path = self.numbers(range(3000))
        dry = self.kept(path, 3000, "--dry-run")
        self.assertTrue(dry["dry_run"])
        self.assertEqual(self.bank.json("dataset", "list"), [])
        wet = self.kept(path, 3000)
        for report in (dry, wet):
            report.pop("dry_run"), report.pop("replaced", None)
        self.assertEqual(dry, wet)
        self.kept(self.numbers(range(5)), 5, "--dry-run")
        self.assertEqual(self.shown()["records"], 3000)

    def test_it_is_repeatable_and_makes_the_dataset_what_the_file_says(self):
        path = self.numbers(range(5000))
        for again in range(3):
            self.assertEqual(bool(self.kept(path, 5000)["replaced"]), again > 0)
            row = self.shown()
            self.assertEqual((row["records"], row["tokens"], row["profile"], row["kind"], row["imported_by"]),
                             (5000, 5000, "accounts", "identifiers", "operator"))
        self.kept(self.numbers(range(4990, 5010)), 20)
        self.assertEqual(self.shown()["records"], 20)
        self.kept(self.numbers(range(6000, 6010)), 10, "--append")
        self.assertEqual((self.shown()["records"], self.shown()["types"]), (30, [{"type": "account", "tokens": 30}]))
        self.bank.restart()
        self.assertEqual(self.shown()["records"], 30)

    def test_from_standard_input(self):
        code, output, complaint = self.bank.cli("import", "-", "--dataset", "list", "--profile", "accounts", "--json",
                                                stdin=GOOD)
        self.assertEqual((code, json.loads(output)["records"]), (DONE, 2), complaint)

    def test_a_profile_of_ones_own(self):
        profile = self.home / "amlsim.profile"
        profile.write_text("[profile]\nname = amlsim\nid = ACCOUNT_ID\nbank = 20-00-01\n"
                           "[columns]\nACCOUNT_ID = account\n", "utf-8")
        code, output, complaint = self.bank.cli("import", lists.ACCOUNTS, "--dataset", "amlsim", "--profile", profile,
                                                "--json")
        self.assertEqual((code, complaint), (DONE, ""))
        self.assertEqual(json.loads(output)["records"], 4000)
        self.assertEqual(self.shown("amlsim")["profile"], "amlsim")

    def test_telephone_numbers_need_a_region(self):
        path = self.csv(("id", "phone"), [("x1", lists.phone_as(1, 1))])
        outcome = self.imports(path, profile="persons")
        self.assertEqual(outcome[0], FAILED, outcome)
        self.assertIn("--region", outcome[2])
        self.kept(path, 1, "--region", "GB", profile="persons")

    def test_forget_takes_one_record_and_drop_all(self):
        peer = self.node("Bank B")
        self.bank.peer_with(peer)
        self.kept(self.numbers(range(9000)), 9000)
        self.load_numbers(peer, "theirs", range(9000))
        self.grant(peer, self.bank, "theirs")
        for at, number in enumerate((0, 4095, 4096, 8999), 1):
            forgotten = self.bank.json("dataset", "forget", "list", "--record", f"r{number}")
            self.assertEqual((forgotten["records"], forgotten["tokens"]), (1, 1))
            self.assertEqual(self.shown()["records"], 9000 - at)
        self.assertEqual(self.bank.cli("dataset", "forget", "list", "--record", "r0")[0], FAILED)
        gone = overlaps.ids((0, 4095, 4096, 8999))
        self.finds(self.bank, peer, overlaps.ids(range(9000)) - gone, mine="list")
        self.bank.do("dataset", "publish", "list")
        self.assertEqual(self.shown()["epoch"], 1)
        self.bank.do("dataset", "drop", "list", "--yes")
        self.assertEqual(self.bank.json("dataset", "list"), [])
        for words in (("show",), ("publish",), ("drop", "--yes")):
            self.refused(self.bank.cli("dataset", *words, "list"), FAILED, "list")
        self.assertEqual(self.try_overlap(self.bank, peer, mine="list")[0], FAILED)
        self.kept(GOOD, 2)

    def test_several_at_once(self):
        words = [(f"list-{at}", self.numbers(range(at * 10, at * 10 + 4000 + at))) for at in range(4)]
        running = [overlaps.start_cli(self.bank, "import", path, "--dataset", name, "--profile", "accounts")
                   for name, path in words]
        for command in running:
            self.finish(command)
        self.assertEqual([(row["name"], row["records"]) for row in self.bank.json("dataset", "list")],
                         [(f"list-{at}", 4000 + at) for at in range(4)])


class Interrupted(ImportTest):
    def fed(self, dataset="list"):
        """An import from a pipe that stays open, and its end for writing."""
        command = subprocess.Popen([str(nodes.SYMBOLON), "import", "-", "--dataset", dataset, "--profile", "accounts",
                                    "--dir", str(self.bank.dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=nodes.clean_environment())
        rows = "".join(f"r{n},20-00-01,{n:08}\n" for n in range(60000)).encode()
        writer = threading.Thread(target=lambda: self.feed(command, b"id,bank,account\n" + rows), daemon=True)
        writer.start()
        writer.join(30)
        return command

    def feed(self, command, content):
        with contextlib.suppress(BrokenPipeError):
            command.stdin.write(content)
            command.stdin.flush()

    def nothing_came_of_it(self):
        self.assertEqual([(row["name"], row["records"]) for row in self.bank.json("dataset", "list")], [("list", 2)])

    def test_by_ctrl_c_or_kill_leaves_what_was_there(self):
        self.kept(GOOD, 2)
        for sign in (signal.SIGINT, signal.SIGKILL, signal.SIGTERM):
            for dataset in ("list", "new"):
                command = self.fed(dataset)
                command.send_signal(sign)
                command.communicate(timeout=20 * nodes.PATIENCE)
                self.assertNotEqual(command.returncode, DONE)
                self.nothing_came_of_it()
        self.bank.restart()
        self.nothing_came_of_it()
        command = self.fed()
        _, complaint = command.communicate(timeout=60 * nodes.PATIENCE)
        self.assertEqual(command.returncode, DONE, complaint)
        self.assertEqual(self.shown()["records"], 60000)


    def test_ctrl_c_ends_it_while_nothing_more_is_written(self):
        self.kept(GOOD, 2)
        command = self.fed()
        command.send_signal(signal.SIGINT)
        self.assertEqual(command.wait(20 * nodes.PATIENCE), FAILED)
        self.assertIn(b"interrupted", command.stderr.read())
        for stream in (command.stdin, command.stdout, command.stderr):
            stream.close()
        self.nothing_came_of_it()


class Incidents(ImportTest):
    CASES = ("id,hte_Date,hte_Country,vic_TypeOfExploitation\n"
             "a1,2019-03-02,Italy,ForcedLabour;Servitude\na2,2019,Atlantis,Work\na3,,FR,\n")

    def test_a_file_becomes_a_dataset_that_is_published_extended_and_partly_forgotten(self):
        report = self.kept(self.CASES, 3, profile="htcds", dataset="cases")
        self.assertEqual((report["kind"], report["not_understood"]), ("incidents", 2))
        self.assertEqual({(u["field"], u["value"]) for u in report["unknown_values"]},
                         {("country", "Atlantis"), ("exploitation", "Work")})
        shown = self.shown("cases")
        self.assertEqual((shown["kind"], shown["records"]), ("incidents", 3))
        self.bank.json("dataset", "publish", "cases")
        self.kept("id,hte_Country\nb1,IT\n", 1, "--append", profile="htcds", dataset="cases")
        self.assertEqual(self.shown("cases")["records"], 4)
        self.assertEqual(self.bank.json("dataset", "forget", "cases", "--record", "a1")["records"], 1)
        self.assertEqual(self.shown("cases")["records"], 3)

    def counted(self, dataset, *words):
        """All cells of what this node would contribute, added up."""
        self.bank.do("dataset", "publish", dataset)
        return self.previewed(dataset, *words)

    def previewed(self, dataset, *words):
        rows = self.bank.do("tabulate", "--dataset", dataset, "--preview", "--format", "csv", *words)
        return sum(int(row["count"] or 0) for row in csv.DictReader(io.StringIO(rows)))

    def kept_in_part(self, content, records, taken, *words):
        code, output, complaint = self.imports(content, *words, profile="htcds", dataset="cases")
        self.assertEqual(code, DONE, complaint)
        report = json.loads(output)
        self.assertEqual((report["records"], report["rejected"], report["ids_taken"]), (records, taken, taken))
        return complaint

    def test_one_incident_counts_once_however_many_rows_and_imports_it_has(self):
        once = "case_id,hte_Date,hte_Country\n" + "".join(f"C{i},2024-03-0{i},IT\n" for i in range(1, 8))
        told = self.kept_in_part(once + "".join(f"C1,2024-04-0{i},IT\n" for i in range(1, 5)), 7, 4)
        self.assertIn(".csv:9: case_id: an earlier row has this id", told)
        self.assertEqual(self.counted("cases", "--by", "country"), 7)
        again = {"profile": "htcds", "dataset": "cases"}
        code, _, told = self.imports(once, "--append", **again)
        self.assertEqual(code, FAILED)
        self.assertIn("nothing to import: 7 of 7 rows have an id that dataset cases has already", told)
        told = self.kept_in_part(once + "C8,2024-04-01,IT\n", 1, 7, "--append")
        self.assertIn(".csv:2: case_id: the dataset has a record of this id already", told)
        self.is_refused("hte_Country\nIT\n", "rows without an id", words=("--append",), **again)
        self.assertEqual(self.counted("cases", "--by", "country"), 8)

    def test_a_preview_repeats_nothing_that_was_erased(self):
        self.kept("id,hte_Country\n" + "".join(f"c{i},IT\n" for i in range(4)), 4, profile="htcds", dataset="cases")
        self.assertEqual(self.counted("cases", "--by", "country"), 4)
        self.bank.do("dataset", "forget", "cases", "--record", "c0")
        self.assertEqual(self.previewed("cases", "--by", "country"), 3)
        self.kept("id,hte_Country\nc1,IT\n", 1, profile="htcds", dataset="cases")
        self.assertEqual(self.previewed("cases", "--by", "country"), 3)
        self.assertIn(", epoch 1, of 3 records; older than what it holds", self.bank.do("dataset", "show", "cases"))
        gone = self.bank.json("dataset", "forget", "cases", "--record", "c2")
        self.assertEqual((gone["records"], gone["published_records"]), (0, 1))
        self.assertEqual(self.previewed("cases", "--by", "country"), 2)
        self.bank.do("dataset", "drop", "cases")
        self.refused(self.bank.cli("tabulate", "--dataset", "cases", "--preview", "--by", "country"), FAILED,
                     "dataset cases: does not exist")

    def test_an_incident_in_several_counts_moves_no_more_cells_than_were_asked_for(self):
        profile = self.home / "several.profile"
        profile.write_text("[profile]\nname = several\nkind = aggregates\nseparator = semicolon\n[columns]\n"
                           "year = year\ncontrol = control\ncount = count\n", "utf-8")
        self.kept("year,control,count\n2023,threats;abuse,10\n2024,threats;abuse,7\n", 2, "--cells-per-incident", "2",
                  "--persons-max", "1", profile=profile, dataset="counts")
        for cells, sum_of_all in (("2", 17), ("3", 17), ("4", 34)):
            self.assertEqual(self.counted("counts", "--by", "year,control", "--from", "2023", "--to", "2024",
                                          "--cells-per-incident", cells), sum_of_all)

    def test_aggregates_are_kept_with_what_they_declare(self):
        content = "country,year,count\nIT,2019,12\nFR,2019,7\n"
        self.is_refused(content, "--cells-per-incident is missing", code=USAGE, profile="aggregates")
        self.kept(content, 2, "--cells-per-incident", "2", "--persons-max", "5",
                  profile="aggregates", dataset="counts")
        shown = self.shown("counts")
        self.assertEqual((shown["kind"], shown["records"]), ("aggregates", 2))

    def test_incidents_neither_extend_nor_replace_identifiers(self):
        self.kept(GOOD, 2)
        for words in (("--append",), ()):
            self.is_refused(self.CASES, "symbolon dataset drop", words=words, profile="htcds")
        self.assertEqual(self.shown()["kind"], "identifiers")
