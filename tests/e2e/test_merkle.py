"""The trees of crypto/merkle.c against another implementation of RFC 6962, written here from the
definitions of its section 2.1 and, for checking, the algorithms of RFC 9162 section 2.1.3."""

# runner: timeout=300

import hashlib
import os
import random
import subprocess
import unittest

TREES = 200
LEAVES_MAX = 1500
QUESTIONS = 12  # per tree
BUILD = os.environ.get("SYMBOLON_BUILD", "build/release")


def leaf_hash(data):
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def split(n):
    """The largest power of two smaller than n."""
    return 1 << ((n - 1).bit_length() - 1)


class Tree:
    """MTH, PATH and PROOF as RFC 6962 writes them; roots of ranges are remembered."""

    def __init__(self, leaves):
        self.leaves = [leaf_hash(d) for d in leaves]
        self.known = {}

    def root(self, start, end):
        if start == end:
            return hashlib.sha256(b"").digest()
        if end - start == 1:
            return self.leaves[start]
        if (start, end) not in self.known:
            k = split(end - start)
            self.known[start, end] = node_hash(self.root(start, start + k),
                                               self.root(start + k, end))
        return self.known[start, end]

    def path(self, m, start, end):
        if end - start == 1:
            return []
        k = split(end - start)
        if m < k:
            return self.path(m, start, start + k) + [self.root(start + k, end)]
        return self.path(m - k, start + k, end) + [self.root(start, start + k)]

    def proof(self, m, start, end, whole=True):
        if m == end - start:
            return [] if whole else [self.root(start, end)]
        k = split(end - start)
        if m <= k:
            return self.proof(m, start, start + k, whole) + [self.root(start + k, end)]
        return self.proof(m - k, start + k, end, False) + [self.root(start, start + k)]


def is_included(root, leaf, index, size, proof):
    """RFC 9162, section 2.1.3.2."""
    if index >= size:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def extends(old, m, root, n, proof):
    """RFC 9162, section 2.1.4.2; m from 1."""
    if m == n:
        return not proof and old == root
    if m & (m - 1) == 0:
        proof = [old] + proof
    if not proof:
        return False
    fn, sn = m - 1, n - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = proof[0]
    for c in proof[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == old and sr == root


class Tool:
    """All questions first, then all answers: no waiting for each other."""

    def __init__(self):
        self.lines = []
        self.checks = []

    def tell(self, *words):
        self.lines.append(" ".join(w.hex() if isinstance(w, bytes) else str(w) for w in words))

    def ask(self, want, *words):
        self.tell(*words)
        self.checks.append((self.lines[-1], want))

    def run(self, test):
        told = subprocess.run([os.path.join(BUILD, "tests/tools/merkle_tool")], check=True,
                              input="\n".join(self.lines) + "\n", capture_output=True, text=True)
        answers = told.stdout.split("\n")[:-1]
        test.assertEqual(len(answers), len(self.checks))
        for answer, (line, want) in zip(answers, self.checks):
            if not want(answer):
                test.fail(f"{line}: {answer}")


def hashes(want):
    return lambda answer: answer == " ".join(h.hex() for h in want)


def verdict(good):
    return lambda answer: (answer == "yes") == good


def spoil(draw, proof, others):
    """The proof with one thing wrong."""
    proof = list(proof)
    how = draw.randrange(4) if proof else 0
    if how == 0:
        proof.insert(draw.randrange(len(proof) + 1), draw.choice(others))
    elif how == 1:
        del proof[draw.randrange(len(proof))]
    elif how == 2:
        at = draw.randrange(len(proof))
        flipped = bytearray(proof[at])
        flipped[draw.randrange(32)] ^= 1 << draw.randrange(8)
        proof[at] = bytes(flipped)
    elif len(proof) > 1:
        a, b = draw.sample(range(len(proof)), 2)
        proof[a], proof[b] = proof[b], proof[a]
    else:
        proof = proof + proof
    return proof


class RandomTrees(unittest.TestCase):
    def question(self, tool, draw, tree):
        size = draw.randint(1, len(tree.leaves))
        root = tree.root(0, size)
        tool.ask(hashes([root]), "root", size)

        index = draw.randrange(size)
        path = tree.path(index, 0, size)
        self.assertTrue(is_included(root, tree.leaves[index], index, size, path))
        tool.ask(hashes(path), "inclusion", index, size)
        tool.ask(verdict(True), "included", root, tree.leaves[index], index, size, *path)
        wrong = spoil(draw, path, tree.leaves)
        good = is_included(root, tree.leaves[index], index, size, wrong)
        tool.ask(verdict(good), "included", root, tree.leaves[index], index, size, *wrong)
        other = draw.randrange(size + 2)
        good = is_included(root, tree.leaves[index], other, size, path)
        tool.ask(verdict(good), "included", root, tree.leaves[index], other, size, *path)

        old = draw.randint(1, size)
        old_root = tree.root(0, old)
        proof = tree.proof(old, 0, size)
        self.assertTrue(extends(old_root, old, root, size, proof))
        tool.ask(hashes(proof), "consistency", old, size)
        tool.ask(verdict(True), "extends", old_root, old, root, size, *proof)
        wrong = spoil(draw, proof, tree.leaves)
        tool.ask(verdict(extends(old_root, old, root, size, wrong)),
                 "extends", old_root, old, root, size, *wrong)
        other = draw.randint(1, size + 1)
        good = other <= size and extends(old_root, other, root, size, proof)
        tool.ask(verdict(good), "extends", old_root, other, root, size, *proof)

    def test_two_hundred_random_trees_agree_with_another_implementation(self):
        draw = random.Random(6962)
        sizes = [0, 1, 2, 3, 255, 256, 257, 4095, 4096, 4097, LEAVES_MAX]
        sizes += [int(LEAVES_MAX * draw.random() ** 2) for _ in range(TREES - len(sizes))]
        for size in sizes:
            tool = Tool()
            leaves = [draw.randbytes(draw.randrange(1, 64)) for _ in range(size)]
            tree = Tree(leaves)
            for data in leaves:
                tool.tell("add", data)
            tool.ask(hashes([tree.root(0, size)]), "edge")
            tool.ask(hashes([tree.root(0, 0)]), "root", 0)
            for _ in range(QUESTIONS if size > 0 else 0):
                self.question(tool, draw, tree)
            tool.run(self)

    def test_refuses_questions_beyond_the_tree(self):
        tool = Tool()
        for i in range(5):
            tool.tell("add", bytes([i]))
        error = lambda answer: answer.startswith("error ")
        tool.ask(error, "inclusion", 5, 5)
        tool.ask(error, "inclusion", 0, 6)
        tool.ask(error, "consistency", 6, 5)
        tool.ask(error, "consistency", 3, 6)
        tool.run(self)


if __name__ == "__main__":
    unittest.main()
