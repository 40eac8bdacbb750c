"""Which cases are tried: a run that was cut off goes on, and peers that were not asked are asked."""

from dataclasses import replace

from accuracy import left_to_try
from proving.cases import Case, Outcome, tried
from proving.generated import Generated
from proving.peers.answer import Answer
from watchglass.faults.level import Level

CLIP = Generated(7, 4.0)
CLEAN, BLACK = (CLIP.name, None, None), (CLIP.name, "video.black", "subtle")
CASES = {CLEAN: Case(CLIP), BLACK: Case(CLIP, "video.black", Level.SUBTLE)}
KNOWN = {
    CLEAN: Outcome(CLIP.name, CLIP.half, 4.0),
    BLACK: Outcome(CLIP.name, CLIP.half, 4.0, "video.black", "subtle", start=2.0, end=3.2),
}
OTHERS = ["FFmpeg blackdetect", "FFmpeg silencedetect"]
ASKED = {name: Answer("FFmpeg") for name in OTHERS}


def test_what_is_known_is_not_tried_again():
    assert left_to_try(CASES, {}, []) == {CLEAN: [], BLACK: []}
    assert left_to_try(CASES, {CLEAN: KNOWN[CLEAN]}, []) == {BLACK: []}
    assert left_to_try(CASES, KNOWN, []) == {}


def test_a_peer_that_was_not_asked_is_asked_where_it_is_its_business():
    assert left_to_try(CASES, KNOWN, OTHERS) == {CLEAN: OTHERS, BLACK: OTHERS[:1]}
    known = {key: replace(outcome, peers=ASKED) for key, outcome in KNOWN.items()}
    assert left_to_try(CASES, known, OTHERS) == {}
    assert left_to_try(CASES, known, [*OTHERS, "FFmpeg blackdetect d=1"]) == {
        CLEAN: ["FFmpeg blackdetect d=1"],
        BLACK: ["FFmpeg blackdetect d=1"],
    }


def test_nobody_is_asked_about_a_defect_that_cannot_be_noticed():
    known = {CLEAN: replace(KNOWN[CLEAN], peers=ASKED), BLACK: replace(KNOWN[BLACK], counts=False)}
    assert left_to_try(CASES, known, OTHERS) == {}


def test_ours_and_peers_are_kept_in_one_line():
    outcome = tried(CASES[BLACK], ["FFmpeg blackdetect d=1"])
    [(start, end)] = outcome.peers["FFmpeg blackdetect d=1"].spans
    assert abs(start - outcome.start) < 0.05
    assert abs(end - outcome.end) < 0.05
    assert Outcome.from_json(outcome.as_json()) == outcome


def test_a_line_from_before_there_were_peers_is_read():
    line = KNOWN[BLACK].as_json()
    del line["peers"]
    assert Outcome.from_json(line) == KNOWN[BLACK]
