"""Data directories of earlier layouts are brought up to date, and what was in them is there."""
import json
import pathlib
import sqlite3
import sys
import tarfile

import pytest

from server import REPOSITORY, Server

LAYOUTS = REPOSITORY / "tests" / "layouts"
sys.path.insert(0, str(LAYOUTS))
import fill  # noqa: E402

ARCHIVES = sorted(LAYOUTS.glob("layout-*.tar.gz"))


def differences(before, now, where="", found=None):
    """What was told before and is not told now; answers may have gained fields."""
    found = [] if found is None else found
    if isinstance(before, dict) and isinstance(now, dict):
        for name, value in before.items():
            differences(value, now.get(name), f"{where}/{name}", found)
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for index, value in enumerate(before):
            differences(value, now[index], f"{where}/{index}", found)
    elif before != now:
        found.append(f"{where}: {before!r}, now {now!r}")
    return found


def unpack(archive, folder):
    with tarfile.open(archive) as tar:
        tar.extractall(folder)
    return json.loads((folder / "contents.json").read_text())


def test_each_layout_before_this_one_is_kept():
    assert [path.name for path in ARCHIVES] == [f"layout-{number}.tar.gz" for number in range(1, len(ARCHIVES) + 1)]
    assert len(ARCHIVES) >= 3


@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda path: path.name[:8])
def test_an_old_data_directory_is_served_and_holds_what_it_held(archive, tmp_path):
    before = unpack(archive, tmp_path / "data")
    roots = {name: (tmp_path / "data" / "ca" / f"{name}-root.pem").read_text() for name in ("ats", "legacy")}
    server = Server(tmp_path / "server", data=tmp_path / "data").start()
    assert len(before) > 15 and differences(before, fill.read(server.client())) == []
    assert pathlib.Path(server.env["KEDGE_CA_FILE"]).read_text() == roots["ats"]
    server.client().create_thing(thingName="newcomer")
    server.stop()
    server.start()
    assert server.client().describe_thing(thingName="newcomer")["version"] == 1
    server.stop()


@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda path: path.name[:8])
def test_an_old_data_directory_survives_backup_and_restore(archive, tmp_path):
    before = unpack(archive, tmp_path / "data")
    server = Server(tmp_path / "server", data=tmp_path / "restored")
    server.run("backup", "--data", tmp_path / "data", tmp_path / "kept")
    server.run("restore", tmp_path / "kept", "--data", server.data)
    server.start()
    assert differences(before, fill.read(server.client())) == []
    server.stop()


def test_a_layout_of_the_future_is_refused_by_name(tmp_path):
    unpack(ARCHIVES[-1], tmp_path / "data")
    with sqlite3.connect(tmp_path / "data" / "kedge.db") as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    server = Server(tmp_path / "server", data=tmp_path / "data")
    done = server.run(*server.command()[1:], check=False)
    assert done.returncode != 0 and "written by a newer Kedge" in done.stderr
    done = server.run("backup", "--data", server.data, tmp_path / "kept", check=False)
    assert done.returncode != 0 and "written by a newer Kedge" in done.stderr and not (tmp_path / "kept").exists()
