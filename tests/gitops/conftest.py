"""Makes the API servers known to the tests of this folder."""

from tests.testbed.fixtures import api_server, clean_server, fresh_server, servers

__all__ = ["api_server", "clean_server", "fresh_server", "servers"]
