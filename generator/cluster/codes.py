"""Diagnostic codes of the cluster: RF51xx."""

from generator.foundation.codes import register
from generator.foundation.diagnostics import Severity

KUBECONFIG_WRONG = register(
    "RF5101",
    "kubeconfig cannot be used",
    Severity.ERROR,
    "The kubeconfig is absent or not as kubectl writes it. Its values are never shown, because it holds credentials.",
)
CONTEXT_UNKNOWN = register(
    "RF5102", "no such context", Severity.ERROR, "The kubeconfig has no context of that name, or none is chosen in it."
)
NO_CREDENTIALS = register(
    "RF5103",
    "no credentials",
    Severity.ERROR,
    "What the kubeconfig names as the source of the credentials (a plugin, a file, a provider) gave none.",
)
NOT_ENCRYPTED = register(
    "RF5104",
    "the server is asked over plain http",
    Severity.WARNING,
    "Whoever sits between can read and change what is sent, credentials included.",
)
NOT_VERIFIED = register(
    "RF5105",
    "the server's certificate is not verified",
    Severity.WARNING,
    "The kubeconfig says insecure-skip-tls-verify: nobody knows whether the answers come from that cluster.",
)
NO_CLUSTER = register(
    "RF5106",
    "the cluster does not answer",
    Severity.ERROR,
    "A request was repeated a few times and got no answer, or an answer that says that the server cannot answer now.",
)
NOT_LOGGED_IN = register(
    "RF5107",
    "the cluster refuses the credentials",
    Severity.ERROR,
    "The API server does not know who is asking (401), or refuses even what is needed first (403).",
)
NOT_ALLOWED = register(
    "RF5108",
    "a kind may not be read",
    Severity.WARNING,
    "The API server refuses the list of a kind (403). What hangs on it is unknown, and no plan can be made.",
)
KEPT_CHANGING = register(
    "RF5109",
    "the cluster kept changing",
    Severity.ERROR,
    "Each time that all kinds had been read one of them had changed since: never was all of it true at one moment.",
)
REPLICAS_CHANGED = register(
    "RF5110",
    "pods came and went",
    Severity.NOTE,
    "Replicas were replaced all the time that the cluster was read; replicas are judged alike, so nothing hangs on it.",
)
GROUP_DOWN = register(
    "RF5111",
    "an API group does not answer",
    Severity.ERROR,
    "The API server knows the group but cannot reach who serves it, so what is in it cannot be told.",
)
TWO_GROUPS = register(
    "RF5112",
    "two API groups of Calico",
    Severity.WARNING,
    "Calico's objects can be found in two places; which of them Felix reads decides what is in force.",
)
