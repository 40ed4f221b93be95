"""Disks that are full, or refuse: callers are told in their protocol, MQTT goes on, and space is all it takes to recover."""
import contextlib
import os
import shutil
import subprocess

import botocore.exceptions
import pytest

from devices import Device
from server import Server, patience_s, wait_until

DISK_MIB = 12


@pytest.fixture
def disk(tmp_path):
    """A small disk of its own, which only root can have."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk takes root")
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", folder], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"mounting a small disk: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


class FailingDisk:
    """A file system of its own, which the kernel makes read-only as it does when a disk fails; takes root and a loop device."""

    def __init__(self, folder):
        self.image, self.folder = folder / "image", folder / "disk"
        self.folder.mkdir()
        with open(self.image, "wb") as image:
            image.truncate(64 << 20)
        self.must("mkfs.ext4", "-q", self.image)
        self.mount()

    @staticmethod
    def must(*command):
        if not shutil.which(command[0]):
            pytest.skip(f"a disk that fails: {command[0]} is not installed")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"a disk that fails: {done.stderr.strip()}")
        return done.stdout

    def mount(self):
        self.must("mount", "-o", "loop,errors=remount-ro", self.image, self.folder)

    def fail(self):
        device = self.must("findmnt", "-n", "-o", "SOURCE", self.folder).strip().rpartition("/")[2]
        with open(f"/sys/fs/ext4/{device}/trigger_fs_error", "w") as trigger:
            trigger.write("1")

    def repair(self):
        subprocess.run(["umount", self.folder], check=True)
        subprocess.run(["e2fsck", "-p", "-f", self.image], capture_output=True, check=False)
        self.mount()


@pytest.fixture
def failing_disk(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting a disk takes root")
    made = FailingDisk(tmp_path)
    yield made
    subprocess.run(["umount", "-l", made.folder], check=True)


def fill(folder):
    """Leaves no room."""
    with open(folder / "filler", "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)


def limit_files(server, size):
    """The kernel lets no file of the server grow beyond `size`: what a quota does, and takes no root."""
    subprocess.run(["prlimit", "--pid", str(server.process.pid), f"--fsize={size}:unlimited"], check=True)


def refusal(call, **parameters):
    """The error that a call ends with."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**parameters)
    error = caught.value.response
    return error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Code"], error["Error"]["Message"]


def check_full(server, iot, device, client, sentence):
    """Nothing can be kept: who asks for that is told, and everything else goes on."""
    for operation, parameters in (("create_thing", {"thingName": "no-room"}), ("delete_thing", {"thingName": "before"}),
                                  ("create_keys_and_certificate", {"setAsActive": True})):
        status, code, message = refusal(getattr(iot, operation), **parameters)
        assert (status, code) == (503, "ServiceUnavailableException") and sentence in message, (status, code, message)
    assert iot.describe_thing(thingName="before")["thingName"] == "before"
    client.publish("t", "live", qos=1)
    assert client.receive().payload == b"live"
    device.connect("another").close()


def check_recovered(server, iot):
    def works():
        with contextlib.suppress(botocore.exceptions.ClientError):
            return iot.create_thing(thingName="after")
    wait_until(works, patience_s(5), "calls succeed again")
    assert sorted(thing["thingName"] for thing in iot.list_things()["things"]) == ["after", "before"]
    done = server.run("check", "--data", server.data)
    assert "is in order" in done.stdout
    server.stop()
    server.start()
    assert server.client().describe_thing(thingName="after")["version"] == 1


def test_a_full_disk_is_said_and_space_is_all_it_takes(disk, tmp_path):
    server = Server(tmp_path / "server", data=disk / "data").start()
    iot, device = server.client(), Device(server)
    iot.create_thing(thingName="before")
    client = device.connect("client").subscribe("t")
    fill(disk)
    with pytest.raises(botocore.exceptions.ClientError):
        for number in range(2000):  # what room the log of the store had left
            iot.create_thing(thingName=f"filler-{number}")
    for thing in iot.list_things(maxResults=250)["things"]:
        assert thing["thingName"] == "before" or thing["thingName"].startswith("filler-")
    check_full(server, iot, device, client, "is full")
    backup = server.run("backup", "--data", server.data, disk / "kept", check=False)
    assert backup.returncode == 1 and not (disk / "kept").exists()
    (disk / "filler").unlink()
    pages = iot.get_paginator("list_things").paginate()
    for thing in [thing["thingName"] for page in pages for thing in page["things"] if thing["thingName"] != "before"]:
        iot.delete_thing(thingName=thing)
    server.run("backup", "--data", server.data, disk / "kept")
    client.close()
    check_recovered(server, iot)
    server.stop()


def test_a_disk_that_refuses_to_grow_is_said_and_recovered_from(server):
    iot, device = server.client(), Device(server)
    iot.create_thing(thingName="before")
    client = device.connect("client").subscribe("t")
    limit_files(server, 4096)
    check_full(server, iot, device, client, "The disk that holds")
    limit_files(server, "unlimited")
    client.close()
    check_recovered(server, iot)


def test_a_retained_message_that_cannot_be_kept_is_not_acknowledged(server):
    device = Device(server)
    client = device.connect("client").subscribe("t")
    limit_files(server, 4096)
    refused = device.connect("retainer")
    refused.paho.publish("r", "lost", 1, retain=True)
    wait_until(lambda: any("retainer" in line and "retained" in line for line in server.stderr_path.read_text().splitlines()),
               patience_s(3), "the log names the client: `kedge why` could not be told either")
    refused.drop()
    client.publish("t", "live")
    assert client.receive().payload == b"live"
    limit_files(server, "unlimited")
    keeper = device.connect("keeper")
    keeper.paho.publish("r", "kept", 1, retain=True).wait_for_publish(5)
    reader = device.connect("reader").subscribe("r")
    assert reader.receive().payload == b"kept"
    for one in (client, keeper, reader):
        one.close()


def test_a_read_only_disk_is_named_at_start(disk, tmp_path):
    server = Server(tmp_path / "server", data=disk / "data").start()
    server.stop()
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    done = server.run(*server.command()[1:], check=False)
    assert done.returncode == 1 and str(server.data) in done.stderr and "Read-only" in done.stderr, done.stderr
    assert len(done.stderr.splitlines()) == 1
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    server.start()
    server.stop()


def test_a_disk_that_turns_read_only_is_said_and_nothing_answered_is_lost(failing_disk, tmp_path):
    server = Server(tmp_path / "server", data=failing_disk.folder / "data").start()
    iot, device = server.client(), Device(server)
    iot.create_thing(thingName="before")
    client = device.connect("client").subscribe("t")
    failing_disk.fail()
    check_full(server, iot, device, client, "Read-only")
    client.close()
    server.stop()
    failing_disk.repair()
    server.start()
    check_recovered(server, server.client())
    server.stop()
