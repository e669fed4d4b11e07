"""`ringfence validate`."""

from __future__ import annotations

from typing import Annotated

import typer

from generator.cli import cluster_options, options
from generator.cli.cluster_options import ClusterCall
from generator.cli.outputs import write_output, write_report
from generator.cli.screen import report_problems
from generator.cli.target import Call, read_intent
from generator.cli.validated import validate
from generator.foundation.diagnostics import Severity, sort_diagnostics
from generator.foundation.errors import InputError
from generator.intent import write_effective
from generator.report.formats import Format
from generator.report.validation import validation_json, validation_markdown, validation_text


def command(
    intent: options.Intent = None,
    overlays: options.Overlays = None,
    live: options.Live = None,
    namespace: options.Namespace = "default",
    complete: options.Complete = False,
    context: cluster_options.Context = None,
    kubeconfig: cluster_options.Kubeconfig = None,
    facts: cluster_options.Facts = cluster_options.FactsFrom.PROFILE,
    templates: options.Templates = None,
    as_of: options.AsOf = None,
    expect: options.Expect = None,
    effective: Annotated[bool, typer.Option("--effective", help="Print the intent with its overlays.")] = False,
    format: options.OutputFormat = Format.TEXT,
    output: options.OutputFile = None,
) -> None:
    """Check an intent, and with --live what it selects.

    Expectations (`expect:`, --expect) are judged as it is now and with the policy set in place; without an intent
    those of --expect are judged on what is live alone. One that fails in either, is not known or selects nothing counts
    as an error or a warning. Exit code 1 says that there are errors or warnings, 2 that the intent itself is wrong; as
    JSON or Markdown the result says so as well. With --effective the intent is printed as it counts: overlays laid
    over, defaults not filled in.
    """
    call = Call(intent, overlays, live, namespace, complete, templates, as_of, ClusterCall(context, kubeconfig), facts)
    if effective:
        loaded = read_intent(call)
        report_problems(loaded.diagnostics)
        write_output(write_effective(loaded), output)
        return
    try:
        name, found, states = validate(call, expect)
    except InputError as error:
        if format is Format.TEXT:
            raise
        wrong = sort_diagnostics(error.diagnostics)  # whoever asked for data gets the answer as data
        write_report(
            format,
            output,
            text=lambda ink: "",
            json=lambda: validation_json(None, wrong),
            markdown=lambda: validation_markdown(None, wrong),
        )
        raise typer.Exit(InputError.exit_code) from None
    found = sort_diagnostics(found)
    write_report(
        format,
        output,
        text=lambda ink: validation_text(name, found, ink, states),
        json=lambda: validation_json(name, found, states),
        markdown=lambda: validation_markdown(name, found, states),
    )
    if any(item.severity is not Severity.NOTE for item in found):
        raise typer.Exit(1)
