"""`ringfence schema`."""

from __future__ import annotations

import json

from generator.cli import options
from generator.cli.outputs import write_output
from generator.intent import intent_schema


def command(output: options.OutputFile = None) -> None:
    """Print the JSON Schema of a file format.

    An editor that is given the schema completes the intent and marks unknown keys.
    """
    write_output(json.dumps(intent_schema(), indent=2) + "\n", output)
