import re
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest

from payloads import PAYLOADS
from sample_reports import DEFAULT, PARTLY, exhibit, file_report, finding, picture, sound_exhibit, unreadable
from watchglass.model.exhibit import Exhibit, Picture, Trace
from watchglass.model.finding import Reading, Region, Severity
from watchglass.model.limits import Limit
from watchglass.model.media import Track
from watchglass.model.report import Duty, FileReport, RunReport
from watchglass.reports import html
from watchglass.reports.allowance import MOST_CARDS, PICTURE_BYTES

VOID = {"meta", "img"}


class Page(HTMLParser):
    """What a browser would make of it: tags, attributes, text; and whether the tags nest."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.words, self._open = [], [], [], []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def values(self, name):
        return [value for _, attribute, value in self.attributes if attribute == name]


def page(*files):
    return Page(html.render(RunReport(files=files, version="0.1.0", made_utc=1_700_000_000.0)))


@pytest.fixture(scope="module")
def one():
    return page(file_report(not_watched=PARTLY))


def test_one_file_says_everything(one):
    for words in (
        "1 critical defect, 1 warning and 1 note; not everything was watched",
        "h264, 1280 × 720, 25 fps",
        "Black share",
        "0:00:02.000 – 0:00:04.500",
        "2.50 s",
        "99.5 %",
        "93 %",
        "SAMPLE-AES cannot be decrypted",
        "2023-11-14 22:13:22.250 UTC",
        "Explained by",
        "0:00:08.000 – open",
    ):
        assert words in one.text


def test_it_needs_nothing_from_outside_and_no_script(one):
    assert not {"script", "link", "iframe", "object", "base", "form"} & set(one.tags)
    for name in ("src", "href", "xlink:href", "srcset", "poster", "action"):
        assert all(value.startswith(("#", "data:image/jpeg;base64,")) for value in one.values(name))
    assert not re.search(r"url\(|@import", "".join(one.words))


def test_every_link_has_a_target(one):
    ids = one.values("id")
    assert len(ids) == len(set(ids))
    targets = {value[1:] for value in one.values("href")}
    assert targets
    assert targets <= set(ids)


def test_pictures_and_plots_have_words_for_those_who_do_not_see(one):
    assert all(one.values("alt"))
    assert one.tags.count("img") == len(one.values("alt"))
    labelled = one.values("aria-label")
    assert any("Black share over time, from 0 % to 100 %" in label for label in labelled)
    assert any("Waveform of channel FL" in label for label in labelled)
    assert one.tags.count("svg") <= len(labelled) + one.values("aria-hidden").count("true")


def test_headings_descend_without_leaps(one):
    levels = [int(tag[1]) for tag in one.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def test_the_picture_before_in_and_after_a_defect_stand_beside_each_other(one):
    alts = [alt for alt in one.values("alt") if ": Black, the picture at" in alt]
    assert [alt.partition(":")[0] for alt in alts] == ["Before", "During", "After"]


def test_a_threshold_is_drawn_and_labelled_on_every_plot_of_its_reading(one):
    assert one.text.count("threshold 98 %") == 2  # over the whole file, and around the finding
    assert "open_at 98 % Share of black pixels." in one.text
    assert one.text.count("threshold -60") == 1
    assert any(
        "Measured: Black share, from 0 % to 100 %, threshold 98 %" in label for label in one.values("aria-label")
    )


def test_sound_is_shown_in_every_way_that_was_gathered():
    alarm = DEFAULT[2]
    told = page(file_report(exhibits={alarm.key: sound_exhibit()}))
    for words in ("Waveform", "Level by channel", "Spectrogram", "ms where it is worst", "full scale", "10 kHz"):
        assert words in told.text
    assert "On screen" in told.text


@pytest.mark.parametrize(
    ("turns", "style"),
    [
        (0, "left:10.0%;top:20.0%;width:50.0%;height:25.0%"),
        (1, "left:20.0%;top:40.0%;width:25.0%;height:50.0%"),
        (2, "left:40.0%;top:55.0%;width:50.0%;height:25.0%"),
        (3, "left:55.0%;top:10.0%;width:25.0%;height:50.0%"),
    ],
)
def test_a_region_turns_with_its_picture(turns, style):
    """A region is told of the coded picture, and the picture is shown upright."""
    found = finding(region=Region(0.1, 0.2, 0.5, 0.25))
    shown = Exhibit(during=Picture(2.5, picture().jpeg, 32, 18, turns))
    assert style in page(file_report(findings=[found], exhibits={found.key: shown})).values("style")


@pytest.mark.parametrize("evil", PAYLOADS)
def test_hostile_text_of_evidence_stays_text(evil):
    found = finding(evil, 1.0, track=evil, readings=(Reading(evil, evil, evil, 1.0, 0.1, 1.0, evil),))
    trace = Trace(evil, evil, np.arange(9.0), 1.0, *[np.arange(9, dtype=np.float32)] * 3)
    strip = sound_exhibit().levels[0]
    shown = Exhibit(during=picture(), traces=(trace,), levels=(type(strip)(evil, 0.0, 1.0, strip.low, strip.high),))
    duties = (Duty(evil, (evil,), {evil: (Limit(3.0, "above", evil, evil),)}),)
    hurt = page(file_report(findings=[found], exhibits={found.key: shown}, duties=duties))
    assert not {"script", "iframe", "object"} & set(hurt.tags)
    assert hurt.tags.count("img") == 1
    assert not [name for _, name, _ in hurt.attributes if name.startswith("on")]


@pytest.mark.parametrize("evil", PAYLOADS)
def test_hostile_text_stays_text(evil):
    files = [
        file_report(
            source=f"/media/{evil}",
            findings=[finding(message=evil, detector="video.black", explained_by=evil), finding(evil, 1.0, track=evil)],
        ),
        unreadable(evil, evil),
        FileReport(source=evil, tracks=(Track(evil, "audio", evil, evil, {evil: evil, "layout": evil}),)),
    ]
    innocent = page(
        file_report(findings=[finding(explained_by="video.black"), finding("x", 1.0)]),
        unreadable(),
        FileReport(source="x"),
    )
    hurt = page(*files)
    assert set(hurt.tags) <= set(innocent.tags) | {"table", "caption", "bdi"}
    assert not [name for _, name, _ in hurt.attributes if name.startswith("on")]
    assert not [value for value in hurt.values("href") if not value.startswith("#")]
    assert "49" not in evil or "49" in hurt.text


def test_several_files_have_an_index(one):
    several = page(file_report("/media/a.mp4"), file_report("/media/b.mp4", findings=()), unreadable("/media/c.mp4"))
    assert several.text.index("Nothing found") < several.text.index("Timeline")
    assert {"#file-1", "#file-2", "#file-3"} <= set(several.values("href"))
    assert "Could not be read" in several.text
    assert "index" not in one.values("class")


def test_an_input_that_could_not_be_read_stands_alone():
    assert "Could not be read: it is empty" in page(unreadable(error="it is empty")).text


def test_two_hours_with_many_findings_stay_small():
    findings = [
        finding("video.black", 10.0 * n, 10.0 * n + 2.0, severity=Severity(n % 2)) for n in range(MOST_CARDS + 400)
    ]
    pictures = dict.fromkeys(("before", "during", "after"), Picture(1.0, b"\xff" * 9_000, 320, 180))
    noise = np.random.default_rng(1).random(400).astype(np.float32)
    traces = (Trace("black_share", "1", np.arange(400) / 25, 0.04, noise, noise, noise),) * 2
    heavy = {each.key: exhibit(traces=traces, **pictures) for each in findings}
    text = html.render(RunReport(files=(file_report(findings=findings, seconds=7200.0, exhibits=heavy),)))
    assert len(text) < 4_500_000
    assert text.count("data:image/jpeg") == PICTURE_BYTES * 4 // 3 // 12_000
    assert "400 more findings" in text


def test_the_gravest_findings_get_the_cards():
    notes = [finding("video.black", float(n), n + 0.5, severity=Severity.INFO) for n in range(MOST_CARDS)]
    alarm = finding("audio.silence", 999.0, 1000.0, message="the alarm")
    assert (
        "the alarm" in page(file_report(findings=[*notes, alarm], exhibits={alarm.key: Exhibit(during=picture())})).text
    )


def luminance(colour):
    """Relative luminance as WCAG defines it."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("text", ["ink", "soft", "accent", "critical", "warning", "info", "good"])
@pytest.mark.parametrize("ground", ["page", "sheet", "warning-wash"])
def test_text_stands_out_from_its_ground(one, theme, text, ground):
    themes = re.findall(r":root \{(.*?)\}", " ".join(one.words), re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", themes[theme]))
    darker, lighter = sorted((luminance(colours[text]), luminance(colours[ground])))
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5
