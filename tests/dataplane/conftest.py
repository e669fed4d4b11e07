"""Makes the cluster that enforces known to the tests of this folder; where it cannot run they are left out, loudly."""

from tests.testbed.dataplane.available import why_not
from tests.testbed.dataplane.fixtures import felix_cluster
from tests.testbed.fixtures import servers

__all__ = ["felix_cluster", "servers"]

collect_ignore_glob = ["test_*"] if why_not() else []
