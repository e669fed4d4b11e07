"""Makes the API server known; where the judges cannot be built this folder is left out, and the run says so."""

from tests.judge.available import why_not
from tests.testbed.fixtures import api_server, servers

__all__ = ["api_server", "servers"]

collect_ignore_glob = ["test_*"] if why_not() else []
