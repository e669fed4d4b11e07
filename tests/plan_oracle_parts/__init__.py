"""The parts of `tests/plan_oracle.py`."""
