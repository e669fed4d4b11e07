"""`python -m generator.cli` is `ringfence`."""

from generator.cli.entry import run

run()
