"""Diagnostic codes of reports that are kept in the cluster: RF515x."""

from generator.foundation.codes import register
from generator.foundation.diagnostics import Severity

REPORT_REFUSED = register(
    "RF5151",
    "the report cannot be kept in the cluster",
    Severity.ERROR,
    "The API server refuses the report's ConfigMap or its Event: a right or the namespace is missing. "
    "The result itself was written where it always is.",
)
REPORT_OF_OTHERS = register(
    "RF5152",
    "the report's name is taken",
    Severity.ERROR,
    "A ConfigMap of this name is there and is no report of this intent; what others made is never overwritten.",
)
REPORT_LOST = register(
    "RF5153",
    "the report could not be kept in the cluster",
    Severity.ERROR,
    "The API server gave no answer, or somebody else wrote the same report all the time.",
)
