"""`ringfence render`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from generator.cli import cluster_options, options
from generator.cli.cluster_options import ClusterCall
from generator.cli.codes import USAGE
from generator.cli.output_folder import replace_folder
from generator.cli.outputs import write_report
from generator.cli.screen import report_problems, write_result
from generator.cli.target import Call, read_target
from generator.foundation.diagnostics import problem
from generator.foundation.errors import InputError
from generator.layers.files import Split, kustomization, split_files, stream
from generator.report.formats import Format
from generator.report.rendering import rendering_json, rendering_markdown, rendering_text


def command(
    intent: options.Intent = None,
    overlays: options.Overlays = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="DIR", help="Folder for the files.")] = None,
    split: Annotated[
        Split, typer.Option("--split", metavar="HOW", help="One file for each layer or object, or one stream.")
    ] = Split.LAYER,
    kustomize: Annotated[
        bool, typer.Option("--kustomization", help="Write a kustomization.yaml too; the default deny is not in it.")
    ] = False,
    default_deny: Annotated[
        bool, typer.Option("--with-default-deny", help="Put the default deny into the kustomization as well.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that were edited by hand.")] = False,
    templates: options.Templates = None,
    live: options.Live = None,
    namespace: options.Namespace = "default",
    complete: options.Complete = False,
    context: cluster_options.Context = None,
    kubeconfig: cluster_options.Kubeconfig = None,
    facts: cluster_options.Facts = cluster_options.FactsFrom.PROFILE,
    as_of: options.AsOf = None,
    format: options.OutputFormat = Format.TEXT,
) -> None:
    """Write the layered policy set.

    Without -o the set is one stream on standard output. With -o the folder is replaced as a whole; what an
    earlier render wrote and this one does not is removed, files of others are kept.
    """
    target = read_target(
        Call(intent, overlays, live, namespace, complete, templates, as_of, ClusterCall(context, kubeconfig), facts)
    )
    rendered = target.rendered
    report_problems(target.problems)
    if output is None:
        if split is not Split.LAYER or kustomize or format is not Format.TEXT:
            raise InputError([problem(USAGE, "--split, --kustomization and --format need -o", hint="give -o DIR")])
        write_result(stream(rendered))
        return
    files = split_files(rendered, split)
    if kustomize:
        files["kustomization.yaml"] = kustomization(files, with_default_deny=default_deny)
    replace_folder(output, files, rendered.intent, force=force)
    names, folder = sorted(files), str(output)
    write_report(
        format,
        None,
        text=lambda ink: rendering_text(rendered, names, folder, ink),
        json=lambda: rendering_json(rendered, names, folder),
        markdown=lambda: rendering_markdown(rendered, names, folder),
    )
