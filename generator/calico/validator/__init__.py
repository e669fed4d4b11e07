"""The validator: all that is wrong with a policy object or a set of them, before a cluster sees it (calico.md 10).

`judge_go` and `judge_crd` answer as Calico 3.32.1's Go validator and its CRDs would; `validate_object` and
`validate_set` add what neither of them checks and what is legal and still a trap.
"""

from generator.calico.validator.context import ValidationContext
from generator.calico.validator.divergent import find_divergent, untested_fields
from generator.calico.validator.findings import Finding
from generator.calico.validator.judges import judge_crd, judge_go
from generator.calico.validator.sets_of_objects import validate_set
from generator.calico.validator.validate import validate_object

__all__ = [
    "Finding",
    "ValidationContext",
    "find_divergent",
    "judge_crd",
    "judge_go",
    "untested_fields",
    "validate_object",
    "validate_set",
]
