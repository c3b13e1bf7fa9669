"""The local page of a node (`symbolon ui`), asked byte by byte: what a browser sends, and what it never would."""

import http.client
import json
import pathlib
import re
import socket
import subprocess

import nodes

LINE_S = 10 * nodes.PATIENCE


class Reply:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)

    def why(self):
        return self.json()["error"]


class Page:
    """One run of `symbolon ui`; its token is read from the file that a browser would be sent to."""

    def __init__(self, node, *words, user=None, env=None, browser=False):
        user = user or node.user
        who = [] if user is None else ["--as", str(user)]
        self.command = [str(nodes.SYMBOLON), "ui", *([] if browser else ["--no-browser"]), *words,
                        "--dir", str(node.dir), *who]
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True,
                                        env={**nodes.clean_environment(), **(env or {})})
        self.greeting = self.process.stdout.readline() + self.process.stdout.readline()
        if "127.0.0.1" not in self.greeting:
            raise AssertionError((self.greeting, *self.process.communicate(timeout=LINE_S)))
        self.origin = re.search(r"http://[0-9.]+:\d+", self.greeting)[0]
        self.host = self.origin.removeprefix("http://")
        self.port = int(self.host.partition(":")[2])
        self.file = pathlib.Path(re.search(r"file://(/\S+\.html)", self.greeting)[1])
        self.token = re.search(r"#([0-9a-f]+)", self.file.read_text("ascii"))[1]
        self.session = None

    def enter(self):
        self.session = self.ask("POST", "/session", token=self.token).body.decode("ascii")
        return self

    def ask(self, method, path, body=None, headers=None, token=None):
        """headers replace those that the page itself sends; one that is None is left out."""
        bearer = token or self.session
        sent = {"Host": self.host, **({"Authorization": f"Bearer {bearer}"} if bearer else {}), **(headers or {})}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60 * nodes.PATIENCE)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in sent.items():
                for one in value if isinstance(value, list) else [value]:
                    if one is not None:
                        connection.putheader(name, one)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            return Reply(connection.getresponse())
        finally:
            connection.close()

    def get(self, path):
        """The JSON of what has to be there."""
        reply = self.ask("GET", path)
        if reply.status != 200:
            raise AssertionError((path, reply.status, reply.body))
        return reply.json()

    def dial(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=60 * nodes.PATIENCE)

    def is_listening(self):
        try:
            self.dial().close()
        except ConnectionRefusedError:
            return False
        return True

    def end(self, how):
        """Its exit code, once it has ended."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.wait()

    def wait(self):
        self.output, self.complaint = self.process.communicate(timeout=LINE_S)
        return self.process.returncode
