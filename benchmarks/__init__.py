"""How fast it is: each module is one benchmark, run as `python -m benchmarks.NAME`; tables go to results/."""
