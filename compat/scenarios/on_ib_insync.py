"""The scenario of ib_insync."""

import ib_insync
from insync_steps import main

main(ib_insync, "ib_insync")
