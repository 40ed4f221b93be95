"""A client of the control plane that signs (Signature Version 4) and otherwise does as little as possible."""
import datetime
import hashlib
import hmac
import json
import socket
import subprocess
import urllib.parse


def text_of(command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    return (done.stdout + done.stderr).strip()


class Client:
    """One keep-alive connection. `environment` is what `kedge env` exports."""

    def __init__(self, environment):
        self.host = urllib.parse.urlsplit(environment["AWS_ENDPOINT_URL"]).netloc
        self.key_id, self.secret = environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
        self.region = environment["AWS_REGION"]
        self.socket = None

    def signature(self, stamp, canonical):
        scope = f"{stamp[:8]}/{self.region}/iot/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = ("AWS4" + self.secret).encode()
        for part in (stamp[:8], self.region, "iot", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return scope, hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

    def request(self, method, target, body=b"", headers=None):
        """The bytes of a signed request; they stay good for as long as the server lets a signature."""
        stamp = datetime.datetime.utcnow().strftime("%Y%m%dT%H%M%SZ")
        signed = {"host": self.host, "x-amz-date": stamp, **(headers or {})}
        names = ";".join(sorted(signed))
        path, _, query = target.partition("?")
        query = "&".join(sorted(query.split("&")))
        lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
        digest = hashlib.sha256(body).hexdigest()
        scope, signature = self.signature(stamp, f"{method}\n{path}\n{query}\n{lines}\n{names}\n{digest}")
        head = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
        return (f"{method} {target} HTTP/1.1\r\n{head}Authorization: AWS4-HMAC-SHA256 Credential={self.key_id}/{scope}, "
                f"SignedHeaders={names}, Signature={signature}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode() + body

    def connect(self):
        host, port = self.host.rsplit(":", 1)
        connection = socket.create_connection((host, int(port)), timeout=10)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    @staticmethod
    def answer(connection):
        """(status, body) of the next answer."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                raise OSError("the API closed the connection")
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        while len(body) < length:
            body += connection.recv(65536)
        return int(head.split()[1]), body

    def call(self, method, target, document=None, headers=None):
        body = b"" if document is None else json.dumps(document).encode()
        with self.connect() as connection:
            connection.sendall(self.request(method, target, body, headers))
            status, answer = self.answer(connection)
        if status != 200:
            raise RuntimeError(f"{method} {target}: {status} {answer.decode()}")
        return json.loads(answer or b"{}")
