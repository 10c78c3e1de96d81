"""A local S3 server in a process of its own (delta-rs holds the interpreter's lock while it lists): prints its port."""

from __future__ import annotations

import logging
import os
import sys

import boto3
from moto.server import ThreadedMotoServer

BUCKET = "lake"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}


def environment(port: int) -> dict[str, str]:
    """Return the options with which the server is reached."""
    return {**KEYS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ALLOW_HTTP": "true"}


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    os.environ.update(KEYS, AWS_DEFAULT_REGION="us-east-1")
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    _, found = server.get_host_and_port()
    boto3.client("s3", endpoint_url=f"http://127.0.0.1:{found}").create_bucket(Bucket=BUCKET)
    sys.stdout.write(f"{found}\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.stop()
