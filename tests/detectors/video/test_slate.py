import cv2
import numpy as np
import pytest

from looking import findings, frames, moving, observe, plain, readings, scene, spans, still
from watchglass.config.settings import load_config
from watchglass.detectors.video.slate import Slate, SlateSettings
from watchglass.model.errors import ConfigError

CARD = cv2.resize(scene(21), (640, 360), interpolation=cv2.INTER_CUBIC)


def shown(*, noise=0.0, width=160, height=90):
    """The card as it comes out of an encoder."""
    picture = cv2.resize(CARD, (width, height), interpolation=cv2.INTER_AREA)
    return still(2.0, picture, noise=noise)


def with_logo(picture):
    made = picture.copy()
    made[4:14, 130:154] = 235
    return made


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    path = tmp_path_factory.mktemp("cards") / "back-soon.png"
    cv2.imwrite(str(path), CARD)
    return path


@pytest.fixture(scope="module")
def settings(card):
    return SlateSettings(images=(str(card),))


@pytest.mark.parametrize(
    ("clip", "expected"),
    [
        pytest.param(moving(4.0), [], id="motion"),
        pytest.param(moving(2.0) + shown() + moving(2.0), [(2.0, 4.0)], id="the card"),
        pytest.param(moving(2.0) + shown(noise=6.0), [(2.0, 4.0)], id="under noise, to the end"),
        pytest.param(moving(2.0) + [with_logo(each) for each in shown()], [(2.0, 4.0)], id="under a logo"),
        pytest.param(moving(2.0) + shown()[:10] + moving(2.0), [], id="too briefly"),
        pytest.param(still(4.0, scene(22)), [], id="another card"),
        pytest.param([picture[:, ::-1] for picture in shown()], [], id="mirrored"),
        pytest.param(plain(3.0, 16), [], id="nothing"),
    ],
)
def test_spans(clip, expected, settings):
    found = spans(observe(Slate, frames(clip), settings=settings))
    assert found == [pytest.approx(span, abs=0.21) for span in expected]


def test_which_card_is_told(settings):
    [finding] = findings(observe(Slate, frames(shown()), settings=settings))
    assert finding.reason == "slate"
    assert "back-soon.png" in finding.message


def test_without_images_nothing_is_measured():
    assert not readings(observe(Slate, frames(shown())), "distance")


@pytest.mark.parametrize(
    ("content", "why"), [(None, "no picture that can be read"), (b"GIF?", "no picture"), ("plain", "is plain")]
)
def test_an_image_that_is_of_no_use_says_so(tmp_path, content, why):
    image, config = tmp_path / "card.png", tmp_path / "watchglass.toml"
    if content == "plain":
        cv2.imwrite(str(image), np.full((90, 160), 80, np.uint8))
    elif content is not None:
        image.write_bytes(content)
    config.write_text(f'[detectors.video.slate]\nimages = ["{image}"]\n')
    with pytest.raises(ConfigError, match=rf"detectors\.video\.slate\.images.*card\.png.*{why}"):
        load_config(config)
