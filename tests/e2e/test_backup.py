"""Backups: taken while the node works, restored elsewhere, refused when anything about them is wrong.

runner: timeout=600
"""

import json
import os
import subprocess
import time

import nodes
import overlaps
from nodes import DENIED, DONE, FAILED, USAGE, Node
from overlaps import OverlapTest, accounts, ids, start_cli

PASSPHRASE = "a passphrase for backups"
GONE_S = 1  # how long the command line waits for the answer of a node that was killed
HEADER = 106
CHUNK = 262144 + 17


LOW_COST = {"program": nodes.CHEAP}  # what is not about the passphrase need not pay for it


class BackupTest(OverlapTest):
    def setUp(self):
        super().setUp()
        self.passphrase = nodes.write_private(self.home / "backup-passphrase", PASSPHRASE.encode() + b"\n")

    def backup(self, node, *words, name="backup", **how):
        path = self.home / name
        answer = json.loads(node.do("backup", path, "--passphrase-file", self.passphrase, "--json", *words, **how))
        self.assertEqual(answer["bytes"], path.stat().st_size)
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        return path

    def try_restore(self, path, target, passphrase=None):
        return nodes.run_cli("restore", path, "--dir", target, "--passphrase-file", passphrase or self.passphrase)

    def restored(self, node, path, folder="restored"):
        """A node like the other, in a directory of its own; the other must not run any more."""
        other = Node.__new__(Node)
        other.__dict__.update(node.__dict__)
        other.dir = node.home / folder
        other.process = None
        code, output, complaint = self.try_restore(path, other.dir)
        self.assertEqual((code, complaint), (DONE, ""), output)
        self.nodes.append(other)
        return other

    def is_not_there(self, target):
        self.assertFalse(target.exists(), list(target.iterdir()) if target.is_dir() else target)

    def leftovers(self, folder=None):
        return [path.name for path in (folder or self.home).iterdir() if path.name.startswith("backup.")]


class WholeNode(BackupTest):
    def test_is_restored_elsewhere_with_all_it_had(self):
        a, b = self.pair()
        self.load_numbers(a, "mine", range(0, 3000))
        self.load_numbers(b, "theirs", range(2000, 4000), "s")
        self.grant(b, a, "theirs")
        self.grant(a, b, "mine")
        self.finds(a, b, ids(range(2000, 3000)))
        a.do("user", "add", "ann", "--role", "auditor")
        a.user = "operator"
        a.do("settings", "set", "overlap-padding", "power-of-two")
        asked = ("dataset", "list"), ("peer", "list"), ("grants", "list"), ("user", "list"), ("settings", "list")
        before = [a.json(*words) for words in asked]
        history = a.json("exchange", "list")
        path = self.backup(a, "--with-user-keys")
        a.do("dataset", "drop", "mine")
        self.assertEqual(a.stop(), 0)
        again = self.restored(a, path).start()
        after = [again.json(*words) for words in asked]
        for tables in (before, after):
            tables[3].sort(key=lambda row: row["name"])
        for rows in (before[1], after[1]):
            for row in rows:
                for changing in ("link", "link_since", "bytes_sent", "bytes_received"):
                    row.pop(changing, None)
        self.assertEqual(after, before)
        self.assertEqual([row["id"] for row in again.json("exchange", "list")], [row["id"] for row in history])
        self.assertIn("was restored at", "".join(again.json("status")["warnings"]))
        self.assertIn("its privacy budgets count as spent for a year", "".join(again.json("status")["warnings"]))
        self.assertFalse((again.dir / "restored").exists())
        self.assertEqual(sorted(p.name for p in (again.dir / "users").iterdir()), ["ann.key", "operator.key"])
        again.restart()
        self.assertIn("was restored at", "".join(again.json("status")["warnings"]))

    def test_is_of_one_moment_while_imports_and_overlaps_go_on(self):
        a, b = self.pair()
        self.load_numbers(a, "mine", range(20000))
        self.load_numbers(a, "second", range(500))
        self.load_numbers(b, "theirs", range(10000, 11000), "s")
        self.grant(b, a, "theirs")
        file = self.csv(overlaps.ACCOUNT_COLUMNS, accounts(range(60000)))
        imports = start_cli(a, "import", file, "--dataset", "growing", "--profile", "accounts")
        exchange = start_cli(a, *overlaps.overlap_words(b, "mine", "theirs", "matches"))
        paths = [self.backup(a, name=f"backup{n}", **LOW_COST) for n in range(3)]
        a.do("dataset", "forget", "second", "--record", "r7")
        a.do("dataset", "drop", "second")
        self.finish(exchange)
        self.finish(imports)
        self.assertEqual(a.json("dataset", "show", "growing")["records"], 60000)
        user = self.home / "operator.key"
        user.write_bytes((a.dir / "users/operator.key").read_bytes())
        user.chmod(0o600)
        self.assertEqual(a.stop(), 0)
        for n, path in enumerate(paths):
            again = self.restored(a, path, f"restored{n}")
            again.user = user
            again.start()
            rows = {row["name"]: row["records"] for row in again.json("dataset", "list")}
            self.assertEqual((rows["mine"], rows["second"]), (20000, 500))
            self.assertIn(rows.get("growing"), (None, 60000))
            again.do("dataset", "forget", "mine", "--record", "r7")
            self.assertEqual(again.stop(), 0)

    def test_what_was_forgotten_before_stays_forgotten_and_what_was_forgotten_later_does_not(self):
        a = self.node()
        self.load_numbers(a, "mine", range(100))
        a.do("dataset", "forget", "mine", "--record", "r1")
        path = self.backup(a, "--with-user-keys", **LOW_COST)
        a.do("dataset", "forget", "mine", "--record", "r2")
        self.assertEqual(a.stop(), 0)
        again = self.restored(a, path).start()
        self.assertEqual(again.json("dataset", "show", "mine")["records"], 99)
        self.refused(again.cli("dataset", "forget", "mine", "--record", "r1"), FAILED, "has no record of this id")
        again.do("dataset", "forget", "mine", "--record", "r2")

    def test_users_keys_are_left_out_unless_asked_for(self):
        a = self.node()
        key = (a.dir / "users/operator.key").read_bytes()
        path = self.backup(a, **LOW_COST)
        self.assertEqual(a.stop(), 0)
        again = self.restored(a, path).start()
        self.assertEqual(list((again.dir / "users").iterdir()), [])
        self.refused(again.cli("status"), FAILED, "user key")
        kept = nodes.write_private(self.home / "kept.key", key)
        again.do("status", user=kept)

    def test_nothing_of_the_node_can_be_read_in_the_file(self):
        a = self.node("Bank Unmistakable")
        self.load_numbers(a, "conspicuous-dataset", range(100))
        path = self.backup(a, "--with-user-keys", **LOW_COST)
        whole = path.read_bytes()
        for needle in (b"Unmistakable", b"conspicuous-dataset", b"symbolon-keys", b"symbolon-user", b"data.mdb"):
            self.assertNotIn(needle, whole)
        again = self.backup(a, name="again", **LOW_COST).read_bytes()
        self.assertNotEqual(whole[26:42], again[26:42], "each has a salt of its own")


class Refusals(BackupTest):
    def test_each_damage_is_named_and_nothing_is_left(self):
        a = self.node()
        self.load_numbers(a, "mine", range(20000))
        path = self.backup(a, **LOW_COST)
        whole = path.read_bytes()
        chunks = (len(whole) - HEADER + CHUNK - 1) // CHUNK
        self.assertGreater(chunks, 3)
        second = HEADER + CHUNK

        def flipped(at):
            return whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1:]

        damages = {
            "a flipped salt": (flipped(30), "passphrase is wrong"),
            "another node's id": (flipped(50), "passphrase is wrong"),
            "another time": (flipped(80), "passphrase is wrong"),
            "a flipped bit in chunk 1": (flipped(second + 70000), "chunk 1 "),
            "a flipped bit at the end": (flipped(len(whole) - 1), f"chunk {chunks - 1} "),
            "cut within a chunk": (whole[:second + 5000], "chunk 1 "),
            "cut between chunks": (whole[:second], "chunk 1 and what follows are missing"),
            "cut before the last byte": (whole[:-1], f"chunk {chunks - 1} "),
            "continued": (whole + b"x", f"chunk {chunks - 1} "),
            "without chunk 1": (whole[:second] + whole[second + CHUNK:], "chunk 1 "),
            "chunks swapped": (whole[:HEADER] + whole[second:second + CHUNK] + whole[HEADER:second]
                               + whole[second + CHUNK:], "chunk 0"),
            "only a header": (whole[:HEADER], "chunk 0 and what follows are missing"),
            "half a header": (whole[:50], "is not a backup of a node"),
            "empty": (b"", "is not a backup of a node"),
            "another file": (os.urandom(1000), "is not a backup of a node"),
            "a newer version": (whole.replace(b"symbolon-backup/1", b"symbolon-backup/2", 1), "newer version"),
            "memory beyond bounds": (whole[:18] + b"\xff\0\0\0" + whole[22:], "header"),
        }
        damaged = self.home / "damaged"
        target = self.home / "target"
        for what, (content, complaint) in damages.items():
            with self.subTest(what):
                damaged.write_bytes(content)
                code, output, said = self.try_restore(damaged, target)
                self.assertEqual((code, output), (FAILED, ""), said)
                self.assertIn(complaint, said)
                self.is_not_there(target)
        self.assertEqual(self.try_restore(path, target)[0], DONE)

    def test_the_wrong_passphrase_and_the_wrong_place(self):
        a = self.node()
        path = self.backup(a, **LOW_COST)
        target = self.home / "target"
        wrong = nodes.write_private(self.home / "wrong", b"another passphrase\n")
        self.assertIn("the passphrase is wrong", self.try_restore(path, target, wrong)[2])
        self.is_not_there(target)
        self.assertIn("holds a node already", self.try_restore(path, a.dir)[2])
        target.mkdir(mode=0o700)
        (target / "mine").write_text("kept")
        self.assertIn("is not empty", self.try_restore(path, target)[2])
        self.assertEqual([p.name for p in target.iterdir()], ["mine"])
        (target / "mine").unlink()
        self.assertRegex(self.try_restore(self.home / "absent", target)[2], r'\Asymbolon: .*absent: does not exist: .* "symbolon backup"')
        self.assertIn("not an ordinary file", self.try_restore(self.home, target)[2])
        self.assertEqual(list(target.iterdir()), [])
        public = self.home / "public"
        public.write_text(PASSPHRASE)
        public.chmod(0o644)
        self.assertIn("others may read", self.try_restore(path, target, public)[2])
        (target / "restore.new/store").mkdir(parents=True)
        (target / "restore.new/store/data.mdb").write_text("left by one that was killed")
        code, output, complaint = self.try_restore(path, target)
        self.assertEqual((code, complaint), (DONE, ""))
        self.assertIn("Never start it beside the node", output)
        self.assertFalse((target / "restore.new").exists())
        self.assertIn("holds a node already", self.try_restore(path, target)[2])

    def test_a_backup_is_not_written_over_another_file(self):
        a = self.node()
        path = self.backup(a, **LOW_COST)
        before = path.read_bytes()
        self.refused(a.cli("backup", path, "--passphrase-file", self.passphrase), FAILED, "exists already")
        self.assertEqual(path.read_bytes(), before)
        a.do("backup", path, "--passphrase-file", self.passphrase, "--force")
        self.assertNotEqual(path.read_bytes(), before)
        short = nodes.write_private(self.home / "short", b"too short\n")
        self.refused(a.cli("backup", self.home / "other", "--passphrase-file", short), FAILED, "at least 12")
        self.refused(a.cli("backup", self.home / "other"), FAILED, "--passphrase-file")
        self.refused(a.cli("backup", self.home / "no/such", "--passphrase-file", self.passphrase), FAILED, "no/such")
        self.assertEqual(a.cli("backup")[0], USAGE)
        self.assertEqual(self.leftovers(), [])

    def test_only_an_operator_takes_one(self):
        a = self.node()
        for role in ("analyst", "approver", "auditor"):
            a.do("user", "add", role, "--role", role, user="operator")
            outcome = a.cli("backup", self.home / "denied", "--passphrase-file", self.passphrase, user=role)
            self.refused(outcome, DENIED)
        self.is_not_there(self.home / "denied")

    def test_without_its_node_running_there_is_none(self):
        a = self.node(start=False)
        self.refused(a.cli("backup", self.home / "none", "--passphrase-file", self.passphrase), FAILED, "not running")
        self.is_not_there(self.home / "none")


class Interruptions(BackupTest):
    def slow(self, node, *words):
        """A backup that has begun and has its file, and goes on for a while."""
        command = start_cli(node, "backup", self.home / "backup", "--passphrase-file", self.passphrase, *words)
        nodes.wait_until(self.leftovers, 20, "the backup has a file")
        return command

    def big(self):
        a = self.node()
        self.load_numbers(a, "mine", range(60000))
        return a

    def test_ctrl_c_leaves_nothing_behind_and_the_next_may_begin(self):
        a = self.big()
        outcome = self.interrupt(self.slow(a))
        if outcome[0] == DONE:
            self.skipTest("this machine is too fast for the test")
        self.assertIn("cancelled", outcome[2])
        self.assertEqual(self.leftovers(), [])
        self.is_not_there(self.home / "backup")
        self.backup(a)

    def test_a_node_that_is_stopped_meanwhile_is_told(self):
        a = self.big()
        command = self.slow(a, "--wait", GONE_S)
        a.kill()
        output, complaint = command.communicate(timeout=60 * nodes.PATIENCE)
        if command.returncode == DONE:
            self.skipTest("this machine is too fast for the test")
        self.assertIn("symbolon: ", complaint)
        self.assertEqual(self.leftovers(), [])
        self.is_not_there(self.home / "backup")
        self.backup(a.start(), **LOW_COST)

    def test_a_restore_that_is_interrupted_leaves_nothing(self):
        a = self.big()
        path = self.backup(a, **LOW_COST)
        target = self.home / "target"
        for wait in (0, 0.001, 0.05):
            command = subprocess.Popen([str(nodes.SYMBOLON), "restore", str(path), "--dir", str(target),
                                        "--passphrase-file", str(self.passphrase)], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            if wait > 0:
                # Before, what it says depends on whether it heard of the signal as a program or as a process.
                nodes.wait_until(lambda: command.poll() is not None or (target / "restore.new").exists(), 20, "it has begun")
                time.sleep(wait)
            code, _, complaint = self.interrupt(command)
            if code == DONE:
                break
            self.is_not_there(target)
            if wait > 0:
                self.assertIn("cancelled", complaint)

    def test_a_full_disk_is_told_and_nothing_stays(self):
        self.need_root("mount a small file system")
        a = self.big()
        path = self.backup(a, **LOW_COST)
        small = self.home / "small"
        small.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", str(small)],
                                 capture_output=True, text=True)
        if mounted.returncode != 0:
            self.skipTest("no file system can be mounted here: " + mounted.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", str(small)], check=True)
        outcome = a.cli("backup", small / "backup", "--passphrase-file", self.passphrase)
        self.refused(outcome, FAILED, "No space left")
        self.assertEqual(list(small.iterdir()), [])
        code, _, complaint = self.try_restore(path, small / "node")
        self.assertEqual(code, FAILED)
        self.assertIn("No space left", complaint)
        self.assertEqual(list(small.iterdir()), [])
        self.backup(a, name="after", **LOW_COST)
