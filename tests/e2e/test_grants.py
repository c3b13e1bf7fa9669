"""Grants and requests: nothing is granted that nobody granted; every limit; who approves; what both
nodes remember of each exchange and each denial."""

import json
import os
import pathlib
import signal

import nodes
import overlaps
from nodes import DENIED, DONE, FAILED, USAGE
from overlaps import OverlapTest, ids, overlap_words, start_cli

KINDS = ("overlap:matches", "overlap:count")


def waits_for_an_answer(pid):
    """A command that sleeps on its socket."""
    process = pathlib.Path(f"/proc/{pid}")
    state = (process / "stat").read_text("ascii").rpartition(")")[2].split()[0]
    return state == "S" and any(os.readlink(fd).startswith("socket:") for fd in (process / "fd").iterdir())


class GrantTest(OverlapTest):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.pair()
        self.load_numbers(self.a, "mine", range(100), "a")
        self.load_numbers(self.b, "theirs", range(50, 150), "b")

    def ask(self, reveal="matches", words=(), **how):
        return self.try_overlap(self.a, self.b, reveal=reveal, words=words, **how)

    def asks_and_is_denied(self, *fragments, **how):
        before = len(overlaps.exchanges(self.b))
        outcome = self.ask(**how)
        self.is_denied(outcome, *fragments)
        self.assertEqual(outcome[1], "")
        mine, theirs = self.latest(self.a), self.latest(self.b)
        self.assertEqual((mine["state"], theirs["state"], mine["id"]), ("denied", "denied", theirs["id"]))
        self.assertEqual((mine["role"], theirs["role"]), ("initiator", "participant"))
        self.assertEqual(len(overlaps.exchanges(self.b)), before + 1)
        return outcome[2]

    def asks_and_gets(self, reveal="matches", words=()):
        answer = self.overlap(self.a, self.b, reveal=reveal, words=words)
        self.assertEqual(answer["common"], 50)
        return answer

    def permit(self, *words, kinds=("overlap:matches",)):
        self.grant(self.b, self.a, "theirs", *kinds, words=words)

    def listed(self):
        return {(row["peer"], row["dataset"], row["kind"]): row for row in self.b.json("grants", "list")}


class Limits(GrantTest):
    def test_nothing_is_granted_that_nobody_granted(self):
        self.assertEqual(self.b.json("grants", "list"), [])
        no_grant = self.asks_and_is_denied()
        self.asks_and_is_denied(reveal="count")
        # A dataset that does not exist is denied in the same words.
        absent = self.asks_and_is_denied(theirs="absent")
        self.assertEqual(no_grant.replace("theirs", "absent"), absent)
        # Neither another kind, nor another dataset, nor another peer's grant helps.
        self.permit(kinds=("overlap:count",))
        self.asks_and_is_denied()
        self.asks_and_gets("count")
        self.load_numbers(self.b, "more", range(10))
        self.asks_and_is_denied(theirs="more")
        c = self.node("Bank C")
        c.peer_with(self.b)
        self.load_numbers(c, "mine", range(100))
        self.is_denied(self.try_overlap(c, self.b, reveal="count"))

    def test_a_grant_can_be_seen_replaced_and_revoked(self):
        self.permit(kinds=KINDS)
        row = self.listed()["bank-a", "theirs", "overlap:matches"]
        self.assertEqual((row["min_size"], row["max_size"], row["per_day"], row["asked"], row["approval"]),
                         (1, 1 << 20, 100, 0, False))
        self.assertEqual(row["added_by"], "operator")
        self.asks_and_gets()
        self.assertEqual(self.listed()["bank-a", "theirs", "overlap:matches"]["asked"], 1)
        again = self.b.json("grant", "bank-a", "theirs", "overlap:matches", "--max-size", "99")
        self.assertEqual((again["max_size"], again["replaced"]["max_size"], again["replaced"]["asked"]),
                         (99, 1 << 20, 1))
        self.assertEqual(len(self.listed()), 2)
        self.assertEqual(self.listed()["bank-a", "theirs", "overlap:matches"]["max_size"], 99)
        self.asks_and_is_denied()
        self.b.restart()
        self.assertEqual(self.listed()["bank-a", "theirs", "overlap:matches"]["max_size"], 99)
        self.b.do("revoke", "bank-a", "theirs", "overlap:count")
        self.assertEqual(list(self.listed()), [("bank-a", "theirs", "overlap:matches")])
        self.asks_and_is_denied(reveal="count")
        self.assertEqual(self.b.cli("revoke", "bank-a", "theirs", "overlap:count")[0], FAILED)

    def test_sizes(self):
        self.permit("--min-size", "101")
        self.asks_and_is_denied()
        self.permit("--max-size", "99")
        self.asks_and_is_denied()
        self.permit("--min-size", "100", "--max-size", "100")
        self.asks_and_gets()

    def test_purposes(self):
        self.permit("--purposes", "aml,cft")
        self.asks_and_is_denied()
        self.permit("--purposes", "aml,test")
        self.asks_and_gets()

    def test_types(self):
        self.permit("--types", "iban,phone")
        self.asks_and_is_denied()
        self.asks_and_is_denied(words=("--type", "account"))
        self.permit("--types", "account")
        self.asks_and_gets(words=("--type", "account"))
        self.is_denied(self.ask())  # any type is more than this one

    def test_denied_ones_count_in_a_day(self):
        self.permit("--per-day", "4", "--max-size", "99", kinds=KINDS)
        for _ in range(3):
            self.asks_and_is_denied()
        self.permit("--per-day", "4")
        self.asks_and_gets()  # a new grant starts from what was asked before
        self.asks_and_is_denied("24 hours")
        self.b.restart()
        self.asks_and_is_denied()
        self.permit("--per-day", "100", kinds=("overlap:count",))
        self.asks_and_gets("count")

    def test_expiry(self):
        self.permit("--expires", "1")
        expires = self.listed()["bank-a", "theirs", "overlap:matches"]["expires"]
        self.assertRegex(expires, r"^20\d\d-\d\d-\d\dT")
        self.asks_and_gets()

    def test_the_least_result(self):
        self.permit("--min-result", "50", kinds=KINDS)
        for reveal in ("matches", "count"):
            self.asks_and_gets(reveal)
            self.assertEqual((self.latest(self.a)["min_result"], self.latest(self.a)["withheld"]), (50, False))
        self.permit("--min-result", "51", kinds=KINDS)
        for reveal in ("matches", "count"):
            outcome = self.ask(reveal)
            self.refused(outcome, DENIED, "withheld", "bank-b grants none with fewer than 51 identifiers in common")
            self.assertEqual(outcome[1], "")
            row = self.latest(self.a)
            self.assertEqual((row["state"], row["withheld"], row["common"], row["records"], row["has_result"]),
                             ("done", True, 0, 0, False))
            self.assertIn("withheld: fewer than 51 identifiers", self.a.do("exchange", "show", row["id"]))
            for _ in range(2):
                self.refused(self.a.cli("exchange", "result", row["id"]), DENIED, "withheld")
                self.a.restart()
        self.assertEqual(self.ends_as(self.b, "done")["min_result"], 51)

    def test_engines(self):
        def computed(engine, why, *words):
            self.asks_and_gets(words=words)
            for row in self.latest(self.a), self.ends_as(self.b, "done"):
                self.assertEqual((row["engine"], row["engine_why"]), (engine, why))
            self.assertRegex(self.a.do("exchange", "show", self.latest(self.a)["id"]), f"engine +{engine}: {why}")
        self.permit("--engines", "vole")
        self.asks_and_is_denied("the engine dh", words=("--engine", "dh"))
        computed("vole", "the grant covers no other")
        self.permit()
        self.assertEqual(self.listed()["bank-a", "theirs", "overlap:matches"]["engines"], ["dh"])
        self.asks_and_is_denied("the engine vole", words=("--engine", "vole"))
        computed("dh", "the grant covers no other")
        self.permit("--engines", "dh,vole")
        computed("dh", "the lists are short")
        computed("vole", "no other was asked for", "--engine", "vole")
        # A list of 100 counts as the 1,469 identifiers that a cheating owner could test.
        self.permit("--engines", "dh,vole", "--max-size", "1468")
        self.asks_and_is_denied("this one counts as 1469", words=("--engine", "vole"))
        computed("dh", "the grant covers no other")
        self.permit("--engines", "dh,vole", "--max-size", "1469")
        computed("vole", "no other was asked for", "--engine", "vole")
        self.a.do("settings", "set", "overlap-engines", "dh")
        computed("dh", "no other was asked for")

    def test_a_budget_is_kept_in_millionths(self):
        self.permit("--epsilon", "1.5", kinds=("overlap:table",))
        self.assertEqual(self.listed()["bank-a", "theirs", "overlap:table"]["epsilon_nano"], 1500000000)
        self.b.restart()
        self.assertEqual(self.listed()["bank-a", "theirs", "overlap:table"]["epsilon_nano"], 1500000000)

    def test_grants_that_make_no_sense_are_refused(self):
        def refused(code, *words):
            outcome = self.b.cli("grant", *words)
            self.assertEqual(outcome[0], code, (words, outcome))
        refused(FAILED, "bank-x", "theirs", "overlap:count")
        for words in (("bank-a", "theirs", "overlap:everything"), ("bank-a", "theirs", "ping"), ("bank-a", "theirs")):
            refused(USAGE, *words)
        for words in (("--max-size", "0"), ("--min-size", "x"), ("--purposes", "fun"), ("--types", "shoe_size"),
                      ("--expires", "0"), ("--per-day", "-1"), ("--min-result", "-1"), ("--engines", "abacus"),
                      ("--epsilon", "1e3"), ("--max-size", "5", "--min-result", "6")):
            refused(USAGE, "bank-a", "theirs", "overlap:count", *words)
        self.assertNotEqual(self.b.cli("grant", "bank-a", "theirs", "overlap:count", "--min-size", "10",
                                       "--max-size", "9")[0], DONE)
        self.assertEqual(self.b.json("grants", "list"), [])

    def test_a_peer_that_is_removed_leaves_no_grant(self):
        self.permit(kinds=KINDS)
        self.b.do("user", "add", "auditor", "--role", "auditor")
        self.b.user = "operator"
        self.b.do("peer", "remove", "bank-a")
        self.assertEqual(self.b.json("grants", "list"), [])
        dropped, removed = self.b.json("log", "list", user="auditor")[-2:]
        self.assertEqual((dropped["event"], removed["event"]), ("grants-dropped", "peer-removed"))
        self.assertEqual((dropped["user"], removed["user"]), ("operator", "operator"))
        self.b.pin(self.a)
        self.asks_and_is_denied()


class Approval(GrantTest):
    def setUp(self):
        super().setUp()
        for role in ("analyst", "approver", "auditor"):
            self.b.do("user", "add", f"the-{role}", "--role", role, user="operator")
        self.b.user = "operator"
        self.permit("--approval", kinds=KINDS)

    def holds(self, reveal="matches"):
        """Asks; the row of the request that now waits."""
        outcome = self.ask(reveal)
        self.assertEqual(outcome[0], DENIED, outcome)
        self.assertIn("exchange show", outcome[1] + outcome[2])
        self.assertEqual(self.latest(self.a)["state"], "held")
        row, = [row for row in self.b.json("requests") if row["state"] == "waiting"]
        self.assertEqual((row["peer"], row["dataset"], row["kind"], row["purpose"], row["basis"], row["elements"]),
                         ("bank-a", "theirs", f"overlap:{reveal}", "test", "agreement", 100))
        return row

    def approve(self, row):
        self.b.do("approve", row["id"], user="the-approver")

    def ends(self, exchange, state, seconds=45):
        row = nodes.wait_until(lambda: self.shown(self.a, exchange)["state"] in overlaps.ENDED and
                               self.shown(self.a, exchange), seconds, "the exchange ends")
        self.assertEqual(row["state"], state, row)
        return row

    def test_a_held_request_goes_on_by_itself_when_it_is_approved(self):
        held = self.holds()
        exchange = self.latest(self.a)["id"]
        self.assertEqual(self.a.cli("exchange", "result", exchange)[0], FAILED)
        self.approve(held)
        row = self.ends(exchange, "done")
        self.assertEqual(row["records"], 50)
        answer = json.loads(self.a.do("exchange", "result", exchange, "--format", "json"))
        self.assertEqual(set(overlaps.matched(answer)), ids(range(50, 100), "a"))
        done = [row for row in overlaps.exchanges(self.b) if row["state"] == "done"]
        self.assertEqual([row["approver"] for row in done], ["the-approver"])
        self.assertNotIn("the-approver", json.dumps(self.shown(self.a, exchange)))
        row, = self.b.json("requests")
        self.assertEqual((row["state"], row["decided_by"]), ("used", "the-approver"))
        # An approval is for one exchange.
        self.holds()

    def test_who_asks_again_for_what_is_held_goes_on_with_it(self):
        held = self.holds()
        exchange = self.latest(self.a)["id"]
        self.assertEqual(self.ask("matches")[0], DENIED)
        core = self.a.pids()["core"]
        os.kill(core, signal.SIGSTOP)  # it would go on by itself before it is asked
        try:
            self.approve(held)
            again = start_cli(self.a, *overlap_words(self.b, "mine", "theirs", "matches", "--format", "json"))
            nodes.wait_until(lambda: waits_for_an_answer(again.pid), 10, "it is asked again")
        finally:
            os.kill(core, signal.SIGCONT)
        answer = json.loads(self.finish(again))
        self.assertEqual((answer["exchange"]["id"], answer["common"]), (exchange, 50))
        self.assertEqual(len(overlaps.exchanges(self.a)), 1)
        row, = self.b.json("requests")
        self.assertEqual(row["state"], "used")

    def test_who_waits_gets_the_result(self):
        command = start_cli(self.a, *overlap_words(self.b, "mine", "theirs", "matches", "--format", "json",
                                                   "--hold", "60"))
        row, = nodes.wait_until(lambda: self.b.json("requests"), 10, "the request arrives")
        self.approve(row)
        self.assertEqual(json.loads(self.finish(command))["common"], 50)

    def test_only_an_approver_decides(self):
        held = self.holds()
        for user in ("operator", "the-analyst", "the-auditor"):
            for words in (("approve", held["id"]), ("deny", held["id"], "--why", "no")):
                with self.subTest(user, words=words[0]):
                    self.refused(self.b.cli(*words, user=user), DENIED)
        self.assertEqual(self.b.json("requests")[0]["state"], "waiting")
        self.assertEqual(self.b.cli("approve", "f" * 32, user="the-approver")[0], FAILED)
        self.assertEqual(self.b.cli("deny", held["id"], user="the-approver")[0], USAGE)

    def test_a_denial_says_why_and_stays(self):
        held = self.holds()
        exchange = self.latest(self.a)["id"]
        self.b.do("deny", held["id"], "--why", "the case is closed", user="the-approver")
        self.ends(exchange, "denied")
        self.assertIn("the case is closed", json.dumps(self.shown(self.a, exchange)))
        row, = self.b.json("requests")
        self.assertEqual((row["state"], row["why"], row["decided_by"]),
                         ("denied", "the case is closed", "the-approver"))
        self.assertNotEqual(self.b.cli("approve", held["id"], user="the-approver")[0], DONE)
        self.assertIn("denied", {row["state"] for row in overlaps.exchanges(self.b)})
        self.became(held, "denied", "by the-approver: the case is closed")

    def became(self, held, state, words):
        """At the node that was asked, which has no exchange of it to write down."""
        row = self.shown(self.b, held["id"])
        self.assertEqual((row["state"], row["fault"]), (state, words))
        self.assertIsNotNone(row["ended"])
        row, = [row for row in overlaps.exchanges(self.b) if row["id"] == held["id"]]
        self.assertEqual((row["state"], row["fault"]), (state, words))
        self.assertIn(f"{state}: {words}", self.b.do("exchange", "show", held["id"]))

    def test_who_was_asked_sees_that_it_is_approved_before_the_peer_comes_again(self):
        held = self.holds()
        self.assertEqual(self.shown(self.b, held["id"])["fault"], "")
        self.a.stop()
        self.approve(held)
        row = self.shown(self.b, held["id"])
        self.assertEqual((row["state"], row["approver"], row["fault"]),
                         ("held", "the-approver", "approved by the-approver; the peer has to ask again"))
        self.assertRegex(self.b.do("exchange", "list"), rf"{held['id'][:12]} .* approved ")

    def test_a_held_request_outlives_a_restart_of_both(self):
        held = self.holds("count")
        exchange = self.latest(self.a)["id"]
        self.b.restart()
        self.approve(held)
        self.b.restart()
        self.a.restart()
        state = self.shown(self.a, exchange)["state"]
        self.assertIn(state, ("held", "waiting", "running", "done", "aborted"))
        if state == "aborted":  # asking again finds the approval
            self.counts(self.a, self.b, 50)
        else:
            self.assertEqual(self.ends(exchange, "done")["common"], 50)

    def waiting(self):
        return [row for row in self.b.json("requests") if row["state"] == "waiting"]

    def test_an_approval_is_good_for_the_case_it_was_given_for(self):
        first = self.holds()
        self.a.restart()  # it goes on asking for neither of them by itself
        self.assertEqual(self.ask(words=("--case", "T-2"))[0], DENIED)
        second, = [row for row in self.waiting() if row["id"] != first["id"]]
        self.assertNotEqual(first["case_commitment"], second["case_commitment"])
        self.a.restart()
        self.approve(second)
        self.assertEqual(self.ask()[0], DENIED)  # on the same terms, of the first case
        self.assertEqual([row["id"] for row in self.waiting()], [first["id"]])
        self.a.restart()
        self.assertEqual(self.overlap(self.a, self.b, words=("--case", "T-2"))["common"], 50)
        self.assertEqual({row["id"]: row["state"] for row in self.b.json("requests")},
                         {first["id"]: "waiting", second["id"]: "used"})
        # The salts were of that request only.
        self.assertEqual(self.ask(words=("--case", "T-2"))[0], DENIED)
        third, = [row for row in self.waiting() if row["id"] != first["id"]]
        self.assertNotEqual(third["case_commitment"], second["case_commitment"])

    def test_it_can_be_cancelled_while_it_is_held(self):
        held = self.holds()
        exchange = self.latest(self.a)["id"]
        self.a.do("exchange", "cancel", exchange)
        self.ends(exchange, "aborted")
        self.is_cancelled(held)
        self.became(held, "aborted", "cancelled by the peer")
        self.refused(self.b.cli("approve", held["id"], user="the-approver"), FAILED, "was cancelled by the peer")
        said, = [row for row in self.b.json("log", "list", "--limit", "1000", user="the-auditor")
                 if row.get("event") == "request-cancelled"]
        self.assertEqual((said["kind"], said["exchange"], said["peer"], said["reason"]),
                         ("decided", held["id"], "bank-a", "cancelled by its user"))
        self.assertEqual(self.shown(self.a, exchange)["state"], "aborted")
        # The same question is a new request; nobody is there to be told when it is cancelled.
        again = self.holds()
        self.b.stop()
        exchange = self.latest(self.a)["id"]
        self.a.do("exchange", "cancel", exchange)
        self.ends(exchange, "aborted")
        self.b.start()
        self.assertEqual([row["id"] for row in self.b.json("requests") if row["state"] == "waiting"], [again["id"]])
        self.a.ping(self.b)
        self.is_cancelled(again)

    def is_cancelled(self, held):
        def state():
            return {row["id"]: row["state"] for row in self.b.json("requests")}[held["id"]]
        nodes.wait_until(lambda: state() == "cancelled", 15, "the request is cancelled at the other node, too")


class Memory(GrantTest):
    def test_each_end_is_an_entry_at_both_nodes(self):
        self.permit(kinds=("overlap:count",))
        self.permit("--approval")
        self.counts(self.a, self.b, 50)
        self.is_denied(self.ask(theirs="absent"))
        self.assertEqual(self.ask()[0], DENIED)
        for _ in range(2):
            for node in (self.a, self.b):
                states = [row["state"] for row in overlaps.exchanges(node)]
                self.assertEqual(states[-2:], ["denied", "done"], node.name)  # the latest come first
                self.assertIn(states[0], ("held", "aborted"))
            done_a, done_b = (overlaps.exchanges(node)[-1] for node in (self.a, self.b))
            self.assertEqual(done_a["id"], done_b["id"])
            self.assertEqual((done_a["own_size"], done_a["peer_size"], done_a["common"]), (100, 100, 50))
            for row in (done_a, done_b):
                self.assertLessEqual(row["started"], row["ended"])
            for node in (self.a, self.b):
                node.restart()

    def test_the_log_names_neither_case_nor_note(self):
        self.permit(kinds=KINDS)
        self.asks_and_gets(words=("--note", "kept-at-home"))
        for node in (self.a, self.b):
            self.assertNotIn("kept-at-home", node.log(10000))
            self.assertNotIn("T-1", node.log(10000))
