"""The scenario of ib_async."""

import ib_async
from insync_steps import main

main(ib_async, "ib_async")
