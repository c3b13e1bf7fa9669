"""Cards and what may replace them, rosters, key rotation, users and roles."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile

import hostile
import nodes
from nodes import DENIED, DONE, FAILED, UNREACHABLE, USAGE, NodeTest, run_cli

NOBODY = 65534


class Cards(NodeTest):
    def setUp(self):
        super().setUp()
        self.bank = self.node()

    def add(self, card, *words):
        return self.bank.cli("peer", "add", card, "--alias", "partner", "--yes", *words)

    def peer(self):
        row, = self.bank.json("peer", "list")
        return row

    def test_a_newer_card_takes_the_place_of_the_older(self):
        b = self.node("Bank B")
        first = b.card().read_text("utf-8")
        self.assertEqual(self.add(b.card())[0], DONE)
        b.do("card", "--renew", "--name", "Bank B plc", "--days", "30", "--endpoint", b.address,
             "--endpoint", "bank-b.invalid:7701")
        self.assertEqual(self.add(b.card())[0], DONE)
        row = self.peer()
        self.assertEqual((row["serial"], row["name"], row["endpoints"]),
                         (2, "Bank B plc", [b.address, "bank-b.invalid:7701"]))
        self.assertEqual(self.add(b.card())[0], DONE, "the same card once more")
        old = self.home / "old.card"
        old.write_text(first, "utf-8")
        self.refused(self.add(old), FAILED, "older than the one pinned")
        self.assertEqual(self.peer()["serial"], 2)
        self.bank.restart()
        self.assertEqual(self.peer()["serial"], 2)

    def test_a_card_that_has_expired_is_refused(self):
        stranger = hostile.Stranger(self.home / "s")
        now = hostile.now()
        card = stranger.card(issued=now - hostile.days(2), expires=now - hostile.days(1))
        self.refused(self.add(card), FAILED, "has expired", "new card")
        self.assertEqual(self.bank.json("peer", "list"), [])

    def test_a_pinned_card_that_expires_ends_the_trust_and_a_new_one_restores_it(self):
        soon = hostile.now() + hostile.datetime.timedelta(seconds=3)
        stranger = hostile.Stranger(self.home / "s")
        self.assertEqual(self.add(stranger.card(issued=hostile.now() - hostile.days(1), expires=soon))[0], DONE)
        with stranger.link(self.bank.address) as link:
            nodes.wait_until(lambda: self.peer()["link"] == "live", 3, "the link comes up")
            nodes.wait_until(lambda: self.peer()["expired"], 10, "the card expires")
            self.refused(self.bank.cli("peer", "ping", "partner"), FAILED, "partner", "has expired")
            self.assertIn("(expired)", self.bank.do("peer", "list"))
            self.assertIn("the card of partner has expired", self.bank.do("status"))
        with stranger.link(self.bank.address) as link:
            self.assertTrue(hostile.is_closed(link, 2 * nodes.PATIENCE), "it has expired meanwhile")
        self.bank.restart()
        with self.assertRaises(OSError):
            stranger.link(self.bank.address)
        self.assertEqual(self.add(stranger.card(serial=2))[0], DONE)
        nodes.wait_until(lambda: self.lets_in(stranger), 3, "gate has heard of the new card")

    def lets_in(self, stranger):
        try:
            stranger.link(self.bank.address).close()
        except OSError:
            return False
        return True

    def test_an_edited_card_is_refused_whatever_was_edited(self):
        stranger = hostile.Stranger(self.home / "s")
        good = stranger.card().read_bytes()
        self.assertEqual(run_cli("roster", "show", stranger.card())[0], DONE)
        edited = self.home / "edited.card"
        lines = good.splitlines(keepends=True)
        for at, line in enumerate(lines):
            if at == 0:
                continue
            middle = len(line) // 2
            changed = line[:middle] + (b"B" if line[middle:middle + 1] != b"B" else b"C") + line[middle + 1:]
            for name, text in (("changed", changed), ("left out", b""), ("doubled", line + line)):
                with self.subTest(line=line, what=name):
                    edited.write_bytes(b"".join(lines[:at] + [text] + lines[at + 1:]))
                    self.refused(self.add(edited), FAILED, "edited.card")
        for text, fragment in ((good[:-1] + b"x\n", "card"), (good + b"PS: hello\n", "behind the signature"),
                               (b"", "no card"), (os.urandom(2000), "card")):
            edited.write_bytes(text)
            self.refused(self.bank.cli("peer", "add", edited, "--yes"), FAILED, fragment)
        self.assertEqual(self.bank.json("peer", "list"), [])

    def test_a_card_signed_by_another_identity_is_refused(self):
        stranger, other = hostile.Stranger(self.home / "s"), hostile.Stranger(self.home / "o")
        self.refused(self.add(stranger.card(signer=other.identity)), FAILED, "signature does not fit")

    def test_a_card_of_another_version_is_refused(self):
        stranger = hostile.Stranger(self.home / "s")
        path = stranger.card()
        path.write_bytes(path.read_bytes().replace(b"symbolon-card/1", b"symbolon-card/2"))
        self.refused(self.add(path), FAILED, "version")

    def test_the_own_card_is_refused(self):
        self.refused(self.add(self.bank.card()), FAILED, "this node's own")

    def test_the_same_serial_with_other_contents_is_refused(self):
        stranger = hostile.Stranger(self.home / "s")
        issued = hostile.now()
        self.assertEqual(self.add(stranger.card(serial=7, issued=issued))[0], DONE)
        self.refused(self.add(stranger.card(serial=7, issued=issued, name="Mallory II")), FAILED,
                     "has the serial of the one pinned")
        self.assertEqual(self.peer()["name"], "Mallory")
        self.assertEqual(self.add(stranger.card(serial=8, name="Mallory II"))[0], DONE)
        self.assertEqual(self.peer()["name"], "Mallory II")

    def test_a_card_from_the_future_is_refused(self):
        stranger = hostile.Stranger(self.home / "s")
        card = stranger.card(issued=hostile.now() + hostile.days(2), expires=hostile.now() + hostile.days(9))
        self.refused(self.add(card), FAILED, "in the future")

    def test_the_name_of_another_peer_is_refused(self):
        one, two = hostile.Stranger(self.home / "s"), hostile.Stranger(self.home / "o", "Other")
        self.assertEqual(self.add(one.card())[0], DONE)
        self.refused(self.add(two.card()), FAILED, "pinned with another identity")
        self.refused(self.add(two.card(), "--replace-identity"), DENIED, "did not sign")
        self.refused(self.bank.cli("peer", "add", one.card(), "--alias", "x y", "--yes"), USAGE, "--alias")
        self.assertEqual(self.peer()["name"], "Mallory")

    def test_nothing_is_trusted_without_a_yes(self):
        stranger = hostile.Stranger(self.home / "s")
        self.refused(self.bank.cli("peer", "add", stranger.card()), USAGE, "--yes")
        self.refused(self.bank.cli("peer", "add", self.home / "missing", "--yes"), FAILED, "missing")
        self.assertEqual(self.bank.json("peer", "list"), [])

    def test_a_card_that_mail_has_wrapped_in_crlf_is_taken(self):
        stranger = hostile.Stranger(self.home / "s")
        path = stranger.card()
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n")
        self.assertEqual(self.add(path)[0], DONE)

    def test_a_renewal_that_makes_no_sense_is_refused_and_the_card_stays(self):
        before = self.bank.card().read_bytes()
        for words, code in ((["--endpoint", "nowhere"], FAILED), (["--days", "0"], USAGE), (["--days", "1097"], USAGE),
                            (["--name", "x" * 65], FAILED), (["--name", "a\nb"], FAILED)):
            with self.subTest(words=words):
                self.refused(self.bank.cli("card", "--renew", *words), code)
        self.refused(self.bank.cli("card", "--days", "5"), USAGE, "--renew")
        self.assertEqual(self.bank.card().read_bytes(), before)


class Roster(NodeTest):
    def test_five_cards_are_pinned_in_one_step_and_the_own_is_left_out(self):
        bank = self.node()
        strangers = [hostile.Stranger(self.home / f"s{i}", name) for i, name in
                     enumerate(("Bank B", "Bank B", "Åbo Hjälp", "Police", "Auditor"))]
        roster = self.home / "roster"
        cards = [bank.card().read_text("utf-8")] + [s.card().read_text("utf-8") for s in strangers]
        roster.write_text("\n".join(cards), "utf-8")
        shown = run_cli("roster", "show", roster)[1]
        output = bank.do("peer", "add", roster, "--yes")
        for line in shown.splitlines():
            self.assertIn(line, output)
        self.assertIn("left out, it is this node", output)
        self.assertEqual(output.count(": pinned"), 5)
        aliases = [row["alias"] for row in bank.json("peer", "list")]
        self.assertEqual(len(set(aliases)), 5)
        self.assertLessEqual({"bank-b", "bank-b-2", "police", "auditor"}, set(aliases))
        bank.do("peer", "add", roster, "--yes")
        self.assertEqual(len(bank.json("peer", "list")), 5)

    def test_its_fingerprint_does_not_depend_on_the_order(self):
        strangers = [hostile.Stranger(self.home / f"s{i}", f"Node {i}") for i in range(3)]
        texts = [s.card().read_text("utf-8") for s in strangers]
        seen = set()
        for order in ((0, 1, 2), (2, 0, 1), (1, 2, 0)):
            path = self.home / "roster"
            path.write_text("".join(texts[i] for i in order), "utf-8")
            seen.add(self.fingerprint(path))
        path.write_text("".join(texts[:2]), "utf-8")
        self.assertEqual(len(seen), 1)
        self.assertNotIn(self.fingerprint(path), seen)

    def fingerprint(self, path):
        return str(json.loads(run_cli("roster", "show", path, "--json")[1])["fingerprint"])

    def test_two_cards_of_one_node_are_one_peer(self):
        bank, stranger = self.node(), hostile.Stranger(self.home / "s")
        roster = self.home / "roster"
        roster.write_text(stranger.card(serial=1).read_text("utf-8") + stranger.card(serial=2).read_text("utf-8"),
                          "utf-8")
        bank.do("peer", "add", roster, "--yes")
        self.assertEqual([(row["alias"], row["serial"]) for row in bank.json("peer", "list")], [("mallory", 2)])

    def test_one_bad_card_does_not_keep_the_others_out_and_is_told(self):
        bank = self.node()
        good, late = hostile.Stranger(self.home / "g", "Good"), hostile.Stranger(self.home / "l", "Late")
        now = hostile.now()
        roster = self.home / "roster"
        roster.write_text(late.card(issued=now - hostile.days(9), expires=now - hostile.days(1)).read_text("utf-8") +
                          good.card().read_text("utf-8"), "utf-8")
        self.refused(bank.cli("peer", "add", roster, "--yes"), FAILED, "has expired")
        self.assertEqual([row["alias"] for row in bank.json("peer", "list")], ["good"])

    def test_a_roster_with_an_edited_card_pins_nobody(self):
        bank = self.node()
        one, two = hostile.Stranger(self.home / "g", "One"), hostile.Stranger(self.home / "l", "Two")
        roster = self.home / "roster"
        roster.write_text(one.card().read_text("utf-8") +
                          two.card().read_text("utf-8").replace("name: Two", "name: Too"), "utf-8")
        self.refused(bank.cli("peer", "add", roster, "--yes"), FAILED, "signature does not fit")
        self.assertEqual(bank.json("peer", "list"), [])


class Rotation(NodeTest):
    def rotate(self, node, what):
        self.assertEqual(node.stop(), 0)
        code, output, complaint = run_cli("rotate", what, "--dir", node.dir, *node.unlock)
        self.assertEqual(code, DONE, complaint)
        self.assertIn(f"symbolond --dir {node.dir} --key-file {node.unlock[1]}\n", output)
        node.start()
        return output

    def serial(self, node):
        return node.json("status")["card_serial"]

    def check_two_steps(self, what):
        a, b = self.pair(self.psk_file())
        old = a.card().read_text("utf-8")
        self.assertIn("rotate finish", self.rotate(a, what))
        self.assertEqual(self.serial(a), 2)
        self.assertIn(f"\n{what}-next: ", a.card().read_text("utf-8"))
        with self.subTest("the partner has the old card"):
            a.ping(b)
            b.ping(a)
        b.pin(a)
        with self.subTest("the partner has the card that announces the key"):
            a.ping(b)
            b.ping(a)
            b.restart()
            b.ping(a)
        self.rotate(a, "finish")
        self.assertEqual(self.serial(a), 3)
        self.assertNotIn("-next: ", a.card().read_text("utf-8"))
        self.assertNotIn(re.search(rf"^{what}: (.*)$", old, re.M)[1], a.card().read_text("utf-8"))
        with self.subTest("the new key is in use, the partner still has the announcement"):
            a.ping(b)
            b.restart()
            b.ping(a)
        b.pin(a)
        with self.subTest("the partner has the final card"):
            a.ping(b)
            b.ping(a)

    def test_tls_keys_change_without_a_gap(self):
        self.check_two_steps("tls")

    def test_exchange_keys_change_without_a_gap(self):
        self.check_two_steps("exchange")

    def test_a_partner_who_missed_the_announcement_is_kept_out_until_it_takes_the_new_card(self):
        a, b = self.pair()
        self.rotate(a, "tls")
        self.rotate(a, "finish")
        self.refused(b.cli("peer", "ping", "bank-a", "--timeout", nodes.SOON), UNREACHABLE,
                     "another key than its card says")
        self.refused(a.cli("peer", "ping", "bank-b", "--timeout", nodes.SOON), UNREACHABLE, "our card")
        b.pin(a)
        b.ping(a)
        a.ping(b)

    def test_a_new_identity_is_taken_only_on_purpose(self):
        a, b = self.pair(self.psk_file())
        before = a.json("status")["fingerprint"]
        self.rotate(a, "identity")
        after = a.json("status")["fingerprint"]
        self.assertNotEqual(before, after)
        self.refused(b.cli("peer", "ping", "bank-a", "--timeout", nodes.SOON), UNREACHABLE)
        self.refused(b.cli("peer", "add", a.card(), "--alias", "bank-a", "--yes"), FAILED, "--replace-identity")
        self.assertEqual(b.json("peer", "list")[0]["fingerprint"], before)
        b.do("peer", "add", a.card(), "--alias", "bank-a", "--replace-identity", "--yes")
        row, = b.json("peer", "list")
        self.assertEqual((row["fingerprint"], row["serial"], row["preshared_key"]), (after, 2, True))
        a.ping(b)
        b.ping(a)
        b.restart()
        b.ping(a)

    def test_the_log_names_who_took_a_new_identity_and_with_it_the_grants_of_the_old(self):
        a, b = self.pair()
        b.do("user", "add", "auditor", "--role", "auditor")
        b.user = "operator"
        b.do("grant", "bank-a", "suspects", "overlap:count")
        self.rotate(a, "identity")
        b.do("peer", "add", a.card(), "--alias", "bank-a", "--replace-identity", "--yes")
        self.assertEqual(b.json("grants", "list"), [])
        dropped, pinned = b.json("log", "list", user="auditor")[-2:]
        self.assertEqual((dropped["event"], pinned["event"]), ("grants-dropped", "peer-pinned"))
        self.assertEqual((dropped["user"], pinned["user"]), ("operator", "operator"))

    def test_log_and_cosigning_keys_change_at_once(self):
        a, b = self.pair()
        before = a.card().read_text("utf-8")
        self.rotate(a, "log")
        after = a.card().read_text("utf-8")
        line = re.compile(r"^log: .*$", re.M)
        self.assertNotEqual(line.search(before)[0], line.search(after)[0])
        # Who has the old card cannot check what the new key signs.
        self.refused(a.cli("peer", "ping", b.alias), DENIED, "evidence")
        b.pin(a)
        a.ping(b)
        b.ping(a)
        for node in (a, b):
            node.do("user", "add", "auditor", "--role", "auditor", user="operator")
            node.user = "operator"
            node.do("log", "verify", user="auditor")
            self.assertEqual(node.warnings(user="operator"), [])
            node.do("log", "checkpoint", "--cosigned", user="auditor")
            node.restart()
        b.ping(a)
        a.ping(b)
        a.do("log", "compare", b.alias, user="auditor")

    def test_a_rotation_that_cannot_be_is_refused_and_changes_nothing(self):
        a = self.node()
        card = a.card().read_bytes()
        rotate = lambda what, *words: run_cli("rotate", what, "--dir", a.dir, *(words or a.unlock))
        outcome = rotate("tls")
        self.assertEqual(outcome[0], FAILED)
        self.assertIn("in use", outcome[2])
        a.stop()
        for what, words, fragment in (("finish", (), "no key is announced"),
                                      ("tls", ("--key-file", str(self.wrong_key())), "node.keys")):
            outcome = rotate(what, *words)
            self.assertEqual(outcome[0], FAILED, outcome)
            self.assertIn(fragment, outcome[2])
        self.assertEqual(rotate("sideways")[0], USAGE)
        self.assertEqual((a.dir / "node.card").read_bytes(), card)
        self.assertEqual(rotate("tls")[0], DONE)
        outcome = rotate("tls")
        self.assertEqual(outcome[0], FAILED)
        self.assertIn("announces the next tls key already", outcome[2])
        a.start()

    def wrong_key(self):
        return nodes.write_private(self.home / "wrong", os.urandom(32))


class Users(NodeTest):
    def setUp(self):
        super().setUp()
        self.bank = self.node()

    def add(self, name, role, **how):
        self.bank.do("user", "add", name, "--role", role, user="operator", **how)

    def test_the_first_user_may_operate_and_analyse(self):
        user, = self.bank.json("user", "list")
        self.assertEqual((user["name"], set(user["roles"])), ("operator", {"operator", "analyst"}))

    def test_users_are_added_listed_and_removed(self):
        self.add("ann", "analyst,auditor")
        key = self.bank.dir / "users/ann.key"
        self.assertEqual(key.stat().st_mode & 0o777, 0o600)
        listed = {user["name"]: user for user in self.bank.json("user", "list", user="operator")}
        self.assertEqual(set(listed["ann"]["roles"]), {"analyst", "auditor"})
        self.assertIn("ann", self.bank.do("user", "list", user="operator"))
        self.bank.do("user", "remove", "ann", user="operator")
        self.assertFalse(key.exists())
        self.assertEqual([user["name"] for user in self.bank.json("user", "list")], ["operator"])
        self.bank.restart()
        self.assertEqual([user["name"] for user in self.bank.json("user", "list")], ["operator"])

    def test_an_operator_neither_makes_nor_removes_an_approver_alone(self):
        self.add("pat", "approver")
        self.refused(self.bank.cli("user", "add", "kim", "--role", "approver", user="operator"), DENIED,
                     "held as ")
        self.refused(self.bank.cli("user", "remove", "pat", user="operator"), DENIED, "held as ")
        self.assertEqual(len(self.bank.json("user", "list", user="pat")), 2)

    def test_each_role_may_do_what_is_its_own_and_no_more(self):
        b = self.node("Bank B")
        self.bank.user = "operator"
        self.bank.peer_with(b)
        self.bank.user = None
        asks = {"ping": ["peer", "ping", "bank-b"], "look": ["status"], "list": ["peer", "list"],
                "set": ["settings", "set", "link-idle-seconds", "60"], "renew": ["card", "--renew"],
                "hire": ["user", "add", "x", "--role", "auditor", "--out", str(self.home / "x.key")],
                "psk": ["peer", "psk", "bank-b", "--remove"]}
        may = {"analyst": {"ping", "look", "list"}, "approver": {"look", "list"}, "auditor": {"look"},
               "operator": set(asks)}
        for role in may:
            self.add(f"the-{role}", role)
        for role, allowed in may.items():
            for what, words in asks.items():
                with self.subTest(role=role, what=what):
                    outcome = self.bank.cli(*words, user=f"the-{role}")
                    if what in allowed:
                        self.assertEqual(outcome[0], DONE, outcome)
                    else:
                        self.refused(outcome, DENIED, f"the-{role}", "operator")
        self.assertIn("event=control-denied user=the-auditor", self.bank.log(1000))

    def test_several_readable_keys_need_a_choice(self):
        self.add("ann", "analyst")
        self.refused(self.bank.cli("status"), FAILED, "who is asking", "ann", "operator", "--as")
        self.bank.do("status", user="ann")
        self.bank.do("status", user=self.bank.dir / "users/ann.key")

    def test_a_key_that_lies_elsewhere_works_by_its_path(self):
        path = self.home / "ann.key"
        self.bank.do("user", "add", "ann", "--role", "analyst", "--out", path)
        self.bank.do("status", user=path)
        self.assertFalse((self.bank.dir / "users/ann.key").exists())
        self.refused(self.bank.cli("user", "add", "bob", "--role", "analyst", "--out", path), FAILED, "ann.key")
        self.assertEqual(len(self.bank.json("user", "list", user="operator")), 2)

    def test_a_key_that_others_can_read_is_refused(self):
        path = self.bank.dir / "users/operator.key"
        path.chmod(0o644)
        self.refused(self.bank.cli("status"), FAILED, "operator.key", "chmod 600")

    def test_a_key_that_is_none_or_is_missing_is_refused(self):
        self.refused(self.bank.cli("status", user="eve"), FAILED, "eve")
        path = nodes.write_private(self.home / "eve.key", b"not a key\n")
        self.refused(self.bank.cli("status", user=path), FAILED, "eve.key")

    def test_an_unreadable_key_of_another_user_is_refused(self):
        self.need_root("become another user")
        open_home = pathlib.Path(tempfile.mkdtemp(prefix="symbolon-", dir="/tmp"))
        self.addCleanup(shutil.rmtree, open_home)
        node = nodes.Node(open_home)
        for path in (open_home, node.dir, node.dir / "users"):
            path.chmod(0o755)
        done = subprocess.run([str(nodes.SYMBOLON), "status", "--dir", str(node.dir), "--as", "operator"],
                              user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, env=nodes.clean_environment())
        self.assertEqual(done.returncode, FAILED, done)
        self.assertIn("operator.key: Permission denied", done.stderr)

    def test_an_unknown_key_is_denied(self):
        other = self.node("Bank B")
        self.refused(self.bank.cli("status", user=other.dir / "users/operator.key"), DENIED,
                     "does not know the user key")

    def test_a_removed_user_is_denied_at_once(self):
        self.add("ann", "operator")
        key = self.home / "kept.key"
        nodes.write_private(key, (self.bank.dir / "users/ann.key").read_bytes())
        self.bank.do("user", "remove", "ann", user="operator")
        self.refused(self.bank.cli("status", user=key), DENIED, "does not know the user key")

    def test_names_and_roles_that_cannot_be_are_refused(self):
        for words in (["ann", "--role", "king"], ["ann", "--role", ""], ["ann", "--role", "analyst,"], ["ann"],
                      ["", "--role", "analyst"], ["a/b", "--role", "analyst"], ["x" * 64, "--role", "analyst"]):
            with self.subTest(words=words):
                self.refused(self.bank.cli("user", "add", *words), USAGE)
        self.refused(self.bank.cli("user", "add", "operator", "--role", "analyst"), FAILED, "operator")
        self.refused(self.bank.cli("user", "remove", "nobody"), FAILED, "nobody")

    def test_the_last_operator_stays(self):
        self.refused(self.bank.cli("user", "remove", "operator"), DENIED, "last operator")
        self.bank.do("status")


class ControlSocket(NodeTest):
    """What speaks to the socket without being the command line."""

    def test_garbage_and_silence_do_no_harm(self):
        a = self.node()
        path = str(pathlib.Path(os.readlink(a.dir / "run")) / "control")
        hello = b"\x00SP\x00\x00\x30\x00\x00"
        frames = (b"", bytes(4), b"\x80\x00\x00\x01", b"\x80\x00\x00\x01" + bytes(16), os.urandom(64),
                  b"\x80\x00\x00\x01" + os.urandom(100000))
        connections = []
        for data in (b"", b"garbage" * 100, hello, hello + b"\x01" + b"\xff" * 8,
                     hello + b"\x01" + (100).to_bytes(8, "big") + b"x" * 10,
                     *(hello + b"\x01" + len(frame).to_bytes(8, "big") + frame for frame in frames)):
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.addCleanup(connection.close)
            connection.connect(path)
            connection.sendall(data)
            connections.append(connection)
        self.assertEqual(a.json("status")["name"], "Bank A")
        for connection in connections:
            connection.close()
        self.assertEqual(a.json("status")["name"], "Bank A")

    def test_only_the_owner_reaches_it(self):
        self.need_root("become another user")
        a = self.node()
        run = os.readlink(a.dir / "run")
        probe = "import socket,sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
        done = subprocess.run(["/usr/bin/python3", "-c", probe, f"{run}/control"], user=NOBODY, group=NOBODY,
                              extra_groups=[], capture_output=True, text=True)
        self.assertIn("PermissionError", done.stderr)
