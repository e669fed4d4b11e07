"""The parts of `tests/obvious.py`, one for each chapter of calico.md."""
