# runner: timeout=300
"""Engine vole against another implementation of its suite, byte for byte: the slow Python one that
was written from the specification alone plays the other side, in both roles.

It is not part of the tree: SYMBOLON_SHARED/lab/vole-psi/ref.py. SYMBOLON_LONG=1 adds 16,385 and 262,145
items, which take it some minutes and half an hour."""
import os
import pathlib
import subprocess
import sys
import unittest

SHARED = os.environ.get("SYMBOLON_SHARED")
REFERENCE = pathlib.Path(SHARED or "/nonexistent") / "lab/vole-psi/ref.py"
PEER = pathlib.Path(os.environ["SYMBOLON_BUILD"]) / "tests/tools/vole_peer"
SIZES = [1, 2, 1024, 1025]
LONG = [16385, 262145]


def can_run():
    try:
        import cryptography.hazmat.primitives.ciphers  # noqa: F401 (the reference needs it)
    except ImportError:
        return False
    return True


@unittest.skipUnless(REFERENCE.is_file(), "there is no SYMBOLON_SHARED/lab/vole-psi/ref.py")
@unittest.skipUnless(can_run(), "Python's cryptography is not installed")
class VolePeer(unittest.TestCase):
    def meet(self, role, n_r, n_s, common):
        other = "S" if role == "R" else "R"
        words = [str(n_r), str(n_s), str(common)]
        wrap = os.environ.get("SYMBOLON_WRAP", "").split()
        ours = subprocess.Popen([*wrap, str(PEER), "0", role, *words], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)
        port = ours.stdout.readline().split()[-1]
        theirs = subprocess.run([sys.executable, str(REFERENCE), other, port, *words],
                                capture_output=True, text=True, check=False)
        said = ours.stdout.read()
        ours.stdout.close()
        self.assertEqual(ours.wait(), 0, said)
        self.assertEqual(theirs.returncode, 0, theirs.stderr)
        if role == "R":
            self.assertIn(f"R found {common}\n", said)
        else:
            self.assertIn("CORRECT", theirs.stdout)

    def all_sizes(self, role):
        for n in SIZES + (LONG if os.environ.get("SYMBOLON_LONG") else []):
            with self.subTest(items=n):
                self.meet(role, n, n, (n + 2) // 3)

    def test_learns_from_another_implementation_what_both_have(self):
        self.all_sizes("R")

    def test_another_implementation_learns_what_both_have(self):
        self.all_sizes("S")

    def test_lists_of_different_lengths_meet(self):
        self.meet("R", 50, 1500, 7)
        self.meet("S", 50, 1500, 7)
        self.meet("R", 1100, 3, 3)
        self.meet("S", 1100, 3, 3)


if __name__ == "__main__":
    unittest.main()
