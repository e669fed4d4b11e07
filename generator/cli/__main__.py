"""`python -m generator.cli` is `ringfence`."""

from generator.cli.main import run

run()
