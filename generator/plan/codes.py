"""Diagnostic codes of the plan."""

from __future__ import annotations

from generator.foundation.codes import register
from generator.foundation.diagnostics import Severity

FREEZES_FELIX = register(
    "RF8001",
    "object that freezes or kills Felix",
    Severity.ERROR,
    "While this object is in the cluster, nodes take in no later change, so no plan can be carried out. "
    "Mend or remove it first.",
)
TIER_IN_USE = register(
    "RF8002",
    "tier holds policies of others",
    Severity.ERROR,
    "The tier would be removed while policies that are not ours are in it; a policy without its tier denies.",
)
TIER_ABSENT = register(
    "RF8003",
    "tier is not there",
    Severity.ERROR,
    "The set's policies are in a tier that neither the set nor the live input holds; a policy without its tier denies.",
)
NAME_TAKEN = register(
    "RF8004",
    "name of a temporary object is taken",
    Severity.ERROR,
    "A temporary policy of the plan would have the name of an object that is not ours; choose another namePrefix.",
)
FOREIGN_WRITE = register(
    "RF8005",
    "object of somebody else",
    Severity.ERROR,
    "The plan would write an object that is neither this intent's nor handed over by `replaces`.",
)
REPLACES_NOTHING = register(
    "RF8006",
    "replaces nothing",
    Severity.WARNING,
    "No live object has this name or these labels, so there is nothing to take over.",
)
REPLACES_WRONG = register(
    "RF8007",
    "cannot be read",
    Severity.ERROR,
    "An old policy is named Kind/namespace/name, Kind/name, or by a selector.",
)
REPLACES_OWNED = register(
    "RF8008",
    "belongs to another intent",
    Severity.ERROR,
    "What another intent owns is never taken over; change it there.",
)
PARTIAL_SNAPSHOT = register(
    "RF8009",
    "made from a partial snapshot",
    Severity.WARNING,
    "The live input is not a whole cluster: what is not in it was not looked at. The plan cannot be applied until it "
    "has been proven again on the cluster.",
)
EFFECT_UNCERTAIN = register(
    "RF8010",
    "effect of a live policy is not known",
    Severity.ERROR,
    "Calico refuses this policy, and stored all the same it may count or be taken for absent. Which pods are isolated "
    "today hangs on it; mend or remove it first.",
)
BRIDGE_KNOWN_PODS = register(
    "RF8011",
    "bridged by the pods that are known",
    Severity.WARNING,
    "The selector of all pods that are not isolated is too long, so the bridge names the pods that the snapshot shows. "
    "Pods with other labels that appear during the run are not bridged.",
)
BRIDGE_IMPOSSIBLE = register(
    "RF8012",
    "no selector tells these pods apart",
    Severity.ERROR,
    "Some pods of the namespace are isolated today and others are not, and no selector within 1,024 characters "
    "separates them; give them a label.",
)
NEW_NAMESPACES = register(
    "RF8013",
    "namespaces that are not known by name",
    Severity.WARNING,
    "The intent owns the cluster. Namespaces that appear during the run are not led over step by step.",
)
REPLACED_OUTSIDE = register(
    "RF8015",
    "replaced policy reaches beyond the scope",
    Severity.WARNING,
    "The old policy also selects pods of namespaces that the intent does not own; these lose it without a successor.",
)
ISOLATED_ALREADY = register(
    "RF8017",
    "isolated already",
    Severity.NOTE,
    "Policies that are not ours isolate every pod of the namespace today. It is not bridged; taking it out of "
    "enforcement changes nothing while those policies stand.",
)
FOREIGN_DENY = register(
    "RF8018",
    "an allow comes before a deny of others",
    Severity.ERROR,
    "An Allow is final: what a policy of ours allows is not seen by the policies after it. By rule alone it is not "
    "known whether that opens anything which the other policy denies, so each such policy has to be accepted by name.",
)
ACCEPTED_DENY = register(
    "RF8019",
    "an allow comes before a deny of others, accepted",
    Severity.NOTE,
    "Whoever made the plan accepted by name that an Allow of ours comes before this Deny. The plan records it.",
)
ACCEPTS_NOTHING = register(
    "RF8020",
    "accepts nothing",
    Severity.WARNING,
    "No Deny of others with this name comes after an Allow of ours, or the plan does no harm to the flows that are "
    "named, so there is nothing to accept.",
)
ACCEPTS_WRONG = register(
    "RF8021",
    "not the name of a policy",
    Severity.ERROR,
    "What is accepted is named one by one: Kind/namespace/name, or Kind/name for what is cluster-wide.",
)
CLAIMED_TWICE = register(
    "RF8022",
    "namespace of two intents",
    Severity.ERROR,
    "Objects of another intent are live in a namespace that this one owns. Each would deny what the other allows, so "
    "only one intent may own a namespace.",
)
NOT_PROVEN = register(
    "RF8023",
    "a state in between is not safe",
    Severity.ERROR,
    "While the plan runs, nodes have taken in different writes. In the state that is named, this flow is cut though it "
    "lives before and after, or is open though it lives neither before nor after. No order of the steps was found that "
    "avoids it.",
)
TOO_MANY_STATES = register(
    "RF8024",
    "more states than can be judged",
    Severity.ERROR,
    "So many writes of several kinds concern one workload between two waits that their states are too many to be "
    "evaluated one by one.",
)
CONTRADICTION = register(
    "RF8026",
    "the proof contradicts itself",
    Severity.ERROR,
    "What the proof found in sets of flows is not so when one of these flows is followed rule by rule. That is a fault "
    "of ringfence, so nothing is claimed and no steps are given.",
)
UNDECODABLE = register(
    "RF8025",
    "nothing can be proven",
    Severity.ERROR,
    "An object that Calico cannot decode stops all of its kind, so that no verdict is known.",
)
OTHER_CALICO = register(
    "RF8027",
    "made for another Calico",
    Severity.ERROR,
    "The cluster has another version of Calico than the one that the plan was made and proven for. Versions differ in "
    "what they know and in how they name policies, so the plan has to be made anew.",
)
NEEDS_WAITS = register(
    "RF8030",
    "a single sync is not safe",
    Severity.ERROR,
    "What is sent at once reaches each node in an order of its own. Here a flow would be cut or opened meanwhile, so "
    "the plan has to go out in several commits, with a wait for all nodes between them.",
)
NOT_FOR_EXPORT = register(
    "RF8031",
    "the plan cannot be exported",
    Severity.ERROR,
    "Whoever carries an exported plan out proves nothing anew. So only a plan is exported that is proven for the whole "
    "cluster, and that is still fresh on what is live.",
)
PLAN_FILE_WRONG = register(
    "RF8016", "not a plan of this version", Severity.ERROR, "The plan file cannot be read; make the plan anew."
)
OBSERVE_NO_LOGS = register(
    "RF8040",
    "nothing is logged there",
    Severity.ERROR,
    "Observing rests on Log rules. The eBPF dataplane writes no kernel log line where the rule matches, and Windows "
    "nodes skip the rule without a word (calico.md 2.8), so what they show would not be what the set drops.",
)
OBSERVE_ENFORCED = register(
    "RF8041",
    "enforced already",
    Severity.ERROR,
    "A policy that is enforced decides before a Log rule could tell what another version of it would drop, so its "
    "change cannot be observed in logs.",
)
OBSERVE_NO_FORM = register(
    "RF8042",
    "has no form that decides nothing",
    Severity.ERROR,
    "In tier `default` a policy that passes must leave the pods alone that policies of others isolate, and no selector "
    "within 1,024 characters does that.",
)
OBSERVE_UNNAMED = register(
    "RF8043",
    "namespaces that appear later are not observed",
    Severity.WARNING,
    "The set reaches namespaces that are not known by name. What it would drop there is logged only for those that the "
    "snapshot shows.",
)
OBSERVE_CHANGES = register(
    "RF8044",
    "observing would change a verdict",
    Severity.ERROR,
    "While only observing, every flow must fare as it does now, in every state. In the state that is named this one "
    "does not, so no steps are given.",
)
OBSERVE_NOT_LOGGED = register(
    "RF8045",
    "cut, and not logged before",
    Severity.WARNING,
    "The set cuts these flows where no Log rule sees them: policies that allow them now come before it, or are removed "
    "after cut-over. In tier `default` a Log rule before such a policy would log also what the set allows: whatever "
    "ends the evaluation there takes that policy out of force. A tier of ours, which passes, leaves it in force.",
)
OBSERVE_BEYOND = register(
    "RF8046",
    "logged beyond what is cut",
    Severity.NOTE,
    "A line says what this end would drop. Policies of others may deny the flow already today, at this end or at the "
    "other one; cut-over does not change its fate.",
)
OBSERVE_INCOMPLETE = register(
    "RF8047",
    "the log is incomplete",
    Severity.WARNING,
    "Lines beyond the limit are left out, so a flow that is not in the log may be dropped all the same.",
)
OBSERVE_UNLIMITED = register(
    "RF8048",
    "the log is not limited",
    Severity.WARNING,
    "Each new connection that the set would drop writes a kernel log line on its node.",
)
OBSERVE_NO_STAGED = register(
    "RF8049",
    "no staged policies",
    Severity.ERROR,
    "Staged policies came with Calico 3.30; before, the set can be observed by logs alone.",
)
OBSERVE_MISJUDGED = register(
    "RF8050",
    "preview that may be wrong",
    Severity.WARNING,
    "Calico computes the pending verdicts of its flow logs by an evaluator of its own, which passes over named ports, "
    "types of ICMP, IP versions and networks of some sizes in sets (calico.md 6.3, 14.2).",
)
OBSERVE_OLD_ENTRIES = register(
    "RF8051",
    "entries that are not previewed",
    Severity.WARNING,
    "A network set has no staged form. What is enforced names the set, so its entries stay until the set is enforced.",
)
OBSERVE_MISLEADS = register(
    "RF8052",
    "the preview is not what is to come",
    Severity.WARNING,
    "Of these flows the staged policies show another verdict than the enforced set will have.",
)
OBSERVE_NO_PREVIEW = register(
    "RF8053",
    "settings that leave no preview",
    Severity.WARNING,
    "Staged policies are shown in Calico's flow logs as pending, if these are written and evaluated; whoever enforces "
    "through application layer policy at 3.32.1 enforces staged policies too (calico.md 6.6, 14.2).",
)
