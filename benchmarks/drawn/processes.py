"""Whole processes over the drawn files, and what they cost: CPU seconds of the process and all it starts."""

from __future__ import annotations

import compileall
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import generator

# The yardstick: nothing but PyYAML's C loader over the same files.
READER = """
import pathlib, sys, yaml
for folder in sys.argv[1:]:
    for path in sorted(pathlib.Path(folder).rglob("*.yaml")):
        list(yaml.load_all(path.read_text(), Loader=yaml.CSafeLoader))
"""
# The reading that every command begins with, with its setting of the garbage collector.
OUR_READING = """
import gc, sys
gc.disable()
from generator.snapshot import load_snapshot
load_snapshot(sys.argv[1:])
"""
# What `ringfence diff` does from two states to the finished groups, with its setting of the garbage collector.
COMPARER = """
import gc
gc.disable()
import json, resource, sys, time
from generator.reach.engine import Engine
from generator.reach.flow_changes import find_flow_changes
from generator.snapshot import load_snapshot
before, after = (load_snapshot([folder], complete=True)[0] for folder in sys.argv[1:])
start = time.process_time()
first = Engine(before)
changes = find_flow_changes(first, Engine(after, like=first))
taken = time.process_time() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
from benchmarks.drawn.packets import packets_word
groups = [
    {
        "kind": change.kind.removeprefix("newly "),
        "sources": change.sources,
        "destinations": change.destinations,
        "packets": packets_word(change.packets),
    }
    for change in changes
]
print(json.dumps({"seconds": taken, "megabytes": peak, "groups": groups}))
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One finished process."""

    cpu: float
    output: str


def run_python(code: str, *arguments: str, python: str = sys.executable) -> Run:
    """Run a program in a process of its own, started cold; CalledProcessError where it fails."""
    return run([python, "-c", code, *arguments])


def run(command: Sequence[str]) -> Run:
    """Run a command; CalledProcessError where it fails."""
    environment = _as_installed()
    before = os.times()
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    after = os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return Run(cpu, done.stdout)


@cache
def _as_installed() -> Mapping[str, str]:
    """Return the environment of the processes: the code is compiled before, as the installation of a package does."""
    compileall.compile_dir(str(next(iter(generator.__path__))), quiet=1)
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def best_of_three(command: Sequence[str]) -> Run:
    """Run a command three times and return the run that took least: what disturbs a process only adds to it."""
    return best_in_turn([command])[0]


def best_in_turn(commands: Sequence[Sequence[str]]) -> list[Run]:
    """Run all commands three times in turn, so that what disturbs the machine meets all; the best run of each."""
    rounds = [[run(command) for command in commands] for _ in range(3)]
    return [min(found, key=lambda one: one.cpu) for found in zip(*rounds, strict=True)]
