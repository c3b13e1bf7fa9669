"""A TCP proxy between nodes: records what passes, slows it down, holds it, cuts it.

A node whose card names the proxy as its endpoint is reached through it:

    proxy = Proxy()
    node = self.node("Bank B", init=("--endpoint", proxy.address))
    proxy.lead_to(node)
"""

import contextlib
import socket
import threading

import nodes

PIECE = 1 << 16


class Proxy:
    def __init__(self):
        self.port = nodes.free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.target = None
        self.rate = None  # bytes per second and direction
        self.recording = False
        self.recorded = []  # bytes of each direction of each connection
        self.passed = 0
        self.sent = {"dialler": 0, "target": 0}  # bytes that each has sent so far
        self.limit = None
        self.changed = threading.Condition()
        self.open = []
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self.accept, daemon=True).start()

    def lead_to(self, node):
        self.target = node.port
        return self

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self.target), timeout=nodes.START_S)
                except OSError:
                    near.close()
                    continue
                far.settimeout(None)
                with self.changed:
                    self.open += [near, far]
                for who, source, sink in (("dialler", near, far), ("target", far, near)):
                    threading.Thread(target=self.pump, args=(who, source, sink), daemon=True).start()

    def pump(self, who, source, sink):
        record = bytearray()
        self.recorded.append(record)
        with contextlib.suppress(OSError):
            while True:
                piece = source.recv(PIECE if self.rate is None else max(1024, min(PIECE, self.rate // 20)))
                if not piece:
                    break
                if self.recording:
                    record += piece
                with self.changed:
                    self.changed.wait_for(lambda: self.limit is None or self.passed < self.limit)
                    self.passed += len(piece)
                    self.sent[who] += len(piece)
                    self.changed.notify_all()
                    if self.rate is not None:
                        # A notice is no reason to hurry.
                        self.changed.wait_for(lambda: self.rate is None, len(piece) / self.rate)
                sink.sendall(piece)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def hold_after(self, n):
        """Lets so many bytes more pass, about, and nothing after them."""
        with self.changed:
            self.limit = self.passed + n

    def wait_held(self, seconds=20):
        with self.changed:
            if not self.changed.wait_for(lambda: self.passed >= self.limit, seconds * nodes.PATIENCE):
                raise AssertionError(f"only {self.passed} bytes passed, not {self.limit}")

    def release(self):
        with self.changed:
            self.limit = None
            self.rate = None
            self.changed.notify_all()

    def cut(self):
        """Ends all connections; new ones are let through."""
        self.release()
        with self.changed:
            ends, self.open = self.open, []
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()
