"""Transport streams as TSDuck sees them: reports that it published of its own test streams."""

import json
import re

import numpy as np
import pytest

from watchglass.kernels.ts import NONE, SIZE, Counters, headers, timestamps

pytestmark = pytest.mark.corpus


def packets_of(path):
    return np.frombuffer(path.read_bytes(), np.uint8).reshape(-1, SIZE)


def test_counters_break_where_it_says(corpus):
    expected = corpus / "expected" / "tsduck"
    told = re.findall(r"packet index: (\d+)", (expected / "test-041.tsp.log").read_text())
    broken = Counters().broken(headers(packets_of(expected / "test-041.ts")))
    assert np.flatnonzero(broken).tolist() == [int(index) for index in told]


@pytest.mark.parametrize("name", ["test-025", "test-072"])
def test_what_it_counts_by_pid(corpus, name):
    report = (corpus / "expected" / "tsduck" / f"{name}.analyze.json.line.log").read_text()
    packets = packets_of(corpus / "av" / f"tsduck__tsduck-test--{name}.ts")
    told = headers(packets)
    broken, pts = Counters().broken(told), timestamps(packets, told)
    for expected in json.loads(report.partition("[TSJSON]")[2])["pids"]:
        mine = told.pid == expected["id"]
        assert {
            "total": np.count_nonzero(mine),
            "scrambled": np.count_nonzero(told.is_scrambled[mine]),
            "discontinuities": np.count_nonzero(broken[mine]),
            "pcr": np.count_nonzero(told.pcr[mine] != NONE),
            "pts": np.count_nonzero(pts[mine] != NONE),
        } == {name: expected["packets"][name] for name in ("total", "scrambled", "discontinuities", "pcr", "pts")}
        assert np.count_nonzero(told.begins[mine]) == expected.get("unit-start", expected.get("pes"))
        for what, ticks in (("pcr", told.pcr[mine]), ("pts", pts[mine])):
            ticks = ticks[ticks != NONE]
            if f"first-{what}" in expected:
                assert (ticks[0], ticks[-1]) == (expected[f"first-{what}"], expected[f"last-{what}"])


def test_what_its_fuzzer_changed_in_headers_is_told(corpus):
    """Of a bit in the flags, the PID or the counter; not the priority, which means nothing to us."""
    log = (corpus / "expected" / "tsduck" / "test-147.2.log").read_text()
    changed = [(int(n), int(at)) for n, at in re.findall(r"Packet (\d+) differ at offset (\d+)", log)]
    before, after = (
        packets_of(corpus / "av" / f"tsduck__tsduck-test--{name}.ts")[:1000] for name in ("test-072", "test-147")
    )  # of which the log tells
    assert sorted({n for n, _ in changed}) == np.flatnonzero((before != after).any(axis=1)).tolist()
    told, clean = headers(after), headers(before)
    broken = Counters().broken(told)
    for n, at in changed:
        if told.is_broken[n] or told.pid[n] != clean.pid[n] or told.counter[n] != clean.counter[n]:
            assert at in (1, 2, 3)
            assert broken[n : n + 20].any()
    assert np.flatnonzero(told.is_broken).tolist() == [n for n, at in changed if at == 1 and told.is_broken[n]]
