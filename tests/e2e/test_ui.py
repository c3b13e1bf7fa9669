"""`symbolon ui`: who is kept out of the local page, what it shows, what may be decided there, how it ends.

runner: timeout=1200
"""

import json
import os
import pathlib
import signal
import socket
import stat
import subprocess
import sys
import time

import nodes
import overlaps
import pages
from nodes import DONE, FAILED, USAGE
from overlaps import OverlapTest, overlap_words

# Every path that tells or changes something.
PATHS = ("session", "status", "peers", "grants", "requests", "budgets", "exchanges", "partners", "log", "log/verify")
DEADLINE_S = 10


class UiTest(OverlapTest):
    def page(self, node, *words, **how):
        page = pages.Page(node, *words, **how)
        self.addCleanup(page.process.stderr.close)
        self.addCleanup(page.process.stdout.close)
        self.addCleanup(lambda: page.process.poll() is None and page.end(signal.SIGKILL))
        return page

    def is_refused(self, reply, status, fragment=""):
        self.assertEqual(reply.status, status, reply.body)
        self.assertIn(fragment, reply.why())


class Door(UiTest):
    def setUp(self):
        super().setUp()
        self.a = self.node("Bank A")
        self.ui = self.page(self.a)

    def test_the_page_itself_holds_nothing_and_may_not_be_framed_cached_or_sniffed(self):
        reply = self.ui.ask("GET", "/")
        self.assertEqual(reply.status, 200)
        self.assertIn(b'id="data">null</script>', reply.body)
        for name in (b"Bank A", self.ui.token.encode()):
            self.assertNotIn(name, reply.body)
        for where in (reply, self.ui.ask("GET", "/api/status")):
            for name, value in (("Cache-Control", "no-store"), ("X-Frame-Options", "DENY"),
                                ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
                                ("Cross-Origin-Resource-Policy", "same-origin"),
                                ("Cross-Origin-Opener-Policy", "same-origin")):
                self.assertEqual(where.headers[name], value)
            self.assertIn("frame-ancestors 'none'", where.headers["Content-Security-Policy"])
            self.assertIsNone(where.headers["Set-Cookie"])
            self.assertIsNone(where.headers["Access-Control-Allow-Origin"])
        policy = reply.body.partition(b'Content-Security-Policy" content="')[2].partition(b'"')[0]
        self.assertIn(b"default-src 'none'", policy)
        self.assertNotIn(b"unsafe", policy)

    def test_a_foreign_host_is_refused_whatever_else_is_right(self):
        self.ui.enter()
        for host in (None, "", "localhost", f"localhost:{self.ui.port}", "127.0.0.1", f"127.0.0.1:{self.ui.port + 1}",
                     f"[::1]:{self.ui.port}", f"evil.example:{self.ui.port}", f"127.0.0.1.:{self.ui.port}",
                     f"127.0.0.1:{self.ui.port}.evil.example", f"127.1:{self.ui.port}"):
            for method, path in (("GET", "/"), ("GET", "/api/status"), ("POST", "/session")):
                with self.subTest(host, path=path):
                    reply = self.ui.ask(method, path, headers={"Host": host})
                    # Of HTTP/1.1 the library itself wants one at all.
                    self.assertEqual(reply.status, 400 if host is None else 421)
                    self.assertNotIn(b"<html", reply.body.lower() if host else b"")
        self.is_refused(self.ui.ask("GET", "/api/status", headers={"Host": [self.ui.host, "evil.example"]}), 400)

    def test_what_another_page_causes_is_refused(self):
        self.ui.enter()
        for origin in ("null", "http://evil.example", "http://localhost", f"http://localhost:{self.ui.port}",
                       f"https://{self.ui.host}", f"http://127.0.0.1:{self.ui.port + 1}", f"{self.ui.origin}/", ""):
            with self.subTest(origin):
                self.is_refused(self.ui.ask("GET", "/api/status", headers={"Origin": origin}), 403, "Another page")
                self.is_refused(self.ui.ask("POST", "/session", headers={"Origin": origin}), 403)
        for site in ("cross-site", "same-site", "evil"):
            with self.subTest(site):
                self.is_refused(self.ui.ask("GET", "/api/status", headers={"Sec-Fetch-Site": site}), 403)
        two = {"Origin": [self.ui.origin, "http://evil.example"]}
        self.is_refused(self.ui.ask("GET", "/api/status", headers=two), 400)
        own = {"Origin": self.ui.origin, "Sec-Fetch-Site": "same-origin"}
        self.assertEqual(self.ui.ask("GET", "/api/status", headers=own).status, 200)

    def test_the_token_opens_once(self):
        for wrong in ("", "0" * 64, self.ui.token[:-1], self.ui.token + "0", self.ui.token.upper() + " "):
            with self.subTest(wrong):
                self.is_refused(self.ui.ask("POST", "/session", headers={"Authorization": f"Bearer {wrong}"}), 401)
        self.is_refused(self.ui.ask("POST", f"/session?token={self.ui.token}"), 401)
        self.is_refused(self.ui.ask("POST", "/session", headers={"Authorization": self.ui.token}), 401)
        self.assertIn(self.ui.ask("GET", "/session", token=self.ui.token).status, (401, 404))
        self.ui.enter()
        self.assertRegex(self.ui.session, "^[0-9a-f]{64}$")
        self.assertNotEqual(self.ui.session, self.ui.token)
        self.is_refused(self.ui.ask("POST", "/session", token=self.ui.token), 401, "not yours")
        self.is_refused(self.ui.ask("POST", "/session"), 401)
        told = self.ui.get("/api/session")
        self.assertEqual((told["node"], told["user"], told["approve"]), ("Bank A", "operator", False))
        self.assertEqual(told["roles"], ["analyst", "operator"])

    def test_nothing_is_told_without_the_session(self):
        self.ui.enter()
        session, self.ui.session = self.ui.session, None
        other = self.page(self.a).enter()
        for path in (*(f"/api/{path}" for path in PATHS), "/api/nothing", "/elsewhere"):
            for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {self.ui.token}"},
                            {"Authorization": f"Bearer {other.session}"}, {"Authorization": f"Basic {session}"},
                            {"Cookie": f"session={session}"}, {"Authorization": [f"Bearer {session}"] * 2}):
                with self.subTest(path, headers=headers):
                    self.assertIn(self.ui.ask("GET", path, headers=headers).status, (400, 401))
        self.assertEqual(self.ui.ask("GET", f"/api/status?session={session}").status, 401)
        for path in ("approve", "deny"):
            self.is_refused(self.ui.ask("POST", f"/api/requests/{'0' * 32}/{path}", b"x"), 401)

    def test_what_is_not_there_is_said_so(self):
        self.ui.enter()
        for path in ("/api/nothing", "/api", "/api/", "//api/status", "/api/status/", "/api/../api/status",
                     "/index.html", "/%61pi/status", "/api%2fstatus", "/api/status%00", "/api/status%00/x", "/api/exchanges/xyz", f"/api/exchanges/{'g' * 32}", f"/api/exchanges/{'0' * 33}"):
            with self.subTest(path):
                self.is_refused(self.ui.ask("GET", path), 404)
        self.is_refused(self.ui.ask("GET", f"/api/exchanges/{'0' * 32}"), 404)
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            self.is_refused(self.ui.ask(method, "/api/status", b""), 405)
        self.assertEqual(self.ui.ask("HEAD", "/api/status").status, 405)
        self.is_refused(self.ui.ask("GET", "/api/exchanges?before=x"), 422, "before")
        self.is_refused(self.ui.ask("GET", "/api/exchanges?before=1%00x"), 422, "before")
        self.is_refused(self.ui.ask("POST", "/api/log/compare?peer=../x"), 422, "peer: is no alias")
        for nobody in ("", "?peer", "?peer=", "?pear=x"):
            self.is_refused(self.ui.ask("POST", f"/api/log/compare{nobody}"), 422, "peer: none is named")


class Secrets(UiTest):
    def test_the_browser_learns_the_token_from_a_file_that_is_private_and_gone_afterwards(self):
        ui = self.page(self.node("Bank A"))
        self.assertEqual(stat.S_IMODE(ui.file.stat().st_mode), 0o600)
        self.assertIn(f'url={ui.origin}/#{ui.token}"', ui.file.read_text("ascii"))
        self.is_told_nowhere(ui, ui.token)
        ui.enter()
        nodes.wait_until(lambda: not ui.file.exists(), 2, "the file is removed")
        self.is_told_nowhere(ui, ui.token, ui.session)
        self.assertEqual(ui.end(signal.SIGINT), DONE)
        for secret in (ui.token, ui.session):
            self.assertNotIn(secret, ui.greeting + ui.output + ui.complaint)
            self.assertNotIn(secret, self.nodes[0].log())

    def is_told_nowhere(self, ui, *secrets):
        for what in ("cmdline", "environ"):
            shown = pathlib.Path(f"/proc/{ui.process.pid}/{what}").read_bytes().decode("utf-8", "replace")
            for secret in secrets:
                self.assertNotIn(secret, shown)

    def test_what_opens_the_browser_gets_the_file_and_nothing_else(self):
        told = self.home / "told"
        opener = self.home / "xdg-open"
        opener.write_text(f'#!/bin/sh\n{{ echo "$@"; ls -l /proc/$$/fd; }} >{told}.new; mv {told}.new {told}\n')
        opener.chmod(0o755)
        ui = self.page(self.node("Bank A"), browser=True,
                       env={"PATH": f"{self.home}:{os.environ['PATH']}", "XDG_RUNTIME_DIR": str(self.home)})
        nodes.wait_until(told.exists, 5, "the browser is started")
        words, *files = told.read_text("utf-8").splitlines()
        self.assertEqual(words, str(ui.file))
        self.assertEqual(ui.file.parent, self.home)
        self.assertNotIn(ui.token, "\n".join([words, *files]))
        for line in files:
            self.assertNotRegex(line, "socket:|eventpoll|signalfd|/node/")

    def test_the_file_lies_where_nobody_else_can_replace_it(self):
        node = self.node("Bank A")
        for mode, kept in ((0o777, False), (0o770, False), (0o1777, True), (0o700, True)):
            directory = self.home / f"{mode:o}"
            directory.mkdir()
            directory.chmod(mode)
            with self.subTest(oct(mode)):
                ui = self.page(node, env={"XDG_RUNTIME_DIR": str(directory), "TMPDIR": "/tmp"})
                self.assertEqual(ui.file.parent == directory, kept)
                self.assertEqual(ui.end(signal.SIGTERM), DONE)

    def test_no_browser_is_no_error(self):
        opener = self.home / "xdg-open"
        opener.write_text("#!/bin/sh\nexit 3\n")
        opener.chmod(0o755)
        ui = self.page(self.node("Bank A"), browser=True, env={"PATH": f"{self.home}:{os.environ['PATH']}"})
        self.assertIn("no browser could be opened", ui.process.stderr.readline())
        self.assertEqual(ui.enter().get("/api/status")["name"], "Bank A")


class Bounds(UiTest):
    def setUp(self):
        super().setUp()
        self.ui = self.page(self.node("Bank A"), "--approve").enter()

    def exchange(self, *parts, pause=0.0):
        """What comes back for these bytes, up to the end of the connection."""
        answer = b""
        with self.ui.dial() as connection:
            for part in parts:
                try:
                    connection.sendall(part)
                except (BrokenPipeError, ConnectionResetError):
                    break
                time.sleep(pause)
            try:
                while True:
                    more = connection.recv(4096)
                    if not more:
                        break
                    answer += more
            except ConnectionResetError:
                pass
        return answer

    def head(self, *lines, method="POST", path=f"/api/requests/{'0' * 32}/deny"):
        return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {self.ui.host}",
                            f"Authorization: Bearer {self.ui.session}", *lines, "", ""]).encode()

    def test_a_request_that_is_too_long_is_refused(self):
        long = b"x" * 1025
        for what, parts in (
                ("body", [self.head("Content-Length: 1025"), long]),
                ("body to come", [self.head("Content-Length: 999999999999")]),
                ("chunks", [self.head("Transfer-Encoding: chunked"), b"401\r\n" + long + b"\r\n0\r\n\r\n"])):
            with self.subTest(what):
                self.assertTrue(self.exchange(*parts).startswith(b"HTTP/1.1 413 "), what)
        for what, part in (("header", self.head(f"X: {'x' * 20000}")), ("path", self.head(path="/" + "x" * 20000)),
                           ("headers", self.head(*["X: y"] * 20000))):
            with self.subTest(what):
                self.assertRegex(self.exchange(part), rb"^(HTTP/1.1 4(31|14|13) |$)")
        self.assertEqual(self.ui.get("/api/status")["name"], "Bank A")

    def test_what_is_no_request_is_refused(self):
        for what in (b"\x00" * 300, b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 500,
                     self.head("Content-Length: -1"), self.head("Content-Length: 1", "Content-Length: 2") + b"ab",
                     self.head("Transfer-Encoding: chunked") + b"zz\r\n"):
            with self.subTest(what[:40]):
                answer = self.exchange(what)
                self.assertNotRegex(answer, b"^HTTP/1.1 2")
        self.assertEqual(self.ui.get("/api/status")["name"], "Bank A")

    def test_who_dribbles_is_cut_off_and_keeps_nobody_out(self):
        began = time.monotonic()
        silent = [self.ui.dial() for _ in range(60)]
        dribble = self.ui.dial()
        try:
            for connection in silent[::2]:
                connection.sendall(b"GET / HT")
            ended, first = None, True
            while ended is None and time.monotonic() - began < 20 * DEADLINE_S * nodes.PATIENCE:
                try:
                    dribble.sendall(b"G" if first else b"E")
                    first = False
                    dribble.settimeout(0.3)
                    ended = time.monotonic() if dribble.recv(10) == b"" else None
                except TimeoutError:
                    continue
                except OSError:
                    ended = time.monotonic()
            self.assertIsNotNone(ended, "61 connections came, 32 are served at a time: two rounds")
            self.assertEqual(self.ui.get("/api/status")["name"], "Bank A")
        finally:
            for connection in (*silent, dribble):
                connection.close()

    def test_memory_is_bounded_while_many_ask(self):
        before = nodes.memory_kib(self.ui.process.pid, "VmRSS")
        for _ in range(150):
            self.ui.ask("POST", f"/api/requests/{'0' * 32}/deny", b"x" * 1024)
            self.ui.get("/api/exchanges")
        if nodes.IS_RELEASE:
            self.assertLess(nodes.memory_kib(self.ui.process.pid, "VmRSS") - before, 4096)


class End(UiTest):
    def setUp(self):
        super().setUp()
        self.a = self.node("Bank A")

    def test_port_and_file_are_gone_after_every_way_to_end(self):
        for how in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            for enters in (False, True):
                with self.subTest(how, enters=enters):
                    ui = self.page(self.a)
                    if enters:
                        ui.enter()
                    self.assertTrue(ui.is_listening())
                    self.assertEqual(ui.end(how), DONE)
                    self.assertFalse(ui.is_listening())
                    self.assertFalse(ui.file.exists())

    def test_it_ends_with_what_started_it(self):
        shell = subprocess.Popen([sys.executable, "-c", "import subprocess, sys, time\n"
                                  "subprocess.Popen(sys.argv[1:])\ntime.sleep(600)",
                                  str(nodes.SYMBOLON), "ui", "--no-browser", "--dir", str(self.a.dir)],
                                 stdout=subprocess.PIPE, text=True, env=nodes.clean_environment())
        self.addCleanup(shell.wait)
        self.addCleanup(shell.kill)
        greeting = shell.stdout.readline()
        port = int(greeting.partition("127.0.0.1:")[2].partition(",")[0])
        file = pathlib.Path(shell.stdout.readline().partition("file://")[2].partition(".html")[0] + ".html")
        shell.stdout.close()
        self.assertTrue(file.exists())
        shell.kill()
        nodes.wait_until(lambda: not file.exists(), 5, "the page ends")
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=nodes.START_S)

    def test_nobody_elsewhere_can_knock(self):
        ui = self.page(self.a)
        listening = [line.split()[1] for line in pathlib.Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]
                     if line.split()[3] == "0A"]
        self.assertIn(f"0100007F:{ui.port:04X}", listening)
        self.assertNotIn(f"00000000:{ui.port:04X}", listening)
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", ui.port), timeout=nodes.START_S)

    def test_a_port_can_be_chosen_when_it_is_free(self):
        port = nodes.free_port()
        ui = self.page(self.a, "--port", str(port))
        self.assertEqual(ui.port, port)
        self.refused(self.a.cli("ui", "--no-browser", "--port", port), FAILED, "taken", "--port")
        for wrong in ("0", "80", "65536", "x"):
            self.assertEqual(self.a.cli("ui", "--no-browser", "--port", wrong)[0], USAGE)

    def test_a_node_that_was_away_is_found_again(self):
        ui = self.page(self.a, "--wait", "2").enter()
        self.a.stop()
        self.is_refused(ui.ask("GET", "/api/status"), 503, "is not running")
        self.a.start()
        nodes.wait_until(lambda: ui.ask("GET", "/api/status").status == 200, 10, "it is asked again")
        self.a.stop()
        self.refused(self.a.cli("ui", "--no-browser"), FAILED, "is not running")
        self.a.start()


class Views(UiTest):
    def test_it_shows_what_the_commands_print(self):
        a, b = self.pair()
        for node in (a, b):
            node.do("user", "add", "all", "--role", "analyst,auditor,operator")
            node.user = "all"
        self.load_numbers(a, "mine", range(100))
        self.load_numbers(b, "theirs", range(50, 150))
        self.grant(b, a, "theirs")
        self.overlap(a, b, reveal="count")
        ui = self.page(a).enter()
        theirs = self.page(b).enter()
        for path, words in (("peers", ("peer", "list")), ("budgets", ("budget",)), ("requests", ("requests",))):
            with self.subTest(path):
                self.assertEqual(ui.get(f"/api/{path}"), a.json(*words))
        self.assertEqual(theirs.get("/api/grants"), b.json("grants", "list"))
        self.assertEqual(ui.get("/api/status")["fingerprint"], a.json("status")["fingerprint"])
        shown = ui.get("/api/exchanges")
        self.assertEqual((shown["exchanges"], shown["more"]), (a.json("exchange", "list"), False))
        one = shown["exchanges"][0]["id"]
        self.assertEqual(ui.get(f"/api/exchanges/{one}"), a.json("exchange", "show", one))
        self.assertEqual(ui.get(f"/api/exchanges/{one}/progress")["state"], "done")
        self.assertEqual(ui.get("/api/exchanges?before=1")["exchanges"], [])
        report = ui.get(f"/api/report?exchange={one}&lang=fr")
        self.assertEqual((report["format"], report["lang"], len(report["results"])), ("symbolon-report/1", "fr", 1))
        self.assertEqual(report["results"][0]["exchange"], one)
        self.assertEqual([row["kind"] for row in ui.get("/api/log")["entries"]][-1], "report")
        self.is_refused(ui.ask("GET", "/api/report"), 422)
        self.is_refused(ui.ask("GET", f"/api/report?exchange={'0' * 32}"), 404)
        self.is_refused(ui.ask("GET", f"/api/report?exchange={one}&lang=xx"), 422)
        log = ui.get("/api/log")
        self.assertEqual(log["entries"], a.json("log", "list"))
        self.assertEqual((log["size"], log["first"]), (len(log["entries"]), 0))
        self.assertEqual([row["entry"] for row in ui.get("/api/log?before=3")["entries"]], [0, 1, 2])
        verified = ui.get("/api/log/verify")
        self.assertTrue(verified["good"])
        self.assertEqual(verified, a.json("log", "verify"))
        compared = ui.ask("POST", f"/api/log/compare?peer={b.alias}", b"").json()["id"]

        def found():
            answer = ui.get(f"/api/log/compare/{compared}?peer={b.alias}")
            return answer.get("done", True) and answer
        answer = nodes.wait_until(found, 30, "the comparison ends")
        self.assertTrue(answer["agree"], answer)
        self.assertEqual(answer["exchanges"], 1)

    def test_a_role_sees_there_what_it_may_see_elsewhere(self):
        node = self.node("Bank A")
        node.user = "operator"
        for role in ("analyst", "approver", "auditor"):
            node.do("user", "add", role, "--role", role)
        seen = {role: {path: self.page(node, user=role).enter().ask("GET", f"/api/{path}").status for path in PATHS}
                for role in ("operator", "analyst", "approver", "auditor")}
        refused = {role: {path for path, status in statuses.items() if status == 403} for role, statuses in seen.items()}
        self.assertEqual(refused, {
            "operator": {"log", "log/verify"},
            "analyst": {"grants", "partners", "log", "log/verify"},
            "approver": {"partners", "log", "log/verify"},
            "auditor": {"peers", "grants", "requests", "budgets", "exchanges"}})
        self.assertEqual({status for statuses in seen.values() for status in statuses.values()}, {200, 403})
        for role in seen:
            told = self.page(node, user=role).enter().get("/api/session")
            self.assertIn(role, told["roles"])
            for path in set(PATHS) - {"session", "status", "log/verify"}:
                with self.subTest(role, path=path):
                    may = bool(set(told["roles"]) & set(told["for"][path]))
                    self.assertEqual(may, path not in refused[role])


class Deciding(UiTest):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.pair()
        self.load_numbers(self.a, "mine", range(100))
        self.load_numbers(self.b, "theirs", range(50, 150))
        self.b.user = "operator"
        for role in ("approver", "auditor"):
            self.b.do("user", "add", f"the-{role}", "--role", role)
        self.grant(self.b, self.a, "theirs", words=("--approval",))
        self.assertEqual(self.try_overlap(self.a, self.b)[0], nodes.DENIED)
        self.row, = self.b.json("requests")

    def decide(self, ui, how, body, row=None):
        return ui.ask("POST", f"/api/requests/{(row or self.row)['id']}/{how}", body)

    def state(self):
        row, = self.b.json("requests")
        return row["state"]

    def signatures(self):
        """(kind of entry, what is signed in it, how that is) of all that the approver signed."""
        entries = self.b.json("log", "list", user="the-auditor")
        shown = [self.b.json("log", "show", entry["entry"], user="the-auditor")[0] for entry in entries]
        return [(entry["kind"], one["what"], one["signature"]) for entry in shown for one in entry["signed"]
                if "the-approver" in one["text"]]

    def test_nothing_is_decided_without_the_flag(self):
        ui = self.page(self.b, user="the-approver").enter()
        self.assertFalse(ui.get("/api/session")["approve"])
        for how, body in (("approve", b"bank-a"), ("deny", b"no")):
            self.is_refused(self.decide(ui, how, body), 403, "--approve")
        self.assertEqual(self.state(), "waiting")
        self.assertEqual(self.signatures(), [])

    def test_an_approval_needs_the_alias_of_the_peer_exactly(self):
        ui = self.page(self.b, "--approve", user="the-approver").enter()
        for typed in (b"", b"bank-b", b"Bank-A", b"bank-a ", b"bank-a\n", b"bank-", b"bank-aa", b"bank-a\0", b"\xff"):
            with self.subTest(typed):
                self.is_refused(self.decide(ui, "approve", typed), 422, "nothing was approved")
        self.is_refused(self.decide(ui, "approve", b"bank-a", {"id": "0" * 32}), 404)
        self.is_refused(ui.ask("POST", f"/api/requests/{self.row['id'][:8]}/approve", b"bank-a"), 404)
        self.is_refused(ui.ask("GET", f"/api/requests/{self.row['id']}/approve"), 405)
        self.assertEqual(self.state(), "waiting")

    def test_an_approval_is_in_the_log_with_the_signature_of_its_user(self):
        self.assertEqual(self.signatures(), [])
        ui = self.page(self.b, "--approve", user="the-approver").enter()
        reply = self.decide(ui, "approve", b"bank-a")
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual((reply.json()["state"], reply.json()["decided_by"]), ("approved", "the-approver"))
        by_page = self.signatures()
        self.assertTrue(by_page)
        self.assertEqual({state for _, _, state in by_page}, {"good"}, by_page)
        self.assertTrue(self.b.json("log", "verify", user="the-auditor")["good"])
        self.is_refused(self.decide(ui, "approve", b"bank-a"), 409)
        row = self.ends_as(self.a, "done", 45)
        answer = json.loads(self.a.do("exchange", "result", row["id"], "--format", "json"))
        self.assertEqual(answer["common"], 50)
        # The same as of the command.
        self.assertEqual(self.try_overlap(self.a, self.b, reveal="count")[0], nodes.DENIED)
        before = len(by_page)
        held, = [row for row in self.b.json("requests") if row["state"] == "waiting"]
        self.b.do("approve", held["id"], user="the-approver")
        entries = self.signatures()
        by_command = entries[len(self.signatures()) - before:]
        self.assertEqual({what for _, what, _ in by_command}, {what for _, what, _ in by_page})

    def test_a_denial_carries_its_reason_to_the_peer(self):
        ui = self.page(self.b, "--approve", user="the-approver").enter()
        for why in (b"", b"two\nlines", b"x" * 1000, b"\xff", "a\u202eb".encode()):
            with self.subTest(why):
                self.is_refused(self.decide(ui, "deny", why), 422, "nothing was denied")
        self.assertEqual(self.decide(ui, "deny", "l’affaire est close".encode()).status, 200)
        row = self.ends_as(self.a, "denied", 45)
        self.assertIn("l’affaire est close", json.dumps(row, ensure_ascii=False))
        self.assertEqual({state for _, _, state in self.signatures()}, {"good"})

    def test_who_is_no_approver_decides_nothing_there_either(self):
        ui = self.page(self.b, "--approve", user="operator").enter()
        for how, body in (("approve", b"bank-a"), ("deny", b"no")):
            self.is_refused(self.decide(ui, how, body), 403, "does not have the role")
        self.assertEqual(self.state(), "waiting")

    def test_a_running_exchange_is_seen_to_wait_and_end(self):
        ui = self.page(self.a).enter()
        exchange = overlaps.exchanges(self.a)[0]["id"]
        self.assertEqual(ui.get(f"/api/exchanges/{exchange}/progress")["state"], "held")
        self.b.do("approve", self.row["id"], user="the-approver")
        nodes.wait_until(lambda: ui.get(f"/api/exchanges/{exchange}/progress")["state"] == "done", 45, "it ends")


if __name__ == "__main__":
    nodes.unittest.main()
