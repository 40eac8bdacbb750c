"""SNS, before moto's server with a queue behind the topic, and before servers that fail."""

import json
import sys

import httpx
import pytest

from aws_servers import CREDENTIALS, REGION, moto, second_opinion
from notifying import notification
from receiving import Receiver
from refused_hosts import REFUSED_HOSTS
from watchglass.model.errors import SourceError, UsageError
from watchglass.model.sink import SinkError
from watchglass.net.guard import parse_networks
from watchglass.sinks.aws import AwsCredentials
from watchglass.sinks.sns import Sns, message

LOOPBACK = parse_networks(["127.0.0.0/8"])
PUBLISHED = b"<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>"
TOPIC = f"arn:aws:sns:{REGION}:123456789012:news"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with moto(tmp_path_factory.mktemp("moto")) as url:
        yield url


@pytest.fixture
def made():
    """Sinks that are closed in the end."""
    sinks = []

    def make(endpoint, topic=TOPIC, **more):
        sinks.append(Sns(topic, endpoint=endpoint, **({"credentials": CREDENTIALS} | more)))
        return sinks[-1]

    yield make
    for sink in sinks:
        sink.close()


@pytest.fixture
def subscribed(server, made, request):
    """A sink, and what has come to the queue behind its topic."""
    fifo = {"FifoTopic": "true", "ContentBasedDeduplication": "false"} if "fifo" in request.node.name else {}
    ending = ".fifo" if fifo else ""
    sns, sqs = second_opinion("sns", server), second_opinion("sqs", server)
    topic = sns.create_topic(Name=f"t{abs(hash(request.node.name))}{ending}", Attributes=fifo)["TopicArn"]
    queue = sqs.create_queue(
        QueueName=topic.split(":")[-1], Attributes={"FifoQueue": "true"} if fifo else {}
    )["QueueUrl"]  # fmt: skip
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def came():
        found = []
        while more := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, AttributeNames=["All"]).get(
            "Messages"
        ):
            found += more
        return [json.loads(one["Body"]) for one in found]

    return made(server, topic, allow_private=LOOPBACK), came


def refused(sink, news=None):
    with pytest.raises(SinkError) as told:
        sink.send(news or [notification()])
    assert CREDENTIALS.secret_key not in str(told.value)
    return told.value


def error(code, message="no"):
    return (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        "<RequestId>r</RequestId></ErrorResponse>"
    ).encode()


def test_a_subscriber_gets_a_cloud_event_with_what_filters_want_to_know(subscribed):
    sink, came = subscribed
    sink.send([notification(stream="news “live”")])
    [told] = came()
    event = json.loads(told["Message"])
    assert (event["id"], event["subject"], event["data"]["stream"]) == ("n1", "i1", "news “live”")
    assert told["Subject"] == "critical: news ?live?: video.freeze opened"
    assert {name: attribute["Value"] for name, attribute in told["MessageAttributes"].items()} == {
        "stream": "news “live”", "detector": "video.freeze", "severity": "critical", "event": "opened",
    }  # fmt: skip


def test_many_are_published_together(subscribed):
    sink, came = subscribed
    sink.send([notification(number) for number in range(23)])
    assert sorted(json.loads(told["Message"])["subject"] for told in came()) == sorted(f"i{n}" for n in range(23))


def test_a_fifo_topic_drops_what_is_told_again(subscribed):
    sink, came = subscribed
    news = [notification(1), notification(2), notification(3)]
    sink.send(news[:1])
    sink.send(news)
    sink.send(news)
    assert [json.loads(told["Message"])["id"] for told in came()] == ["n1", "n2", "n3"]


def test_a_topic_that_is_missing_may_come_to_be(server, made):
    told = refused(made(server, TOPIC + "-nowhere", allow_private=LOOPBACK))
    assert (told.is_final, told.retry_after) == (False, 900.0)
    assert "NotFound" in str(told)


def test_an_unknown_key_may_come_to_be_known(server, made):
    httpx.post(f"{server}/moto-api/reset-auth", content=b"0", trust_env=False)
    try:
        told = refused(made(server, allow_private=LOOPBACK))
    finally:
        httpx.post(f"{server}/moto-api/reset-auth", content=b"inf", trust_env=False)
    assert (told.is_final, told.retry_after) == (False, 900.0)
    assert "InvalidClientTokenId" in str(told)


@pytest.fixture
def receiver():
    with Receiver() as here:
        yield here


@pytest.fixture
def sink(made, receiver):
    return made(receiver.url(""), allow_private=LOOPBACK)


@pytest.mark.parametrize(
    ("status", "body", "is_final", "retry_after"),
    [
        pytest.param(400, error("InvalidParameter"), True, 0.0, id="malformed"),
        pytest.param(403, error("AuthorizationError"), False, 900.0, id="not allowed"),
        pytest.param(403, error("InvalidClientTokenId"), False, 900.0, id="an old key"),
        pytest.param(400, error("Throttled"), False, 30.0, id="throttled"),
        pytest.param(500, error("InternalError"), False, 30.0, id="internal"),
        pytest.param(503, b"", False, 30.0, id="unavailable, and nothing said"),
        pytest.param(502, b"<html>proxy</html>", False, 30.0, id="unavailable, and not AWS"),
    ],
)
def test_what_is_said_and_whether_it_may_be_well_later(sink, receiver, status, body, is_final, retry_after):
    receiver.answers.append((status, {"Retry-After": "30", "Content-Type": "text/xml"}, body))
    told = refused(sink)
    assert (told.is_final, told.retry_after, len(receiver.came)) == (is_final, retry_after, 1)


def test_what_is_sent_is_signed_and_for_one_region(sink, receiver):
    receiver.answers.append((200, {"Content-Type": "text/xml"}, PUBLISHED))
    sink.send([notification()])
    [came] = receiver.came
    assert f"Credential={CREDENTIALS.access_key}/" in came.headers["authorization"]
    assert f"/{REGION}/sns/aws4_request" in came.headers["authorization"]
    assert CREDENTIALS.secret_key not in str(came)


def test_some_of_many_failed(sink, receiver):
    failed = "<member><Id>1</Id><Code>{}</Code><Message>no</Message><SenderFault>true</SenderFault></member>"
    for code, is_final, retry_after in (("InvalidParameter", True, 0.0), ("Throttled", False, 0.0)):
        body = f"<PublishBatchResponse><PublishBatchResult><Failed>{failed.format(code)}</Failed>"
        receiver.answers.append((200, {}, f"{body}</PublishBatchResult></PublishBatchResponse>".encode()))
        told = refused(sink, [notification(1), notification(2)])
        assert (told.is_final, told.retry_after) == (is_final, retry_after)
        assert str(told) == f"1 of 2 messages failed: sns: {code} (no)"


def test_redirects_are_not_followed(sink, receiver):
    with Receiver() as canary:
        receiver.answers.append((307, {"Location": canary.url("/")}, b""))
        assert not refused(sink).is_final
        assert (len(receiver.came), canary.came) == (1, [])


def test_a_connection_that_is_reset_is_not_tried_again_at_once(sink, receiver):
    receiver.answers.append("reset")
    assert not refused(sink).is_final
    assert len(receiver.came) == 1


@pytest.mark.parametrize("body", [b"", b"hello", b"<a/>", b"{}", b"<PublishResponse/>"])
def test_what_answers_is_something_else(sink, receiver, body):
    receiver.answers.append((200, {}, body))
    assert not refused(sink).is_final


def test_a_long_answer_is_not_read_to_its_end(sink, receiver):
    receiver.answers.append((200, {}, b"<" * 10_000_000))
    assert "an answer of 64 kB or more" in str(refused(sink))


def test_credentials_are_looked_for_again(made, receiver, monkeypatch):
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "PROFILE"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nowhere")
    sink = made(receiver.url(""), credentials=None, allow_private=LOOPBACK)
    told = refused(sink)
    assert (told.is_final, told.retry_after, receiver.came) == (False, 900.0, [])
    assert "credentials" in str(told)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDFOUND")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "found")
    receiver.answers.append((200, {}, PUBLISHED))
    sink.send([notification()])
    assert "Credential=AKIDFOUND/" in receiver.came[0].headers["authorization"]


def test_no_secret_is_told(sink, receiver, made, caplog):
    secret = AwsCredentials("AKIDX", "SECRETKEY", "SESSIONTOKEN")
    receiver.answers.append((400, {}, error("Odd", "SECRETKEY and SESSIONTOKEN, http://u:PASSWORD@h/")))
    caplog.set_level("DEBUG")
    told = refused(made(receiver.url(""), credentials=secret, allow_private=LOOPBACK))
    said = str(told) + caplog.text + repr(secret)
    assert not [one for one in ("SECRETKEY", "SESSIONTOKEN", "PASSWORD") if one in said]


@pytest.mark.parametrize("topic", ["", "news", "arn:aws:sqs:eu-central-1:1:x", "arn:aws:sns:eu-central-1:1:a b"])
def test_what_is_no_topic(topic):
    with pytest.raises(UsageError, match="no ARN"):
        Sns(topic)


def test_who_has_no_botocore_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "botocore.exceptions", None)
    with pytest.raises(UsageError, match=r"pip install 'watchglass\[aws\]'"):
        Sns(TOPIC)


def test_a_message_is_as_large_as_sns_takes_it():
    with pytest.raises(SinkError) as told:
        message(notification(message="x" * 300_000))
    assert told.value.is_final


def test_large_ones_are_published_in_more_calls(sink, receiver):
    several = b"<PublishBatchResponse><PublishBatchResult/></PublishBatchResponse>"
    receiver.answers.extend([(200, {}, several), (200, {}, several), (200, {}, PUBLISHED)])
    sink.send([notification(number, message="ü" * 45_000) for number in range(5)])
    assert len(receiver.came) == 3


@pytest.mark.parametrize("stream", ["", "\x00\n<b>", "‮" * 200, "a" * 500, "\ud800"])
def test_any_name_is_one_that_sns_takes(stream):
    made = message(notification(stream=stream))
    assert made["Subject"].isascii()
    assert made["Subject"].isprintable()
    assert len(made["Subject"]) <= 100
    assert json.loads(made["Message"])["subject"] == "i1"
    made["MessageAttributes"].get("stream", {"StringValue": ""})["StringValue"].encode()


@pytest.mark.parametrize("host", REFUSED_HOSTS)
def test_nothing_private_is_told_anything(made, receiver, host):
    try:
        sink = made(f"http://{host}:{receiver.port}")
    except SourceError:
        return  # no address for us
    refused(sink)
    assert receiver.came == []
