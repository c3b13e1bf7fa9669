"""Who is kept out of a node, and whom a node that dials keeps away from."""

import concurrent.futures
import os
import socket
import ssl
import subprocess
import time

import hostile
import nodes
from nodes import UNREACHABLE, NodeTest


class KeptOut(NodeTest):
    """Each against one node that has pinned the stranger, after a look that it is let in as it is."""

    def setUp(self):
        super().setUp()
        self.bank = self.node()
        self.stranger = hostile.Stranger(self.home / "mallory")
        self.bank.do("peer", "add", self.stranger.card(), "--alias", "mallory", "--yes")
        # Core answers before gate has heard of it.
        nodes.wait_until(self.is_let_in, 5, "the stranger is let in")
        nodes.wait_until(lambda: self.bank.links() == 0, 5, "the link goes down")

    def is_let_in(self):
        try:
            with self.stranger.link(self.bank.address):
                return True
        except (ssl.SSLError, ConnectionError):
            return False

    def gets_in(self, **how):
        with self.stranger.link(self.bank.address, context=self.stranger.context(**how)) as link:
            nodes.wait_until(lambda: self.bank.link_to("mallory") == "live", 5,
                             "the link comes up")
        nodes.wait_until(lambda: self.bank.links() == 0, 5, "the link goes down")

    def is_refused(self, context, stranger=None):
        try:
            with (stranger or self.stranger).connect(self.bank.address, context=context) as connection:
                connection.settimeout(5 * nodes.PATIENCE)
                connection.sendall(hostile.SP_HELLO)
                self.assertEqual(connection.recv(64), b"", "the node said hello")
        except (ssl.SSLError, ConnectionError):
            pass
        self.assertEqual(self.bank.links(), 0)

    def test_a_pinned_key_gets_in(self):
        self.gets_in()

    def test_tls_1_2_is_refused(self):
        context = self.stranger.context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.is_refused(context)
        self.gets_in()

    def test_an_unpinned_key_is_refused(self):
        other = hostile.Stranger(self.home / "other")
        self.is_refused(other.context(), other)

    def test_no_certificate_is_refused(self):
        self.is_refused(self.stranger.context(show_certificate=False))

    def test_certificates_out_of_their_time_are_refused(self):
        now = hostile.now()
        for start, end in ((-10, -1), (2, 10)):
            self.stranger.show(hostile.certificate(self.stranger.tls, start=now + hostile.days(start),
                                                   end=now + hostile.days(end)))
            self.is_refused(self.stranger.context())
        self.stranger.show(hostile.certificate(self.stranger.tls))
        self.gets_in()

    def test_a_certificate_signed_by_another_key_is_refused(self):
        self.stranger.show(hostile.certificate(self.stranger.tls, signer=self.stranger.identity))
        self.is_refused(self.stranger.context())

    def test_a_chain_of_certificates_is_refused(self):
        own = hostile.certificate(self.stranger.tls)
        self.stranger.show(own, hostile.certificate(self.stranger.identity))
        self.is_refused(self.stranger.context())

    def test_another_alpn_and_none_are_refused(self):
        for alpn in ("h2", "symbolon/2", "symbolon/", None):
            with self.subTest(alpn=alpn):
                self.is_refused(self.stranger.context(alpn=alpn))

    def s_client(self, *words):
        return subprocess.run(
            ["openssl", "s_client", "-connect", self.bank.address, "-tls1_3", "-alpn", hostile.ALPN,
             "-cert", str(self.stranger.cert_path), "-key", str(self.stranger.tls.path), *words],
            input=b"", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20).stdout

    def test_no_session_is_ever_offered(self):
        saved = self.home / "session"
        with self.stranger.link(self.bank.address) as link:
            self.assertFalse(link.session_reused)
            self.assertFalse(link.session is not None and link.session.has_ticket)
        output = self.s_client("-sess_out", str(saved))
        self.assertIn(b"TLSv1.3", output)
        self.assertFalse(saved.exists() and saved.stat().st_size > 0)
        self.assertNotIn(b"Session Ticket", output)

    def saves_a_session(self, port, saved):
        with subprocess.Popen(
                ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_3", "-alpn", hostile.ALPN,
                 "-sess_out", str(saved)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL) as client:
            time.sleep(0.1)
            client.communicate(b"Q\n", timeout=10)
        return saved.exists() and saved.stat().st_size > 0

    def session_of_another_server(self):
        """A session that allows early data, so that the client will try both."""
        saved = self.home / "session"
        port = nodes.free_port()
        with subprocess.Popen(
                ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-tls1_3", "-early_data", "-quiet",
                 "-alpn", hostile.ALPN, "-cert", str(self.stranger.cert_path), "-key",
                 str(self.stranger.tls.path)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL) as server:
            nodes.wait_until(lambda: self.saves_a_session(port, saved), 10, "a session is saved")
            server.kill()
        return saved

    def test_resumption_and_early_data_are_refused(self):
        saved = self.session_of_another_server()
        early = nodes.write_private(self.home / "early", hostile.SP_HELLO)
        refused = self.bank.json("status")["refused_connections"]
        for words in (["-sess_in", str(saved)], ["-sess_in", str(saved), "-early_data", str(early)],
                      ["-psk", "00" * 32, "-psk_identity", "x"]):
            with self.subTest(words=words):
                output = self.s_client(*words)
                self.assertIn(b"alert illegal parameter", output)
        nodes.wait_until(lambda: self.bank.json("status")["refused_connections"] >= refused + 3,
                         5, "the refusals are counted")

    def test_another_sp_protocol_and_garbage_are_refused(self):
        for hello in (b"\x00SP\x00\x00\x11\x00\x00", b"\x00SP\x01\x00\x10\x00\x00",
                      b"\x00SP\x00\x00\x10\x00\x01", b"GET / HT", bytes(8)):
            with self.subTest(hello=hello):
                with self.stranger.connect(self.bank.address) as connection:
                    connection.sendall(hello)
                    self.assertTrue(hostile.is_closed(connection, 3 * nodes.PATIENCE))
                self.assertEqual(self.bank.links(), 0)

    def test_frames_that_cannot_be_end_the_link(self):
        for claim in (0, (1 << 20) + 1, 1 << 62, (1 << 64) - 1):
            with self.subTest(claim=claim):
                with self.stranger.link(self.bank.address) as link:
                    link.sendall(hostile.frame(b"", claim))
                    self.assertTrue(hostile.is_closed(link, 3 * nodes.PATIENCE))

    def test_frames_that_core_cannot_read_end_the_link(self):
        for payload in (b"x", bytes(17), b"\x02\x01" + bytes(16), b"\x01\x04" + bytes(16),
                        b"\x01\x00" + bytes(16), b"\xff" * (1 << 20)):
            with self.subTest(payload=payload[:20]):
                with self.stranger.link(self.bank.address) as link:
                    link.sendall(hostile.frame(payload))
                    self.assertTrue(hostile.is_closed(link, 3 * nodes.PATIENCE))
        self.gets_in()

    def test_requests_that_prove_nothing_get_no_answer(self):
        with self.stranger.link(self.bank.address) as link:
            for body in (b"", bytes(16), bytes(64), os.urandom(600), os.urandom(60000)):
                link.sendall(hostile.frame(b"\x01\x01" + os.urandom(16) + body))
            link.sendall(hostile.frame(b"\x01\x02" + os.urandom(16) + os.urandom(100)))
            link.sendall(hostile.frame(b"\x01\x03" + os.urandom(16) + os.urandom(100)))
            link.settimeout(1)
            with self.assertRaises(TimeoutError):
                link.recv(1)
        self.assertEqual(self.bank.json("status")["exchanges"], 0)


class KeptAway(NodeTest):
    """The node dials a stranger at the address that a pinned card names."""

    def setUp(self):
        super().setUp()
        self.bank = self.node()
        self.port = nodes.free_port()
        self.stranger = hostile.Stranger(self.home / "mallory", port=self.port)
        self.bank.do("peer", "add", self.stranger.card(), "--alias", "mallory", "--yes")

    def serve(self, context, answer=hostile.SP_HELLO):
        """Runs a ping against a server; (outcome of the ping, what the server read)."""
        heard = []

        def take(plain):
            plain.settimeout(5 * nodes.PATIENCE)
            try:
                with plain, context.wrap_socket(plain, server_side=True) as connection:
                    connection.sendall(answer)
                    while part := connection.recv(65536):
                        heard.append(part)
            except OSError:
                pass

        def take_all():
            while True:
                try:
                    take(server.accept()[0])
                except OSError:
                    return

        with socket.create_server(("127.0.0.1", self.port)) as server, \
                concurrent.futures.ThreadPoolExecutor(1) as pool:
            taking = pool.submit(take_all)
            outcome = self.bank.cli("peer", "ping", "mallory", "--timeout", nodes.SOON)
            self.bank.do("peer", "remove", "mallory")
            server.shutdown(socket.SHUT_RDWR)
            taking.result()
        return outcome, b"".join(heard)

    def server(self, stranger=None, **how):
        return (stranger or self.stranger).context(side=ssl.PROTOCOL_TLS_SERVER, **how)

    def test_a_server_with_the_pinned_key_hears_a_hello_and_a_sealed_request(self):
        outcome, heard = self.serve(self.server())
        self.assertTrue(heard.startswith(hostile.SP_HELLO), heard[:16])
        self.assertEqual(heard[16:18], b"\x01\x01")
        self.assertNotIn(b"Bank A", heard)
        self.refused(outcome, UNREACHABLE, "did not answer in time")

    def test_a_server_with_another_key_hears_nothing(self):
        other = hostile.Stranger(self.home / "other")
        outcome, heard = self.serve(self.server(other))
        self.assertEqual(heard, b"")
        self.refused(outcome, UNREACHABLE, "another key than its card says")

    def test_a_server_of_tls_1_2_hears_nothing(self):
        context = self.server()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        outcome, heard = self.serve(context)
        self.assertEqual(heard, b"")
        self.refused(outcome, UNREACHABLE, "TLS 1.3")

    def test_a_server_that_answers_without_alpn_hears_nothing(self):
        outcome, heard = self.serve(self.server(alpn=None))
        self.assertEqual(heard, b"")
        self.refused(outcome, UNREACHABLE, "does not speak symbolon/1")

    def test_a_server_with_an_expired_certificate_hears_nothing(self):
        now = hostile.now()
        self.stranger.show(hostile.certificate(self.stranger.tls, start=now - hostile.days(9),
                                               end=now - hostile.days(1)))
        outcome, heard = self.serve(self.server())
        self.assertEqual(heard, b"")
        self.refused(outcome, UNREACHABLE, "expired")

    def test_a_server_that_speaks_another_protocol_is_left(self):
        outcome, heard = self.serve(self.server(), answer=b"\x00SP\x00\x00\x30\x00\x00")
        self.refused(outcome, UNREACHABLE, "mallory cannot be reached")
        self.assertEqual(heard.replace(hostile.SP_HELLO, b""), b"")
