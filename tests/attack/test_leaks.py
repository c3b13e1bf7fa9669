"""Nothing imported is found outside of core: not on the wire, not in the directories, logs and core
files of either node, not in the memory of gate; nor any hash of it that needs no key. The same
search finds what is planted.

The memory of core is not searched: it works with what it owns.

runner: timeout=180
"""

import base64
import functools
import hashlib
import os
import pathlib
import subprocess
import sys
import time

import leaks
import lists
import nodes
import overlaps
import test_wire
from overlaps import OverlapTest

PERSON_COLUMNS = ("id", "name", "date_of_birth", "phone", "email", "iban", "bank", "account")
RECORDS = 60

WIRE = False  # is there a loopback of our own to capture?


def setUpModule():
    global WIRE
    if os.geteuid() == 0:
        try:
            test_wire.leave_the_network()
            WIRE = True
        except Exception as reason:  # a SkipTest: the proxies still see what passes
            print(f"no capture of the loopback: {reason}")


def scattered(number):
    """A whole number that stands nowhere by chance."""
    return int.from_bytes(hashlib.sha256(b"leak test %d" % number).digest()[:7], "big")


class Person:
    """Everything about a record, as it stands in the file of one bank, and canonical."""

    def __init__(self, number, manner):
        n = scattered(number)
        self.id = f"record-{n % 10**10:010}"
        # Words that no library and no header holds.
        name = "Q" + "".join("bcdfghjklmnpqrstvwxz"[n // 20**at % 20] + "aeiou"[n // 5**at % 5] for at in range(5))
        _, _, born = lists.person(number)
        account = f"{n % 10**8:08}"
        iban = lists.iban(overlaps.BANK, n % 10**8)
        email = f"{name.lower()}.{number}@example.org"
        self.spelt = {"name_dob": f"{name} Näme", "phone": lists.phone_as(number, manner),
                      "email": email.upper() if manner % 2 else email,
                      "iban": lists.grouped(iban) if manner % 2 else iban, "account": account}
        self.canonical = {"name_dob": f"name {name.lower()}:{born}", "phone": lists.phone(number), "email": email,
                          "iban": iban, "account": f"{overlaps.BANK.replace('-', '')}:{account}"}
        self.row = (self.id, self.spelt["name_dob"], born, self.spelt["phone"], self.spelt["email"],
                    self.spelt["iban"], overlaps.BANK, account)

    def add_to(self, needles):
        needles.add_value(f"record id {self.id}", self.id.encode())
        for kind, canonical in self.canonical.items():
            needles.add_identifier(kind, self.spelt[kind], canonical)
        needles.add_value("a name", self.spelt["name_dob"].split()[0].encode())


@functools.cache
def everybody():
    """What the banks import, and all that must not be found of it."""
    people = {"a": [Person(n, 0) for n in range(RECORDS)],
              "b": [Person(n, 1) for n in range(RECORDS // 2, RECORDS + RECORDS // 2)]}
    needles = leaks.Needles()
    for person in people["a"] + people["b"]:
        person.add_to(needles)
    return people, needles


class LeakTest(OverlapTest):
    def setUp(self):
        super().setUp()
        self.people, self.needles = everybody()
        self.search = leaks.Search(self.needles, self.home / "needles")
        self.places = self.home / "places"  # what is searched, beside the nodes
        self.places.mkdir()


class Leaks(LeakTest):
    def import_both(self, a, b):
        for node, dataset, people in ((a, "mine", self.people["a"]), (b, "theirs", self.people["b"])):
            report = self.load(node, dataset, [person.row for person in people], "--region", "GB",
                               header=PERSON_COLUMNS, profile="persons")
            self.assertEqual((report["records"], report["tokens"]), (RECORDS, 5 * RECORDS))
            for path in self.home.glob("*.csv"):
                path.unlink()  # what the user had is not the node's

    def everything_between(self, a, b):
        """Exchanges of each kind and end, so that all that is written and sent is."""
        self.import_both(a, b)
        self.grant(b, a, "theirs")
        self.grant(a, b, "mine", "overlap:matches", words=("--max-size", "1"))
        common = {person.id for person in self.people["a"][RECORDS // 2:]}
        self.finds(a, b, common)
        self.counts(a, b, RECORDS // 2, words=("--type", "iban"))
        self.is_denied(self.try_overlap(b, a, mine="theirs", theirs="mine"))
        a.do("dataset", "forget", "mine", "--record", self.people["a"][0].id)
        self.load(b, "theirs", [person.row for person in self.people["b"][:20]], "--region", "GB",
                  header=PERSON_COLUMNS, profile="persons")
        for path in self.home.glob("*.csv"):
            path.unlink()

    def finds_nothing(self, what, found):
        self.assertEqual(found[:10], [], f"{what} tells what was imported")

    def searched_nodes(self, *those):
        return [path for node in those for path in sorted(node.home.rglob("*"))
                if path.is_file() and not path.is_symlink()]

    def test_nothing_imported_is_found_where_others_may_look(self):
        capture = test_wire.Capture() if WIRE else None
        try:
            a, b, proxies = self.proxied_pair()
            for proxy in proxies:
                proxy.recording = True
            self.everything_between(a, b)
            memory = self.dump_gates(a, b)
            on_disk = self.searched_nodes(a, b)
            self.finds_nothing("a running node's directory or log", self.search.files(*on_disk))
            for node in (a, b):
                self.assertEqual(node.stop(), 0)
        finally:
            time.sleep(0.2)
            lost = capture.stop() if capture else 0
        self.assertEqual(lost, 0, "the capture missed packets")
        on_disk = self.searched_nodes(a, b)
        self.assertTrue({"data.mdb", "log"} <= {path.name for path in on_disk}, on_disk)
        self.assertFalse([path for path in self.home.rglob("core*") if path.is_file()], "no core file is left")
        self.finds_nothing("a node's directory or log", self.search.files(*on_disk))
        wire = self.write_streams(proxies, capture)
        self.finds_nothing("the wire", self.search.files(*wire))
        if memory:
            self.finds_nothing("the memory of gate", self.search.files(*memory))
        self.planted_is_found(wire, on_disk, memory)

    def dump_gates(self, *those):
        if os.geteuid() != 0 or not nodes.IS_RELEASE:  # the sanitizers' shadow has terabytes
            return []
        paths = []
        for node in those:
            path = self.places / f"{node.alias}.gate"
            self.assertGreater(leaks.dump_memory(node.pids()["gate"], path), 1 << 20)
            paths.append(path)
        return paths

    def write_streams(self, proxies, capture):
        streams = [stream for proxy in proxies for stream in proxy.recorded if stream]
        self.assertGreater(sum(map(len, streams)), RECORDS * 5 * 64, "the exchanges passed the proxies")
        if capture:
            captured, _ = capture.streams()
            self.assertGreaterEqual(sum(map(len, captured.values())), sum(map(len, streams)))
            streams += captured.values()
        paths = []
        for at, stream in enumerate(streams):
            paths.append(self.places / f"wire-{at}")
            paths[-1].write_bytes(stream)
        return paths

    def planted_is_found(self, *places):
        """In a copy of each kind of place, in its middle."""
        person = self.people["a"][7]
        secret = hashlib.sha256(leaks.token("phone", person.canonical["phone"])).digest()
        for paths in places:
            if not paths:
                continue
            data = max((path.read_bytes() for path in paths), key=len)
            path = self.places / "planted"
            path.write_bytes(data[:len(data) // 2] + base64.b64encode(b"x" + secret) + data[len(data) // 2:])
            self.assertEqual(len(self.search.files(path)), 1, path)


class Planted(LeakTest):
    """The search itself."""

    def test_each_form_of_each_hash_is_found_amid_noise(self):
        person = self.people["b"][3]
        path = self.places / "planted"
        self.assertGreater(len(self.needles.named), 100_000)
        for kind, canonical in person.canonical.items():
            values = [person.spelt[kind].encode(), canonical.encode(), leaks.token(kind, canonical)]
            written = [("raw", value) for value in values] + [
                (name, digest) for value in values for name, digest in leaks.hashes(value).items()]
            planted = []
            for name, data in written:
                text = [data, data.hex().encode(), data.hex().upper().encode()]
                for before in range(3):
                    whole = os.urandom(before) + data + os.urandom(2)
                    text += [base64.b64encode(whole), base64.urlsafe_b64encode(whole)]
                planted += [(name, piece) for piece in text]
            for at, (name, piece) in enumerate(planted):
                (self.places / f"{at}").write_bytes(os.urandom(1000 + at) + piece + os.urandom(500))
            paths = [str(self.places / f"{at}") for at in range(len(planted))]
            found = {path for _, path in self.search.files(*paths)}
            self.assertEqual([planted[int(pathlib.Path(path).name)] for path in paths if path not in found], [], kind)
        path.write_bytes(os.urandom(1 << 24))
        self.assertEqual(self.search.files(path), [], "noise is no find")

    def test_it_is_found_in_the_memory_of_a_process(self):
        self.need_root("look into the memory of another process")
        digest = hashlib.blake2b(leaks.token("iban", self.people["a"][5].canonical["iban"]), digest_size=32,
                                 person=leaks.TOKEN_PERSONALISATION).hexdigest()
        code = "import sys\nheld = bytes.fromhex(sys.stdin.readline())\nprint('ready', flush=True)\nsys.stdin.read()"
        with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True) as holder:
            holder.stdin.write(digest + "\n")
            holder.stdin.flush()
            self.assertEqual(holder.stdout.readline(), "ready\n")
            path = self.places / "memory"
            leaks.dump_memory(holder.pid, path)
            holder.stdin.close()
        self.assertTrue(any("token digest" in name and name.endswith("raw") for name, _ in self.search.files(path)))

    def test_the_canonical_forms_are_those_of_the_node(self):
        person = self.people["b"][9]
        for kind, canonical in person.canonical.items():
            spelt = person.spelt[kind]
            if kind == "name_dob":
                spelt += ":" + person.row[2]
            elif kind == "account":
                spelt = f"{overlaps.BANK}:{spelt}"
            with self.subTest(kind):
                code, output, complaint = nodes.run_cli("explain", kind, spelt, "--region", "GB", "--json")
                self.assertEqual(code, nodes.DONE, complaint)
                self.assertIn(f'"{canonical}"', output)
