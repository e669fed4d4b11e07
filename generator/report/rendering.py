"""What `render` wrote, as text, JSON and Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from generator.layers.catalog import BY_NAME
from generator.layers.model import ManifestSet
from generator.report.formats import PLAIN, Ink, count, markdown_table, write_json
from generator.report.problems import problems_data, problems_markdown
from generator.report.proof import proof_data, proof_line

KIND: Final = "ringfence.render"


def rendering_headline(rendered: ManifestSet) -> str:
    """Return what was rendered, and for which cluster, in one line."""
    target = rendered.target
    return (
        f"intent '{rendered.intent}': {count(len(rendered.objects), 'object')} "
        f"for Calico {target.version}, tier {target.tier}, {target.api_group}"
    )


def rendering_text(rendered: ManifestSet, files: Sequence[str], folder: str, ink: Ink = PLAIN) -> str:
    """Write the headline, objects by layer, and where the files are; notes are not part of it."""
    lines = [ink.bold(rendering_headline(rendered))]
    lines.extend(f"  {name:14} {number:>6,}" for name, number in _by_layer(rendered))
    lines.append(proof_line(rendered.proof))
    lines.append(f"{count(len(files), 'file')} in {folder}")
    return "".join(f"{line}\n" for line in lines)


def rendering_json(rendered: ManifestSet, files: Sequence[str], folder: str) -> str:
    """Write the same as JSON, with the digests of all that the set was made from and the notes."""
    target = rendered.target
    return write_json(
        KIND,
        {
            "intent": rendered.intent,
            "target": {
                "calico": target.version,
                "apiGroup": target.api_group,
                "layout": target.layout.value,
                "tier": target.tier,
            },
            "namespaces": list(rendered.scope),
            "layers": [{"layer": name, "objects": number} for name, number in _by_layer(rendered)],
            "proof": proof_data(rendered.proof),
            "folder": folder,
            "files": list(files),
            "digests": {
                "set": rendered.digest,
                "intent": rendered.intent_digest,
                "profile": rendered.profile_digest,
                "templates": rendered.templates_digest,
            },
            "notes": problems_data(rendered.notes),
        },
    )


def rendering_markdown(rendered: ManifestSet, files: Sequence[str], folder: str) -> str:
    """Write the same for a pull request."""
    rows = [(name, f"{number:,}", BY_NAME[name].title) for name, number in _by_layer(rendered)]
    text = f"### ringfence render\n\n{rendering_headline(rendered)}\n\n"
    text += markdown_table(("layer", "objects", ""), rows)
    text += f"\n{proof_line(rendered.proof)}\n"
    text += f"\n{count(len(files), 'file')} in `{folder}`\n"
    return text + ("\n" + problems_markdown(rendered.notes) if rendered.notes else "")


def _by_layer(rendered: ManifestSet) -> list[tuple[str, int]]:
    found = Counter(item.layer for item in rendered.objects)
    return [(name, found[name]) for name in BY_NAME if found[name]]
