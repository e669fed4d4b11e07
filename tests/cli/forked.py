"""Processes that run `ringfence` once each: one that has read the code forks them, so that none begins from cold.

Reads one JSON object a line from standard input, with the fields of `Order`; answers with the exit code, or with the
negative number of the signal that ended the process.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path

import generator
from generator.cli.entry import run


@dataclass(frozen=True)
class Order:
    """One call: its words, where and with what settings; `folder` has `stdin` and gets `stdout` and `stderr`."""

    words: list[str]
    cwd: str
    environment: dict[str, str]
    folder: str


def become(order: Order) -> None:
    """Be the process that a shell would have started, and end as it ends."""
    for number, (name, flags) in enumerate((("stdin", os.O_RDONLY), ("stdout", os.O_WRONLY), ("stderr", os.O_WRONLY))):
        file = os.open(Path(order.folder, name), flags | os.O_CREAT, 0o600)
        os.dup2(file, number)
        os.close(file)
    os.chdir(order.cwd)
    os.environ.clear()
    os.environ.update(order.environment)
    sys.argv = order.words
    sys.path[0] = str(Path(order.words[0]).parent)
    code = 0
    try:
        run()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # what a process shows that begins from cold
        traceback.print_exc()
        code = 1
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    for module in pkgutil.walk_packages(generator.__path__, "generator."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    gc.freeze()
    while line := sys.stdin.readline():
        child = os.fork()
        if child == 0:
            become(Order(**json.loads(line)))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
