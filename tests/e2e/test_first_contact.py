"""Two nodes meet: what the five-minute start of the README does, and what goes wrong around it."""

import os
import re
import socket
import subprocess
import threading
import time

import nodes
from nodes import DENIED, DONE, FAILED, UNREACHABLE, USAGE, NodeTest, run_cli


class FiveMinuteStart(NodeTest):
    def test_init_tells_the_fingerprint_and_what_comes_next(self):
        a = self.node(start=False)
        self.assertRegex(a.init_output, r"(?m)^node +Bank A \(bank\)$")
        self.assertRegex(a.init_output, r"(?m)^fingerprint +([A-Za-z]+ ?){8}$")
        for step in (f"symbolond --dir {a.dir} --key-file {a.unlock[1]}\n", "symbolon card --dir", "symbolon peer add"):
            self.assertIn(step, a.init_output)

    def test_the_ready_line_names_the_address(self):
        a = self.node()
        self.assertTrue(a.ready_line.startswith("ready"), a.ready_line)
        self.assertIn(a.address, a.ready_line)

    def test_init_leaves_a_directory_that_only_its_owner_can_use(self):
        a = self.node()
        self.assertEqual(a.dir.stat().st_mode & 0o777, 0o700)
        for path in a.dir.rglob("*"):
            if path.name != "node.card" and path.is_file() and not path.is_symlink():
                self.assertEqual(path.stat().st_mode & 0o077, 0, path)

    def test_no_key_lies_in_the_directory_unwrapped(self):
        a = self.node()
        key = (a.home / "key").read_bytes()
        for path in a.dir.rglob("*"):
            if path.is_file():
                self.assertNotIn(key, path.read_bytes(), path)

    def test_card_prints_what_out_writes(self):
        a = self.node()
        text = a.do("card")
        self.assertEqual(text, a.card().read_text("utf-8"))
        self.assertTrue(text.startswith("symbolon-card/1\nname: Bank A\nrole: bank\nserial: 1\n"))
        self.assertIn(f"endpoint: {a.address}\n", text)

    def test_card_shows_one_fingerprint_on_both_sides(self):
        a, b = self.node("Bank A"), self.node("Bank B")
        own = a.cli("card", "--fingerprint", "--out", os.devnull)[2]
        words = re.findall(r"[A-Za-z]+ [A-Za-z]+ [A-Za-z]+ [A-Za-z]+", own)
        self.assertTrue(words, own)
        seen = b.do("peer", "add", a.card(), "--alias", "bank-a", "--yes")
        for part in words:
            self.assertIn(part, seen)

    def test_both_sides_ping(self):
        a, b = self.pair()
        for one, other in ((a, b), (b, a)):
            line = one.do("peer", "ping", other.alias)
            self.assertRegex(line, rf"^{other.alias}: [0-9.]+ (us|ms|s), sealed core to core\n$")
            self.assertEqual(one.links(), 1)

    def test_peers_see_each_other_in_their_lists(self):
        a, b = self.pair()
        a.ping(b)
        row, = a.json("peer", "list")
        self.assertEqual((row["alias"], row["name"], row["role"], row["serial"], row["link"],
                          row["preshared_key"], row["expired"], row["endpoints"]),
                         ("bank-b", "Bank B", "bank", 1, "live", False, False, [b.address]))
        self.assertGreater(row["bytes_sent"], 0)
        self.assertEqual(row["fingerprint"], b.json("status")["fingerprint"])
        self.assertIn("bank-b  Bank B  bank", a.do("peer", "list"))

    def test_payload_goes_through_and_is_counted(self):
        a, b = self.pair()
        said = a.ping(b, "--mib", "64", "--timeout", "60")
        self.assertEqual((said["sent"], said["answered"], said["bytes"]), (1, 1, 64 << 20))
        self.assertGreater(said["bytes_per_second"], 0)
        row, = a.json("peer", "list")
        self.assertGreater(row["bytes_sent"], 64 << 20)
        self.assertLess(row["bytes_sent"], 65 << 20)
        row, = b.json("peer", "list")
        self.assertGreater(row["bytes_received"], 64 << 20)
        self.assertIn("64.0 MiB in", a.do("peer", "ping", "bank-b", "--mib", "64", "--timeout", "60"))

    def test_count_repeats_and_sums_up(self):
        a, b = self.pair()
        lines = a.do("peer", "ping", "bank-b", "--count", "3").splitlines()
        self.assertEqual(len(lines), 4)
        self.assertRegex(lines[3], r"^bank-b: 3 sent, 3 answered; min .*, avg .*, max ")
        said = a.ping(b, "--count", "2")
        self.assertEqual((said["sent"], said["answered"]), (2, 2))
        figures = said["round_trip_us"]
        self.assertLessEqual(figures["min"], figures["avg"])
        self.assertLessEqual(figures["avg"], figures["max"])

    def test_a_passphrase_opens_the_node_and_a_wrong_one_does_not(self):
        a = self.node(passphrase="correct horse battery staple")
        a.stop()
        (a.home / "passphrase").write_text("incorrect horse battery staple\n")
        done = subprocess.run(a.command(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=nodes.START_S)
        self.assertNotEqual(done.returncode, 0)
        self.assertNotIn("ready", done.stdout)
        self.assertIn("passphrase", done.stderr)
        (a.home / "passphrase").write_text("correct horse battery staple\n")
        a.start()

    def test_status_tells_how_both_processes_are_confined(self):
        status = self.node().json("status")
        self.assertEqual([row["name"] for row in status["processes"]], ["gate", "core"])
        for row in status["processes"]:
            self.assertTrue(row["pid"] > 1 and row["not_dumpable"] and row["no_core_dumps"], row)
            if nodes.IS_RELEASE:
                self.assertTrue(row["seccomp"] and row["no_new_privileges"], row)
                self.assertTrue(row["no_capabilities"], row)
        self.assertEqual((status["peers"], status["links"], status["users"]), (0, 0, 1))


class ExitCodes(NodeTest):
    def test_a_peer_that_is_down_is_4_with_the_reason(self):
        a, b = self.pair()
        b.stop()
        began = time.monotonic()
        outcome = a.cli("peer", "ping", "bank-b", "--timeout", nodes.SOON)
        self.refused(outcome, UNREACHABLE, "bank-b cannot be reached", "refused")
        self.assertLess(time.monotonic() - began, (nodes.SOON + 20) * nodes.PATIENCE)

    def test_a_peer_whose_name_does_not_exist_is_4_with_the_name(self):
        a, b = self.node("Bank A"), self.node("Bank B")
        b.do("card", "--renew", "--endpoint", "bank-b.invalid:7701")
        a.pin(b)
        outcome = a.cli("peer", "ping", "bank-b", "--timeout", "3")
        self.refused(outcome, UNREACHABLE, "bank-b.invalid")

    def test_a_peer_that_hangs_is_4(self):
        a = self.node("Bank A")
        b = self.node("Bank B", start=False)
        a.pin(b)
        with socket.create_server(("127.0.0.1", b.port)):
            outcome = a.cli("peer", "ping", "bank-b", "--timeout", nodes.SOON)
        self.refused(outcome, UNREACHABLE, "bank-b cannot be reached")

    def test_a_peer_that_sends_garbage_is_4(self):
        a = self.node("Bank A")
        b = self.node("Bank B", start=False)
        a.pin(b)
        with socket.create_server(("127.0.0.1", b.port)) as server:
            def answer():
                while True:
                    try:
                        connection, _ = server.accept()
                    except OSError:
                        return
                    with connection:
                        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 100)
            thread = threading.Thread(target=answer)
            thread.start()
            outcome = a.cli("peer", "ping", "bank-b", "--timeout", nodes.SOON)
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
        self.refused(outcome, UNREACHABLE, "bank-b cannot be reached", "TLS")

    def test_one_who_did_not_pin_us_is_4_and_the_line_says_what_to_do(self):
        a, b = self.node("Bank A"), self.node("Bank B")
        a.pin(b)
        outcome = a.cli("peer", "ping", "bank-b", "--timeout", nodes.SOON)
        self.refused(outcome, UNREACHABLE, "our card")

    def test_an_unknown_alias_is_1(self):
        self.refused(self.node().cli("peer", "ping", "bank-z"), FAILED, "bank-z", "is not pinned")

    def test_no_directory_is_2(self):
        self.refused(run_cli("peer", "ping", "bank-b"), USAGE, "--dir", "SYMBOLON_DIR")
        self.refused(run_cli("status"), USAGE, "--dir")

    def test_the_environment_names_the_directory_and_the_user(self):
        a = self.node()
        env = {**nodes.clean_environment(), "SYMBOLON_DIR": str(a.dir), "SYMBOLON_USER": "operator"}
        self.assertEqual(run_cli("status", env=env)[0], DONE)
        self.refused(run_cli("status", env={**env, "SYMBOLON_USER": "nobody"}), FAILED, "nobody")

    def test_words_that_mean_nothing_are_2(self):
        a = self.node()
        for words in (["pear", "list"], ["peer"], ["peer", "ping"], ["peer", "ping", "b", "c"],
                      ["peer", "ping", "b", "--mib", "0"], ["peer", "ping", "b", "--count", "-1"],
                      ["peer", "ping", "b", "--loud"], ["rotate", "everything"],
                      ["user", "add", "ann", "--role", "king"], ["user", "add", "../x", "--role", "analyst"]):
            with self.subTest(words=words):
                self.refused(a.cli(*words), USAGE)

    def test_a_role_that_may_not_is_3_and_the_line_names_the_role_needed(self):
        a, b = self.pair()
        a.user = "operator"
        a.do("user", "add", "ann", "--role", "auditor")
        for words in (["peer", "ping", "bank-b"], ["peer", "remove", "bank-b"],
                      ["user", "add", "eve", "--role", "operator"], ["card", "--renew"],
                      ["settings", "set", "link-idle-seconds", "5"]):
            with self.subTest(words=words):
                self.refused(a.cli(*words, user="ann"), DENIED, "ann", "operator")
        self.assertEqual(a.link_to(b), "none")

    def test_a_node_that_does_not_run_is_1_and_the_line_tells_how_to_start_it(self):
        a = self.node(start=False)
        self.refused(a.cli("status"), FAILED, "is not running", "symbolond --dir")

    def test_a_directory_without_a_node_is_1_and_the_line_tells_how_to_make_one(self):
        self.refused(run_cli("status", "--dir", self.home), FAILED, "no node", "symbolon init")
