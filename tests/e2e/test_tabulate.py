"""Joint tabulations of real nodes: without noise the released cells are the pooled counts exactly,
whoever drops out by kill -9, and at which stage; too few participants reveal nothing; what each
node remembers agrees.

SYMBOLON_TEST_NODES=50 runs the sums and the drop-outs with so many nodes, too, and all stages with
twenty.

runner: timeout=900
"""

import contextlib
import json
import os
import signal
import subprocess
import sys

import evidence
import nodes
from disks import CORE, FaultyDisk
from nodes import DONE
from tabulations import COUNTRIES, CUBE, DATASET, EXACT, NANO, SEEDED, YEARS, TabulationTest, finish, pooled, random_counts

MORE = [int(n) for n in os.environ.get("SYMBOLON_TEST_NODES", "").split(",") if n]
HALF = NANO // 2  # epsilon of a question, so that a year has many

# What a participant commits durably, in this order.
REQUEST, CONSENT, DEBIT, UNMASK, KEEP = range(1, 6)


def quorum(n):
    return -(-4 * n // 5)


def latest(node):
    return [row for row in node.json("exchange", "list") if row["kind"] == "tabulate"][0]


def spent(node):
    """Of the dataset; what all who asked have spent is the same."""
    rows = [row for row in node.json("budget") if row["dataset"] == DATASET]
    whole = [row["spent_nano"] for row in rows if not row["peer"]]
    others = sum(row["spent_nano"] for row in rows if row["peer"])
    if len(whole) != 1 or whole[0] != others:
        raise AssertionError(f"budgets do not add up: {rows}")
    return whole[0]


def debits(node):
    rows = node.json("log", "list", "--limit", "1000", user=evidence.AUDITOR)
    return [row["count"] for row in rows if row.get("event") == "debited"]


class Builds(TabulationTest):
    def test_the_binary_that_ships_has_no_switch_that_turns_noise_off(self):
        marks = {EXACT: b"sym_test_no_noise", SEEDED: b"sym_test_seeded_noise"}
        texts = (b"it adds no noise", b"its noise is known")
        for path, mark in marks.items():
            data = path.read_bytes()
            self.assertIn(mark, data, "the mark is seen where it is")
            self.assertTrue(any(text in data for text in texts))
        for path in (nodes.SYMBOLOND, nodes.SYMBOLON):
            data = path.read_bytes()
            for what in (b"sym_test_", *texts, b"NO_NOISE", b"SEEDED_NOISE"):
                self.assertNotIn(what, data)
        code, output, _ = nodes.run_cli("settings", "--help")
        self.assertEqual(code, DONE)
        self.assertNotIn("noise", output)


class Sums(TabulationTest):
    def sums(self, n):
        crew = self.crew(n, minimum=3, daemon=EXACT)
        counts = [random_counts(CUBE, at) for at in range(n)]
        crew.load(counts)
        answer = crew.ask()
        self.is_sum(answer, pooled(CUBE, counts))
        self.assertEqual(len(answer["survivors"]), n)
        return crew

    def test_of_three(self):
        self.sums(3)

    def test_of_six(self):
        self.sums(6)

    def test_of_more(self):
        for n in MORE:
            with self.subTest(n):
                self.sums(n)

    def test_of_datasets_with_the_longest_name(self):
        crew = self.crew(3, minimum=3, daemon=EXACT)
        counts = [random_counts(CUBE, at) for at in range(3)]
        name = "n" * 63
        crew.load(counts, dataset=name)
        self.is_sum(crew.ask(dataset=name), pooled(CUBE, counts))
        for node in crew.nodes:
            rows = node.json("budget")
            self.assertEqual({(row["dataset"], row["spent_nano"]) for row in rows}, {(name, NANO)})

    def test_with_noise_they_are_near(self):
        crew = self.crew(5)
        counts = [random_counts(CUBE, at, empty=0) for at in range(5)]
        crew.load(counts)
        answer = crew.ask()
        truth = pooled(CUBE, counts)
        off = [abs(got - real) for got, real in zip(answer["cells"], truth) if got]
        self.assertGreater(sum(off), 0)
        self.assertLess(max(off), 40)
        self.assertGreaterEqual(sum(one <= answer["half_width"] for one in off), 0.8 * len(off))


class Records(TabulationTest):
    """What the nodes remember of it."""

    def setUp(self):
        super().setUp()
        self.crew5 = self.crew(5)
        self.crew5.each(evidence.add_auditor)
        self.counts = [random_counts(CUBE, at) for at in range(5)]
        self.crew5.load(self.counts, grantees=self.crew5.nodes)

    def test_all_have_the_same_release_and_their_evidence_agrees(self):
        crew = self.crew5
        answer = crew.ask()
        self.assertEqual(answer["state"], "done", answer)
        for node in crew.nodes:
            row = latest(node)
            self.assertEqual((row["kind"], row["state"], row["has_result"]), ("tabulate", "done", True))
            self.assertEqual(row["tabulation"], answer["tabulation"])
            shown = node.json("exchange", "result", row["id"])
            wanted = crew.asker.json("exchange", "result", answer["id"])
            self.assertEqual(shown.pop("asker"), "this node" if node is crew.asker else crew.asker.alias)
            self.assertEqual(wanted.pop("asker"), "this node")
            for one in (shown, wanted):
                one.pop("exchange")
                proof = one.pop("evidence")
                self.assertEqual(proof["state"], "in-log", proof)
                self.assertLess(proof["entry"], proof["checkpoint_size"])
                self.assertRegex(proof["log"], "^symbolon/[0-9a-f]+/evidence")
                for member in one["cohort"]["members"]:
                    self.assertEqual(member["self"], member["alias"] == "", "others have an alias")
                    member.pop("alias")
                    member.pop("self")
            self.assertEqual(shown, wanted)
            self.assertEqual(shown["levels"][0]["cells"], [count or None for count in answer["cells"]])
            node.do("log", "verify", user=evidence.AUDITOR)
            self.assertEqual(spent(node), NANO)
            self.assertEqual(debits(node), [NANO])
        for node in crew.nodes[1:]:
            crew.asker.do("log", "compare", node.alias, user=evidence.AUDITOR)
            node.do("log", "compare", crew.asker.alias, user=evidence.AUDITOR)
        return answer

    def test_the_same_question_is_answered_again_at_no_cost_whoever_asks(self):
        crew = self.crew5
        first = crew.ask()
        for node in (crew.asker, crew.nodes[2]):
            again = crew.ask(node=node)
            self.assertEqual((again["state"], again["cells"]), ("done", first["cells"]), again)
            self.assertEqual(again["tabulation"], first["tabulation"])
            self.assertNotEqual(again["id"], first["id"])
            self.assertTrue(node.json("exchange", "show", again["id"])["answered_before"])
        for node in crew.nodes:
            self.assertEqual((spent(node), debits(node)), (NANO, [NANO]))
            self.are_told_as_answered(node)
        crew.nodes[3].do("dataset", "publish", DATASET)
        anew = crew.ask()
        self.assertNotEqual(anew["tabulation"], first["tabulation"], "another edition is another question")
        self.assertEqual(spent(crew.asker), 2 * NANO)

    def are_told_as_answered(self, node):
        """Each exchange of the first question was granted, and those of both that came after it answered before."""
        told = json.loads(node.do("log", "report", "--json", user=evidence.AUDITOR))
        self.assertEqual(told["denials"], [])
        rows = [row for row in told["exchanges"] if row["kind"] == "tabulate"]
        before = sum(row["answered_before"] for row in rows)
        legs = {self.crew5.asker: (9, 5), self.crew5.nodes[2]: (6, 5)}.get(node, (3, 2))
        self.assertEqual((sum(row["granted"] for row in rows), before), legs, rows)
        self.assertEqual(sum(row["closed"] for row in rows), legs[0], rows)

    def test_nobody_spends_more_than_there_is(self):
        crew = self.crew5
        crew.each(lambda node: node.do("settings", "set", "epsilon-per-year", 2))
        cubes = [{"country": COUNTRIES[:2 + at], "year": YEARS} for at in range(4)]
        for cube in cubes[:2]:
            self.assertEqual(crew.ask(cube=cube)["state"], "done")
        asked = len(crew.nodes[1].json("exchange", "list"))
        for cube in cubes[2:]:
            self.assertRegex(crew.refused(cube=cube),
                             r"dataset counts: epsilon 0 is left of this year's; it renews on 20\d\d-01-01, "
                             "and the question costs 1; nobody was asked$")
        self.assertEqual(len(crew.nodes[1].json("exchange", "list")), asked, "somebody was asked")
        self.assertEqual(crew.ask(cube=cubes[0])["state"], "done", "what was answered before costs nothing")
        for node in crew.nodes:
            self.assertEqual((spent(node), debits(node)), (2 * NANO, [NANO, NANO]))

    def test_too_few_are_told_what_would_do(self):
        crew = self.crew5
        words = ("tabulate", "--by", "year", "--dataset", DATASET, "--purpose", "test", "--basis", "agreement",
                 "--case", "1", "--yes", "--peers")
        first, second = (node.alias for node in crew.nodes[1:3])
        self.refused(crew.asker.cli(*words, f"{first},{second}", user="operator"), nodes.FAILED,
                     "3 participants are fewer than the 5", 'or lower that: "symbolon settings set tabulate-minimum 3"')
        code, _, complaint = crew.asker.cli(*words, first, user="operator")
        self.assertEqual(code, nodes.FAILED)
        self.assertRegex(complaint, "name more peers\n$")

    def test_a_population_that_cannot_be_read_spends_nothing(self):
        crew = self.crew5
        code, _, complaint = crew.asker.cli("tabulate", "--by", "year", "--peers", "all", "--dataset", DATASET,
                                            "--purpose", "test", "--basis", "agreement", "--case", "1", "--yes",
                                            "--population", "nowhere.csv", user="operator")
        self.assertEqual(code, 1, complaint)
        self.assertIn("nowhere.csv", complaint)
        self.assertEqual(crew.asker.json("exchange", "list"), [], "somebody was asked")
        self.assertEqual(spent(crew.asker), 0)

    def test_clusters_are_the_same_for_all_and_cost_nothing(self):
        crew = self.crew5
        population = self.home / "population.csv"
        people = {"IT": 59, "DE": 84, "FR": 68, "ES": 48, "GR": 10, "PL": 38, "RO": 19, "BG": 7, "HU": 10, "AT": 9}
        population.write_text("code,population\n" + "".join(f"{c},{n}000000\n" for c, n in people.items()))
        words = ("--population", population, "--scan", "--gi-star")
        asked = crew.asker.json("hotspots", "--peers", "all", "--dataset", DATASET, "--purpose", "test", "--basis",
                                "agreement", "--case", "1", "--yes", "--by", "country,year", "--only",
                                f"country={','.join(COUNTRIES)}", "--from", YEARS[0], "--to", YEARS[-1],
                                *words, user="operator")
        scan, gi = asked["scan"], asked["gi_star"]
        self.assertEqual((scan["level"], scan["places"], scan["left_out"]), ("country", len(COUNTRIES), 0))
        self.assertEqual((scan["repetitions"], scan["seed"]), (999, 1))
        self.assertEqual([row["code"] for row in gi["scores"]], list(COUNTRIES))
        self.assertTrue(scan["clusters"], "counts are alike, and populations are not")
        shown = dict(zip(COUNTRIES, asked["levels"][0]["cells"]))
        for cluster in scan["clusters"]:
            if cluster["shown"] == len(cluster["codes"]):
                counts = sum(shown[code] for code in cluster["codes"])
                self.assertEqual(cluster["observed_milli"], 1000 * counts)
            self.assertEqual(cluster["population"], sum(people[code] for code in cluster["codes"]) * 1000000)
            self.assertGreater(cluster["observed_milli"], cluster["expected_milli"])
        other = crew.nodes[1]
        later = other.json("exchange", "result", latest(other)["id"], *words)
        self.assertEqual((later["scan"], later["gi_star"]), (scan, gi))
        self.assertEqual((spent(crew.asker), spent(other)), (NANO, NANO))

    def test_sixty_four_at_once_never_spend_more_than_is_counted(self):
        crew = self.crew5
        cap = 8 * NANO
        commands = []
        for at in range(64):
            cube = {"country": COUNTRIES[:1 + at % 8], "year": YEARS[:1 + at // 16]}
            commands.append(crew.start("--timeout", 20000, cube=cube, node=crew.nodes[at % 5]))
        answers = []
        for command in commands:
            output, _ = command.communicate(timeout=90 * nodes.PATIENCE)
            if command.returncode == DONE:
                answers.append(json.loads(output))
        released = {answer["tabulation"] for answer in answers if answer["state"] == "done"}
        self.assertGreater(len(released), 0)
        for node in crew.nodes:
            self.assertLessEqual(spent(node), cap)
            self.assertEqual(spent(node), sum(debits(node)), "what is shown is what is in the log")
            self.assertGreaterEqual(spent(node), len(released) * NANO, "no release without a debit")
            node.do("log", "verify", user=evidence.AUDITOR)


class Leaving(TabulationTest):
    """Some are killed at one stage, by holding a disk at the commit before it."""

    def faulty_crew(self, n, minimum=None):
        def prepare(node):
            node.disk = FaultyDisk(node.home / "page", CORE)
            node.environment = node.disk.environment
        self.counts = [random_counts(CUBE, at) for at in range(n)]
        crew = self.crew(n, minimum, daemon=EXACT, prepare=prepare)
        crew.asker.do("settings", "set", "epsilon-per-year", 12)
        crew.load(self.counts)
        self.ids = crew.ids()
        return crew

    def hold(self, node, commit):
        """It stands still at this commit, counted from now."""
        node.disk.only_hold(commit, kind="d")

    def wait_commits(self, those, commit):
        for node in those:
            nodes.wait_until(lambda: node.disk.calls >= commit, 20, f"{node.name}: commit {commit}")

    def kill_core(self, node):
        for pid in node.family()[1:]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        node.kill()

    def leave(self, crew, stage):
        """What became of a question while n - t of the others were killed at this stage, and who they
        were. All are back afterwards, with a new edition of what they have. A release that is owed to
        them would be one more commit: at the next stage it is others that leave."""
        leaves = max(1, len(crew.nodes) - quorum(len(crew.nodes)))
        *others, laggard = crew.nodes[1:]
        first = leaves * list(STAGES).index(stage) % len(others)
        others = others[first:] + others[:first]
        leaving, rest = others[:leaves], others[leaves:]
        crew.each(crew.asker.ping, crew.nodes[1:])  # what new links commit is behind them
        for node in crew.nodes:
            node.disk.only_hold(0, kind="d")
        at, waits = STAGES[stage]
        if waits:
            self.hold(laggard, at)
        else:
            for node in leaving:
                self.hold(node, at)
        command = crew.start("--epsilon", HALF)
        if waits:
            self.wait_commits([laggard, *leaving, *rest], at)
            nodes.wait_still(crew.nodes)
        else:
            self.wait_commits(leaving, at)
        for node in leaving:
            self.kill_core(node)
        if waits:
            laggard.disk.let_go()
        answer = finish(command)
        crew.each(lambda node: node.start(), leaving)
        crew.each(lambda node: node.do("dataset", "publish", DATASET))
        return answer, leaving

    def survivors_sum(self, answer):
        who = set(answer["survivors"])
        return pooled(CUBE, [counts for node_id, counts in zip(self.ids, self.counts) if node_id in who])

    def leave_at_each_stage(self, n, stages=None):
        crew = self.faulty_crew(n, minimum=3)
        for stage in stages or STAGES:
            with self.subTest(stage, nodes=n):
                answer, leaving = self.leave(crew, stage)
                self.assertEqual(answer["state"], "done", answer)
                self.is_sum(answer, self.survivors_sum(answer))
                # Whose vector was there is in the sum, though it is gone.
                gone = stage in ("before it consents", "before it shares", "before its vector")
                self.assertEqual(len(answer["survivors"]), n - (len(leaving) if gone else 0))

    def test_of_six(self):
        self.leave_at_each_stage(6)

    def test_of_ten(self):
        self.leave_at_each_stage(10, ["before it shares", "before its vector", "before it signs"])

    def test_of_more(self):
        for n in MORE:
            self.leave_at_each_stage(n)
        if MORE:
            self.leave_at_each_stage(20)

    def reveals_nothing(self, n, minimum, stages):
        crew = self.faulty_crew(n, minimum)
        for stage in stages:
            with self.subTest(stage, nodes=n):
                answer, _ = self.leave(crew, stage)
                self.assertEqual(answer["state"], "aborted", answer)
                self.assertNotIn("cells", answer)
                for node in crew.nodes:
                    self.assertFalse(any(row["has_result"] for row in node.json("exchange", "list")))

    def ask_until_shares(self, crew, silent):
        """Starts a question: all have consented, and this one is waited for, who says no more."""
        laggard, (at, _) = crew.nodes[-1], STAGES["before it shares"]
        crew.each(crew.asker.ping, crew.nodes[1:])
        for node in crew.nodes:
            node.disk.only_hold(0, kind="d")
        self.hold(laggard, at)
        command = crew.start("--epsilon", HALF)
        self.wait_commits(crew.nodes[1:], at)
        nodes.wait_still(crew.nodes)
        os.kill(silent.pids()["core"], signal.SIGSTOP)
        laggard.disk.let_go()
        nodes.wait_still([node for node in crew.nodes if node is not silent])
        return command

    def test_a_peer_may_be_renewed_before_the_next_attempt(self):
        crew = self.faulty_crew(6, minimum=3)
        asker, leaves, renewed = crew.nodes[:3]
        card, psk = self.home / "renewed", self.home / "psk"
        asker.do("peer", "psk", renewed.alias, "--new", psk)
        renewed.do("peer", "psk", asker.alias, "--file", psk)
        renewed.do("card", "--renew", "--out", card)
        for words in (("peer", "psk", renewed.alias, "--file", psk), ("peer", "add", card, "--yes")):
            with self.subTest(words[1]):
                command = self.ask_until_shares(crew, leaves)
                asker.do(*words)
                self.kill_core(leaves)
                answer = finish(command)
                self.assertEqual((answer["state"], len(answer.get("survivors", []))), ("done", 5), answer)
                self.is_sum(answer, self.survivors_sum(answer))
                leaves.start()
                crew.each(lambda node: node.do("dataset", "publish", DATASET))

    def test_there_is_no_next_attempt_without_a_peer_that_was_removed(self):
        crew = self.faulty_crew(6, minimum=3)
        gone = crew.nodes[2]
        command = self.ask_until_shares(crew, gone)
        crew.asker.do("peer", "remove", gone.alias)
        answer = finish(command)
        self.kill_core(gone)
        self.assertEqual(answer["state"], "aborted", answer)
        self.assertRegex(answer["fault"], "^tabulation: 1 of its participants is not pinned any more, or the card has "
                                          f"expired; .*{gone.alias}: the peer was removed(;|$)")

    def test_of_three_ends_it(self):
        self.reveals_nothing(3, 3, [stage for stage in STAGES if stage != "before it keeps the release"])

    def test_of_five_ends_it(self):
        # With five vectors four can unmask: |U| is five, as the rule demands.
        self.reveals_nothing(5, None, ["before it consents", "before it shares", "before its vector"])


class Costs(TabulationTest):
    def test_of_twenty_nodes_stay_within_bounds(self):
        path = nodes.ROOT / "tests/bench/bench_tabulate_federation.py"
        words = [sys.executable, str(path), "20", "10000", "--json", "--alone"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=300 * nodes.PATIENCE)
        self.assertEqual(done.returncode, DONE, done.stderr)
        figures = json.loads(done.stdout)
        self.assertEqual((figures["survivors"], figures["cells"]), (20, 10000))
        if nodes.IS_RELEASE:
            self.assertLess(figures["participant_cpu_ms"]["core"], 200)
            self.assertLess(sum(figures["initiator_added_kib"].values()), 64 * 1024)


# At which commit who leaves, or (waits) one who stays, stands still meanwhile.
STAGES = {"before it consents": (CONSENT, False),
          "before it shares": (CONSENT, True),
          "before its vector": (DEBIT, False),
          "before it signs": (DEBIT, True),
          "before it unmasks": (UNMASK, False),
          "before it keeps the release": (KEEP, False)}
