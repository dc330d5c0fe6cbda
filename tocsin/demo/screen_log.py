"""What the demo says of the log and of evidence: what each proves, and what it does not."""

from typing import Final

from rich.console import Console

from tocsin.demo.evidence import FILE, Checked
from tocsin.demo.logged import Logged, Risen
from tocsin.demo.printing import heading, say, table
from tocsin.showing.plain import counted, thousands

_ROOT_SHOWN: Final = 16
_PROVES: Final = (
    "So everybody who reads it is shown the same messages, and nobody can drop, change or date back one of them any "
    "more without being found out. It does not prove that what they say is true"
)
_SAME_MACHINE: Final = (
    "; and here the witnesses were asked on the notary's own machine (same machine: proves nothing about independence)"
)
_MARKS: Final = {"passed": "passed", "failed": "FAILED", "not-checked": "not checked"}


def show_log(console: Console, logged: Logged, number: str) -> None:
    """Say how large the log is, who vouches for it, and how well what was received is known by it."""
    log, root = logged.document, logged.checkpoint.head.root.hex()
    heading(console, f"{number}. The log: {thousands(log.size)} entries, one for every message on the bus")
    names = ", ".join(name.rpartition("/")[2] for name in log.witnesses)
    cosigned = f"{len(log.witnesses)} of {logged.appointed} witnesses cosigned it ({names})"
    say(console, f"Its checkpoint has the root {root[:_ROOT_SHOWN]}…: the notary signed it, and {cosigned}.")
    say(console, f"A quorum is {log.quorum}. {_counts(logged)}")
    if logged.risen is not None:
        say(console, _rise(logged.risen))
    local = any(one.is_local for one in logged.asked)
    say(console, f"{_PROVES}{_SAME_MACHINE if local else ''}.")


def show_evidence(console: Console, checked: Checked, number: str) -> None:
    """Say what an evidence file proves, step by step, and what a second verifier says of it."""
    told, made = checked.document, checked.made
    heading(console, f"{number}. Evidence: {made.by} proves {told.message} to somebody outside the network")
    by = f"by the grant {made.grant}, before the report was taken back" if made.grant else "as its author"
    withheld = f"; withheld: {', '.join(made.withheld)}" if made.withheld else ""
    say(
        console,
        f"Exported {by}. {FILE}, {thousands(made.size)} bytes, discloses {', '.join(made.disclosed)}{withheld}. "
        f"To check it takes no network and no key, only the root digest {made.root_digest.hex()[:_ROOT_SHOWN]}…:",
    )
    table(console, ("step", "", "what it proves"), [(one.step, _MARKS[one.outcome], one.says) for one in told.steps])
    say(console, _second(checked))


def _counts(logged: Logged) -> str:
    counts = ", ".join(f"{count} {assurance}" for assurance, count in logged.document.assurance.items() if count)
    return f"Of what is in all inboxes together: {counts}."


def _rise(risen: Risen) -> str:
    steps = " → ".join(risen.steps)
    return (
        f"{risen.message}, as {risen.reader} has it, went {steps}: first it had only arrived, then it was entry "
        f"{risen.index} of a log that the notary had signed, then a quorum of witnesses had signed that too. No alert "
        "waited for any of it."
    )


def _second(checked: Checked) -> str:
    if checked.second.verdict is None:
        return f"A second verifier, in Go, was not tried: {checked.second.why_not}."
    both = counted(len(checked.second.outcomes) - 1, "step")
    if checked.disagreed:
        return f"THE SECOND VERIFIER, in Go, DOES NOT AGREE on {', '.join(checked.disagreed)}."
    return (
        f"A second verifier, in Go, which shares no code with this one, says the same of {both}; what policy decided "
        "is not its business."
    )
