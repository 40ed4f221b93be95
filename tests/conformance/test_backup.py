"""kedge backup beside a running server, kedge restore on another machine."""
import os
import resource
import stat
import subprocess
import threading

import pytest

from devices import Device
from server import BINARY, Server, clean_environment


@pytest.fixture
def kept(server, tmp_path):
    """A backup of `server` after a device was made there, and the device."""
    device = Device(server)
    server.run("backup", "--data", server.data, tmp_path / "kept")
    return tmp_path / "kept", device


def restored(server, tmp_path, file, *options):
    """A server on what `kedge restore` made of `file`."""
    one = Server(tmp_path / "restored", *options)
    one.run("restore", file, "--data", one.data)
    return one.start()


def test_a_restored_server_is_the_same_to_devices_and_to_tools(server, kept, tmp_path):
    file, device = kept
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("kept")] == ["kept"]
    before = {path.relative_to(server.data): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
              for folder in ("ca", "tls") for path in (server.data / folder).iterdir()}
    keys, code = server.env["AWS_SECRET_ACCESS_KEY"], server.client().get_registration_code()["registrationCode"]
    server.run("backup", "--data", server.data, file)
    other = restored(server, tmp_path, file)
    assert other.env["AWS_SECRET_ACCESS_KEY"] == keys
    assert other.client().get_registration_code()["registrationCode"] == code
    after = {path.relative_to(other.data): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
             for folder in ("ca", "tls") for path in (other.data / folder).iterdir()}
    assert after == before
    device.server = other
    device.connect("moved").close()
    other.stop()


def test_a_backup_under_load_is_one_moment(server, tmp_path):
    """Things come in order; a backup has all up to some moment and none after."""
    done, made = threading.Event(), []

    def create():
        iot = server.client()
        while not done.is_set():
            name = f"thing-{len(made):06}"
            iot.create_thing(thingName=name)
            made.append(name)
    writer = threading.Thread(target=create)
    writer.start()
    for number in range(5):
        least = len(made)
        server.run("backup", "--data", server.data, tmp_path / f"kept-{number}")
        most = len(made) + 1
        other = Server(tmp_path / f"other-{number}")
        other.run("restore", tmp_path / f"kept-{number}", "--data", other.data)
        other.start()
        pages = other.client().get_paginator("list_things").paginate()
        names = [thing["thingName"] for page in pages for thing in page["things"]]
        assert names == [f"thing-{at:06}" for at in range(len(names))] and least <= len(names) <= most
        other.stop()
    done.set()
    writer.join()


def test_nothing_is_overwritten_unasked(server, kept, tmp_path):
    file, _ = kept
    used = server.run("restore", file, "--data", server.data, "--replace", check=False)
    assert used.returncode == 1 and "in use by the server" in used.stderr
    server.stop()
    full = server.run("restore", file, "--data", server.data, check=False)
    assert full.returncode == 1 and "is not empty" in full.stderr and "--replace" in full.stderr
    server.run("restore", file, "--data", server.data, "--replace")
    server.start()
    aside = [path for path in server.data.iterdir() if path.name.startswith("replaced-")]
    assert len(aside) == 1 and (aside[0] / "kedge.db").exists() and (aside[0] / "ca").is_dir()
    (tmp_path / "novel").write_text("Call me Ishmael.")
    novel = server.run("backup", "--data", server.data, tmp_path / "novel", check=False)
    assert novel.returncode == 1 and "is not a backup" in novel.stderr
    assert (tmp_path / "novel").read_text() == "Call me Ishmael."


def test_what_is_no_backup_or_a_damaged_one_is_refused_in_words(server, kept, tmp_path):
    file, _ = kept
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    for name, data, sentence in (("damaged", bytes(content), "is damaged"), ("cut", bytes(content[:-1]), "is not a backup"),
                                 ("empty", b"", "is not a backup"), ("raw", (server.data / "kedge.db").read_bytes(), "is not a backup")):
        (tmp_path / name).write_bytes(data)
        done = server.run("restore", tmp_path / name, "--data", tmp_path / "never", check=False)
        assert done.returncode == 1 and sentence in done.stderr and str(tmp_path / name) in done.stderr, done.stderr
        assert [path.name for path in (tmp_path / "never").iterdir()] == ["lock"]
    for arguments in (["restore", tmp_path / "nowhere"], ["restore"], ["backup"], ["backup", "--data", tmp_path / "never", "x"]):
        done = server.run(*arguments, check=False)
        assert done.returncode != 0 and len(done.stderr.splitlines()) == 1, done.stderr


def test_a_server_does_not_start_on_half_a_restore(server, kept):
    server.stop()
    (server.data / "restoring").mkdir()
    done = server.run(*server.command()[1:], check=False)
    assert done.returncode == 1 and "cut short" in done.stderr
    (server.data / "restoring").rmdir()
    server.start()


def test_a_full_disk_leaves_no_half_backup(server, kept, tmp_path):
    """The kernel refuses to let files grow beyond 64 KiB: what a full disk looks like."""
    done = subprocess.run([BINARY, "backup", "--data", server.data, tmp_path / "large"], capture_output=True, text=True, timeout=30,
                          env=clean_environment(), check=False,
                          preexec_fn=lambda: (resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536)), os.umask(0)))
    assert done.returncode == 1 and "large.part" in done.stderr, done.stderr
    assert not (tmp_path / "large").exists()
    server.run("backup", "--data", server.data, tmp_path / "large")
    assert (tmp_path / "large").exists() and not (tmp_path / "large.part").exists()
