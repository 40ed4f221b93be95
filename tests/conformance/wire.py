"""MQTT by hand, for what a well-behaved client library would not send."""
import socket
import struct
import time

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 1, 2, 3, 4, 8, 9
UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT = 10, 11, 12, 13, 14


def text(value):
    value = value.encode() if isinstance(value, str) else value
    return struct.pack(">H", len(value)) + value


def packet(kind, body=b"", flags=0):
    length, size = b"", len(body)
    while True:
        size, digit = divmod(size, 128)
        length += bytes([digit | (0x80 if size else 0)])
        if not size:
            return bytes([kind << 4 | flags]) + length + body


def connect(client_id, keep_alive_s=60, flags=0x02, level=4, name="MQTT", rest=b""):
    return packet(CONNECT, text(name) + bytes([level, flags]) + struct.pack(">H", keep_alive_s) + text(client_id) + rest)


def publish(topic, payload=b"", qos=0, mid=1, retain=0, dup=0):
    body = text(topic) + (struct.pack(">H", mid) if qos else b"") + payload
    return packet(PUBLISH, body, dup << 3 | qos << 1 | retain)


def subscribe(*filters, qos=0, mid=1):
    return packet(SUBSCRIBE, struct.pack(">H", mid) + b"".join(text(f) + bytes([qos]) for f in filters), 2)


def unsubscribe(*filters, mid=1):
    return packet(UNSUBSCRIBE, struct.pack(">H", mid) + b"".join(map(text, filters)), 2)


class Wire:
    """A connected socket, plain or wrapped by `tls`; without a server name when that is None."""

    def __init__(self, port, tls=None, timeout_s=10, server_hostname="localhost"):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout_s)
        if tls:
            if server_hostname is None:
                tls.check_hostname = False
            self.socket = tls.wrap_socket(self.socket, server_hostname=server_hostname)

    def send(self, *data):
        self.socket.sendall(b"".join(data))
        return self

    def exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def receive(self):
        """(kind, flags, body) of the next packet; EOFError when the server has closed."""
        first, size, shift = self.exactly(1)[0], 0, 0
        while True:
            digit = self.exactly(1)[0]
            size |= (digit & 0x7F) << shift
            shift += 7
            if not digit & 0x80:
                return first >> 4, first & 0x0F, self.exactly(size)

    def expect(self, kind, body=None):
        got, _flags, data = self.receive()
        assert got == kind and (body is None or data == body), (got, data)
        return data

    def expect_closed(self, within_s=10):
        """The server closes, by FIN or RST, without another packet; gives the seconds it took."""
        begun = time.monotonic()
        self.socket.settimeout(within_s)
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            raise AssertionError(f"still open after {within_s} s") from None
        except OSError:
            data = b""
        assert data == b"", f"an answer instead of a close: {data[:80]!r}"
        return time.monotonic() - begun

    def open(self, client_id, **options):
        """CONNECT and its CONNACK."""
        self.send(connect(client_id, **options)).expect(CONNACK, b"\0\0")
        return self

    def close(self):
        self.socket.close()
