"""Escapes from the sandbox of gate and core are refused, and these tests notice a missing rule.

The program escape (escape.c) makes the attempts inside the real node/sandbox*.c. The second half
breaks one rule at a time in a copy of one of them and demands that the attempts then succeed.

runner: timeout=300
"""

import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SANDBOX = ("node/sandbox.c", "node/sandbox_calls.c")
NOBODY = 65534
COMPILE = [*shlex.split(os.environ.get("CC", "cc")), "-std=c11", "-D_GNU_SOURCE", "-O1", "-w", f"-I{ROOT}", "-c"]

# What must be tried at least, so that an attempt cannot silently go missing.
REQUIRED = {
    "core": """inet_socket inet6_socket netlink_socket packet_socket connect_service ptrace_attach
        ptrace_traceme pidfd_open pidfd_getfd process_vm_readv execve fork clone3 io_uring_setup
        io_uring_enter io_uring_register mmap_exec mprotect_exec unshare_network setns bpf
        userfaultfd perf_event_open become_dumpable seccomp_again memfd_create execveat_memory
        kill_parent open_passwd write_outside can_run_a_thread can_talk_to_itself
        can_write_store""".split(),
    "gate": """openat openat_created openat2 newfstatat statx readlink unlink rename mkdir execve
        ptrace_attach pidfd_getfd io_uring_setup fork netlink_socket packet_socket inet_raw
        inet_datagram bind_inet mmap_exec connect_service can_open_inet can_open_inet6
        can_connect_tcp can_accept_tcp can_connect_core can_run_a_thread""".split(),
}

# What is refused by something that a kernel or container may lack, and what says that it holds.
BY_LANDLOCK = {"open_passwd", "open_outside", "write_outside", "unlink_outside", "read_parent",
               "mkdir_outside", "list_root", "write_own_memory", "bind_passed_socket"}
BY_ROOT = {"connect_service"}

# Refused with EPERM by other parts of the kernel too, here or where it is set up more strictly.
EPERM_ANYWAY = {"inet_raw", "packet_socket", "mount", "chroot", "ptrace_attach", "kill_parent",
                "tgkill_parent", "unshare_network", "clone_new_user", "bpf", "userfaultfd",
                "perf_event_open", "io_uring_setup", "open_by_handle_at", "setns"}

scratch = None
objects = {}
program = None


def compile_object(source, name):
    target = scratch / name
    subprocess.run(COMPILE + [str(source), "-o", str(target)], check=True)
    return target


def link(name, broken=None, instead=None):
    """The attempts with the sandbox, of which the file broken is replaced by the object instead."""
    for file in SANDBOX:
        if file != broken and file not in objects:
            objects[file] = compile_object(ROOT / file, f"{pathlib.Path(file).stem}.o")
    target = scratch / name
    parts = [objects["escape"], objects["result"],
             *(instead if file == broken else objects[file] for file in SANDBOX)]
    subprocess.run([COMPILE[0], *map(str, parts), "-lseccomp", "-o", str(target)], check=True)
    target.chmod(0o755)
    return target


def setUpModule():
    """The built program, unless it is absent or of a variant whose sandbox is open for sanitizers.
    Not below TMPDIR: an unprivileged user must reach it."""
    global scratch, program
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="symbolon-escape-", dir="/tmp"))
    scratch.chmod(0o755)
    for user in ("here", "nobody"):
        (scratch / user).mkdir()
    if os.geteuid() == 0:
        os.chown(scratch / "nobody", NOBODY, NOBODY)
    objects["escape"] = compile_object(ROOT / "tests/attack/escape.c", "escape.o")
    objects["result"] = compile_object(ROOT / "crypto/result.c", "result.o")
    built = pathlib.Path(os.environ.get("SYMBOLON_BUILD", "")) / "tests/attack/escape"
    if "SYMBOLON_BUILD" in os.environ and built.exists():
        program = pathlib.Path(shutil.copy(built, scratch / "built"))
        program.chmod(0o755)
        if run("core", "status")[1].get("seccomp") == "1":
            return
    program = link("escape")


def tearDownModule():
    shutil.rmtree(scratch, ignore_errors=True)


def run(role, *words, binary=None, unprivileged=False, prefix=()):
    """Exit code, the lines as a dictionary, and what was written to stderr."""
    as_nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if unprivileged else {}
    folder = scratch / ("nobody" if unprivileged else "here")
    done = subprocess.run([*prefix, str(binary or program), role, *words], text=True, timeout=60,
                          capture_output=True, cwd=folder, **as_nobody,
                          env={**os.environ, "TMPDIR": str(folder)})
    lines = {}
    for line in done.stdout.splitlines():
        name, _, value = line.replace("=", ": ", 1).partition(": ")
        lines[name] = value.strip()
    return done.returncode, lines, done.stderr


def not_applicable(role, status):
    missing = set()
    if status["landlock"] != "1":
        missing |= BY_LANDLOCK
    elif int(status["landlock_abi"]) < 4:
        missing |= {"bind_passed_socket"}
    if role == "gate" and status["own_root"] != "1":
        missing |= BY_ROOT
    return missing


class Sandbox(unittest.TestCase):
    def check_attempts(self, role, *words, **how):
        _, status, complaint = run(role, "status", *words, **how)
        self.assertEqual(complaint, "")
        _, attempts, complaint = run(role, "all", *words, **how)
        self.assertEqual(complaint, "")
        self.assertLessEqual(set(REQUIRED[role]), set(attempts))
        lapses = not_applicable(role, status)
        for name, outcome in attempts.items():
            with self.subTest(role=role, attempt=name):
                if name in lapses:
                    continue
                right = ("works", "killed SIGABRT") if name.startswith("can_") else \
                        ("refused EPERM", "refused EACCES", "refused ENOENT", "refused ENOSYS",
                         "killed SIGSYS")
                self.assertIn(outcome, right)
        return status

    def check_status(self, status):
        for name in ("seccomp", "no_new_privs", "not_dumpable", "no_core", "no_capabilities"):
            self.assertEqual(status[name], "1", name)
        self.assertEqual(status["Seccomp"], "2")
        self.assertEqual(status["NoNewPrivs"], "1")
        for name in ("CapInh", "CapPrm", "CapEff"):
            self.assertEqual(int(status[name], 16), 0, name)

    def need_root(self):
        if os.geteuid() != 0:
            self.skipTest("only root can become another user")

    def test_core_cannot_escape(self):
        self.check_status(self.check_attempts("core"))

    def test_gate_cannot_escape(self):
        self.check_status(self.check_attempts("gate"))

    def test_core_of_an_unprivileged_user_cannot_escape(self):
        self.need_root()
        self.check_status(self.check_attempts("core", unprivileged=True))

    def test_gate_of_an_unprivileged_user_cannot_escape(self):
        self.need_root()
        self.check_status(self.check_attempts("gate", unprivileged=True))

    def test_core_sees_no_interface_but_its_own_loopback(self):
        _, status, _ = run("core", "status")
        if status["own_network"] != "1":
            self.skipTest("this kernel or container gives no network namespace")
        self.assertEqual(status["interfaces"], "lo,")

    def test_unprivileged_core_sees_no_interface_but_its_own_loopback(self):
        self.need_root()
        _, status, _ = run("core", "status", unprivileged=True)
        if status["own_network"] != "1":
            self.skipTest("this kernel or container gives no user namespace")
        self.assertEqual(status["interfaces"], "lo,")

    def test_core_starts_where_unshare_is_forbidden_and_says_what_is_missing(self):
        status = self.check_attempts("core", "--without", "unshare")
        self.check_status(status)
        self.assertEqual(status["own_network"], "0")

    def test_core_starts_where_namespaces_are_used_up_and_says_what_is_missing(self):
        settings = "/proc/sys/user/max_net_namespaces /proc/sys/user/max_user_namespaces"
        prefix = ["unshare", "--user", "--map-root-user", "sh", "-c",
                  f'for f in {settings}; do echo 0 >$f || exit 9; done; exec "$@"', "sh"]
        try:
            code, status, complaint = run("core", "status", prefix=prefix)
        except FileNotFoundError:
            self.skipTest("unshare(1) is not installed")
        if "unshare" in complaint or code == 9:
            self.skipTest("user namespaces cannot be made here: " + complaint.strip())
        self.check_status(status)
        self.assertEqual(status["own_network"], "0")
        self.check_attempts("core", prefix=prefix)

    def test_gate_starts_without_its_own_root_and_says_so(self):
        status = self.check_attempts("gate", "--without", "chroot")
        self.check_status(status)
        self.assertEqual(status["own_root"], "0")

    def test_both_start_without_landlock_and_say_so(self):
        for role in ("core", "gate"):
            status = self.check_attempts(role, "--without", "landlock")
            self.check_status(status)
            self.assertEqual((status["landlock"], status["landlock_abi"]), ("0", "0"))

    def test_neither_starts_without_seccomp(self):
        for role in ("core", "gate"):
            code, status, complaint = run(role, "status", "--without", "seccomp")
            self.assertEqual((code, status), (3, {}))
            self.assertIn("seccomp filters", complaint)


class Mutant:
    """One fault in the sandbox, the attempts that must then get through, and other words for run."""

    def __init__(self, name, role, old, new, attempts, *words):
        self.name, self.role, self.old, self.new = name, role, old, new
        self.attempts, self.words = attempts.split(), words


def allowing(role, call, attempts, *words):
    first = {"gate": "    ALLOW(connect),", "core": "    ALLOW(bind), ALLOW(listen),"}[role]
    return Mutant(f"a_{role}_that_may_call_{call}", role, first, f"{first} ALLOW({call}),",
                  attempts, *words)


ANY_SOCKET = "ALLOW_IF(socket, INT_IS(0, family), IS_STREAM(1), INT_IS(2, protocol))"
NO_LANDLOCK = ("--without", "landlock")

MUTANTS = [
    Mutant("a_socket_rule_without_its_family", "core", ANY_SOCKET,
           "ALLOW_IF(socket, IS_STREAM(1), INT_IS(2, protocol))",
           "inet_socket inet6_socket inet_socket_high_bits"),
    Mutant("a_socket_rule_without_its_type", "gate", ANY_SOCKET,
           "ALLOW_IF(socket, INT_IS(0, family), INT_IS(2, protocol))",
           "inet_datagram unix_datagram"),
    Mutant("a_socket_rule_without_its_protocol", "gate", ANY_SOCKET,
           "ALLOW_IF(socket, INT_IS(0, family), IS_STREAM(1))", "inet_sctp"),
    Mutant("a_socketpair_rule_without_checks", "core",
           "ALLOW_IF(socketpair, INT_IS(0, AF_UNIX), IS_STREAM(1), INT_IS(2, 0))",
           "ALLOW(socketpair)", "socketpair_datagram"),
    Mutant("a_clone_rule_without_its_flags", "core",
           "ALLOW_IF(clone, HAS_OF(0, CLONE_THREAD | CLONE_NEW, CLONE_THREAD))", "ALLOW(clone)",
           "fork vfork"),
    Mutant("a_clone3_that_is_allowed", "core", "SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3)",
           "SCMP_ACT_ALLOW, SCMP_SYS(clone3)", "clone3"),
    Mutant("a_clone3_that_does_not_say_ENOSYS", "core",
           "seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0)", "0",
           "clone3 can_run_a_thread"),
    Mutant("memory_that_may_be_mapped_executable", "core",
           "ALLOW_IF(mmap, LACKS(2, PROT_EXEC))", "ALLOW(mmap)", "mmap_exec mmap_exec_file"),
    Mutant("memory_that_may_become_executable", "gate",
           "ALLOW_IF(mprotect, LACKS(2, PROT_EXEC))", "ALLOW(mprotect)", "mprotect_exec"),
    Mutant("a_signal_rule_without_its_target", "core", "ALLOW_IF(tgkill, INT_IS(0, OWN_PID))",
           "ALLOW(tgkill)", "tgkill_parent", *NO_LANDLOCK, "--without", "unshare"),
    Mutant("a_prctl_rule_without_its_option", "core", "PRCTL(PR_SET_NAME)", "ALLOW(prctl)",
           "become_dumpable prctl_seccomp"),
    Mutant("an_fcntl_rule_without_its_command", "gate", "FCNTL(F_GETFD)", "ALLOW(fcntl)",
           "fcntl_setown fcntl_setsig"),
    Mutant("an_ioctl_rule_without_its_command", "gate", "IOCTL(FIONBIO)", "ALLOW(ioctl)",
           "ioctl_setown ioctl_type_ahead"),
    Mutant("a_setsockopt_rule_without_its_option", "gate", "SETSOCKOPT(SOL_SOCKET, SO_SNDBUF)",
           "ALLOW(setsockopt)", "attach_socket_filter tcp_upper_protocol"),
    Mutant("a_prlimit_rule_without_its_checks", "core",
           "ALLOW_IF(prlimit64, INT_IS(0, 0), PTR_IS_NULL(2))", "ALLOW(prlimit64)",
           "set_core_limit"),
    Mutant("a_root_that_is_not_changed", "gate", 'sealed && chroot(".") == 0', "false",
           "connect_service"),
    Mutant("a_landlock_ruleset_that_is_not_enforced", "core",
           "syscall(SYS_landlock_restrict_self, ruleset, 0) == 0", "true",
           "open_passwd open_outside write_outside read_parent list_root bind_passed_socket"),
    Mutant("a_landlock_ruleset_without_ports", "core", "attr.net = ACCESS_NET_BIND",
           "attr.net = 0 * ACCESS_NET_BIND", "bind_passed_socket"),
    allowing("core", "connect", "connect_service connect_passed_socket", *NO_LANDLOCK),
    allowing("core", "execve", "execve", *NO_LANDLOCK),
    allowing("core", "pidfd_open", "pidfd_open"),
    allowing("core", "pidfd_getfd", "pidfd_getfd"),
    allowing("core", "ptrace", "ptrace_traceme"),
    allowing("core", "io_uring_setup", "io_uring_setup"),
    allowing("core", "memfd_create", "memfd_create"),
    allowing("gate", "openat", "openat openat_created", *NO_LANDLOCK, "--without", "chroot"),
    allowing("gate", "newfstatat", "newfstatat newfstatat_empty_path"),
    allowing("gate", "unlink", "unlink", *NO_LANDLOCK),
    allowing("gate", "rename", "rename", *NO_LANDLOCK),
    allowing("gate", "bind", "bind_inet", *NO_LANDLOCK),
    allowing("gate", "listen", "listen_inet"),
]

X86_MUTANTS = [
    Mutant("other_architectures_that_are_not_killed", "core",
           "SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS",
           "SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ALLOW", "x32_getpid x32_socket int80_socket"),
]


class BrokenRules(unittest.TestCase):
    def build(self, name, old, new):
        texts = {file: (ROOT / file).read_text("utf-8") for file in SANDBOX}
        self.assertEqual(sum(text.count(old) for text in texts.values()), 1,
                         f"the fault no longer fits the sandbox: {old}")
        broken = next(file for file, text in texts.items() if old in text)
        source = scratch / f"{name}.c"
        source.write_text(texts[broken].replace(old, new), "utf-8")
        return link(name, broken, compile_object(source, f"{name}.o"))

    def check_mutant(self, mutant):
        _, status, _ = run(mutant.role, "status")
        lapses = not_applicable(mutant.role, status) & set(mutant.attempts)
        if lapses:
            self.skipTest("this kernel or container does not refuse it: " + " ".join(lapses))
        _, sound, _ = run(mutant.role, *mutant.attempts, *mutant.words)
        code, broken, complaint = run(mutant.role, *mutant.attempts, *mutant.words,
                                      binary=self.build(mutant.name, mutant.old, mutant.new))
        self.assertEqual((code, complaint), (1, ""))
        for name in mutant.attempts:
            with self.subTest(attempt=name):
                self.assertNotIn(sound[name].split()[0], ("ESCAPED", "BROKEN"))
                self.assertIn(broken[name].split()[0], ("ESCAPED", "BROKEN"))

    def test_a_list_that_denies_nothing_is_noticed_by_nearly_every_attempt(self):
        binary = self.build("deny_nothing", "seccomp_init(SCMP_ACT_ERRNO(EPERM))",
                            "seccomp_init(SCMP_ACT_LOG)")
        for role in ("core", "gate"):
            _, sound, _ = run(role, "all")
            _, broken, _ = run(role, "all", binary=binary)
            for name, outcome in sound.items():
                if outcome == "refused EPERM" and name not in EPERM_ANYWAY:
                    with self.subTest(role=role, attempt=name):
                        self.assertEqual(broken[name].split()[0], "ESCAPED")

    def test_capabilities_that_are_kept_are_noticed(self):
        binary = self.build("keep_capabilities", "syscall(SYS_capset, &header, sets) != 0",
                            "sets[0].effective == 1")
        code, status, _ = run("core", "status", binary=binary)
        if os.geteuid() != 0 and status["own_network"] != "1":
            self.skipTest("there were no capabilities to keep")
        self.assertEqual(status["no_capabilities"], "0")
        self.assertNotEqual(int(status["CapEff"], 16), 0)

    def test_a_network_that_is_kept_is_noticed(self):
        binary = self.build("keep_network",
                            "unshare(CLONE_NEWNET) == 0 || unshare_as_user(CLONE_NEWNET)", "false")
        _, status, _ = run("core", "status", binary=binary)
        ours = pathlib.Path("/proc/self/net/dev").read_text("ascii").count(":")
        self.assertEqual(status["own_network"], "0")
        self.assertEqual(status["interfaces"].count(","), ours)

    def test_a_core_that_stays_dumpable_or_may_gain_privileges_does_not_start(self):
        for name, old in (("dumpable", "prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0"),
                          ("new_privileges", "prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0")):
            with self.subTest(name):
                code, _, complaint = run("core", "status", binary=self.build(name, old, "false"))
                self.assertEqual(code, 3)
                self.assertIn("WRONG_STATE", complaint)


def add_mutants(mutants):
    for mutant in mutants:
        def test(self, mutant=mutant):
            self.check_mutant(mutant)
        setattr(BrokenRules, f"test_{mutant.name}_is_noticed", test)


add_mutants(MUTANTS + (X86_MUTANTS if os.uname().machine == "x86_64" else []))

if __name__ == "__main__":
    unittest.main()
