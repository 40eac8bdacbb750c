import pytest

from watchglass.media.content_keys import ContentKeys
from watchglass.model.errors import UsageError

KID, OTHER = "a0" * 16, "b0" * 16
KEY, SECOND = "00112233445566778899aabbccddeeff", "ff" * 16


def test_a_key_is_found_by_its_id_and_else_the_one_for_all() -> None:
    keys = ContentKeys.parse([f"{KID}:{KEY}", SECOND])
    assert keys.key(KID) == bytes.fromhex(KEY)
    assert keys.key(OTHER) == bytes.fromhex(SECOND)
    assert ContentKeys.parse([f"{KID}:{KEY}"]).key(OTHER) is None
    assert not ContentKeys()
    assert keys


def test_an_id_may_be_written_as_a_uuid() -> None:
    keys = ContentKeys.parse([f" {'A0' * 4}-A0A0-a0a0-a0a0-{'a0' * 6} : {KEY} "])
    assert keys.key(KID) == bytes.fromhex(KEY)


@pytest.mark.parametrize("line", ["", ":", KEY[:-1], f"{KEY}00", f"{KID}:", f":{KEY}", f"{KID}:{KEY}:{KEY}", "z" * 32])
def test_what_is_no_key_is_refused_and_not_repeated(line: str) -> None:
    with pytest.raises(UsageError, match="KID:KEY or KEY") as told:
        ContentKeys.parse([line])
    assert KEY[:-1] not in str(told.value)


def test_two_keys_for_one_id_contradict_each_other() -> None:
    assert ContentKeys.parse([KEY, KEY, f"{KID}:{KEY}", f"{KID}:{KEY}"]).key(KID)
    with pytest.raises(UsageError, match=f"two keys are given for the key ID {KID}"):
        ContentKeys.parse([f"{KID}:{KEY}", f"{KID}:{SECOND}"])
    with pytest.raises(UsageError, match="for all key IDs"):
        ContentKeys.parse([KEY, SECOND])


def test_nothing_prints_a_key() -> None:
    keys = ContentKeys.parse([f"{KID}:{KEY}", SECOND])
    for text in (repr(keys), str(keys), f"{keys}"):
        assert KEY not in text
        assert SECOND not in text
        assert str(bytes.fromhex(KEY)) not in text
