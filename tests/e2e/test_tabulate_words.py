"""What people read of joint tabulations: who was missing and why, by alias; what to do about it.

runner: timeout=240
"""

import evidence
from nodes import DENIED, DONE, FAILED
from tabulations import COUNTRIES, DATASET, NANO, YEARS, TabulationTest, random_counts

ASK = ("tabulate", "--by", "country", "--only", "country=" + ",".join(COUNTRIES), "--peers", "all", "--dataset", DATASET,
       "--purpose", "test", "--basis", "agreement", "--case", "C-1", "--yes")
QUESTION = (*ASK, "--epsilon", "0.5")


class Missing(TabulationTest):
    def complaint(self, *words):
        """Without the plan in front."""
        code, _, complaint = self.crew6.asker.cli(*(words or QUESTION), user="operator")
        self.assertNotEqual(code, DONE, complaint)
        return code, complaint.strip().splitlines()[-1]

    def setUp(self):
        super().setUp()
        self.crew6 = self.crew(6)
        self.crew6.load([random_counts({"country": COUNTRIES, "year": YEARS}, at) for at in range(6)])
        for node in self.crew6.nodes:
            evidence.add_auditor(node)

    def test_who_was_missing_is_told_by_alias_and_why(self):
        crew = self.crew6
        asker, *others = crew.nodes
        names = sorted(node.alias for node in others)
        self.say_whose_keys_differ(others[2:4])
        self.refuse_without_a_grant(others, names)
        self.refuse_what_was_never_published(others)
        self.say_who_is_away(others)
        self.release_without_one(asker, others)

    def refuse_without_a_grant(self, others, names):
        for node in others:
            node.do("revoke", self.crew6.asker.alias, DATASET, "tabulate")
        code, line = self.complaint()
        self.assertEqual(code, DENIED, line)
        told, _, why = line.partition(" denied it: ")
        self.assertIn("1 of 6 participants consented, at least 5 are needed; ", told)
        self.assertEqual(sorted(told.rpartition("; ")[2].split(", ")), names, line)
        self.assertEqual(why, "no grant allows it as asked: ask the other side for a grant, and check the dataset's name")
        for node in others:
            node.do("grant", self.crew6.asker.alias, DATASET, "tabulate")

    def refuse_what_was_never_published(self, others):
        for node in others[:2]:
            node.do("dataset", "drop", DATASET)
            node.do("import", node.home / f"{DATASET}.csv", "--dataset", DATASET, "--profile", "aggregates",
                    "--cells-per-incident", 1, "--persons-max", 1)
        code, line = self.complaint()
        self.assertEqual(code, DENIED)
        self.assertIn("4 of 6 participants consented", line)
        self.assertIn(" denied it: it cannot take part now: the dataset was never published; somebody there has to "
                      'run: "symbolon dataset publish counts"', line)
        self.assertNotIn("limit of the grant", line)
        for node in others[:2]:
            self.assertIn(node.alias, line)
        others[0].do("dataset", "publish", DATASET)

    def release_without_one(self, asker, others):
        """The second has not published yet."""
        away = others[1]
        table = asker.do(*QUESTION, user="operator")
        self.assertRegex(table, rf"(?m)^participants  5 of 6; 5 were needed\nmissing       {away.alias}$")
        row = asker.json("exchange", "list")[0]
        for node in (asker, others[2]):
            release = node.json("exchange", "result", node.json("exchange", "list")[0]["id"])
            missing = [member for member in release["cohort"]["members"] if not member["included"]]
            self.assertEqual([member["alias"] for member in missing], [away.alias])
            self.assertIn(f"Asked, but not in these counts: {away.alias}.", release["notes"])
            closed = [entry for entry in node.json("log", "list", "--limit", "1000", user=evidence.AUDITOR)
                      if entry["kind"] == "closed"]
            self.assertEqual(closed[-1]["detail"],
                             f"released, with the counts of 5 of 6 participants; missing: {away.alias}")
        self.assertEqual(row["state"], "done")
        away.do("dataset", "publish", DATASET)

    def say_whose_keys_differ(self, pair):
        """A key that was set on one side. A participant cannot tell that from shares that were altered, and accuses
        nobody."""
        pair[0].do("peer", "psk", pair[1].alias, "--new", self.home / "psk", user="operator")
        why = "shares for it do not open; preshared keys of participants may differ"
        self.assertIn(" ended it: " + why, self.complaint(*ASK, "--epsilon", "0.25")[1])
        for node in pair:
            row = node.json("exchange", "list", user="operator")[0]
            self.assertEqual((row["state"], row["reason"]), ("aborted", why))
            self.assertRegex(row["fault"], r"^shares between this node and participant \d of 6 \(node [0-9a-f]{16}\) do "
                             "not open: their preshared keys differ, or one was changed meanwhile, or bytes were "
                             "altered.*; both run: \"symbolon peer psk ALIAS --file FILE\"")
        pair[1].do("peer", "psk", pair[0].alias, "--file", self.home / "psk", user="operator")

    def say_who_is_away(self, others):
        for node in others[2:4]:
            node.kill()
        self.crew6.asker.do("peer", "psk", others[3].alias, "--new", self.home / "other", user="operator")
        others[3].start()
        code, line = self.complaint()
        self.assertIn("3 of 6 participants consented", line)
        for node in others[1:3]:
            self.assertIn(node.alias, line)
        self.assertIn(f"; {others[3].alias}: no answer: check card and preshared key", line)
        others[3].do("peer", "psk", self.crew6.asker.alias, "--file", self.home / "other", user="operator")
        others[2].start()
        self.assertRegex(line, "could not be reached|in time")
        self.assertNotRegex(line, "node [0-9a-f]{8}")


class Identifiers(TabulationTest):
    def test_a_list_of_identifiers_is_told_apart_with_what_to_use_instead(self):
        crew = self.crew(5)
        asker = crew.asker
        (asker.home / "numbers.csv").write_text("id,iban,bank,account\n1,GB33BUKB20201555555555,,\n")
        asker.do("import", asker.home / "numbers.csv", "--dataset", "numbers", "--profile", "accounts")
        words = ("hotspots", "--by", "country", "--only", "country=LY,IT", "--dataset", "numbers")
        for more in (("--preview",), QUESTION[5:7] + QUESTION[9:]):
            with self.subTest(more):
                code, _, complaint = asker.cli(*words, *more)
                self.assertEqual(code, FAILED, complaint)
                for fragment in ("dataset numbers: holds identifiers, not incidents", '"symbolon overlap"',
                                 '"symbolon import --profile htcds"'):
                    self.assertIn(fragment, complaint)
        self.assertIn("--without-own", complaint)
        self.refused(asker.cli("grant", crew.nodes[1].alias, "numbers", "tabulate"), FAILED,
                     "dataset numbers: holds identifiers, which are never tabulated", "numbers overlap:count")


class Declared(TabulationTest):
    """Counts that were made elsewhere, of which one incident is in two."""
    WORDS = ("--by", "country", "--only", "country=" + ",".join(COUNTRIES), "--dataset", DATASET)

    def declare(self, node, cells):
        """What was published before is of no use any more."""
        asker = self.nodes[0]
        node.do("import", node.home / f"{DATASET}.csv", "--dataset", DATASET, "--profile", "aggregates",
                "--cells-per-incident", cells, "--persons-max", 1)
        self.assertRegex(node.do("dataset", "show", DATASET), r"published +never\n")
        code, _, complaint = asker.cli(*QUESTION, user="operator")
        self.assertEqual(code, FAILED if node is asker else DENIED, complaint)
        self.assertRegex(complaint, "was never published; .*run: \"symbolon dataset publish counts\"")
        node.do("dataset", "publish", DATASET)

    def test_no_question_moves_less_than_one_incident_does(self):
        crew = self.crew(3, minimum=3)
        crew.load([random_counts({"country": COUNTRIES, "year": YEARS}, at) for at in range(3)])
        asker, member = crew.nodes[:2]
        more = (DENIED, "dataset counts: one incident is in up to 2 of its counts, with up to 1 persons: more than the "
                "question promises; ask with --cells-per-incident 2")
        self.declare(asker, 2)
        self.refused(asker.cli(*QUESTION, user="operator"), *more)
        self.refused(asker.cli("hotspots", *self.WORDS, "--preview"), *more)
        self.declare(asker, 1)
        self.assertEqual(member.json("exchange", "list"), [], "somebody was asked")
        self.declare(member, 2)
        self.assertIn(f"{member.alias} ended it: it does not take part on these terms",
                      asker.cli(*QUESTION, user="operator")[2])
        self.assertIn(more[1], member.json("exchange", "list")[0]["fault"])
        asker.do(*QUESTION, "--cells-per-incident", "2", user="operator")


class Held(TabulationTest):
    def test_an_approver_sees_the_question_and_the_lists_name_its_shape(self):
        crew = self.crew(5)
        crew.load([random_counts({"country": COUNTRIES, "year": YEARS}, at) for at in range(5)])
        asker, member = crew.nodes[:2]
        member.do("user", "add", "anna", "--role", "approver")
        member.do("grant", asker.alias, DATASET, "tabulate", "--approval", user="operator")
        self.refused(member.cli("grant", asker.alias, DATASET, "overlap:count", user="operator"), FAILED,
                     f"dataset {DATASET}: holds", "which have no identifiers", f"{DATASET} tabulate")
        words = ("hotspots", "--by", "country,year", "--from", "2019", "--to", "2020", *QUESTION[3:])
        code, _, complaint = asker.cli(*words)
        self.assertEqual(code, DENIED, complaint)
        self.assertIn(f"{member.alias} held it: an approver has to agree first", complaint)
        held, = member.json("requests", user="anna")
        question = held["question"]
        self.assertEqual((held["because"], question["shape"], question["epsilon_nano"], question["cells"]),
                         ("an approver has to agree first", "hotspots", NANO // 2, 3 * len(COUNTRIES)))
        self.assertEqual({row["alias"]: row["self"] for row in question["participants"]},
                         {"": True, **{node.alias: False for node in crew.nodes if node is not member}})
        self.assertEqual(question["levels"], [["country"], ["country", "year"]])
        shown = member.do("requests", user="anna")
        self.assertRegex(shown, r"(?m)^  by +country \(" + ", ".join(COUNTRIES) + r"\), year \(2019 to 2020\)$")
        self.assertRegex(shown, r"(?m)^  only +records within the lists of country and year; others count in no level$")
        self.assertEqual([dimension["narrows"] for dimension in question["dimensions"]], [True, True])
        self.assertRegex(shown, r"(?m)^  epsilon +0.5 ")
        self.assertRegex(shown, r"(?m)^  participants +5: .*this node")
        member.do("approve", held["id"], user="anna")
        asker.do(*words)
        for node in (asker, member):
            row = node.json("exchange", "list", user=None if node is asker else "operator")[0]
            self.assertEqual((row["kind"], row["shape"], row["state"]), ("tabulate", "hotspots", "done"))
            self.assertIn(" hotspots ", node.do("exchange", "list", user=None if node is asker else "operator"))
