import io
import json

import pytest

from telling import NOW, incident
from watchglass.model.sink import Notification, SinkError
from watchglass.sinks.jsonl import JsonLines


def told(number):
    return Notification(number, f"n{number}", "lines", "opened", NOW, incident(number))


def test_each_piece_of_news_is_a_line():
    out = io.StringIO()
    JsonLines(out).send([told(1), told(2)])
    JsonLines(out).send([told(3)])
    assert [json.loads(line)["id"] for line in out.getvalue().splitlines()] == ["n1", "n2", "n3"]


def test_what_cannot_be_written_is_told():
    out = io.StringIO()
    out.close()
    with pytest.raises(SinkError, match="cannot be written"):
        JsonLines(out).send([told(1)])
