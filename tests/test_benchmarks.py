"""The benchmarks run, and their frame is what it says; no timing is asserted."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from benchmarks import clients, servers, tsbs
from benchmarks.__main__ import CASES, main
from benchmarks.batches import STORED, Batches
from benchmarks.measure import Line, Pairs, Scale, in_turn
from benchmarks.table import BEGIN, END, as_table, save

START = datetime(2026, 1, 1, tzinfo=UTC)
TINY = Scale(rows=2_000, hosts=20, repeats=1)


def line(**changes):
    usual = {"case": "write", "what": "write", "beside": "create", "limit": 3, "limited": "ratio"}
    return Line(**(usual | {"pairs": Pairs((2.0, 9.0, 4.0), (1.0, 1.0, 4.0))} | changes))


def test_the_frame_has_ten_tags_a_time_and_ten_values():
    frame = tsbs.cpu(100, 20, START)

    assert frame.columns == [*tsbs.TAGS, "time", *tsbs.VALUES]
    assert frame.dtypes == [*[pl.String] * 10, pl.Datetime("ns", "UTC"), *[pl.Float64] * 10]


def test_the_frame_is_the_same_each_time():
    assert tsbs.cpu(100, 20, START).equals(tsbs.cpu(100, 20, START))


def test_another_seed_changes_values_and_nothing_else():
    frame, other = tsbs.cpu(100, 20, START), tsbs.cpu(100, 20, START, seed=1)

    assert frame.drop(tsbs.VALUES).equals(other.drop(tsbs.VALUES))
    assert not frame.equals(other)


def test_a_host_keeps_its_tags_however_many_there_are():
    assert tsbs.host_tags(5).equals(tsbs.host_tags(50).head(5))


def test_all_hosts_of_a_moment_follow_each_other():
    frame = tsbs.cpu(50, 20, START, timedelta(minutes=1))

    assert frame["hostname"].to_list() == [f"host_{row % 20}" for row in range(50)]
    assert frame["time"].to_list() == [START + timedelta(minutes=row // 20) for row in range(50)]


def test_tags_are_those_of_tsbs():
    tags = tsbs.host_tags(1_000)

    assert tags["region"].n_unique() == 9
    assert all(region in datacenter for region, datacenter in tags.select("region", "datacenter").iter_rows())
    assert {name: tags[name].n_unique() for name in tsbs.CHOICES} == {
        "rack": 100,
        "os": 3,
        "arch": 2,
        "team": 4,
        "service": 20,
        "service_version": 2,
        "service_environment": 3,
    }


def test_values_are_whole_numbers_that_walk_from_0_to_100():
    values = tsbs.cpu(20_000, 20, START).select("hostname", *tsbs.VALUES)
    steps = values.select(pl.col(tsbs.VALUES).diff().over("hostname").abs().max())

    assert values.select(pl.min_horizontal(pl.col(tsbs.VALUES).min())).item() == 0
    assert values.select(pl.max_horizontal(pl.col(tsbs.VALUES).max())).item() == 100
    assert values.select(pl.all_horizontal((pl.col(tsbs.VALUES) % 1 == 0).all())).item()
    assert max(steps.row(0)) < 7


def test_the_arrow_table_holds_the_frame():
    frame = tsbs.cpu(100, 20, START)

    assert pl.from_arrow(tsbs.arrow(frame)).equals(frame)


def test_half_of_a_batch_updates_what_is_stored_and_half_is_new():
    batches = Batches.of(rows=80, hosts=4, start=START)
    known = pl.concat(batches.stored(number) for number in range(STORED))

    for number in range(3):
        batch = batches.upsert(number)
        assert len(batch) == batches.rows == 80
        assert len(batch.join(known, on=["hostname", "time"], how="semi")) == 40
        known = pl.concat([known, batch]).unique(["hostname", "time"])
    assert len(known) == 800 + 3 * 40


def test_sides_are_measured_in_turn():
    order = []

    in_turn(lambda number: order.append(("ours", number)), lambda number: order.append(("peer", number)), 2)

    assert order == [("ours", 0), ("peer", 0), ("ours", 1), ("peer", 1)]


def test_the_figure_is_the_median_of_the_pairs_ratios():
    assert (line().figure, line().met) == (2.0, True)
    assert (line(limit=1.5).figure, line(limit=1.5).met) == (2.0, False)


def test_a_limit_of_ours_alone_takes_no_ratio():
    assert line(limited="ours").figure == 4.0


def test_a_limit_of_times_is_how_many_times_the_peers_figure_is_ours():
    assert (line(limited="times", limit=0.5).figure, line(limited="times", limit=0.5).met) == (0.5, True)
    assert not line(limited="times", limit=1).met


def test_a_limit_of_more_is_by_how_much_ours_is_more_than_the_peers():
    assert (line(limited="more", limit=1).figure, line(limited="more", limit=1).met) == (1.0, True)
    assert not line(limited="more", limit=0.5).met


def test_a_line_is_a_row_of_the_table():
    _, _, row = as_table([line(rows=8_000)]).splitlines()

    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        *("write", "write", "4.000 s", "2,000", "create", "1.000 s", "2.00", "1.00 to 9.00", "3.00", "yes")
    ]


def test_rows_a_second_are_told_whatever_the_unit():
    row = as_table([line(rows=8, unit="ms of CPU")]).splitlines()[2]

    assert [cell.strip() for cell in row.split("|")[3:5]] == ["4.0 ms of CPU", "2,000"]


def test_a_limit_of_more_is_told_as_such():
    row = as_table([line(limited="more", limit=10, unit="MiB")]).splitlines()[2]

    assert [cell.strip() for cell in row.split("|")[7:10]] == ["", "", "10 MiB more"]


def test_a_server_has_ended_when_its_block_has(tmp_path):
    with suppress(KeyboardInterrupt), servers.of_tsframe(str(tmp_path)) as server:
        assert server.process.is_running()
        raise KeyboardInterrupt

    assert not server.process.is_running()


def test_a_server_that_does_not_come_up_says_why(tmp_path):
    Path(tmp_path, "tsframe").write_text("no folder")

    with pytest.raises(RuntimeError, match=r"no server came up: .*cannot be made"), servers.of_tsframe(str(tmp_path)):
        pass


def test_requests_share_nothing_and_say_the_version_that_they_are_given():
    requests = clients.requests_of(tsbs.cpu(250, 20, START), version=2)

    assert [len(request["Records"]) for request in requests] == [100, 100, 50]
    assert {*requests[0]} == {"DatabaseName", "TableName", "Records"}
    assert {record["Version"] for record in requests[0]["Records"]} == {2}


def test_a_page_keeps_what_is_around_its_marks(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}old\n{END}after\n")

    save("new\n", page)
    save("newer\n", page)

    assert page.read_text() == f"before\n{BEGIN}\nnewer\n\n{END}after\n"


@pytest.mark.parametrize("name", CASES)
def test_every_case_yields_a_line(name):
    lines = [*CASES[name](TINY)]

    assert {found.case for found in lines} == {name}
    for found in lines:
        assert len(found.pairs.ours) == len(found.pairs.peer) == 1
        assert min(*found.pairs.ours, *found.pairs.peer) > 0


def test_the_command_prints_and_saves_one_table(tmp_path, capsys):
    main(["write", "--rows", "200", "--hosts", "20", "--repeats", "1", "--output", str(tmp_path / "figures.md")])

    printed = capsys.readouterr().out
    assert "write 200 rows from Polars into an empty table" in printed
    assert (tmp_path / "figures.md").read_text() == printed


def test_an_unknown_case_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["wrote"])

    assert "'wrote' is none of write, upsert, read, import, memory, send" in capsys.readouterr().err
