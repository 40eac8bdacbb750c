import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from sample_reports import PARTLY, file_report, finding, unreadable
from watchglass.model.report import RunReport
from watchglass.reports import table


def shown(*files, width=80, **how):
    out = io.StringIO()
    table.show(RunReport(files=files), Console(file=out, width=width, **how))
    return out.getvalue()


@pytest.mark.parametrize("width", [60, 80, 140])
def test_everything_is_said_within_the_width(width):
    text = shown(file_report(not_watched=PARTLY), unreadable(), width=width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    flat = " ".join(text.split())
    for word in ("0:00:02.000", "0:00:04.500", "2.50 s", "video.black", "critical", "warning", "info", "open"):
        assert word in flat
    for start in ("Not watched:", "Could not be read:", "2 files"):
        assert start in flat


def test_a_wide_terminal_gets_a_line_for_a_finding():
    [line] = [line for line in shown(file_report(), width=140).splitlines() if "video.black" in line and "crit" in line]
    assert line.split()[:6] == ["0:00:02.000", "–", "0:00:04.500", "2.50", "s", "video.black"]


def test_no_colour_when_piped():
    assert "\x1b" not in shown(file_report(), unreadable())


def test_colour_in_a_terminal():
    assert "\x1b[" in shown(file_report(), force_terminal=True, color_system="standard")


def test_hostile_text_neither_steers_nor_marks_up():
    evil = "\x1b[2J\x1b]0;owned\x07[bold red]news[/bold red]\u202e.mp4"
    text = shown(file_report(source=evil, findings=[finding(message=evil)]), unreadable(evil, evil))
    assert not {"\x1b", "\x07", "\u202e"} & set(text)
    assert "[bold red]news[/bold red]" in text


def test_a_flood_is_cut_and_said():
    flood = [finding(begin=float(n), end=n + 0.5) for n in range(table.MOST_ROWS + 7)]
    assert "7 further findings" in shown(file_report(findings=flood), width=140)


def test_a_clean_file_takes_few_words():
    text = shown(file_report(findings=()))
    assert "✓ Nothing found (10.00 s watched)" in text
    assert "how bad" not in text
