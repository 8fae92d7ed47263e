"""Any frame, by HTTP: what the peer has stored afterwards is what a plain reading of the rows predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tsframe
from tests.frames.test_properties import LIBRARIES, TRIES, frames, predict, write
from tests.peer.server import Peer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Peer, tsframe.Connection]]:
    with Peer() as peer:
        peer.add_table()
        with tsframe.connect(peer.url, patience=10) as ts:
            yield peer, ts


def held(peer: Peer) -> list[Any]:
    """The records of the table, as they are predicted."""
    records = []
    for key, (_, value) in peer.tables["iot", "sensors"].records.items():
        values = value if isinstance(value, dict) else {f"measure_value::{SINGLE[type(value)]}": value}
        records.append((frozenset(key.dimensions), key.measure_name, key.time, frozenset(values.items())))
    return sorted(records, key=repr)


SINGLE = {bool: "boolean", int: "bigint", float: "double", str: "varchar"}


@TRIES
@given(drawn=frames(), library=st.sampled_from(list(LIBRARIES)), pack=st.sampled_from(["auto", "order"]))
def test_a_frame_is_stored_as_its_rows_predict_or_refused(shared, drawn, library, pack):
    peer, ts = shared
    peer.tables["iot", "sensors"].records.clear()
    predicted = predict(drawn)

    report = write(ts, LIBRARIES[library](drawn.table()), "iot.sensors", pack=pack, progress=False, **drawn.options())

    assert (report is None) == (predicted is None)
    assert held(peer) == (predicted.records if predicted else [])
    if report is not None:
        assert report.rows == report.ingested + report.skipped_rows == len(drawn.rows)
        assert (report.records, report.skipped_rows) == (len(predicted.records), len(predicted.skipped))
