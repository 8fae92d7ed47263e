"""A file of keys says who may do what; whatever is wrong with it is told, but never a secret."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

import pytest

from tsframe._server.credentials import Access, Key, Keys
from tsframe.errors import TimestreamError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
GOOD = f"""
[[key]]
id = "AKIDWRITER"
secret = "{SECRET}"
access = "read-write"

[[key]]
id = "AKIDREADER"
secret_env = "READERS_SECRET"
access = "read-only"
databases = ["iot", "lab-*"]
session_token_env = "READERS_TOKEN"
"""
READING = [
    "CancelQuery",
    "DescribeAccountSettings",
    "DescribeBatchLoadTask",
    "DescribeDatabase",
    "DescribeEndpoints",
    "DescribeScheduledQuery",
    "DescribeTable",
    "ListBatchLoadTasks",
    "ListDatabases",
    "ListScheduledQueries",
    "ListTables",
    "ListTagsForResource",
    "PrepareQuery",
    "Query",
]
WRITING = [
    "CreateBatchLoadTask",
    "CreateDatabase",
    "CreateScheduledQuery",
    "CreateTable",
    "DeleteDatabase",
    "DeleteScheduledQuery",
    "DeleteTable",
    "ExecuteScheduledQuery",
    "ResumeBatchLoadTask",
    "TagResource",
    "UntagResource",
    "UpdateAccountSettings",
    "UpdateDatabase",
    "UpdateScheduledQuery",
    "UpdateTable",
    "WriteRecords",
    "queryAll",
    "",
]


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str | bytes], Path]:
    def write(text: str | bytes) -> Path:
        path = tmp_path / "keys.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(0o600)
        return path

    return write


def key(access: str = "read-write", databases: tuple[str, ...] | None = None) -> Key:
    return Key("AKIDEXAMPLE", SECRET, Access(access), databases)


# --- the file --------------------------------------------------------------------------------------------------------


def test_keys_are_read_with_their_rules(file, monkeypatch):
    monkeypatch.setenv("READERS_SECRET", "from the environment")
    monkeypatch.setenv("READERS_TOKEN", "a token")

    keys = Keys.load(file(GOOD))

    assert keys.get("AKIDWRITER") == Key("AKIDWRITER", SECRET, Access.READ_WRITE)
    assert keys.get("AKIDREADER") == Key(
        "AKIDREADER", "from the environment", Access.READ_ONLY, ("iot", "lab-*"), "a token"
    )
    assert keys.get("AKIDOTHER") is None


def test_a_path_may_be_a_text(file):
    path = file('key = [{id = "a", secret = "b", access = "read-only", session_token = "c"}]')

    assert Keys.load(str(path)).get("a") == Key("a", "b", Access.READ_ONLY, None, "c")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "keys.toml has no key: write [[key]] and below it id, secret and access"),
        ("key = []", "keys.toml has no key: write [[key]] and below it id, secret and access"),
        ("[key]\nid = 'a'", "keys.toml has a 'key' that is no list of them: begin each key with a line [[key]]"),
        ("key = [1]", "keys.toml has a 'key' that is no list of them: begin each key with a line [[key]]"),
        ("[[keys]]\nid = 'a'", "keys.toml has 'keys', which is no key: begin each key with a line [[key]]"),
        ("id", "keys.toml is not TOML: Expected '=' after a key in a key/value pair (at end of document)"),
        (
            b"\xff",
            "keys.toml is not TOML: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
        ),
    ],
    ids=["empty", "no keys", "a table", "numbers", "another word", "no TOML", "no text"],
)
def test_a_file_that_holds_no_keys_is_refused(file, text, message):
    path = file(text)

    with pytest.raises(TimestreamError) as caught:
        Keys.load(path)

    assert str(caught.value) == f"{path.parent}/{message}"


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(TimestreamError) as caught:
        Keys.load(tmp_path / "none.toml")

    assert str(caught.value) == f"cannot read the keys in {tmp_path}/none.toml: No such file or directory"


ID = 'id = "AKID"\n'
HIDDEN = f'secret = "{SECRET}"\n'
ACCESS = 'access = "read-only"\n'
NO_ID = "key 2 has an id that cannot be signed with: write 1 to 128 letters, digits, '_', '.' or '-'"
NO_ACCESS = 'write access = "read-only" or access = "read-write"'
DATABASES = 'write databases = ["iot", "lab-*"], or leave it out for all'


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (HIDDEN + ACCESS, 'key 2 has no id: write id = "…"'),
        ("id = 1\n" + HIDDEN, NO_ID),
        ('id = ""\n' + HIDDEN, NO_ID),
        (f'id = "{SECRET}"\n', NO_ID),
        (ID + ACCESS, 'key 2 (AKID) has no secret: write secret = "…", or secret_env = "NAME_OF_A_VARIABLE"'),
        (ID + "secret = 7\n", 'key 2 (AKID) has a secret that is no text, or empty: write secret = "…"'),
        (ID + 'secret = ""\n', 'key 2 (AKID) has a secret that is no text, or empty: write secret = "…"'),
        (ID + HIDDEN + 'secret_env = "HOME"\n', "key 2 (AKID) has both secret and secret_env: keep one of them"),
        (
            ID + 'secret_env = "NOBODY_SET_ME"\n',
            'key 2 (AKID) has secret_env = "NOBODY_SET_ME", a variable that is not set, or empty: export it',
        ),
        (
            ID + 'secret_env = "SET_TO_NOTHING"\n',
            'key 2 (AKID) has secret_env = "SET_TO_NOTHING", a variable that is not set, or empty: export it',
        ),
        (
            ID + f'secret_env = "{SECRET}"\n',
            'key 2 (AKID) has secret_env = "…", a variable that is not set, or empty: export it',
        ),
        (
            ID + "secret_env = []\n",
            'key 2 (AKID) has a secret_env that is no text, or empty: write secret_env = "NAME_OF_A_VARIABLE"',
        ),
        (
            ID + HIDDEN + ACCESS + 'session_token = ""\n',
            'key 2 (AKID) has a session_token that is no text, or empty: write session_token = "…"',
        ),
        (ID + HIDDEN, f"key 2 (AKID) has no access: {NO_ACCESS}"),
        (ID + HIDDEN + 'access = "admin"\n', f"key 2 (AKID) has access = 'admin': {NO_ACCESS}"),
        (ID + HIDDEN + "access = []\n", f"key 2 (AKID) has access = []: {NO_ACCESS}"),
        (
            ID + HIDDEN + ACCESS + 'databases = "iot"\n',
            f"key 2 (AKID) has databases that are no list, or an empty one: {DATABASES}",
        ),
        (
            ID + HIDDEN + ACCESS + "databases = []\n",
            f"key 2 (AKID) has databases that are no list, or an empty one: {DATABASES}",
        ),
        (
            ID + HIDDEN + ACCESS + 'databases = ["iot", "my lab"]\n',
            f"key 2 (AKID) has 'my lab' among its databases, which no database can be called: {DATABASES}",
        ),
        (
            ID + HIDDEN + ACCESS + "databases = [1]\n",
            f"key 2 (AKID) has 1 among its databases, which no database can be called: {DATABASES}",
        ),
        (
            ID + HIDDEN + ACCESS + 'database = "iot"\n',
            (
                "key 2 (AKID) has the unknown member 'database': a key has id, secret, secret_env, session_token, "
                "session_token_env, access, databases"
            ),
        ),
        (
            'id = "AKIDFIRST"\n' + HIDDEN + ACCESS,
            "key 2 has the id 'AKIDFIRST' of an earlier one: give each key an id of its own",
        ),
    ],
)
def test_a_mistake_in_a_key_is_told_without_its_secret(file, monkeypatch, entry, message):
    monkeypatch.setenv("SET_TO_NOTHING", "")
    path = file(f'[[key]]\nid = "AKIDFIRST"\n{HIDDEN}{ACCESS}\n[[key]]\n{entry}')

    with pytest.raises(TimestreamError) as caught:
        Keys.load(path)

    assert str(caught.value) == f"{path}: {message}"
    assert caught.value.__cause__ is None


def test_secrets_are_in_no_representation():
    one = Key("AKIDEXAMPLE", "the secret", Access.READ_ONLY, None, "the token")

    assert repr(Keys({"AKIDEXAMPLE": one})) == (
        "Keys(by_id={'AKIDEXAMPLE': Key(id='AKIDEXAMPLE', access=<Access.READ_ONLY: 'read-only'>, databases=None)})"
    )


@pytest.mark.skipif(os.name != "posix", reason="who may read a file is said in another way")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_file_that_others_may_read_is_told_in_the_log(file, caplog, mode):
    path = file(f"[[key]]\n{ID}{HIDDEN}{ACCESS}")
    path.chmod(mode)

    with caplog.at_level(logging.WARNING, logger="tsframe"):
        Keys.load(path)

    assert caplog.messages == [f"{path} holds secrets and others than its owner may read it: chmod 600 it"]


@pytest.mark.parametrize(
    ("mode", "secret"),
    [(0o600, HIDDEN), (0o400, HIDDEN), (0o644, 'secret_env = "READERS_SECRET"\n')],
    ids=["owner", "owner reads", "no secrets"],
)
def test_a_file_that_gives_no_secret_away_is_not(file, caplog, monkeypatch, mode, secret):
    monkeypatch.setenv("READERS_SECRET", SECRET)
    path = file(f"[[key]]\n{ID}{secret}{ACCESS}")
    path.chmod(mode)

    Keys.load(path)

    assert caplog.messages == []


# --- the rules -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", READING)
def test_a_key_that_reads_may_read(operation):
    assert key("read-only").refusal(operation, ["iot"]) is None


@pytest.mark.parametrize("operation", WRITING)
def test_a_key_that_reads_may_not_write(operation):
    assert key("read-only").refusal(operation, ["iot"]) == (
        f"User: arn:aws:iam::000000000000:user/AKIDEXAMPLE is not authorized to perform: timestream:{operation} "
        "on resource: arn:aws:timestream:us-east-1:000000000000:database/iot"
    )


def test_a_write_to_no_database_is_refused_on_every_resource():
    assert key("read-only").refusal("UpdateAccountSettings", []) == (
        "User: arn:aws:iam::000000000000:user/AKIDEXAMPLE is not authorized to perform: "
        "timestream:UpdateAccountSettings on resource: *"
    )


@pytest.mark.parametrize("operation", [*READING, *WRITING])
@pytest.mark.parametrize("databases", [(), ("iot",)], ids=["no database", "a database"])
def test_a_key_that_writes_may_do_everything(operation, databases):
    assert key("read-write").refusal(operation, databases) is None


@pytest.mark.parametrize("operation", ["WriteRecords", "Query", "DescribeTable", "ListTables"])
def test_a_key_is_held_to_its_databases(operation):
    held = key("read-write", ("iot", "lab-*"))

    assert held.refusal(operation, ["iot", "lab-1"]) is None
    assert held.refusal(operation, ["iot", "sales"]) == (
        f"User: arn:aws:iam::000000000000:user/AKIDEXAMPLE is not authorized to perform: timestream:{operation} "
        "on resource: arn:aws:timestream:us-east-1:000000000000:database/sales"
    )


@pytest.mark.parametrize("operation", ["ListDatabases", "ListTables", "Query", "CancelQuery"])
def test_a_key_held_to_databases_may_read_what_names_none(operation):
    assert key("read-only", ("iot",)).refusal(operation, []) is None


def test_a_key_held_to_databases_may_not_change_what_belongs_to_none():
    assert key("read-write", ("iot",)).refusal("UpdateAccountSettings", []) == (
        "User: arn:aws:iam::000000000000:user/AKIDEXAMPLE is not authorized to perform: "
        "timestream:UpdateAccountSettings on resource: *"
    )


def test_everybody_may_ask_for_the_endpoints():
    assert key("read-only", ("iot",)).refusal("DescribeEndpoints", ["sales"]) is None


@pytest.mark.parametrize(
    ("databases", "seen"),
    [
        (None, ["iot", "IoT", "lab-1", "lab-", "lab"]),
        (("iot",), ["iot"]),
        (("lab-*",), ["lab-1", "lab-"]),
        (("lab-?", "[iI]oT"), ["IoT", "lab-1"]),
        (("*",), ["iot", "IoT", "lab-1", "lab-", "lab"]),
    ],
)
def test_patterns_say_which_databases_a_key_sees(databases, seen):
    names = ["iot", "IoT", "lab-1", "lab-", "lab"]

    assert [name for name in names if key("read-only", databases).may_see(name)] == seen
