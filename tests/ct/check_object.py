#!/usr/bin/env python3
"""Reads the machine code of the vector backends of crypto/ristretto, the lanes of crypto/sha512 and the kernel vaes512 of
crypto/vole, for what a valgrind that does not know their instructions cannot run.

    check_object.py OBJECT...          --self-test plants faults into listings and shows them caught

What a lane holds can reach a branch or an address only through flags set by a vector or mask
instruction, through a gather or scatter, or by way of a general register. The first two may not occur.
A general register that takes a mask or a vector's part may be combined with others, stored, loaded
again and moved back; it may not be compared, nor be part of an address, nor set flags that are used.
It is followed from line to line, which is exact for straight code and loops that begin by writing it.
A vector register in which the compiler keeps such a general register meanwhile is not a lane.
Functions that handle what is public are left out: which element was refused, and sums. Bytes of
elements and bits of the scalar that pass through general registers alone do so in C that is the same
in all backends, and that `make ctcheck` runs under valgrind.
"""

import re
import subprocess
import sys

# Public: the index of a refused element leaves the batch functions; sums take no secret.
PUBLIC = re.compile(r"^(first_bad|(check|derive|multiply|multiply_each|derive_multiply|add|add_multiply)_(all|batch)"
                    r"|sum_\w+)(\.\w+)*$")
FLAGS = re.compile(r"^(kortest\w|ktest\w|vptest|vtestp[sd]|ptest|v?u?comis\w)$")
CROSSING = re.compile(r"^(kmov\w|vmov[dq]|mov[dq]|vpextr\w|pextr\w|vmovmskp\w|movmskp\w|v?pmovmskb|vcvtt?s\w+)$")
INDEXED = re.compile(r"gather|scatter")
VECTOR = re.compile(r"%[xyz]mm\d")
USES_FLAGS = re.compile(r"^(j(?!mp)|set|cmov|adc|sbb)")
KEEPS_FLAGS = re.compile(r"^(mov|lea|not|v|k|nop|push|pop|bswap|shlx|shrx|sarx|rorx|pdep|pext)")
LEAST = 500  # vector instructions: fewer, and the object is not what it should be
LEGACY = {"a": "ax", "b": "bx", "c": "cx", "d": "dx"}


def register(name):
    """One name for all widths of a general register; None for others."""
    numbered = re.fullmatch(r"%(r\d+)[dwb]?", name)
    if numbered:
        return numbered[1]
    lettered = re.fullmatch(r"%(?:[re]?([abcd])x|([abcd])[lh]|[re]?([sd]i|[sb]p)l?)", name)
    if not lettered:
        return None
    return LEGACY.get(lettered[1] or lettered[2]) or lettered[3]


def split(operands):
    return [part.strip() for part in re.split(r",(?![^(]*\))", operands.split("#")[0]) if part.strip()]


class Follower:
    """Which general registers and places in memory hold lanes, in one function; and which vector
    registers only keep a general one that holds none."""

    def __init__(self):
        self.held = set()
        self.kept = set()
        self.flags = False

    def keep(self, op, parts):
        vector = re.match(r"%[xyz]mm(\d+)", parts[-1]) if parts else None
        if vector:
            keeps = op in ("vmovq", "vmovd", "movq", "movd") and register(parts[0]) is not None
            (self.kept.add if keeps and register(parts[0]) not in self.held else self.kept.discard)(vector[1])

    def is_lane(self, part):
        found = re.match(r"%(k\d|[xyz]mm(\d+))", part)
        return found is not None and found[2] not in self.kept

    def judge(self, op, operands):
        if "nop" in op or op in ("cs", "data16", "endbr64"):
            return False
        parts = split(operands)
        used = {part for part in parts if part in self.held or register(part) in self.held}
        if FLAGS.match(op) or INDEXED.search(op):
            return True
        for part in parts:
            if "(" in part and any(register(r) in self.held for r in re.findall(r"%\w+", part)):
                return True
        if self.flags and USES_FLAGS.match(op):
            return True
        target = parts[-1] if parts else ""
        name = register(target) or (target if "(" in target else None)
        if op.startswith(("cmp", "test", "bt")):
            self.flags = bool(used)
            return False
        if not KEEPS_FLAGS.match(op):
            self.flags = bool(used)
        if op.startswith("call"):
            self.held -= {"ax", "cx", "dx", "si", "di", "r8", "r9", "r10", "r11"}
            self.kept.clear()
        elif name is not None:
            crosses = CROSSING.match(op) and any(self.is_lane(part) for part in parts[:-1])
            copies = op.startswith(("mov", "lea", "kmov", "vmov")) or len(parts) == 3
            sources = parts[:-1] if copies else parts
            if crosses or used & set(sources):
                self.held.add(name)
            elif not op.startswith("v") or register(target):
                self.held.discard(name)
        self.keep(op, parts)
        return False


def faults_in(listing):
    function, found, vectors, follower = None, [], 0, None
    for line in listing.splitlines():
        start = re.match(r"^[0-9a-f]+ <([^>]+)>:", line)
        if start:
            function, follower = start[1], Follower()
            continue
        parts = line.split("\t")
        if len(parts) < 2 or function is None or PUBLIC.match(function):
            continue
        op, _, operands = parts[-1].strip().partition(" ")
        vectors += bool(VECTOR.search(operands))
        if follower.judge(op, operands):
            found.append(f"{function}: {parts[-1].strip()}")
    return found, vectors


def self_test():
    planted = ["kortestb %k0,%k0", "vptest %ymm0,%ymm0", "vpgatherqq (%rsi,%zmm1,8),%zmm2{%k1}",
               "kmovb %k1,%eax;test %al,%al;je 0", "kmovb %k1,%r9d;mov (%rdi,%r9,8),%rax",
               "vmovq %xmm3,%rdx;mov %rdx,8(%rsp);mov 8(%rsp),%rcx;cmp $1,%rcx;jne 0",
               "vpextrq $0x1,%xmm0,%rax;and $1,%eax;jne 0",
               "vmovq %rbx,%xmm22;vpaddq %xmm1,%xmm2,%xmm22;vmovq %xmm22,%rbx;mov (%rbx),%rax", "vmovmskpd %ymm0,%edx;lea (%rdx,%rdx),%rsi;cmp %rsi,%rdi;ja 0"]
    harmless = ["kmovb (%rdi),%k1", "kmovd %eax,%k1", "cmp $0xfd,%rax;jne 0", "vptestnmq %zmm1,%zmm1,%k2",
                "kmovb %k0,%eax;or %edx,%eax;mov %al,(%rdi);mov $3,%eax;cmp $3,%eax;jne 0",
                "vmovq %rbx,%xmm22;vmovq %xmm22,%rbx;cmp $1,%rbx;jne 0",
                "kmovb %k0,%eax;or %edx,%eax;cmp %rsi,%rdi;jne 0"]
    listing = lambda function, lines: f"0 <{function}>:\n" + "".join(f" 0:\t{l}\n" for l in lines.split(";"))
    missed = [p for p in planted if not faults_in(listing("ladder_climb", p))[0]]
    missed += [p for p in planted if faults_in(listing("multiply_all", p))[0]]
    missed += [p for p in harmless if faults_in(listing("ladder_climb", p))[0]]
    print(f"{len(missed)} of {2 * len(planted) + len(harmless)} planted listings judged wrongly", *missed, sep="\n  ")
    return 1 if missed else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    bad = 0
    for name in sys.argv[1:]:
        listing = subprocess.run(["objdump", "-d", "--no-show-raw-insn", name], check=True,
                                 capture_output=True, text=True).stdout
        found, vectors = faults_in(listing)
        bad += bool(found) or vectors < LEAST
        print("\n".join(f"{name}: {fault}" for fault in found) or f"{name}: {vectors} vector instructions, "
              "none decides a branch or an address" if vectors >= LEAST else f"{name}: no vector code to look at")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
