"""Diagnostic codes of the intent file: RF1001 and up."""

from __future__ import annotations

from generator.foundation.codes import register
from generator.foundation.diagnostics import Severity

NOT_AN_INTENT = register(
    "RF1001", "no intent", Severity.ERROR, "The file holds no mapping, nothing at all, or more than one document."
)
VERSION = register(
    "RF1002",
    "format version",
    Severity.ERROR,
    "Every intent says `version: 1`, so that a later format is never misread.",
)
UNKNOWN_KEY = register("RF1003", "unknown key", Severity.ERROR, "A key that the format does not have; often misspelt.")
MISSING_KEY = register("RF1004", "key missing", Severity.ERROR, "A key that is always needed is not there.")
WRONG_TYPE = register(
    "RF1005",
    "wrong type",
    Severity.ERROR,
    "A list stands where a mapping is due, a number where text is due, or the like.",
)
NOT_TEXT = register(
    "RF1006",
    "YAML reads this as another type",
    Severity.ERROR,
    "An unquoted yes, no, on, off or number is no text to a YAML reader; where text is due, quote it.",
)
UNKNOWN_WORD = register(
    "RF1007", "word not permitted", Severity.ERROR, "A value that is none of a closed list of words."
)
NO_VALUE = register(
    "RF1008", "no value", Severity.ERROR, "A key without a value; only a service and a section may be left empty."
)
WRONG_SHAPE = register(
    "RF1009", "no form of this entry", Severity.ERROR, "A mapping whose keys fit none of the permitted forms."
)
NAME = register("RF1010", "illegal name", Severity.ERROR, "Names of items and namespaces are DNS labels.")
LABEL = register("RF1011", "illegal label", Severity.ERROR, "A label's key or value that Kubernetes refuses.")
PORT = register("RF1012", "illegal port", Severity.ERROR, "A port is 8080, 53/UDP, 8000-8010/TCP or a port's name.")
PROTOCOL = register("RF1013", "unknown protocol", Severity.ERROR, "Ports belong to TCP, UDP or SCTP.")
CIDR = register(
    "RF1014", "illegal address range", Severity.ERROR, "A range is written with its first address: 10.0.0.0/8."
)
ANYWHERE = register(
    "RF1015",
    "the whole address space as a range",
    Severity.ERROR,
    "0.0.0.0/0 and ::/0 would include the cluster itself; `anywhere: true` says it and leaves that out.",
)
DOMAIN = register("RF1016", "illegal domain", Severity.ERROR, "A domain is a host name without scheme, path or port.")
DATE = register("RF1017", "illegal date", Severity.ERROR, "A date is written 2027-03-31.")
SCHEDULE = register("RF1018", "illegal schedule", Severity.ERROR, "A schedule is a cron line as Kubernetes reads it.")
EMPTY = register("RF1019", "empty list", Severity.ERROR, "An empty list never means any; it must be said.")
CALICO_VERSION = register("RF1020", "Calico version", Severity.ERROR, "The text is no supported version of Calico.")
SELECTOR = register(
    "RF1021", "illegal selector", Severity.ERROR, "The text is neither an object's name nor a selector."
)
RESERVED = register("RF1022", "reserved name", Severity.ERROR, "A name or label that has a meaning of its own.")
NUMBER = register(
    "RF1023", "number out of range", Severity.ERROR, "A number outside what Calico or the format permits."
)
UNKNOWN_NAME = register(
    "RF1030", "unknown name", Severity.ERROR, "A name that is no service, external or capability of the platform."
)
NO_NAMESPACE = register(
    "RF1031", "no namespace", Severity.ERROR, "A service without a namespace in an intent that has no default for it."
)
NO_PORTS = register(
    "RF1032",
    "no ports",
    Severity.ERROR,
    "What is needed or exposed must say on which ports it listens; never all of them.",
)
PORT_NOT_OFFERED = register(
    "RF1033",
    "port not offered",
    Severity.ERROR,
    "A narrowed list of ports names one that the callee does not listen on.",
)
SAME_PODS = register("RF1034", "same pods twice", Severity.ERROR, "Two services that select exactly the same pods.")
OWNED_PODS = register(
    "RF1035",
    "owned pods without a service",
    Severity.ERROR,
    "Pods in an owned namespace are reached only through a service of the intent, which renders both ends.",
)
DUPLICATE_NEED = register("RF1036", "needed twice", Severity.WARNING, "The same need is written more than once.")
SHADOWED = register(
    "RF1037",
    "same name twice",
    Severity.WARNING,
    "An external has the name of a service; a plain need means the service.",
)
EXTERNAL = register(
    "RF1038",
    "external",
    Severity.ERROR,
    "The parts of an external do not fit together, or it has no destination at all.",
)
EXPOSED = register("RF1039", "exposed", Severity.ERROR, "The parts of an exposure do not fit together.")
DUPLICATE_NAME = register("RF1040", "name twice", Severity.ERROR, "Two entries were given the same name.")
DUPLICATE_ENTRY = register("RF1041", "entry twice", Severity.WARNING, "The same entry is written more than once.")
LAYER_ORDER = register(
    "RF1042", "order of layers", Severity.ERROR, "The orders of the layers must keep the sequence of the layer table."
)
LAYER_SWITCH = register(
    "RF1043", "layer cannot be switched off", Severity.ERROR, "Only guardrails and threat feeds can be switched off."
)
NO_EFFECT = register("RF1044", "has no effect", Severity.WARNING, "A setting that nothing reads in this intent.")
REMOVES_NOTHING = register(
    "RF1045", "removes nothing", Severity.NOTE, "An overlay removes with `null` what no file before it has."
)
EXPIRED = register(
    "RF1046", "exception expired", Severity.WARNING, "The day until which an exception was granted has passed."
)
NOT_JUDGED = register(
    "RF1048",
    "expectations are not judged",
    Severity.NOTE,
    "Expectations are statements about what is live, and about that with the set in place; `--live` names it.",
)
EXPECTATION = register("RF1047", "expectation", Severity.ERROR, "The parts of an expectation do not fit together.")
