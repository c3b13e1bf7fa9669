"""Exported evidence, checked by programs that others have written: golang.org/x/mod/sumdb of Debian
and OpenSSL. No code of this project takes part in the checking."""

# runner: timeout=300

import base64
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SYMBOLON_BUILD", ROOT / "build/release"))
GOCODE = pathlib.Path("/usr/share/gocode")
SIZES = [1, 255, 256, 257, 1000, 70000]


def export(home, size):
    path = home / f"log-{size}"
    subprocess.run([BUILD / "tests/tools/make_export", path, str(size)], check=True)
    return path


class Home(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.home = pathlib.Path(cls.temporary.name)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()


def build_stock(home):
    """The program of tests/tools/stock.go, or a test that is skipped."""
    if shutil.which("go") is None:
        raise unittest.SkipTest("there is no Go here (Debian: golang-go)")
    if not (GOCODE / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        raise unittest.SkipTest("Go's x/mod is not here (Debian: golang-golang-x-mod-dev)")
    env = dict(os.environ, GO111MODULE="off", GOPATH=str(GOCODE), GOFLAGS="", GOPROXY="off",
               GOCACHE=str(home / "cache"), HOME=str(home), CGO_ENABLED="0")
    stock = home / "stock"
    subprocess.run(["go", "build", "-o", stock, ROOT / "tests/tools/stock.go"], check=True, env=env)
    return stock


def openssl_verifies(home, text, signature, key):
    """What openssl says of an Ed25519 signature."""
    files = {"text": text, "signature": signature, "key": bytes.fromhex("302a300506032b6570032100") + key}
    for name, data in files.items():
        (home / name).write_bytes(data)
    done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", home / "key",
                           "-rawin", "-in", home / "text", "-sigfile", home / "signature"],
                          capture_output=True, text=True)
    return done.returncode == 0 and "Verified Successfully" in done.stdout


def signatures(checkpoint, keys):
    """(name, what was signed, signature, key) for each line of a checkpoint, by the verifier keys."""
    text, _, lines = checkpoint.rpartition(b"\n\n")
    text += b"\n"
    known = {tuple(vkey.split("+", 2)[:2]): base64.b64decode(vkey.split("+", 2)[2]) for vkey in keys.splitlines()}
    for line in lines.decode().splitlines():
        dash, name, value = line.split(" ")
        value = base64.b64decode(value)
        key = known[name, value[:4].hex()]
        if dash != "\u2014":
            raise AssertionError(line)
        # A cosignature holds its time, and signs it with the text.
        head = f"cosignature/v1\ntime {int.from_bytes(value[4:12], 'big')}\n".encode() if key[0] == 4 else b""
        yield name, head + text, value[-64:], key[1:]


class Go(Home):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stock = build_stock(cls.home)

    def check(self, path):
        return subprocess.run([self.stock, path], capture_output=True, text=True)

    def test_sumdb_finds_checkpoint_tiles_and_proofs_right(self):
        for size in SIZES:
            done = self.check(export(self.home, size))
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn(f"tiles of {size} entries\n", done.stdout)
            self.assertIn("proof of entry 0\n", done.stdout)
            self.assertIn(f"consistency from {size}\n", done.stdout)

    def flipped(self, path, at):
        data = bytearray(path.read_bytes())
        data[at] ^= 1
        path.write_bytes(data)
        done = self.check(self.altered)
        data[at] ^= 1
        path.write_bytes(data)
        self.assertNotEqual(done.returncode, 0, path)

    def test_sumdb_finds_altered_files_wrong(self):
        self.altered = export(self.home, 300)
        self.flipped(self.altered / "checkpoint", 90)
        self.flipped(self.altered / "tile/0/000", 40)
        self.flipped(self.altered / "tile/entries/000", 8)
        self.flipped(self.home / "log-300.299.tlog-proof", 40)
        self.flipped(self.home / "log-300.consistency", 60)
        self.assertEqual(self.check(self.altered).returncode, 0)


class OpenSSL(Home):
    def test_openssl_verifies_checkpoint_and_cosignatures(self):
        if shutil.which("openssl") is None:
            self.skipTest("there is no openssl here")
        path = export(self.home, 20)
        found = list(signatures((path / "checkpoint").read_bytes(), (path / "keys").read_text()))
        self.assertEqual(len(found), 3)
        for name, signed, signature, key in found:
            self.assertTrue(openssl_verifies(self.home, signed, signature, key), name)
            self.assertFalse(openssl_verifies(self.home, signed + b"\n", signature, key), name)


if __name__ == "__main__":
    unittest.main()
