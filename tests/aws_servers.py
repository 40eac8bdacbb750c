"""What speaks like AWS, on loopback: moto (SNS, SQS, S3), and rclone, which checks signatures."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import httpx

from watchglass.sinks.aws import AwsCredentials

CREDENTIALS = AwsCredentials("AKIDCANARYKEY0000001", "canary-secret-key-0001")
REGION = "eu-central-1"
PATIENCE = 60.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(command: list[str], port: int, log: Path) -> Iterator[str]:
    """A server's address while it runs."""
    url = f"http://127.0.0.1:{port}"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        try:
            end = time.monotonic() + PATIENCE
            while True:
                try:
                    httpx.get(url, trust_env=False)
                    break
                except httpx.TransportError:
                    assert process.poll() is None, log.read_text()
                    assert time.monotonic() < end, "it does not answer"
                    time.sleep(0.05)
            yield url
        finally:
            process.terminate()
            process.wait(PATIENCE)


@contextlib.contextmanager
def moto(folder: Path) -> Iterator[str]:
    port = free_port()
    with running(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], port, folder / "moto.log"
    ) as url:
        yield url


@contextlib.contextmanager
def rclone(folder: Path) -> Iterator[str]:
    """S3 on a folder, ``served/``: its folders are buckets."""
    port = free_port()
    (folder / "served").mkdir()
    command = [
        str(Path(sys.executable).with_name("rclone")), "--config", str(folder / "none.conf"), "serve", "s3",
        "--addr", f"127.0.0.1:{port}", "--auth-key", f"{CREDENTIALS.access_key},{CREDENTIALS.secret_key}",
        str(folder / "served"),
    ]  # fmt: skip
    with running(command, port, folder / "rclone.log") as url:
        yield url


def second_opinion(service: str, endpoint: str):
    """botocore over its own HTTP client."""
    return botocore.session.Session().create_client(
        service,
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id=CREDENTIALS.access_key,
        aws_secret_access_key=CREDENTIALS.secret_key,
    )
