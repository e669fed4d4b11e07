"""What the break-glass script makes of odd names and of writes that fail."""

from __future__ import annotations

import copy
import re
import shutil
import subprocess
from pathlib import Path
from shlex import quote

import pytest

from generator.intent.model import Layout
from generator.plan.break_glass import SCRIPT, write_break_glass
from tests.plan.test_break_glass import SERVER
from tests.plan.worlds import Planned, Shape, kubernetes_policy, plan_of, pod, space

HARM = "$(touch harm)`touch harm`"

# Answers every call with success, and the call whose number is $FAILS with failure; replace always fails, so that
# create is asked too.
KUBECTL = r"""#!/bin/sh
echo "$@" >> "$STORE/log"
[ "$3 $4" = "get --raw" ] && exit 1
[ "$3" = get ] && { echo "$@" | grep -q -- '-o name' && echo there; exit 0; }
[ "$3 $4" = "replace --dry-run=server" ] && exit 0
[ "$3" = replace ] && exit 1
[ "$(grep -cE ' (create|delete) ' "$STORE/log")" = "$FAILS" ] && exit 1
exit 0
"""


def run(planned: Planned, folder: Path, fails: int = 0) -> tuple[int, list[str], str]:
    """Run the script in a new folder; return its exit code, the calls of kubectl that write, and its last words."""
    folder.mkdir()
    (folder / "log").touch()
    for name, text in write_break_glass(planned.plan).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name, text in (("kubectl", KUBECTL), ("sleep", "#!/bin/sh\n")):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    shell = shutil.which("sh")
    assert shell is not None
    env = {"PATH": f"{folder}:/usr/bin:/bin", "STORE": str(folder), "FAILS": str(fails)}
    done = subprocess.run([shell, str(folder / SCRIPT)], env=env, capture_output=True, text=True, check=False)
    log = (folder / "log").read_text().splitlines()
    words = (done.stdout + done.stderr).splitlines()[-1]
    return done.returncode, [line for line in log if " create " in line or " delete " in line], words


@pytest.mark.parametrize("layout", list(Layout))
def test_a_write_that_fails_stops_the_script(layout: Layout, tmp_path: Path) -> None:
    live = [SERVER, space("shop"), pod("shop", "web"), kubernetes_policy("shop", "old", {}, "Ingress")]
    planned = plan_of(live, Shape(layout=layout), replaces=["KubernetesNetworkPolicy/shop/old"])
    code, whole, words = run(planned, tmp_path / "whole")
    assert (code, words) == (0, "taken back")
    for number in range(1, len(whole) + 1):
        code, calls, words = run(planned, tmp_path / f"fails-{number}", number)
        assert code == 1
        assert calls == whole[:number]
        assert re.match(r"write \d+ failed, and nothing after it was done", words)


def test_nothing_in_the_live_input_is_run(tmp_path: Path) -> None:
    server = copy.deepcopy(SERVER)
    server["endpoints"] = [{"addresses": ["192.0.2.10"]}, {"addresses": [HARM]}]
    odd = kubernetes_policy("shop", HARM, {}, "Ingress")
    planned = plan_of([server, space("shop"), pod("shop", "web"), odd], Shape(), replaces=["team == 'old'"])
    assert planned.plan.summary.replaced == 1
    code, _, _ = run(planned, tmp_path / "bundle")
    assert code == 0
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith("harm")]
    assert not Path("harm").exists()
    assert HARM not in (tmp_path / "bundle" / SCRIPT).read_text().replace(quote(HARM), "")


def test_without_the_check_of_addresses_it_would_be_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generator.plan.break_glass._is_address", lambda server: True)
    with pytest.raises(AssertionError):
        test_nothing_in_the_live_input_is_run(tmp_path)
