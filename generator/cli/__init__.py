"""The command line: parse the call, run it, report, exit code; one file per command and nothing else."""
