import gzip
import json
import textwrap
from pathlib import Path
from typing import Any

import pytest

from sources.intake import files
from sources.intake.files import BadRow, ColumnMap, MapError, Row, read_map, read_records

ORDERS = ColumnMap(
    columns={
        "customer": "userId",
        "amount": "properties.revenue",
        "when": "timestamp",
        "gift": "properties.gift",
    },
    constants={"type": "track", "event": "Order Completed", "properties.currency": "EUR"},
    types={"properties.revenue": "number", "properties.gift": "boolean"},
    templates={"messageId": "order-{number}"},
)
HEADER = "number,customer,amount,when,gift\n"


def write(folder: Path, content: str | bytes, name: str = "events.jsonl") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def decoded(found: Row | BadRow) -> dict[str, Any]:
    assert isinstance(found, Row)
    record = json.loads(found.value)
    assert isinstance(record, dict)
    return record


def test_a_json_line_with_a_message_id_is_left_as_it_is(tmp_path: Path) -> None:
    line = b'{"type": "page",  "messageId":"m1","userId":"\xc3\xbc"}'
    assert list(read_records(write(tmp_path, line + b"\r\n\n"))) == [Row(1, line)]


def test_a_json_line_without_a_message_id_gets_the_same_one_every_time(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        '{"type":"page","userId":"u"}\n{"type":"page","userId":"u"}\n{"type":"page","userId":"u","messageId":""}',
    )
    first, again = [[decoded(row)["messageId"] for row in read_records(path)] for _ in range(2)]
    assert first == again
    assert len(set(first)) == 3
    assert all(each.startswith("file-") for each in first)


def test_a_compressed_file_reads_like_the_plain_one(tmp_path: Path) -> None:
    line = b'{"messageId":"m"}\n'
    assert list(read_records(write(tmp_path, gzip.compress(line), "events.jsonl.gz"))) == [
        Row(1, line.strip())
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"type":', "not valid JSON"),
        (b"[1]", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b"\xff\xfe", "not valid JSON"),
        (b'{"a":' * 100_000, "not valid JSON"),
    ],
)
def test_a_bad_line_is_reported_with_its_number_and_the_next_one_is_read(
    tmp_path: Path, line: bytes, reason: str
) -> None:
    good = b'{"messageId":"m"}'
    found = list(read_records(write(tmp_path, good + b"\n" + line + b"\n" + good)))
    assert found == [Row(1, good), BadRow(2, reason, line), Row(3, good)]


def test_a_csv_row_becomes_a_nested_record(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + "7,anna,12.50,2026-01-02T03:04:05Z,yes\n", "orders.csv")
    assert [decoded(row) for row in read_records(path, ORDERS)] == [
        {
            "type": "track",
            "event": "Order Completed",
            "properties": {"currency": "EUR", "revenue": 12.5, "gift": True},
            "userId": "anna",
            "timestamp": "2026-01-02T03:04:05Z",
            "messageId": "order-7",
        }
    ]


def test_an_empty_cell_is_left_out(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + "7,,12.50,,\n", "orders.csv")
    record = decoded(next(read_records(path, ORDERS)))
    assert "userId" not in record
    assert record["properties"] == {"currency": "EUR", "revenue": 12.5}


def test_cells_may_hold_separators_quotes_and_line_breaks(tmp_path: Path) -> None:
    names = ColumnMap(
        columns={"name": "traits.name"}, constants={"type": "identify"}, delimiter=";"
    )
    path = write(tmp_path, b'\xef\xbb\xbfname\n"a;""b""\nc"\nd\n', "people.csv")
    rows = list(read_records(path, names))
    assert [decoded(row)["traits"]["name"] for row in rows] == ['a;"b"\nc', "d"]
    assert [row.line for row in rows] == [2, 4]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"7,anna,much,,\n", "properties.revenue is not a number"),
        (b"7,anna,NaN,,\n", "properties.revenue is not a number"),
        (b"7,anna,1,,perhaps\n", "properties.gift is not a boolean"),
        (b"7,anna\n", "another number of cells than the header has"),
        (b"7,an\xffna,1,,\n", "not valid UTF-8"),
        (b'7,"anna"x,1,,\n', "not valid CSV: ',' expected after '\"'"),
    ],
)
def test_a_bad_csv_row_is_reported_and_the_next_one_is_read(
    tmp_path: Path, row: bytes, reason: str
) -> None:
    path = write(tmp_path, HEADER.encode() + row + b"8,bert,2,,\n", "orders.csv")
    bad, good = list(read_records(path, ORDERS))
    assert bad == BadRow(2, reason, row)
    assert decoded(good)["messageId"] == "order-8"


def test_a_map_of_columns_that_are_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MapError, match="customer"):
        list(read_records(write(tmp_path, "number,amount\n", "orders.csv"), ORDERS))


def test_a_map_is_read_from_yaml_and_a_wrong_key_is_refused(tmp_path: Path) -> None:
    right = "columns: {a: userId}\nconstants: {type: identify}\n"
    assert read_map(write(tmp_path, right, "map.yaml")) == ColumnMap(
        {"a": "userId"}, {"type": "identify"}
    )
    with pytest.raises(MapError, match="column"):
        read_map(write(tmp_path, "column: {a: userId}", "map.yaml"))


def test_the_map_of_the_documentation_does_what_it_says(tmp_path: Path) -> None:
    _, _, block = (files.__doc__ or "").partition("::\n")
    shown = textwrap.dedent(block.rpartition("\n\n")[0])
    columns = read_map(write(tmp_path, shown, "map.yaml"))
    rows = "order_id,customer,amount,when\n7,mary,12.5,2026-05-01T00:00:00Z\n"
    (row,) = read_records(write(tmp_path, rows, "orders.csv"), columns)
    assert decoded(row) == {
        "type": "track",
        "event": "Order Completed",
        "userId": "mary",
        "properties": {"revenue": 12.5},
        "timestamp": "2026-05-01T00:00:00Z",
        "messageId": "order-7",
    }
