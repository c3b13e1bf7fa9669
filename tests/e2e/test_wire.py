"""What an observer on the machine sees: TLS records and nothing else on the wire, a core without a
network, a gate without files.

The wire is a network namespace of its own, so that a capture of its loopback holds nothing else.

runner: timeout=120
"""

import base64
import ctypes
import os
import pathlib
import re
import socket
import struct
import subprocess
import threading
import time
import unittest

import nodes
from nodes import NodeTest

CLONE_NEWNET = 0x40000000
ETH_P_ALL = 3
MARK = b"Kronos Savings Trust"

# Content type, and the versions a record may show (RFC 8446, 5.1).
CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23


def leave_the_network():
    """Moves this process into a network namespace of its own, with its loopback up."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise unittest.SkipTest("no network namespace can be made here: " + os.strerror(ctypes.get_errno()))
    done = subprocess.run(["ip", "link", "set", "lo", "up"], capture_output=True, text=True)
    if done.returncode != 0:
        raise unittest.SkipTest("the loopback cannot be brought up: " + done.stderr.strip())


def setUpModule():
    if os.geteuid() != 0:
        raise unittest.SkipTest("only root can capture traffic and look into another's processes")
    leave_the_network()


class Capture:
    """Everything that crosses the loopback between start and stop, as TCP streams."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.bind(("lo", 0))
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 256 << 20)  # SO_RCVBUFFORCE
        self.socket.settimeout(0.1)
        self.packets = []
        self.stopped = False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while True:
            try:
                data, (_, _, kind, _, _) = self.socket.recvfrom(1 << 17)
            except TimeoutError:
                if self.stopped:
                    return
                continue
            if kind != socket.PACKET_OUTGOING:  # each packet shows twice on a loopback
                self.packets.append(data)

    def stop(self):
        self.stopped = True
        self.thread.join()
        lost = struct.unpack("=II", self.socket.getsockopt(263, 6, 8))[1]  # PACKET_STATISTICS
        self.socket.close()
        return lost

    def streams(self):
        """{(source port, destination port): bytes}, and how many packets were no TCP over IPv4."""
        pieces, others = {}, 0
        for packet in self.packets:
            kind = struct.unpack_from(">H", packet, 12)[0]
            ip = packet[14:]
            if kind != 0x0800 or ip[9] != 6:
                others += 1
                continue
            length = struct.unpack_from(">H", ip, 2)[0] or len(ip)
            tcp = ip[(ip[0] & 15) * 4:length]
            source, target, sequence = struct.unpack_from(">HHI", tcp)
            flags, payload = tcp[13], tcp[(tcp[12] >> 4) * 4:]
            flow = pieces.setdefault((source, target), {})
            if flags & 2:
                flow["start"] = sequence + 1
            elif payload:
                flow.setdefault("data", []).append((sequence, payload))
        return {ports: self.join(flow) for ports, flow in pieces.items()}, others

    def join(self, flow):
        """The bytes in their order; sequence numbers wrap."""
        start, stream = flow["start"], bytearray()
        for at, payload in sorted(((s - start) % (1 << 32), p) for s, p in flow.get("data", [])):
            if at > len(stream):
                raise AssertionError(f"the capture lacks {at - len(stream)} bytes")
            stream[at:at + len(payload)] = payload
        return bytes(stream)


def records(stream):
    """[(content type, version, length)] of a stream that consists of whole TLS records."""
    found, at = [], 0
    while at < len(stream):
        if len(stream) - at < 5:
            raise AssertionError(f"{len(stream) - at} bytes that are no TLS record")
        kind, version, length = struct.unpack_from(">BHH", stream, at)
        if kind not in (20, 21, 22, 23) or version not in (0x0301, 0x0303) or length > 16384 + 256:
            raise AssertionError(f"at {at}: {stream[at:at + 16].hex()} is no TLS record")
        found.append((kind, version, length))
        at += 5 + length
    if at != len(stream):
        raise AssertionError("the last TLS record is not whole")
    return found


class Wire(NodeTest):
    def captured_talk(self):
        capture = Capture()
        try:
            a, b = self.node(MARK.decode()), self.node("Bank B", "police")
            a.peer_with(b, self.psk_file())
            a.ping(b, "--mib", "8", "--timeout", "20")
            b.ping(a, "--mib", "8", "--timeout", "20")
            for node in (a, b):
                self.assertEqual(node.stop(), 0)
            time.sleep(0.2)
        finally:
            lost = capture.stop()
        self.assertEqual(lost, 0, "the capture missed packets")
        return a, b, *capture.streams()

    def test_only_tls_records_cross_it(self):
        a, b, streams, others = self.captured_talk()
        self.assertEqual(others, 0, "packets that are no TCP")
        self.assertEqual(len(streams), 2, streams.keys())
        payload = 0
        for ports, stream in streams.items():
            with self.subTest(ports=ports):
                self.assertTrue({a.port, b.port} & set(ports))
                kinds = [kind for kind, _, _ in records(stream)]
                self.assertEqual(kinds[0], HANDSHAKE)
                self.assertEqual(kinds.count(HANDSHAKE), 1, "only the hello is not encrypted")
                self.assertNotIn(ALERT, kinds)
                self.assertLessEqual(kinds.count(CHANGE_CIPHER_SPEC), 1)
                payload += sum(length for kind, _, length in records(stream) if kind == APPLICATION_DATA)
        self.assertGreater(payload, 16 << 20)

    def test_nothing_names_anybody(self):
        a, b, streams, _ = self.captured_talk()
        seen = b"".join(streams.values())
        told = [MARK, b"Bank B", b"symbolon-card", b"\x00SP\x00", *self.public_keys(a), *self.public_keys(b)]
        for text in told:
            self.assertNotIn(text, seen)
        self.assertEqual(seen.count(b"symbolon/1"), 1, "the ALPN of the client hello")

    def public_keys(self, node):
        card = (node.dir / "node.card").read_text("utf-8")
        return [base64.b64decode(value) for value in
                re.findall(r"^(?:identity|tls|exchange|log|cosign): (.*)$", card, re.M)]

    def test_the_check_notices_plain_text(self):
        for stream in (b"GET / HTTP/1.1\r\n\r\n", b"\x00SP\x00\x00\x10\x00\x00", b"\x16\x03\x01\x00\x05abc",
                       b"\x17\x03\x03\xff\xff" + bytes(65535), b"\x17\x02\x00\x00\x01x"):
            with self.assertRaises(AssertionError):
                records(stream)


def descriptors(pid):
    """{descriptor: what it is} of a process."""
    found = {}
    for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            found[int(entry.name)] = os.readlink(entry)
        except FileNotFoundError:
            pass
    return found


def inet_sockets(pid):
    """Inodes of all IP and packet sockets in the network namespace of a process."""
    inodes = set()
    for name in ("tcp", "tcp6", "udp", "udp6", "udplite", "raw", "raw6", "icmp", "icmp6", "packet"):
        path = pathlib.Path(f"/proc/{pid}/net/{name}")
        if not path.exists():
            continue
        lines = path.read_text("ascii").splitlines()
        column = 8 if name == "packet" else 9
        inodes |= {line.split()[column] for line in lines[1:]}
    return inodes


class Confinement(NodeTest):
    def setUp(self):
        super().setUp()
        if not nodes.IS_RELEASE:
            self.skipTest("this build leaves the sandbox open for its runtime")
        self.a, self.b = self.pair()
        self.a.ping(self.b)
        self.pids = self.a.pids()

    def sockets(self, who):
        held = {re.fullmatch(r"socket:\[(\d+)\]", what)[1] for what in descriptors(self.pids[who]).values()
                if what.startswith("socket:")}
        # Also those of another namespace that were passed on: this process sees its own.
        return held, held & (inet_sockets(os.getpid()) | inet_sockets(self.pids[who]))

    def test_gate_holds_the_listening_socket_and_the_link(self):
        held, inet = self.sockets("gate")
        self.assertEqual(len(inet), 2)
        self.assertGreater(len(held), 2)

    def test_core_has_no_network_socket(self):
        held, inet = self.sockets("core")
        self.assertEqual(inet, set())
        self.assertTrue(held, "its sockets to gate and command line")

    def test_core_has_an_empty_network_of_its_own(self):
        status = {row["name"]: row for row in self.a.json("status")["processes"]}
        if not status["core"]["own_network"]:
            self.skipTest("this kernel or container gives no network namespace")
        core = self.pids["core"]
        self.assertNotEqual(os.readlink(f"/proc/{core}/ns/net"), os.readlink("/proc/self/ns/net"))
        self.assertEqual(inet_sockets(core), set())
        interfaces = pathlib.Path(f"/proc/{core}/net/dev").read_text("ascii").splitlines()[2:]
        self.assertEqual([line.split(":")[0].strip() for line in interfaces], ["lo"])
        self.assertEqual(pathlib.Path(f"/proc/{core}/net/route").read_text("ascii").splitlines()[1:], [])

    def test_ss_shows_only_gate(self):
        listed = subprocess.run(["ss", "-Hatunp"], capture_output=True, text=True, check=True).stdout
        owners = {int(pid) for pid in re.findall(r"pid=(\d+)", listed)}
        self.assertIn(self.pids["gate"], owners)
        for who in ("core", "supervisor"):
            self.assertNotIn(self.pids[who], owners)

    def test_gate_has_no_file_open(self):
        for what in descriptors(self.pids["gate"]).values():
            self.assertFalse(what.startswith(str(self.a.dir)), what)
            self.assertTrue(what.startswith(("socket:", "anon_inode:", "pipe:", "/dev/null")) or
                            what == str(self.a.log_path), what)

    def test_gate_has_no_file_of_the_node_in_memory(self):
        maps = pathlib.Path(f"/proc/{self.pids['gate']}/maps").read_text("utf-8")
        self.assertNotIn(str(self.a.dir), maps)
        self.assertIn("data.mdb", pathlib.Path(f"/proc/{self.pids['core']}/maps").read_text("utf-8"))

    def test_the_kernel_says_the_same_about_both(self):
        for who in ("gate", "core"):
            status = pathlib.Path(f"/proc/{self.pids[who]}/status").read_text("ascii")
            with self.subTest(who):
                for line in ("Seccomp:\t2", "NoNewPrivs:\t1", "CapEff:\t0000000000000000",
                             "CapPrm:\t0000000000000000"):
                    self.assertIn(line + "\n", status)
                limits = pathlib.Path(f"/proc/{self.pids[who]}/limits").read_text("ascii")
                self.assertRegex(limits, r"Max core file size +0 +0 ")
                owner = pathlib.Path(f"/proc/{self.pids[who]}/mem").stat().st_uid
                self.assertEqual(owner, 0, "a process that is not dumpable belongs to root in /proc")

    def test_a_running_gate_makes_no_call_that_names_a_file(self):
        watched = "trace=open,openat,openat2,stat,newfstatat,statx,access,faccessat2,readlink,execve,socket,bind"
        trace = self.home / "trace"
        tracer = subprocess.Popen(["strace", "-f", "-qq", "-e", watched, "-o", str(trace),
                                   "-p", str(self.pids["gate"])], stderr=subprocess.PIPE, text=True)
        try:
            status = pathlib.Path(f"/proc/{self.pids['gate']}/status")
            nodes.wait_until(lambda: tracer.poll() is not None or "TracerPid:\t0\n" not in status.read_text("ascii"), 10,
                             "strace attaches")
            if tracer.poll() is not None:
                self.skipTest("strace cannot attach here: " + tracer.stderr.read().strip())
            self.a.ping(self.b)
            self.a.do("peer", "remove", "bank-b")
            self.a.pin(self.b)
            self.a.ping(self.b)
        finally:
            tracer.terminate()
            tracer.communicate(timeout=nodes.STOP_S)
        calls = [line for line in trace.read_text("utf-8").splitlines() if "(" in line]
        self.assertTrue(any("socket(AF_INET" in line for line in calls), calls)
        for line in calls:
            self.assertRegex(line, r"\bsocket\(AF_(INET|INET6|UNIX),")
