"""Functions for tests: packed from a text, and what they say while they run, heard by MQTT."""
import io
import json
import zipfile

ROLE = "arn:aws:iam::123456789012:role/functions"

# A function may reach this server and nothing else: `say` publishes on its plain MQTT port.
SAY = '''
import json, os, socket, struct, sys, time

def say(topic, value):
    def text(s):
        return struct.pack("!H", len(s)) + s
    def packet(kind, body):
        length, n = b"", len(body)
        while True:
            n, digit = n >> 7, n & 127
            length += bytes([digit | (128 if n else 0)])
            if not n:
                return bytes([kind]) + length + body
    name = b"f-%d-%d" % (os.getpid(), time.monotonic_ns())
    with socket.create_connection(("127.0.0.1", int(os.environ["MQTT_PORT"])), timeout=10) as s:
        s.sendall(packet(0x10, text(b"MQTT") + bytes([4, 2, 0, 60]) + text(name)))
        s.recv(4)
        s.sendall(packet(0x32, text(topic.encode()) + b"\\0\\1" + json.dumps(value).encode()))
        s.recv(4)
'''


def pack(source, name="code.py"):
    """A zip with one file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), source)
    return out.getvalue()


def make_function(server, name, body, role=ROLE, **options):
    """A function whose handler's body is given; it may `say(topic, value)`. Gives its ARN."""
    source = SAY + "def handler(event, context):\n" + "".join(f"    {line}\n" for line in body.strip("\n").split("\n"))
    options.setdefault("Timeout", 30)
    made = server.client("lambda").create_function(
        FunctionName=name, Runtime="python3.11", Role=role, Handler="code.handler", Code={"ZipFile": pack(source)},
        Environment={"Variables": {"MQTT_PORT": str(server.mqtt_port)}}, **options)
    return made["FunctionArn"]


def let_rule_in(server, function, rule):
    """What `aws lambda add-permission` does for a rule."""
    server.client("lambda").add_permission(
        FunctionName=function, StatementId=f"rule-{rule}", Action="lambda:InvokeFunction", Principal="iot.amazonaws.com",
        SourceArn=f"arn:aws:iot:{server.client().meta.region_name}:{server.account}:rule/{rule}")


class Ear:
    """Hears what functions say on topics `said/#`."""

    def __init__(self, device):
        self.client = device().connect(f"ear-{id(self)}").subscribe("said/#")

    def next(self):
        message = self.client.receive()
        return message.topic.removeprefix("said/"), json.loads(message.payload)

