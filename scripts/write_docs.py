"""Writes the pages of docs/ that come from the code; with --check only says whether they are fresh."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import generator
from generator.cli.catalog import COMMANDS
from generator.foundation.codes import Code, registered_codes
from generator.layers.catalog import ALL
from generator.platforms import list_profiles, load_profile, profile_rows
from generator.report.formats import markdown_table
from scripts.validator_page import validator_page

ROOT: Final = Path(__file__).parents[1]
NOTE: Final = "<!-- Written by `make docs` from {source}; a test keeps it fresh. -->\n\n"

AREAS: Final = {
    "RF0": "Reading files",
    "RF1": "Intent",
    "RF2": "Platform profiles",
    "RF3": "Layers and templates",
    "RF4": "Calico and Kubernetes objects",
    "RF5": "Snapshot and cluster",
    "RF6": "Discovery",
    "RF7": "Diff and expectations",
    "RF8": "Plan",
    "RF9": "Command line",
}


def diagnostics_page() -> str:
    """Return every registered code by area, and the validator's table with its examples."""
    import_code_registers()
    text = NOTE.format(source="the registers `generator/*/codes.py`") + "# Diagnostics\n\n"
    text += "Each problem carries a code, a severity, a place, one line that names the offending piece, and a hint.\n"
    text += (
        "RF4001 to RF4048 are the checks V1 to V48 of policy objects, with examples in [validator.md](validator.md).\n"
    )
    for area, title in AREAS.items():
        codes = [code for code in registered_codes() if code.id.startswith(area)]
        if codes:
            text += f"\n## {title}\n\n" + markdown_table(
                ("code", "severity", "title", "meaning"), map(_code_row, codes)
            )
    return text


def import_code_registers() -> None:
    """Import the register of each room, so that no code is missing because nothing needed it yet."""
    for module in pkgutil.walk_packages(generator.__path__, "generator."):
        if module.name.endswith("codes"):
            importlib.import_module(module.name)


def _code_row(code: Code) -> tuple[str, str, str, str]:
    return code.id, code.severity.value, code.title, code.meaning


def layers_page() -> str:
    """Return the layers with order, purpose and template."""
    text = NOTE.format(source="`generator/layers/catalog.py`") + "# Layers\n\n"
    text += (
        "The set is rendered layer by layer, each from one template. Orders are those of Calico: the lower one is\n"
        "asked first. `ringfence templates copy` gives the templates to change; `layers:` in the intent changes an\n"
        "order or switches a layer off.\n\n"
    )
    rows = [(layer.name, f"{layer.order:g}", layer.title, f"`templates/{layer.template}`") for layer in ALL]
    text += markdown_table(("layer", "order", "what it does", "template"), rows)
    return text + (
        "\nEach service has one policy of layer workloads. In a tier of its own, which passes what it does not\n"
        "decide, a service without any rule has none: it would do nothing there, and the default deny holds for its\n"
        "pods. In tier `default` it has one, because there a policy without rules denies.\n"
    )


def profiles_page() -> str:
    """Return the platforms with what differs at a glance, and each fact of each with its source."""
    profiles = [load_profile(name) for name in list_profiles()]
    text = NOTE.format(source="`profiles/*.yaml`") + "# Platform profiles\n\n"
    text += (
        "A profile states what a kind of cluster is like, each fact with its source. *Verified* says that the source\n"
        "was opened and says so; `ringfence validate` names the facts that nobody has verified. What the intent\n"
        "states under `cluster:` goes before the profile. A profile of your own is a file like these:\n"
        "`platform: ours.yaml`.\n\n"
    )
    overview = [
        (
            f"[`{profile.name}`](#{profile.name})",
            profile.title,
            profile.calico.value,
            profile.layout.value.value,
            f"{sum(fact.verified for fact in profile.facts)} of {len(profile.facts)}",
        )
        for profile in profiles
    ]
    text += markdown_table(("profile", "platform", "Calico", "layout", "verified facts"), overview)
    for profile in profiles:
        text += f"\n## {profile.name}\n\n{profile.title}.\n\n"
        rows = [(f"`{path}`", value, source, verified) for path, value, source, verified in profile_rows(profile)]
        text += markdown_table(("fact", "value", "source", "verified"), rows)
    return text


def commands_page() -> str:
    """Return each command with its help, as it is printed in 80 columns."""
    from typer.main import get_command

    from generator.cli.main import app

    os.environ["COLUMNS"] = "80"
    group: Any = get_command(app)
    text = NOTE.format(source="the commands' own help") + "# Commands\n\n"
    text += markdown_table(
        ("command", "does"),
        [(f"[`{name}`](#ringfence-{name.replace(' ', '-')})", entry.summary) for name, entry in COMMANDS.items()],
    )
    root = group.make_context("ringfence", [], resilient_parsing=True)
    root.resilient_parsing = False
    for name in COMMANDS:
        command = group.get_command(root, name)
        context = command.make_context(name, [], parent=root, resilient_parsing=True)
        text += f"\n## ringfence {name}\n\n```text\n{command.get_help(context).rstrip()}\n```\n"
    return text


def readme() -> str:
    """Return README.md with its four parts that come from elsewhere filled in."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    intent = (ROOT / "examples/two-tier/intent.yaml").read_text(encoding="utf-8")
    commands = markdown_table(("command", "does"), [(f"`{name}`", entry.summary) for name, entry in COMMANDS.items()])
    text = _fill_in(text, "excerpt", f"```text\n{_excerpt()}```\n")
    text = _fill_in(text, "figures", figures())
    text = _fill_in(text, "intent", f"```yaml\n{intent}```\n")
    return _fill_in(text, "commands", commands)


def _excerpt() -> str:
    """Return the diff of the demo's transcript with few creations and flows, so that it fits a screen or two."""
    transcript = (ROOT / "examples/online-boutique/demo.txt").read_text(encoding="utf-8")
    start = transcript.index("$ ringfence diff")
    lines = transcript[start : transcript.index("# exit code", start)].splitlines()
    created = [number for number, line in enumerate(lines) if line.startswith("+ ")]
    heading = next(number for number, line in enumerate(lines) if line.startswith("flows:"))
    flows = [number for number, line in enumerate(lines) if number > heading and line.startswith("- ")]
    left_out = {*created[3:], *range(flows[4], len(lines))}
    shown = [line for number, line in enumerate(lines) if number not in left_out]
    shown.insert(created[3], f"  … and {len(created) - 3} more")
    return "".join(f"{line}\n" for line in (*shown, f"  … and {len(flows) - 4} more groups"))


def figures() -> str:
    """Return the table of what was measured, from the last row of each benchmark's results."""
    flows, peer, render = (_measured(name)[-1] for name in ("differential", "peer_nca", "render"))
    plan = next(row for row in _measured("plan") if (row["services"], row["layout"]) == ("1,000", "tiers"))
    explain = _measured("explain")[-1]
    nca = f"network-config-analyzer 2.1.0: {float(peer['peer, process (s)']):,.0f}"
    of_which = f"a YAML reader alone takes {flows['only reading (s)']}; {flows['MB']} MB"
    size = "{services} services, {policies} policies, {pods} pods".format(**flows)
    rows = [
        ("which flows differ between two states", size, f"{flows['whole process (s)']}; {of_which}"),
        (
            "the same, beside another tool",
            f"{peer['services']} services",
            f"{peer['ours, process (s)']}; {nca}",
        ),
        (
            "a plan, proven in every state in between",
            f"{plan['services']} services, {plan['steps']} steps",
            plan["plan (s CPU)"],
        ),
        (
            "a rendered set, proven equal to its intent",
            f"{render['services']} services, {render['lines written']} lines",
            render["render (s)"],
        ),
        ("which rule decides on one flow", f"{explain['services']} services", explain["explain (s)"]),
    ]
    return markdown_table(("question", "size", "seconds"), rows)


def _measured(name: str) -> list[dict[str, str]]:
    """Return the rows of the first table of a benchmark's results."""
    text = (ROOT / f"benchmarks/results/{name}.md").read_text(encoding="utf-8")
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    head, _, *rows = [[cell.strip() for cell in cells] for cells in lines]
    return [dict(zip(head, row, strict=True)) for row in rows]


def _fill_in(text: str, name: str, content: str) -> str:
    before, _, rest = text.partition(f"<!-- {name} -->\n")
    _, _, after = rest.partition(f"<!-- /{name} -->")
    return f"{before}<!-- {name} -->\n{content}<!-- /{name} -->{after}"


PAGES: Final[dict[str, Callable[[], str]]] = {
    "../README.md": readme,
    "diagnostics.md": diagnostics_page,
    "validator.md": lambda: NOTE.format(source="`generator/calico/validator`") + validator_page(),
    "layers.md": layers_page,
    "profiles.md": profiles_page,
    "commands.md": commands_page,
}


def stale_pages() -> Iterator[tuple[Path, str]]:
    """Yield each page that is not what the code would write, with what it would be."""
    for name, write in PAGES.items():
        path = (ROOT / "docs" / name).resolve()
        text = write()
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            yield path, text


def main(arguments: list[str]) -> int:
    """Write the stale pages, or with --check name them and return 1."""
    stale = list(stale_pages())
    for path, text in stale:
        if "--check" not in arguments:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
