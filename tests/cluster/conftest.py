"""Makes the servers of the test bed known to the tests of this folder, and ways to them."""

from __future__ import annotations

from tests.testbed.fixtures import api_server, clean_server, fresh_server, servers

__all__ = ["api_server", "clean_server", "fresh_server", "servers"]
