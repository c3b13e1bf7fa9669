"""What tests know of evidence logs by themselves: RFC 6962 trees, leaves, an exported directory."""

import base64
import functools
import hashlib
import json
import pathlib
import re

AUDITOR = "auditor"
LEAF_FIELDS = {1: "version", 2: "time_ms", 3: "kind", 4: "exchange", 5: "initiator", 6: "responder",
               7: "commitment"}


def add_auditor(node):
    """Adds a user who may read the log: calls name it, with user=AUDITOR."""
    node.do("user", "add", AUDITOR, "--role", "auditor")
    node.user = "operator"
    return node


def findings(node, other):
    """What log compare says, without exchanges of which one side saw the beginning only: that is how
    those look which were cut off."""
    code, output, complaint = node.cli("log", "compare", other.alias, user=AUDITOR)
    rows = [row for row in output.splitlines() if not row.startswith("EXCHANGE")]
    if code == 0:
        return []
    others = [row for row in rows if "cut off:" not in row]
    return others or ([] if rows else [complaint])


def leaf_hash(data):
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """Roots over the first n of these leaves, for any n."""

    def __init__(self, leaves):
        self.hashes = [leaf_hash(leaf) for leaf in leaves]
        self.range = functools.lru_cache(None)(self.range)

    def range(self, begin, end):
        if end - begin == 1:
            return self.hashes[begin]
        split = 1 << (end - begin - 1).bit_length() - 1
        return node_hash(self.range(begin, begin + split), self.range(begin + split, end))

    def root(self, n):
        return self.range(0, n) if n > 0 else hashlib.sha256(b"").digest()


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def parse_leaf(data):
    """{field: number or bytes}"""
    leaf, at = {"exchange": b"", "initiator": b"", "responder": b""}, 0
    while at < len(data):
        tag, at = varint(data, at)
        value, at = varint(data, at)
        if tag & 7 == 2:
            value, at = data[at:at + value], at + value
        leaf[LEAF_FIELDS[tag >> 3]] = value
    return leaf


def parse_checkpoint(text):
    """(origin, size, root)"""
    origin, size, root = text.split("\n")[:3]
    return origin, int(size), base64.b64decode(root)


class Export:
    """A directory written by log export."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.checkpoint = (self.folder / "checkpoint").read_text("utf-8")
        self.origin, self.size, self.root = parse_checkpoint(self.checkpoint)
        self.leaves = list(self.read_entries())
        self.bodies = [json.loads(line) for line in (self.folder / "bodies.jsonl").read_text("utf-8").splitlines()]

    def files(self):
        return sorted(path for path in self.folder.rglob("*") if path.is_file())

    def read_entries(self):
        """Each exactly once: a whole tile takes the place of its parts."""
        tiles = {}
        for path in (self.folder / "tile/entries").rglob("*"):
            if path.is_file():
                name = path.relative_to(self.folder / "tile/entries").as_posix()
                number = int("".join(re.findall(r"x?(\d{3})", name.partition(".p/")[0])))
                tiles[number] = max(tiles.get(number, b""), path.read_bytes(), key=len)
        for number in sorted(tiles):
            data, at = tiles[number], 0
            while at < len(data):
                length = int.from_bytes(data[at:at + 2], "big")
                yield data[at + 2:at + 2 + length]
                at += 2 + length

    def rows(self):
        return [parse_leaf(leaf) for leaf in self.leaves]
