"""The page of `symbolon ui` in a real browser, against whole nodes; live.mjs drives it. Skipped as test_pictures."""

# runner: timeout=1000

import json
import os
import pathlib
import signal
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import nodes  # noqa: E402
import overlaps  # noqa: E402
import pages  # noqa: E402
import test_pictures  # noqa: E402

PICTURES = os.environ.get("SYMBOLON_PICTURES_KEEP")


class Browser:
    def __init__(self):
        self.process = subprocess.Popen(["node", str(HERE / "live.mjs"), str(test_pictures.PACKAGES)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, step, **options):
        self.process.stdin.write(json.dumps({"step": step, **options}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "failed" in answer:
            raise AssertionError((step, options, answer))
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


class LivePage(overlaps.OverlapTest):
    @classmethod
    def setUpClass(cls):
        reason = test_pictures.why_not()
        if reason is not None:
            raise unittest.SkipTest(reason)
        cls.do = Browser()
        cls.addClassCleanup(cls.do.close)

    def setUp(self):
        super().setUp()
        self.a, self.b = self.pair()
        self.load_numbers(self.a, "mine", range(100))
        self.load_numbers(self.b, "theirs", range(50, 150))
        self.b.user = "operator"
        self.b.do("user", "add", "anna", "--role", "approver,auditor,analyst")
        self.grant(self.b, self.a, "theirs", "overlap:count")
        self.overlap(self.a, self.b, reveal="count")
        self.grant(self.b, self.a, "theirs", "overlap:matches", words=("--approval",))
        self.assertEqual(self.try_overlap(self.a, self.b)[0], nodes.DENIED)
        self.row, = self.b.json("requests")

    def start(self, node, *words, user=None):
        ui = pages.Page(node, *words, user=user)
        self.addCleanup(ui.process.stderr.close)
        self.addCleanup(ui.process.stdout.close)
        self.addCleanup(lambda: ui.process.poll() is None and ui.end(signal.SIGKILL))
        return ui

    def keep(self, name):
        if PICTURES:
            self.do("picture", file=str(pathlib.Path(PICTURES) / f"{name}.png"))

    def is_for_everybody(self, seen):
        self.assertEqual(seen["violations"], [])
        self.assertEqual(seen["small"], [])
        self.assertLessEqual(seen["wider"], 0)

    def test_every_view_by_keyboard_and_for_everybody(self):
        views = {"status": ".facts", "exchanges": ".listing", "requests": ".listing", "grants": "p.problem, .listing",
                 "budgets": ".listing, .note", "evidence": ".listing"}
        for mode, options in (("light", {}), ("dark", {"colorScheme": "dark", "locale": "fr-FR"}),
                              ("narrow", {"viewport": {"width": 320, "height": 640}})):
            ui = self.start(self.b, user="anna")
            opened = self.do("open", url=ui.file.as_uri(), options=options)
            self.assertEqual(opened["address"].rstrip("/"), ui.origin)
            self.assertEqual(opened["cookies"], [])
            for view, shows in views.items():
                with self.subTest(mode, view=view):
                    seen = self.do("view", name=view, shows=f"a[data-view={view}][aria-current] ~ *, {shows}")
                    self.is_for_everybody(seen)
                    self.assertEqual(seen["focus"], "H2")
                    self.keep(f"{view}-{mode}")
            noted = self.do("noted")
            self.assertEqual(noted["problems"], [])
            for request in noted["requests"]:
                self.assertTrue(request.startswith((ui.origin, "file://")), request)
                self.assertNotIn(ui.token, request.removeprefix(f"{ui.origin}/#"))
            ui.end(signal.SIGINT)

    def test_a_grant_tells_its_budget_and_no_sizes_where_no_list_is_brought(self):
        self.grant(self.b, self.a, "theirs", "overlap:table", words=("--epsilon", "2.5"))
        self.grant(self.b, self.a, "incidents", "tabulate", words=("--epsilon", "1.5"))
        self.grant(self.b, self.a, "others", "tabulate")
        ui = self.start(self.b, user="operator")
        self.do("open", url=ui.file.as_uri())
        seen = self.do("view", name="grants", shows="a[data-view=grants][aria-current] ~ *, .listing")["text"]
        rows = [line.split("\t") for line in seen.splitlines() if line.startswith(self.a.alias)]
        sizes = "1 to 1,048,576"
        self.assertEqual({(cells[1], cells[2]): (cells[4], cells[7]) for cells in rows},
                         {("theirs", "Overlap: how many"): (sizes, "–"), ("theirs", "Overlap: matches"): (sizes, "–"),
                          ("theirs", "Overlap of lists"): (sizes, "2.5"), ("incidents", "Counts"): ("–", "1.5"),
                          ("others", "Counts"): ("–", "the dataset’s")})

    def refused(self):
        return [row for row in self.b.json("log", "list", user="anna") if row["kind"] == "refused"]

    def test_no_role_is_refused_anything_by_looking_at_every_view(self):
        closed = {"auditor": {"exchanges", "requests", "grants", "budgets"}, "analyst": {"grants", "evidence"},
                  "approver": {"evidence"}, "operator": {"evidence"}}
        for role in closed:
            self.b.cli("user", "add", f"the-{role}", "--role", role)
        held, = [row["id"] for row in self.b.json("requests") if row["own"]]  # that of an approver
        self.b.do("approve", held, user="anna")
        before = len(self.refused())
        for role, shut in closed.items():
            ui = self.start(self.b, "--approve", user=f"the-{role}")
            self.do("open", url=ui.file.as_uri())
            for view in ("exchanges", "requests", "grants", "budgets", "evidence", "status"):
                with self.subTest(role, view=view):
                    shows = "p.shut" if view in shut else ".listing, .note, .facts"
                    seen = self.do("view", name=view, shows=f"body:has(a[data-view={view}][aria-current]) .view :is({shows})")
                    self.is_for_everybody(seen)
                    self.assertEqual("does not ask for it" in seen["text"], view in shut or (view, role) == ("status", "auditor"))
                    self.assertEqual(f"the-{role} is an {role}" in seen["text"], view in shut or (view, role) in
                                     (("status", "auditor"), ("requests", "analyst"), ("requests", "operator")))
                    self.keep(f"{view}-{role}")
            noted = self.do("noted")
            self.assertEqual(noted["problems"], [])
            ui.end(signal.SIGINT)
        self.assertEqual(self.refused()[before:], [])

    def test_who_may_not_see_results_finds_them_greyed_out(self):
        self.a.user = "operator"
        self.a.do("user", "add", "the-approver", "--role", "approver")
        one, = [row["id"] for row in overlaps.exchanges(self.a) if row["state"] == "done"]
        ui = self.start(self.a, user="the-approver")
        self.do("open", url=ui.file.as_uri())
        seen = self.do("view", name="exchanges", shows=".listing button:disabled")
        self.assertIn("Only an analyst may see results", seen["text"])
        self.assertIn("does not ask for it", self.do("view", name=f"result/{one}", shows=".view p.shut")["text"])

    def test_a_request_is_approved_by_keyboard_with_the_alias_typed(self):
        ui = self.start(self.b, "--approve", user="anna")
        self.do("open", url=ui.file.as_uri())
        self.do("view", name="requests", shows=f"#approve-{self.row['id']}")
        asked = self.do("press", selector=f"#approve-{self.row['id']}", until="dialog[open]")
        self.is_for_everybody(asked)
        for what in ("bank-a", "theirs", "test, agreement", "100"):
            self.assertIn(what, asked["text"])
        self.assertNotIn(self.row["case_commitment"][:8], asked["text"])
        self.keep("approve")
        wrong = self.do("type", words="bank-b", until="dialog .problem:not(:empty)")
        self.assertIn("nothing was approved", wrong["text"])
        self.assertEqual(self.b.json("requests")[0]["state"], "waiting")
        self.assertEqual(self.do("key", name="Escape", until="body:not(:has(dialog))")["focus"],
                         f"approve-{self.row['id']}")
        self.do("press", selector=f"#approve-{self.row['id']}", until="dialog[open]")
        done = self.do("type", words="bank-a", until="body:not(:has(dialog))")
        self.assertIn("approved", done["said"])
        self.assertEqual(self.b.json("requests")[0]["decided_by"], "anna")

    def test_who_approved_what_ended_all_the_same_did_not_end_it(self):
        ui = self.start(self.b, user="anna")
        self.do("open", url=ui.file.as_uri())
        rows = [{**self.row, "id": self.row["id"][:-1] + digit, "state": state, "decided_by": "anna"}
                for digit, state in zip("0123", ("cancelled", "expired", "denied", "used"))]
        self.do("answer", path="/api/requests", value=rows)
        seen = self.do("view", name="requests", shows=f"[data-row='{rows[-1]['id']}']")["text"]
        for state in ("cancelled by the peer, approved by anna", "expired, approved by anna", "denied by anna",
                      "approved, used by anna"):
            self.assertIn(f"\t{state}\n", f"{seen}\n")

    def test_a_restored_copy_says_why_no_budget_is_left(self):
        ui = self.start(self.b, user="anna")
        row = {"dataset": "incidents", "peer": "", "year": 2026, "cap_nano": 8 * 10**9, "spent_nano": 3 * 10**9,
               "reserved_nano": 0, "left_nano": 0, "renews": "2027-11-24T00:00:00Z"}
        self.do("open", url=ui.file.as_uri())
        for restored in (False, True):
            self.do("view", name="status", shows=".facts")
            self.do("answer", path="/api/budgets", value=[{**row, "restored": restored}])
            seen = self.do("view", name="budgets", shows="table.listing")
            self.is_for_everybody(seen)
            self.assertEqual("Nothing is left before Nov 24, 2027" in seen["text"], restored, seen["text"])

    def test_without_the_flag_nothing_can_be_pressed(self):
        ui = self.start(self.b, user="anna")
        self.do("open", url=ui.file.as_uri())
        seen = self.do("view", name="requests", shows=f"#approve-{self.row['id']}:disabled")
        self.assertIn("--approve", seen["text"])

    def test_the_log_is_verified_and_compared(self):
        ui = self.start(self.b, user="anna")
        self.do("open", url=ui.file.as_uri())
        self.do("view", name="evidence", shows="#verify")
        seen = self.do("press", selector="#verify", until=".verdict .good")
        self.assertIn("The log is whole", seen["text"])
        self.is_for_everybody(seen)
        seen = self.do("press", selector="#compare", until=".part:nth-of-type(2) .verdict")
        self.assertIn("The two logs agree", seen["text"])
        self.keep("evidence-verified")
        ahead = {**self.b.json("log", "verify", user="anna"), "ahead_seconds": 9000}
        self.do("answer", path="/api/log/verify", value=ahead)
        self.do("view", name="status", shows=".facts")
        self.do("view", name="evidence", shows="#verify")
        seen = self.do("press", selector="#verify", until=".verdict .good")
        self.assertIn("Ahead of the clock\nthe newest entry, by up to 3 hours", seen["text"])

    def test_a_result_is_shown_as_a_report_shows_it(self):
        ui = self.start(self.a)
        self.do("open", url=ui.file.as_uri())
        one, = [row["id"] for row in overlaps.exchanges(self.a) if row["state"] == "done"]
        seen = self.do("view", name="exchanges", shows=f"#result-{one}")
        self.assertIn("each time is an entry in the evidence log", seen["text"])
        seen = self.do("press", selector=f"#result-{one}", until=".logged")
        self.assertIn("50", seen["text"])
        self.assertIn("Entered into the evidence log of Bank A: operator was shown this result", seen["text"])
        self.is_for_everybody(seen)
        self.keep("result")
        self.assertFalse(self.do("inject")["ran"])
        back = self.do("press", selector="a.back", until=".listing")
        self.assertIn("The latest first", back["text"])

    def test_what_ends_while_it_is_shown_is_said(self):
        ui = self.start(self.a)
        self.do("open", url=ui.file.as_uri())
        self.do("view", name="exchanges", shows=".listing")
        self.b.do("approve", self.row["id"], user="anna")
        seen = self.do("wait", until="#live:not(:empty)")
        self.assertIn("done", seen["said"])

    def test_the_tab_stays_in_when_reloaded_and_says_when_the_server_is_gone(self):
        ui = self.start(self.b, user="anna")
        address = f"{ui.origin}/#{ui.token}"
        self.do("open", url=ui.file.as_uri())
        self.assertIn("Bank B", self.do("reload")["text"])
        self.do("wait", until=".facts")
        ui.end(signal.SIGTERM)
        self.assertIn("has ended", self.do("wait", until="#live:not(.hidden)")["said"])
        again = self.start(self.b, user="anna")
        self.do("open", url=f"{again.origin}/#{address[-64:]}")
        self.assertIn("not yours", self.do("wait", until="#live:not(.hidden)")["said"])


if __name__ == "__main__":
    unittest.main()
