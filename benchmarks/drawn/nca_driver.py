"""Run inside the environment of network-config-analyzer: its semantic difference of two folders, timed from objects.

What is timed begins when both configurations are loaded (its policies have worked out their own connections by then)
and ends with its finished, grouped rules. Printed as JSON: CPU seconds, and for the comparison of answers each
difference as source pods, destination pods and packets.
"""

import json
import sys
import time

from nca.CoreDS.ConnectivityProperties import ConnectivityProperties
from nca.CoreDS.Peer import IpBlock
from nca.NetworkConfig.NetworkConfigQuery import SemanticDiffQuery
from nca.NetworkConfig.ResourcesHandler import ResourcesHandler
from nca.Utils.OutputConfiguration import OutputConfiguration


def load(handler, folder):
    return handler.get_network_config(None, None, None, [folder + "**"], save_flag=True)


def names(peers):
    return sorted("outside" if isinstance(peer, IpBlock) else str(peer) for peer in peers)


def differences(kind, found):
    for data in found.values():
        if data is None or not data.props:
            continue
        for cube in data.props:
            whole = data.props.get_connectivity_cube(cube)
            packets, sources, destinations = ConnectivityProperties.extract_src_dst_peers_from_cube(
                whole, data.peer_container
            )
            yield {
                "kind": kind,
                "sources": names(sources),
                "destinations": names(destinations),
                "packets": str(packets),
            }


def main():
    handler = ResourcesHandler()
    before, after = (load(handler, folder) for folder in sys.argv[1:3])
    output = OutputConfiguration({"outputFormat": "txt", "excludeIPv6Range": True, "fullExplanation": True})
    start = time.process_time()
    query = SemanticDiffQuery(before, after, output)
    keys, removed, added = query.compute_diff()
    _, explained = query.get_results_for_computed_fw_rules(keys, removed, added)
    taken = time.process_time() - start
    groups = [*differences("denied", removed), *differences("allowed", added)]
    lines = sum(str(part.str_explanation).count("src_") for part in explained)
    print("RESULT " + json.dumps({"seconds": taken, "lines": lines, "groups": groups}))


main()
