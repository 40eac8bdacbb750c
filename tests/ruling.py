"""What holds for all detectors of rules."""

import pytest
from pydantic import ValidationError

from watchglass.model.finding import Event, Finding
from watchglass.model.media import Progress, Tracks
from watchglass.model.transport import ManifestCheck, RuleBreak
from watchglass.monitor.watch import watch


def observe(detector, items, settings=None):
    told = watch([Tracks(0.0, ()), *items], lambda track: [] if track else [detector(settings)])
    return [each for each in told if isinstance(each, Finding)]


def closed(detector, items, settings=None):
    """What is left of each finding in the end."""
    return [each for each in observe(detector, items, settings) if each.event is Event.CLOSED]


class KeepsRules:
    """A detector of rules; its test says which ``detector``, and two of its ``rules``."""

    def checks(self, *copies, rendition="video", start=0.0):
        """A copy every two seconds, each a tuple of the rules that it breaks."""
        return [
            ManifestCheck(
                start + 2.0 * n, self.detector.of, rendition, tuple(RuleBreak(rule, f"line {n}") for rule in rules)
            )
            for n, rules in enumerate(copies)
        ]

    def spans(self, items, settings=None):
        return [
            (each.reason, round(each.opened_at, 3), round(each.closed_at, 3))
            for each in closed(self.detector, items, settings)
        ]

    def test_a_rule_is_broken_until_it_is_kept_for_long_enough(self):
        one, other = self.rules
        items = self.checks((), (one,), (), (one,), *[()] * 6, (one,), *[()] * 6)
        assert self.spans(items) == [(one, 2.0, 8.0), (one, 20.0, 22.0)]
        assert self.spans(self.checks((), (other,))) == [(other, 2.0, 2.0)]

    def test_each_rule_is_a_finding_of_its_own(self):
        told = closed(self.detector, self.checks(self.rules, *[()] * 8))
        assert sorted(each.reason for each in told) == sorted(self.rules)
        assert len({each.key for each in told}) == 2

    def test_all_renditions_must_keep_it(self):
        one, _ = self.rules
        items = self.checks((one,), *[(one,)] * 8) + self.checks(*[()] * 9, rendition="audio:en")
        items.sort(key=lambda item: item.pts)
        [(_, opened, over)] = self.spans([*items, Progress(40.0)])
        assert (opened, over) == (0.0, 40.0)

    def test_what_is_waived_is_not_told(self):
        one, other = self.rules
        limits = self.detector.settings_type(waived=(one,))
        assert [reason for reason, *_ in self.spans(self.checks(self.rules), limits)] == [other]

    def test_only_rules_that_there_are_can_be_waived(self):
        with pytest.raises(ValidationError, match=rf"there is no rule 'gravity'; known here: .*{self.rules[0]}"):
            self.detector.settings_type(waived=("gravity",))

    def test_the_first_break_is_told_with_where_it_is(self):
        one, _ = self.rules
        [opened, over] = observe(self.detector, self.checks((), (one,), (one,)))
        assert opened.message == f"{self.detector.settings_type.rules[one].broken} (video: line 1)"
        assert over.message == opened.message
        assert opened.severity is self.detector.settings_type.rules[one].severity

    def test_other_checks_are_no_concern(self):
        items = [ManifestCheck(0.0, "other", "video", (RuleBreak(self.rules[0], ""),))]
        assert observe(self.detector, items) == []
