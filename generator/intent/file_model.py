"""The shape of the intent file. What a value is made of is read here too; how the parts fit together is not.

Strict and closed: no value is converted in silence, unknown keys are errors. The field descriptions are what an editor
shows (see `intent.schema`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, PlainValidator, Tag, WithJsonSchema
from pydantic.alias_generators import to_camel

from generator.intent import names, networks, ports, replaced, schedule
from generator.intent.model import Network, PortSpec

# Which form of an entry was chosen stands in the path of an error; `intent.shape` takes it out again.
CHOICES = frozenset(
    {
        "<text>", "<list>", "<one>", "<off>", "<mapping>", "<service>", "<external>", "<capability>", "<pods>",
        "<cidrs>", "<selector>",
    }
)  # fmt: skip
UNKNOWN_CHOICE = "no_form"  # type of the error for a mapping that fits no form


def _text_schema(pattern: str = "", **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **({"pattern": pattern} if pattern else {"minLength": 1}), **more})


_DNS_LABEL = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
_PORT_SCHEMA = {
    "anyOf": [
        {"type": "integer", "minimum": 1, "maximum": 65535},
        {
            "type": "string",
            "pattern": "^([0-9]{1,5}(-[0-9]{1,5})?|[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?)(/(TCP|UDP|SCTP))?$",
        },
    ]
}

Text = Annotated[str, PlainValidator(names.parse_text), _text_schema()]
Name = Annotated[str, PlainValidator(names.parse_name), _text_schema(_DNS_LABEL)]
ItemName = Annotated[str, PlainValidator(names.parse_item_name), _text_schema(_DNS_LABEL)]
TierName = Annotated[str, PlainValidator(names.parse_tier_name), _text_schema(_DNS_LABEL)]
LabelKey = Annotated[str, PlainValidator(names.parse_label_key), _text_schema()]
LabelValue = Annotated[
    str, PlainValidator(names.parse_label_value), WithJsonSchema({"type": "string", "maxLength": 63})
]
OwnLabelKey = Annotated[str, PlainValidator(names.parse_own_label_key), _text_schema()]
ServiceAccount = Annotated[str, PlainValidator(names.parse_service_account), _text_schema()]
Domain = Annotated[str, PlainValidator(names.parse_domain), _text_schema()]
Day = Annotated[date, PlainValidator(names.parse_date), _text_schema("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", format="date")]
CalicoVersion = Annotated[str, PlainValidator(names.parse_calico_version), _text_schema(r"^v?3\.[0-9]+")]
TierOrder = Annotated[
    float,
    PlainValidator(names.parse_tier_order),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 100, "exclusiveMaximum": 1000}),
]
LayerOrder = Annotated[float, PlainValidator(names.parse_order), WithJsonSchema({"type": "number", "minimum": 0})]
Schedule = Annotated[str, PlainValidator(schedule.parse_schedule), _text_schema()]
Port = Annotated[PortSpec, PlainValidator(ports.parse_port), WithJsonSchema(_PORT_SCHEMA)]
Range = Annotated[Network, PlainValidator(networks.parse_narrow), _text_schema()]
ClientRange = Annotated[Network, PlainValidator(networks.parse_client), _text_schema()]
Destination = Annotated[Network, PlainValidator(networks.parse_destination), _text_schema()]
ReplacedText = Annotated[tuple[str, str], PlainValidator(replaced.parse_replaced), _text_schema()]
SelectorText = Annotated[str, PlainValidator(replaced.parse_selector_text), _text_schema()]


class Part(BaseModel):
    """What all mappings of the file have in common: closed, strict, never changed, keys in camel case."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, alias_generator=to_camel)


def _choose(**forms: str) -> Callable[[Any], str | None]:
    """Return a function that names the form of an entry: text, or a mapping by the first key that it has."""

    def choice(value: Any) -> str | None:
        if not isinstance(value, dict):
            return "<text>"
        return next((f"<{form}>" for key, form in forms.items() if key in value), None)

    return choice


def _list_or(other: str) -> Discriminator:
    return Discriminator(lambda value: "<list>" if isinstance(value, list) else other)


def _mapping_or(other: str) -> Discriminator:
    return Discriminator(lambda value: "<mapping>" if isinstance(value, dict) else other)


def _forms(choice: Callable[[Any], str | None]) -> Discriminator:
    return Discriminator(choice, custom_error_type=UNKNOWN_CHOICE, custom_error_message=UNKNOWN_CHOICE)


class PodsPart(Part):
    """Pods of one namespace."""

    namespace: Name = Field(description="Namespace of the pods.")
    select: dict[LabelKey, LabelValue] | None = Field(None, description="Labels of the pods; without it, all of them.")
    service_account: ServiceAccount | None = Field(None, description="Narrows to pods of this service account.")


class ExposedPart(Part):
    """Who reaches a service from outside its peers."""

    by: Literal["ingress", "gateway", "loadbalancer", "nodeport", "cidrs", "apiserver"] | None = Field(
        None, description="Who brings the traffic; `cidrs` alone means by: cidrs."
    )
    ports: list[Port] | None = Field(None, description="Narrows the service's ports.")
    cidrs: list[ClientRange] | None = Field(None, description="Address ranges of the clients.")
    from_: PodsPart | None = Field(
        None, alias="from", description="The controller's pods, where the platform's profile does not know them."
    )


ExposedWord = Literal["ingress", "gateway", "loadbalancer", "nodeport", "apiserver"]
ExposedEntry = Annotated[
    Annotated[ExposedWord, Tag("<text>")] | Annotated[ExposedPart, Tag("<mapping>")],
    _mapping_or("<text>"),
]

ExposedEntries = Annotated[
    Annotated[ExposedEntry, Tag("<one>")] | Annotated[list[ExposedEntry], Tag("<list>")],
    _list_or("<one>"),
]


class ServiceNeedPart(Part):
    """A need of another service: of this intent, or by name in a namespace elsewhere."""

    service: Name = Field(description="Name of the service.")
    namespace: Name | None = Field(None, description="Namespace of a service that is not in this intent.")
    select: dict[LabelKey, LabelValue] | None = Field(None, description="Labels of its pods, else app: NAME.")
    ports: list[Port] | None = Field(None, description="Ports that the pods listen on.")


class ExternalNeedPart(Part):
    """A need of an external."""

    external: Name = Field(description="Name under `externals`.")
    ports: list[Port] | None = Field(None, description="Narrows the external's ports.")


class CapabilityNeedPart(Part):
    """A need of what the platform gives."""

    capability: Name = Field(description="Name of the capability in the platform's profile, such as kubernetes-api.")


class PodsNeedPart(PodsPart):
    """A need of pods elsewhere."""

    ports: list[Port] | None = Field(None, description="Ports that the pods listen on.")


NeedEntry = Annotated[
    Annotated[Name, Tag("<text>")]
    | Annotated[ServiceNeedPart, Tag("<service>")]
    | Annotated[ExternalNeedPart, Tag("<external>")]
    | Annotated[CapabilityNeedPart, Tag("<capability>")]
    | Annotated[PodsNeedPart, Tag("<pods>")],
    _forms(_choose(service="service", external="external", capability="capability", namespace="pods", select="pods")),
]


class ServicePart(Part):
    """A group of pods with one purpose."""

    namespace: Name | None = Field(None, description="Namespace of the pods, else the intent's.")
    select: dict[LabelKey, LabelValue] | None = Field(None, description="Labels of the pods, else app: NAME.")
    service_account: ServiceAccount | None = Field(None, description="Narrows `select` to one service account.")
    ports: list[Port] = Field([], description="Ports that the containers listen on: 8080, 53/UDP, 8000-8010, metrics.")
    exposed: ExposedEntries = Field([], description="Who reaches it from outside its peers.")
    needs: list[NeedEntry] | None = Field(None, description="What it calls: services, externals, self, capabilities.")
    dns: bool = Field(True, description="Whether it may ask for names.")
    schedule: Schedule | None = Field(None, description="A cron line for what runs rarely.")


class ExternalPart(Part):
    """Something outside the cluster."""

    domains: list[Domain] | None = Field(None, description="Host names.")
    cidrs: list[Destination] | None = Field(None, description="Address ranges; a bare address is one host.")
    anywhere: Literal[True] | None = Field(None, description="The whole internet, without private and cluster ranges.")
    ports: list[Port] = Field(description="Ports of the destination.")
    strategy: Literal["lock", "ranges", "proxy", "enterprise"] | None = Field(
        None, description="How domains become addresses, else as the platform has it."
    )
    ranges: Text | None = Field(None, description="File of a provider's published ranges, for strategy ranges.")
    proxy: Name | None = Field(None, description="Service or external that is the proxy, for strategy proxy.")


SharedTargets = Annotated[
    Annotated[Literal["all"], Tag("<text>")] | Annotated[list[Name], Tag("<list>")], _list_or("<text>")
]


class SharedPart(Part):
    """A cluster service that reaches many."""

    from_: PodsPart = Field(alias="from", description="Its pods.")
    to: SharedTargets = Field(description="`all`, or names of services.")
    ports: list[Port] = Field(description="Ports that it reaches.")


class FeedPart(Part):
    """A list of addresses to deny to and from."""

    file: Text | None = Field(None, description="The list: one address or range a line.")
    owned_by: Name | None = Field(None, description="Another intent whose sets are used instead.")


class CidrsPart(Part):
    """Address ranges as the target of an exception."""

    cidrs: list[Range] = Field(description="Address ranges.")


ExceptionTarget = Annotated[
    Annotated[Name, Tag("<text>")] | Annotated[PodsPart, Tag("<pods>")] | Annotated[CidrsPart, Tag("<cidrs>")],
    _forms(_choose(cidrs="cidrs", namespace="pods", select="pods")),
]


class ExceptionPart(Part):
    """A named, dated allowance beside the rules."""

    name: Name | None = Field(None, description="Its name, else made of both ends.")
    from_: Name = Field(alias="from", description="The service that is allowed to call.")
    to: ExceptionTarget = Field(description="A service, pods elsewhere, or address ranges.")
    ports: list[Port] | None = Field(None, description="Ports, else those of the service that is called.")
    owner: Text = Field(description="Who answers for it.")
    until: Day = Field(description="The last day on which it holds.")
    reason: Text = Field(description="Why it is needed.")


class TierPart(Part):
    """The tier of layout `tiers`."""

    name: TierName = Field("ringfence", description="Name of the tier.")
    order: TierOrder = Field(900.0, description="Order of the tier, over 100 and under 1000.")
    owned_by: Name | None = Field(None, description="Another intent that renders the Tier object for both.")


class LayerPart(Part):
    """What is changed of one layer."""

    order: LayerOrder | None = Field(None, description="Order of the layer's policies.")
    enabled: bool = Field(True, description="Whether the layer is rendered.")


LayerEntry = Annotated[
    Annotated[Literal["off", False], Tag("<off>")] | Annotated[LayerPart, Tag("<mapping>")],
    _mapping_or("<off>"),
]
LayerName = Literal[
    "guardrails", "threat-feeds", "dns", "system", "shared", "exceptions", "workloads", "isolation", "default-deny"
]


class NamingPart(Part):
    """How objects are named."""

    prefix: Name = Field("ringfence", description="Prefix of names in tier default.")


class ClusterPart(Part):
    """What is known of the cluster; it goes before the profile's defaults."""

    pods: list[Range] = Field([], description="Address ranges of pods.")
    services: list[Range] = Field([], description="Address ranges of Services.")
    nodes: list[Range] = Field([], description="Address ranges of nodes.")
    api_server: list[Range] = Field([], description="Addresses of the API server.")
    dns: list[Range] = Field([], description="Addresses of the DNS Service.")
    node_local_dns: list[Range] = Field([], description="Addresses of the node-local DNS cache.")
    ingress: PodsPart | None = Field(None, description="Pods of the ingress controller.")
    gateway: PodsPart | None = Field(None, description="Pods of the gateway.")


class SelectorPart(Part):
    """Old policies by a selector over their labels."""

    selector: SelectorText = Field(description="A selector in Calico's language.")


ReplacedEntry = Annotated[
    Annotated[ReplacedText, Tag("<text>")] | Annotated[SelectorPart, Tag("<mapping>")],
    _mapping_or("<text>"),
]


class SelectedPart(Part):
    """Pods that a selector matches, in one namespace or in all."""

    selector: SelectorText = Field(description="A selector in Calico's language over the labels of pods.")
    namespace: Name | None = Field(None, description="Namespace of the pods; without it, any.")


ExpectedEnd = Annotated[
    Annotated[Text, Tag("<text>")]
    | Annotated[SelectedPart, Tag("<selector>")]
    | Annotated[CidrsPart, Tag("<cidrs>")]
    | Annotated[PodsPart, Tag("<pods>")],
    _forms(_choose(selector="selector", cidrs="cidrs", namespace="pods", select="pods")),
]
ExpectedEnds = Annotated[
    Annotated[ExpectedEnd, Tag("<one>")] | Annotated[list[ExpectedEnd], Tag("<list>")], _list_or("<one>")
]


class ExpectationPart(Part):
    """A flow that must, or must not, be allowed; a list of ends stands for one statement each."""

    from_: ExpectedEnds = Field(
        alias="from",
        description="A service, an external, an address range, pods, or one of all, pods, nodes, outside, internet.",
    )
    to: ExpectedEnds = Field(description="The same.")
    except_from: ExpectedEnds | None = Field(None, description="Whom `from` does not mean.")
    except_to: ExpectedEnds | None = Field(None, description="Whom `to` does not mean.")
    ports: list[Port] | None = Field(
        None, description="Ports; else of `must` those of the target, and of `mustNot` every packet."
    )


class ExpectPart(Part):
    """Statements that are checked against what was rendered and what is live."""

    must: list[ExpectationPart] = Field([], description="Flows that must be allowed.")
    must_not: list[ExpectationPart] = Field([], description="Flows that must be denied.")


Owns = Annotated[
    Annotated[Literal["cluster"], Tag("<text>")] | Annotated[list[Name], Tag("<list>")], _list_or("<text>")
]


class IntentFile(Part):
    """Who talks to whom, as a platform team writes it down."""

    version: Literal[1] = Field(description="Format of this file.")
    name: Name = Field(description="Name of the intent; every object carries it as a label.")
    platform: Text = Field(description="A platform profile by name, or the path of one's own.")
    calico: CalicoVersion | None = Field(None, description="Version of Calico, in quotes; else the profile's.")
    layout: Literal["tiers", "single-tier"] | None = Field(None, description="Own tier, or all in tier default.")
    namespace: Name | None = Field(None, description="Namespace of services that name none.")
    owns: Owns = Field([], description="Namespaces owned beside those of the services.")
    services: dict[ItemName, ServicePart | None] | None = Field(None, description="Services by name.")
    externals: dict[ItemName, ExternalPart] | None = Field(None, description="What lies outside the cluster, by name.")
    shared: dict[Name, SharedPart] | None = Field(None, description="Cluster services that reach many, by name.")
    threat_feeds: dict[Name, FeedPart] | None = Field(None, description="Lists of addresses to deny, by name.")
    isolation: Literal["strict", "namespace"] = Field(
        "strict", description="`strict`: only declared flows. `namespace`: everything inside a namespace may talk."
    )
    replaces: list[ReplacedEntry] | None = Field(None, description="Old policies that this set takes over.")
    exceptions: list[ExceptionPart] | None = Field(None, description="Dated allowances beside the rules.")
    tier: TierPart | None = Field(None, description="The tier of layout tiers.")
    layers: dict[LayerName, LayerEntry] = Field({}, description="Changes to single layers.")
    labels: dict[OwnLabelKey, LabelValue] = Field({}, description="Labels set on every object beside ours.")
    naming: NamingPart | None = Field(None, description="How objects are named.")
    api_group: Literal["projectcalico.org/v3", "crd.projectcalico.org/v1"] | None = Field(
        None, description="API group of the objects, else the profile's."
    )
    cluster: ClusterPart | None = Field(None, description="What is known of the cluster.")
    lock: Text | None = Field(None, description="The lock file of resolved domains.")
    expect: ExpectPart | None = Field(None, description="Flows that must, or must not, be allowed.")
