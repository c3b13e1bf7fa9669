"""Looks for values in bytes: as they are, and as any hash of them that needs no key.

The needles go to the program needles (needles.c), which looks for all of them at once.
"""

import base64
import hashlib
import pathlib
import struct
import subprocess

import nodes

NEEDLES = nodes.BUILD / "tests/attack/needles"
TOKEN_PERSONALISATION = b"symbolon-token-1"

# Shorter ones stand everywhere by chance; their hashes are sought.
LEAST_BYTES = 8


def hashes(data):
    """{name: digest} of the hashes without a key."""
    found = {name: hashlib.new(name, data).digest()
             for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha512_224", "sha512_256")}
    for size in (16, 20, 28, 32, 48, 64):
        found[f"blake2b-{size * 8}"] = hashlib.blake2b(data, digest_size=size).digest()
    for size in (16, 20, 28, 32):
        found[f"blake2s-{size * 8}"] = hashlib.blake2s(data, digest_size=size).digest()
    found["token digest"] = hashlib.blake2b(data, digest_size=32, person=TOKEN_PERSONALISATION).digest()
    return found


def base64_parts(data):
    """{alignment: what of the Base64 of data is the same whatever stands before and after it}"""
    parts = {}
    for before in range(3):
        text = base64.b64encode(bytes(before) + data)
        parts[before] = text[(before * 8 + 5) // 6:(before + len(data)) * 8 // 6]
    return parts


def forms(data):
    """{form: how bytes may be written down}"""
    found = {"raw": data, "hex": data.hex().encode(), "HEX": data.hex().upper().encode()}
    for at, part in base64_parts(data).items():
        found[f"base64 at {at}"] = part
        found[f"base64url at {at}"] = part.replace(b"+", b"-").replace(b"/", b"_")
    return found


def token(kind, canonical):
    return kind.encode() + b"\0" + canonical.encode()


class Needles:
    """Everything that must not be found, each with what it is."""

    def __init__(self):
        self.named = {}

    def add(self, name, data):
        if len(data) >= LEAST_BYTES:
            self.named.setdefault(bytes(data), name)

    def add_value(self, name, data):
        """A value, as it is, and its hashes."""
        for form, written in forms(data).items():
            self.add(f"{name}, {form}", written)
        self.add(f"{name}, UTF-16", data.decode("utf-8").encode("utf-16-le"))
        for kind, digest in hashes(data).items():
            for form, written in forms(digest).items():
                self.add(f"{kind} of {name}, {form}", written)

    def add_identifier(self, kind, spelling, canonical):
        """As it stood in the file, its canonical form, its parts, and its token."""
        for text in {spelling, canonical, *canonical.split(":")}:
            self.add_value(f"{kind} {text!r}", text.encode())
        self.add_value(f"token of {kind} {canonical!r}", token(kind, canonical))

    def write(self, path):
        """Names in the order of the file."""
        with open(path, "wb") as file:
            for data in self.named:
                file.write(struct.pack("<I", len(data)) + data)
        return list(self.named.values())


class Search:
    def __init__(self, needles, path):
        self.path = path
        self.names = needles.write(path)

    def files(self, *paths):
        """[(name of what was found, file)]"""
        done = subprocess.run([str(NEEDLES), str(self.path), *map(str, paths)], capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"needles ended with {done.returncode}: {done.stderr}")
        rows = (line.split(" ", 2) for line in done.stdout.splitlines())
        return [(self.names[int(number)], path) for number, _, path in rows]


def dump_memory(pid, path):
    """Writes every mapping of a process that can be read; for root. How many bytes that were."""
    maps = pathlib.Path(f"/proc/{pid}/maps").read_text("utf-8").splitlines()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem, open(path, "wb") as out:
        for line in maps:
            span, rights = line.split()[:2]
            if rights[0] != "r" or "[v" in line:
                continue
            first, last = (int(part, 16) for part in span.split("-"))
            mem.seek(first)
            while first < last:
                try:
                    piece = mem.read(min(last - first, 1 << 20))
                except OSError:
                    break
                if not piece:
                    break
                out.write(piece)
                first += len(piece)
        return out.tell()
