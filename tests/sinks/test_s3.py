"""S3, before moto's server, before rclone's, which checks signatures, and before servers that fail."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_servers import CREDENTIALS, REGION, moto, rclone, second_opinion
from notifying import notification
from receiving import Receiver
from refused_hosts import REFUSED_HOSTS
from watchglass.model.errors import SourceError, UsageError
from watchglass.model.sink import SinkError
from watchglass.net.guard import parse_networks
from watchglass.sinks.aws import AwsCredentials
from watchglass.sinks.s3 import S3, key_of, segment

LOOPBACK = parse_networks(["127.0.0.0/8"])
KEY = "watchglass/2023/11/14/news/i1/n1.json"


@pytest.fixture(scope="module")
def moto_url(tmp_path_factory):
    with moto(tmp_path_factory.mktemp("moto")) as url:
        yield url


@pytest.fixture(scope="module")
def rclone_url(tmp_path_factory):
    with rclone(tmp_path_factory.mktemp("rclone")) as url:
        yield url


@pytest.fixture(params=["moto", "rclone"])
def server(request):
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def made():
    """Sinks that are closed in the end."""
    sinks = []

    def make(endpoint, bucket="alerts", **more):
        given = {"credentials": CREDENTIALS, "region": REGION, "allow_private": LOOPBACK}
        sinks.append(S3(bucket, endpoint=endpoint, **(given | more)))
        return sinks[-1]

    yield make
    for sink in sinks:
        sink.close()


@pytest.fixture
def bucket(server):
    """What another client reads there."""
    client = second_opinion("s3", server)
    client.create_bucket(Bucket="alerts", CreateBucketConfiguration={"LocationConstraint": REGION})
    yield lambda: {
        one["Key"]: client.get_object(Bucket="alerts", Key=one["Key"])
        for one in client.list_objects_v2(Bucket="alerts").get("Contents", [])
    }
    for one in client.list_objects_v2(Bucket="alerts").get("Contents", []):
        client.delete_object(Bucket="alerts", Key=one["Key"])
    client.delete_bucket(Bucket="alerts")


def refused(sink, news=None):
    with pytest.raises(SinkError) as told:
        sink.send(news or [notification()])
    assert CREDENTIALS.secret_key not in str(told.value)
    return told.value


def test_each_is_an_object_and_is_written_again_to_the_same_place(server, made, bucket):
    sink = made(server)
    for _ in range(2):
        sink.send([notification(1), notification(2, stream="a/../b ü%.~")])
    found = bucket()
    assert list(found) == ["watchglass/2023/11/14/a%2F..%2Fb%20%C3%BC%25.%7E/i2/n2.json", KEY]
    assert found[KEY]["ContentType"] == "application/cloudevents+json"
    assert [json.loads(one["Body"].read())["id"] for one in found.values()] == ["n2", "n1"]


def test_a_file_is_kept_as_it_is(server, made, bucket, tmp_path):
    path = tmp_path / "still.png"
    path.write_bytes(bytes(range(256)) * 40_000)
    assert made(server, prefix="a/b").put_file("i1/still.png", path, "image/png") == "s3://alerts/a/b/i1/still.png"
    [(key, found)] = bucket().items()
    assert (key, found["ContentType"], found["Body"].read()) == ("a/b/i1/still.png", "image/png", path.read_bytes())


def test_a_bucket_that_is_missing_may_come_to_be(server, made):
    told = refused(made(server, "nowhere"))
    assert (told.is_final, told.retry_after) == (False, 900.0)
    assert "NoSuchBucket" in str(told)


@pytest.mark.parametrize(
    ("credentials", "why"),
    [
        pytest.param(AwsCredentials(CREDENTIALS.access_key, "wrong"), "SignatureDoesNotMatch", id="secret"),
        pytest.param(AwsCredentials("AKIDWRONG", CREDENTIALS.secret_key), "InvalidAccessKeyId", id="key"),
    ],
)
def test_who_does_not_know_the_secret_writes_nothing(rclone_url, made, credentials, why):
    told = refused(made(rclone_url, credentials=credentials))
    assert (told.is_final, told.retry_after) == (False, 900.0)
    assert why in str(told)


@pytest.fixture
def receiver():
    with Receiver() as here:
        yield here


def error(code):
    return f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()


@pytest.mark.parametrize(
    ("status", "body", "is_final", "retry_after"),
    [
        pytest.param(400, error("InvalidArgument"), True, 0.0, id="malformed"),
        pytest.param(403, error("AccessDenied"), False, 900.0, id="not allowed"),
        pytest.param(503, error("SlowDown"), False, 0.0, id="slow down"),
        pytest.param(500, b"", False, 0.0, id="nothing said"),
        pytest.param(404, b"<html>", False, 900.0, id="not S3"),
    ],
)
def test_what_is_said_and_whether_it_may_be_well_later(made, receiver, status, body, is_final, retry_after):
    receiver.answers.append((status, {}, body))
    told = refused(made(receiver.url("")))
    assert (told.is_final, told.retry_after, len(receiver.came)) == (is_final, retry_after, 1)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400])
def test_another_region_is_not_followed(made, receiver, status):
    with Receiver() as canary:
        headers = {"Location": canary.url(), "x-amz-bucket-region": "us-west-2"}
        receiver.answers.append(
            (status, headers, b"<Error><Code>AuthorizationHeaderMalformed</Code><Region>us-west-2</Region></Error>")
        )
        told = refused(made(receiver.url("")))
        assert (told.is_final, len(receiver.came), canary.came) == (False, 1, [])
        assert "region" in str(told)


def test_what_stays_away_is_not_written_to(made):
    assert not refused(made("http://127.0.0.1:1")).is_final


def test_a_file_that_is_too_large_or_not_there(made, tmp_path):
    sink = made("http://127.0.0.1:1")
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate((64 << 20) + 1)
    for path, why in ((large, "larger than 64 MiB"), (tmp_path / "none", "cannot be read")):
        with pytest.raises(SinkError, match=why) as told:
            sink.put_file("k", path, "video/mp4")
        assert told.value.is_final


@pytest.mark.parametrize("key", ["", "/a", "a//b", "a/", "../a", "a/./b", "a\nb", "x" * 1100])
def test_what_is_no_key(made, tmp_path, key):
    path = tmp_path / "x"
    path.write_bytes(b"x")
    with pytest.raises(SinkError, match="cannot be a key"):
        made("http://127.0.0.1:1").put_file(key, path, "text/plain")


@pytest.mark.parametrize("more", [{"bucket": "a/b"}, {"bucket": ""}, {"prefix": "/a"}, {"prefix": ".."}])
def test_what_is_neither_a_bucket_nor_a_prefix(more):
    with pytest.raises(UsageError):
        S3(**({"bucket": "alerts"} | more))


@pytest.mark.parametrize(
    ("name", "made"),
    [("news", "news"), (".", "%2E"), ("..", "%2E%2E"), ("...", "..."), ("a/b", "a%2Fb"), ("", "%"), ("~", "%7E")],
)
def test_a_name_is_one_part_of_a_key(name, made):
    assert segment(name) == made


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_no_name_is_a_path_and_no_two_are_the_same(one, other):
    assert re.fullmatch(r"[A-Za-z0-9._%~-]{1,200}", segment(one))
    assert segment(one) not in (".", "..")
    assert (segment(one) == segment(other)) == (one == other)


def test_long_names_fit_a_key():
    keys = {key_of(notification(stream="放" * count)) for count in range(1, 400)}
    assert len(keys) == 399
    assert max(map(len, keys)) < 300


@pytest.mark.parametrize("host", REFUSED_HOSTS)
def test_nothing_private_is_told_anything(made, receiver, host):
    try:
        sink = made(f"http://{host}:{receiver.port}", allow_private=())
    except SourceError:
        return  # no address for us
    refused(sink)
    assert receiver.came == []
