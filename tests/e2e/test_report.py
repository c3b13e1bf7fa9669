"""Reports: every kind of result in one file, the same JSON as exchange result gives, an entry in the
log, and what may not be in one.

runner: timeout=240
"""

import hashlib
import html
import json
import os
import re
import stat
import subprocess

import evidence
import lists
import nodes
import tables
import tabulations
from nodes import DENIED, DONE, FAILED, UNREACHABLE, USAGE
from overlaps import OverlapTest, overlap_words
from test_overlap_table import THREE

WHY = ("--purpose", "test", "--basis", "agreement", "--case", "SECRET-CASE")
ASKED = ("--peers", "all", "--dataset", tabulations.DATASET, "--from", "2019", "--to", "2022", *WHY, "--yes")
PLACES = ",".join(tabulations.COUNTRIES)
# What must be there of each release (the design's format).
MEMBERS = {"format", "kind", "exchange", "query_id", "released", "purpose", "basis", "asker", "measure", "cohort",
           "privacy", "suppression", "evidence", "notes"}


def document_of(path):
    """The text of the JSON document of a page, and what is between the marks of its tables."""
    page = path.read_text("utf-8")
    raw = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S).group(1)
    assert "<" not in raw, "nothing in it may end its element"
    tables_part = re.search(r"<main .*?</main>\n", page, re.S).group(0)
    return raw.replace("\\u003c", "<"), tables_part


def newest(node, kind):
    return next(row for row in node.json("exchange", "list", user="operator") if row["kind"] == kind)["id"]


class ReportTest(OverlapTest):
    def report(self, node, name, *words, user="operator"):
        path = self.home / name
        said = node.do("report", path, *words, user=user)
        return path, said

    def refuses(self, node, code, words, *fragments, user="operator"):
        path = self.home / "refused.html"
        self.refused(node.cli("report", path, *words, user=user), code, *fragments)
        self.assertFalse(path.exists(), "a report that was refused is there")
        self.assertFalse([name for name in os.listdir(self.home) if "refused.html" in name])


class AllKinds(ReportTest):
    def setUp(self):
        super().setUp()
        self.table = tables.make_table(self.home, 3, self.nodes, minimum=3)
        self.crew = self.table.crew
        self.asker = self.nodes[0]
        self.table.load(THREE)
        self.table.grant()
        self.crew.load([tabulations.random_counts(tabulations.CUBE, at) for at in range(4)])
        self.answer_everything()

    def answer_everything(self):
        a, b = self.nodes[:2]
        self.load_numbers(a, "mine", range(100), "a")
        self.load_numbers(b, "theirs", range(50, 150), "b")
        b.do("grant", a.alias, "theirs", "overlap:count")
        b.do("grant", a.alias, "theirs", "overlap:matches")
        a.do(*overlap_words(b, "mine", "theirs", "count", "--case", "SECRET-CASE", "--note", "SECRET-NOTE"))
        a.do(*overlap_words(b, "mine", "theirs", "matches"))
        a.do(*self.table.words())
        exact = newest(a, "overlap:table")
        a.do(*self.table.words("--epsilon", "1", mode="dp"))
        a.do("hotspots", "--by", "country,year", "--only", f"country={PLACES}", *ASKED)
        hotspots = newest(a, "tabulate")
        a.do("trends", "--by", "year", *ASKED)
        self.ids = {"hotspots": hotspots, "trends": newest(a, "tabulate"), "overlap": newest(a, "overlap:count"),
                    "exact": exact, "dp": newest(a, "overlap:table")}
        for node in self.nodes[:1]:
            evidence.add_auditor(node)

    def test_a_report_of_all_kinds(self):
        path, said = self.report(self.asker, "all.html", "--exchange", *(text[:12] for text in self.ids.values()),
                                 "--estimate", "--title", "Made <b>up</b>")
        self.a_private_file(path, said)
        raw, plain = document_of(path)
        document = json.loads(raw)
        self.the_same_json(raw, document)
        self.the_releases(document)
        self.the_estimates(document)
        self.the_tables(document, plain)
        self.the_entry(path, list(self.ids.values()))
        self.never_twice(path)
        self.as_the_tools_make_it(path, raw, plain)
        self.nothing_personal(path)

    def a_private_file(self, path, said):
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertIn(hashlib.sha256(path.read_bytes()).hexdigest(), said)

    def the_same_json(self, raw, document):
        """Byte for byte; what changes is the time of the look at the log, and how long that is."""
        self.assertEqual((document["format"], document["lang"], document["title"]),
                         ("symbolon-report/1", "en", "Made <b>up</b>"))

        def still(text):
            return re.sub(r'"(checked|checkpoint_size|cosignatures)": [^\n]*', "", text)
        for release in document["results"]:
            said = self.asker.do("exchange", "result", release["exchange"], "--format", "json", user="operator")
            self.assertIn(still(said.rstrip("\n")), still(raw))

    def the_releases(self, document):
        self.assertEqual([release["exchange"] for release in document["results"]], list(self.ids.values()))
        self.assertEqual([release["kind"] for release in document["results"]],
                         ["hotspots", "trends", "overlap", "overlap-table", "overlap-table"])
        for release in document["results"]:
            self.assertLessEqual(MEMBERS, set(release), release["kind"])
            self.assertEqual(release["format"], "symbolon-release/1")
            self.assertEqual(release["evidence"]["state"], "in-log", release["kind"])
            self.assertEqual(release["asker"], "this node")
            self.assertTrue(release["notes"])
            members = release["cohort"]["members"]
            self.assertEqual(sum(member["self"] for member in members), 1)
        *_, overlap, exact, dp = document["results"]
        self.assertEqual((overlap["common"], [one["size"] for one in overlap["lists"]]), (50, [100, 100]))
        self.assertIsNone(overlap["privacy"])
        self.assertIsNone(exact["privacy"])
        self.assertIsNone(exact["suppression"])
        self.assertEqual(sum(one["count"] for one in exact["combinations"]), sum(THREE.values()))
        self.assertEqual((dp["privacy"]["epsilon_nano"], dp["privacy"]["noise"]["scale_milli"]), (10**9, 4000))
        self.assertEqual(dp["suppression"]["suppressed"], sum(one["count"] is None for one in dp["combinations"]))

    def the_estimates(self, document):
        """What the command says of the same table."""
        csv = self.home / "exact.csv"
        self.asker.do("exchange", "result", self.ids["exact"], "--format", "csv", "--out", csv, user="operator")
        _, said, _ = nodes.run_cli("estimate", csv, "--json")
        first, *others = document["estimates"]
        self.assertEqual(first.pop("exchange"), self.ids["exact"])
        self.assertEqual(first, json.loads(said))
        for other in others:
            self.assertEqual(other["exchange"], self.ids["dp"])
        self.assertEqual(len(others) + len(document["notes"]), 1, "of the other table it, or why not")

    def the_tables(self, document, plain):
        self.assertIn("Made &lt;b&gt;up&lt;/b&gt;", plain)
        self.assertNotIn("<b>", plain)
        words = html.unescape(re.sub(r"<[^>]*>", " ", plain))
        hotspots, *_, dp = document["results"]
        for level in hotspots["levels"]:
            for count in level["cells"]:
                if count is not None:
                    self.assertRegex(words, rf"\s{count}\s")
        hidden = sum(count is None for level in hotspots["levels"] for count in level["cells"])
        said = plain.split("<section>")[1].count(f"<td>&lt; {hotspots['suppression']['threshold']} or none</td>")
        self.assertEqual(said, hidden)
        hidden = sum(one["count"] is None for one in dp["combinations"])
        self.assertEqual(plain.split("<section>")[5].count(f"<td>&lt; {dp['suppression']['threshold']} or none</td>"),
                         hidden)
        self.assertNotIn("<td>0</td>", plain.split("<section>")[1])

    def the_entry(self, path, ids):
        anna = evidence.AUDITOR
        entry = [row for row in self.asker.json("log", "list", "--limit", 1000, user=anna) if row["kind"] == "report"][-1]
        self.assertEqual((entry["event"], entry["user"], entry["subject"], entry["detail"].split()),
                         ("report-made", "operator", hashlib.sha256(path.read_bytes()).hexdigest(), ids))
        self.assertEqual(entry["count"], path.stat().st_size)
        shown = self.asker.do("log", "show", entry["entry"], user=anna)
        self.assertRegex(shown, r"(?m)^event +a report of results was made$")
        self.assertRegex(shown, rf"(?m)^SHA-256 of the file +{entry['subject']}$")
        self.assertRegex(shown, rf"(?m)^of exchanges +{ids[0]}")
        self.assertRegex(shown, r"(?m)^command +verified: REPORT_MADE, signed by operator")
        self.assertRegex(self.asker.do("log", "list", user=anna), rf"report .* operator +5 results, SHA-256 {entry['subject'][:12]}")
        self.assertIn("report-made", self.asker.do("log", "report", user=anna))
        self.asker.do("log", "verify", user=anna)

    def never_twice(self, path):
        before = path.read_bytes()
        words = ("report", path, "--exchange", self.ids["exact"])
        self.refused(self.asker.cli(*words, user="operator"), FAILED, "exists already; --force replaces it")
        self.assertEqual(path.read_bytes(), before)
        self.asker.do(*words, "--force", "--lang", "fr", user="operator")
        raw, plain = document_of(path)
        self.assertEqual(json.loads(raw)["lang"], "fr")
        self.assertIn('<main lang="fr">', plain)
        self.assertIn("Recoupement de listes", plain)
        path.write_bytes(before)

    def as_the_tools_make_it(self, path, raw, plain):
        """The page's own tools make the same bytes of the same document and tables."""
        parts = nodes.ROOT / "build/pictures"
        if (parts / "incomplete").exists() or not (parts / "top.html").stat().st_size:
            self.assertIn("default-src 'none'", path.read_text("utf-8"))
            return
        (self.home / "report.json").write_text(raw, "utf-8")
        (self.home / "tables.html").write_text(plain, "utf-8")
        made = subprocess.run(["node", nodes.ROOT / "cli/pictures/assemble.mjs", parts, self.home / "report.json",
                               self.home / "tables.html"], stdout=subprocess.PIPE, check=True).stdout
        self.assertEqual(made, path.read_bytes())

    def nothing_personal(self, path):
        text = path.read_text("utf-8")
        for secret in ("SECRET-CASE", "SECRET-NOTE", '"matches"', "operator"):
            self.assertNotIn(secret, document_of(path)[0], secret)
        self.assertNotIn(str(self.home), text)

    def test_what_may_not_be_in_a_report(self):
        a, b = self.nodes[:2]
        matches = newest(a, "overlap:matches")
        self.refuses(a, DENIED, ["--exchange", matches], matches[:12], "nothing about single records", "--reveal count")
        self.refuses(a, DENIED, ["--exchange", self.ids["overlap"], matches], matches[:12])
        self.refuses(a, FAILED, ["--exchange", "f" * 32], "f" * 32, "no such exchange", "exchange list")
        self.refuses(a, FAILED, ["--exchange", "ffffff"], "no exchange begins with these digits")
        self.refuses(a, FAILED, ["--exchange", self.ids["exact"], self.ids["exact"][:10]], "named twice")
        self.refuses(a, FAILED, ["--exchange", self.ids["overlap"], "--estimate"], "none of these exchanges is an overlap table")
        self.refuses(b, FAILED, ["--exchange", newest_of_peer(b)], "the peer asked, and has it", user=None)
        self.refuses(a, USAGE, [], "--exchange ID is missing")
        self.refuses(a, USAGE, ["--exchange", "4f1c", "--lang", "de"], "not one of en, fr")
        self.refuses(a, USAGE, ["--exchange", "4f1c", "--title", "a\nb"], "--title")
        self.refuses(a, USAGE, ["--exchange", *["4f1c"] * 16], "")
        self.refuses(a, DENIED, ["--exchange", self.ids["exact"]], "", user=evidence.AUDITOR)
        self.denied_and_unfinished(a, b)
        count = [row for row in a.json("log", "list", "--limit", 1000, user=evidence.AUDITOR) if row["kind"] == "report"]
        self.assertEqual(count, [], "a refused report is no report")

    def denied_and_unfinished(self, a, b):
        b.do("revoke", a.alias, "theirs", "overlap:count")
        a.cli(*overlap_words(b, "mine", "theirs", "count"), user="operator")
        denied = newest(a, "overlap:count")
        self.refuses(a, DENIED, ["--exchange", denied], denied[:12], "was denied")
        b.do("user", "add", "boris", "--role", "approver")
        b.do("grant", a.alias, "theirs", "overlap:count", "--approval", user="operator")
        a.cli(*overlap_words(b, "mine", "theirs", "count"), user="operator")
        held = newest(a, "overlap:count")
        self.refuses(a, DENIED, ["--exchange", held], held[:12], "waits for an approver")

    def test_no_report_from_a_node_that_is_not_running(self):
        path = self.home / "down.html"
        self.asker.stop()
        code, _, complaint = self.asker.cli("report", path, "--exchange", self.ids["exact"], user="operator")
        self.assertIn(code, (FAILED, UNREACHABLE), complaint)
        self.assertFalse(path.exists())


def newest_of_peer(node):
    return next(row for row in node.json("exchange", "list") if row["kind"] == "overlap:count")["id"]
