"""One file for each command: parse, call, report, exit code; nothing else."""
