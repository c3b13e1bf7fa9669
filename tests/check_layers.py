#!/usr/bin/env python3
"""Checks what may include what, and that crypto/ and proto/ stay pure.

    crypto  <-  proto  <-  node         cli -> proto, crypto

One line per fault: file:line: reason. --self-test plants faults into trees of nothing else and shows
that each is caught. The tables below are the rules; a new library gets a row of its own.
"""

import fnmatch
import pathlib
import re
import sys
import tempfile

MAY_INCLUDE = {
    "crypto": {"crypto"},
    "proto": {"proto", "crypto"},
    "node": {"node", "proto", "crypto"},
    "cli": {"cli", "proto", "crypto"},
}

# Rooms of node/, the lowest first: each may include itself and those before it. gate/ stands alone, the
# supervisor runs core and gate, and anybody may ask it for names of files.
ROOMS = ["store", "evidence", "party", "work", "link", "data", "grant", "tabulation", "overlap", "exchange", "core"]
BESIDE_ROOMS = {"gate": {"gate"}, "supervisor": {"supervisor", "core", "gate"}}
FOR_ALL_ROOMS = "node/supervisor/directory.h"

# Library, its headers, and the places that may include them: (files, how many of them may).
ANY = 1000
LIBRARIES = [
    ("libsodium", "sodium*", [("crypto/*.c", ANY)]),
    ("OpenSSL TLS and X.509", "openssl/*", [("node/gate/tls*.c", ANY), ("crypto/*.c", 1)]),
    ("nanomsg", "nanomsg/*", [("proto/bus.c", 1)]),
    ("protobuf-c", "protobuf-c/*", [("proto/codec.c", 1)]),
    ("LMDB", "lmdb.h", [("node/store/store*.c", ANY), ("node/store/store_state.h", 1)]),
    ("libseccomp", "seccomp.h", [("node/*.c", 1)]),
    ("yajl", "yajl/*", [("cli/*.c", 1)]),
    ("ICU", "unicode/*", [("cli/ingest/unicode.c", 1)]),
    ("libphonenumber", "phonenumbers/*", [("cli/ingest/phone_shim.cc", 1)]),
    ("the C++ library", "string", [("cli/ingest/phone_shim.cc", 1)]),
    ("libcsv", "csv.h", [("cli/ingest/csv.c", 1)]),
    ("inih", "ini.h", [("cli/ingest/profile.c", 1)]),
    ("libmicrohttpd", "microhttpd.h", [("cli/ui/http.c", 1)]),
    ("LAPACK", "lapacke.h", [("cli/estimate/normal_equations.c", 1)]),
    ("SIMD intrinsics", "*intrin.h", [("crypto/*", ANY)]),
    ("CPU detection", "cpuid.h", [("crypto/*.c", ANY)]),
    ("valgrind", "valgrind/memcheck.h", [("crypto/*", 1)]),  # marks for the constant-time check
]
WITHOUT_TYPES = ("SIMD intrinsics", "valgrind")  # these may stand in headers
# Headers that show a library's types to the files of one module, and to nobody else.
PRIVATE = {"node/store/store_state.h": "node/store/store*.c"}
TLS = ("openssl/ssl*", "openssl/x509*", "openssl/bio.h")

PURE = ("crypto", "proto")
NOT_PURE = {"proto/bus.c"}  # moves bytes between the processes of one node; daemon and CLI share it
PURE_SYSTEM = {
    "assert.h", "endian.h", "errno.h", "inttypes.h", "limits.h", "stdalign.h", "stdarg.h", "stdbool.h",
    "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h",
}
SYSTEM = PURE_SYSTEM | {
    "arpa/inet.h", "ctype.h", "dirent.h", "fcntl.h", "getopt.h", "grp.h", "ifaddrs.h", "libgen.h",
    "locale.h", "malloc.h", "math.h", "netdb.h", "poll.h", "pthread.h", "pwd.h", "sched.h", "semaphore.h",
    "signal.h", "stdatomic.h", "strings.h", "syslog.h", "termios.h", "threads.h", "time.h",
    "unistd.h", "wchar.h",
}
SYSTEM_FOLDERS = ("sys/", "linux/", "net/", "netinet/", "asm/")
IMPURE = re.compile(
    r"(?<![\w.>])(printf|vprintf|fprintf|vfprintf|dprintf|puts|fputs|putc|fputc|putchar|fwrite|perror"
    r"|syslog|exit|_exit|_Exit|quick_exit|abort|fopen|getenv"
    r"|time|clock|clock_gettime|gettimeofday|nanosleep|usleep)\s*\(")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>|(.+))')
NOT_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


class Checker:
    def __init__(self, root):
        self.root = root
        self.faults = []
        self.users = {}  # (library, place) -> files
        self.edges = {}  # module -> {module: "file:line"}
        for layer in MAY_INCLUDE:
            for path in sorted((root / layer).rglob("*")):
                if path.suffix in (".c", ".h", ".cc"):
                    self.check_file(path.relative_to(root).as_posix())
        self.check_counts()
        self.check_circles()

    def fault(self, where, reason):
        self.faults.append(f"{where}: {reason}")

    def module_of(self, name):
        """name.h and name.c, with the private headers name_*.h that have no .c of their own."""
        module = name.rsplit(".", 1)[0]
        parent = module.rpartition("_")[0]
        alone = not (self.root / (module + ".c")).exists()
        if alone and "/" in parent and (self.root / (parent + ".c")).exists():
            return parent
        return module

    def check_file(self, name):
        layer = name.split("/")[0]
        text = (self.root / name).read_text("utf-8")
        self.edges.setdefault(self.module_of(name), {})
        for number, line in enumerate(text.splitlines(), 1):
            found = INCLUDE.match(line)
            if found:
                ours, theirs, computed = found.groups()
                where = f"{name}:{number}"
                if ours:
                    self.check_ours(name, layer, where, ours)
                elif theirs:
                    self.check_theirs(name, layer, where, theirs)
                else:
                    self.fault(where, f"includes the computed name {computed.strip()}")
        if is_pure(name):
            self.check_pure(name, layer, text)

    def check_ours(self, name, layer, where, target):
        if target.split("/")[0] not in MAY_INCLUDE[layer]:
            self.fault(where, f"{layer}/ may not include \"{target}\" (written from the root of the tree)")
            return
        if target.endswith(".pb-c.h"):
            if name != "proto/codec.c":
                self.fault(where, f"only proto/codec.c may include generated code: \"{target}\"")
            if not (self.root / target.replace(".pb-c.h", ".proto")).exists():
                self.fault(where, f"\"{target}\" is generated from no .proto file")
            return
        if not (self.root / target).exists():
            self.fault(where, f"\"{target}\" does not exist")
        if not fnmatch.fnmatch(name, PRIVATE.get(target, "*")):
            self.fault(where, f"only {PRIVATE[target]} may include \"{target}\"")
        self.check_room(name, where, target)
        source, target = self.module_of(name), self.module_of(target)
        if source != target:
            self.edges[source].setdefault(target, where)

    def check_room(self, name, where, target):
        if not (name.startswith("node/") and target.startswith("node/")) or target == FOR_ALL_ROOMS:
            return
        room, other = (path.split("/")[1] if path.count("/") > 1 else None for path in (name, target))
        below = ROOMS[:ROOMS.index(room) + 1] if room in ROOMS else BESIDE_ROOMS.get(room, {other})
        if other is not None and other not in below:
            self.fault(where, f"node/{room}/ may not include \"{target}\"")

    def check_theirs(self, name, layer, where, header):
        for library, pattern, places in LIBRARIES:
            if fnmatch.fnmatch(header, pattern):
                place = next((p for p, _ in places if fnmatch.fnmatch(name, p)), None)
                if name.endswith(".h") and library not in WITHOUT_TYPES and place != name:
                    self.fault(where, f"<{header}>: a header may not show the types of {library}")
                elif place is None:
                    self.fault(where, f"<{header}>: {library} belongs to "
                               + " or ".join(p for p, _ in places))
                elif layer == "crypto" and any(fnmatch.fnmatch(header, p) for p in TLS):
                    self.fault(where, f"<{header}>: TLS belongs to node/gate/tls*.c")
                else:
                    self.users.setdefault((library, place), set()).add(name)
                return
        if is_pure(name) and header not in PURE_SYSTEM:
            self.fault(where, f"<{header}>: {layer}/ is pure: no I/O, no clock, no system calls")
        elif header not in SYSTEM and not header.startswith(SYSTEM_FOLDERS):
            self.fault(where, f"<{header}> is of no library that tests/check_layers.py knows")

    def check_pure(self, name, layer, text):
        code = NOT_CODE.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
        for number, line in enumerate(code.splitlines(), 1):
            for call in IMPURE.findall(line):
                self.fault(f"{name}:{number}", f"{call}(): {layer}/ never prints, exits or reads clocks")

    def check_counts(self):
        allowed = {(lib, place): most for lib, _, places in LIBRARIES for place, most in places}
        for (library, place), files in sorted(self.users.items()):
            if len(files) > allowed[library, place]:
                self.fault(", ".join(sorted(files)), f"more than one file of {place} includes {library}")

    def check_circles(self):
        """Depth-first; a way back to a module that is still open is a circle."""
        done, way = set(), []

        def visit(module):
            if module in way:
                circle = way[way.index(module):] + [module]
                self.fault(self.edges[way[-1]][module], "modules include each other: " + " -> ".join(circle))
            elif module not in done:
                way.append(module)
                for target in sorted(self.edges.get(module, {})):
                    visit(target)
                way.pop()
                done.add(module)

        for module in sorted(self.edges):
            visit(module)


def is_pure(name):
    return name.split("/")[0] in PURE and name not in NOT_PURE


# What to write into which file, and a part of the fault that must be reported.
PLANTED = [
    ({"crypto/planted.c": '#include "proto/limits.h"\n'}, 'crypto/ may not include "proto/limits.h"'),
    ({"crypto/planted.c": '#include "node/planted.h"\n'}, 'crypto/ may not include "node/planted.h"'),
    ({"proto/planted.c": '#include "node/planted.h"\n'}, 'proto/ may not include "node/planted.h"'),
    ({"node/planted.c": '#include "cli/planted.h"\n'}, 'node/ may not include "cli/planted.h"'),
    ({"cli/planted.c": '  #  include "node/planted.h"\n'}, 'cli/ may not include "node/planted.h"'),
    ({"cli/planted.c": '#include "tests/planted.h"\n'}, 'cli/ may not include "tests/planted.h"'),
    ({"cli/planted.c": '#include "planted.h"\n'}, 'cli/ may not include "planted.h"'),
    ({"node/data/planted.c": '#include "node/exchange/planted.h"\n', "node/exchange/planted.h": ""},
     'node/data/ may not include "node/exchange/planted.h"'),
    ({"node/core/planted.c": '#include "node/gate/planted.h"\n', "node/gate/planted.h": ""},
     'node/core/ may not include "node/gate/planted.h"'),
    ({"node/gate/planted.c": '#include "crypto/nowhere.h"\n'}, '"crypto/nowhere.h" does not exist'),
    ({"node/planted.c": "#include PLANTED\n"}, "computed name PLANTED"),
    ({"proto/codec_planted.c": '#include "proto/planted.pb-c.h"\n', "proto/planted.proto": ""},
     "only proto/codec.c may include generated code"),
    ({"crypto/planted.h": "#include <sodium.h>\n"}, "a header may not show the types of libsodium"),
    ({"node/planted.c": "#include <sodium.h>\n"}, "libsodium belongs to crypto/*.c"),
    ({"node/core/planted.c": "#include <openssl/evp.h>\n"}, "belongs to node/gate/tls*.c or crypto/*.c"),
    ({"crypto/planted.c": "#include <openssl/ssl.h>\n"}, "TLS belongs to node/gate/tls*.c"),
    ({f"crypto/planted{i}.c": "#include <openssl/evp.h>\n" for i in (1, 2)},
     "more than one file of crypto/*.c includes OpenSSL"),
    ({"node/store/planted.c": "#include <lmdb.h>\n"}, "LMDB belongs to node/store/store*.c"),
    ({"node/store/store_planted.h": "#include <lmdb.h>\n"}, "may not show the types of LMDB"),
    ({"node/store/planted.c": '#include "node/store/store_state.h"\n'}, "only node/store/store*.c may include"),
    ({"node/planted.c": "#include <nanomsg/nn.h>\n"}, "nanomsg belongs to proto/bus.c"),
    ({"cli/planted.c": "#include <unicode/ustring.h>\n"}, "ICU belongs to cli/ingest/unicode.c"),
    ({"cli/ingest/planted.h": "#include <unicode/ustring.h>\n"}, "may not show the types of ICU"),
    ({"cli/planted.cc": "#include <phonenumbers/phonenumberutil.h>\n"},
     "libphonenumber belongs to cli/ingest/phone_shim.cc"),
    ({"cli/planted.cc": "#include <string>\n"}, "the C++ library belongs to"),
    ({"node/planted.c": "#include <csv.h>\n"}, "libcsv belongs to cli/ingest/csv.c"),
    ({"cli/planted.c": "#include <ini.h>\n"}, "inih belongs to cli/ingest/profile.c"),
    ({"proto/codec_planted.c": "#include <protobuf-c/protobuf-c.h>\n"}, "protobuf-c belongs to proto/codec.c"),
    ({"node/planted.c": "#include <curl/curl.h>\n"}, "<curl/curl.h> is of no library"),
    ({"proto/planted.c": "#include <sys/socket.h>\n"}, "<sys/socket.h>: proto/ is pure"),
    ({"crypto/planted.c": "#include <time.h>\n"}, "<time.h>: crypto/ is pure"),
    ({"crypto/planted.c": 'void f(void) { printf("no"); }\n'}, "printf(): crypto/ never prints"),
    ({"proto/planted.c": "void f(void) { exit(1); }\n"}, "exit(): proto/ never prints"),
    ({"node/planted_a.h": '#include "node/planted_b.h"\n', "node/planted_b.h": "",
      "node/planted_b.c": '#include "node/planted_b.h"\n#include "node/planted_a.h"\n'},
     "modules include each other: node/planted_a -> node/planted_b -> node/planted_a"),
]
INNOCENT = {
    "crypto/planted.c": '#include "crypto/planted.h"\n/* exit(1); */ const char *s = "printf(";\n'
                        "void f(void) { snprintf_like(x->time(), runtime(1)); }\n",
    "crypto/planted.h": "#include <stdint.h>\n",
    "node/planted.c": '#include "node/planted_rows.h"\n',
    "node/planted_rows.h": '#include "node/planted.h"\n',
    "node/planted.h": "",
}


def self_test():
    missed = 0
    for files, expected in PLANTED + [(INNOCENT, None)]:
        with tempfile.TemporaryDirectory() as scratch:
            tree = pathlib.Path(scratch)
            for name, text in files.items():
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                (tree / name).write_text(text, "utf-8")
            faults = Checker(tree).faults
            if expected is None and faults:
                missed += 1
                print(f"self-test: reported without reason: {faults}")
            elif expected is not None and not any(expected in fault for fault in faults):
                missed += 1
                print(f"self-test: not caught: {files}: {faults}")
    print(f"{len(PLANTED) + 1 - missed} of {len(PLANTED) + 1} planted trees judged rightly")
    return 1 if missed else 0


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    faults = Checker(root).faults
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
