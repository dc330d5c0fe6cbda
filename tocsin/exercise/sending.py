"""Send a scenario's messages on the way that all messages take: draft, outbox, flush."""

from broker.errors import BadScenario
from broker.types.names import Digest, participant_of
from consumers.deliver import Taken as Received
from producers.publish import Declined, take
from tocsin.exercise.drafting import Play, draft_step
from tocsin.exercise.references import Moment
from tocsin.exercise.scenario import RECALL, Step
from tocsin.exercise.stage import Stage
from tocsin.exercise.tracing import find_sent
from tocsin.installation import Node
from tocsin.recalling import Retraction, find_target, retract


async def send(stage: Stage, step: Step, play: Play, moment: Moment) -> Digest:
    """Send the message of a step over the node of its author; one that was sent before is not sent again.

    Returns:
        Its header digest.

    Raises:
        BadScenario: It was declined.
        TransportError: The bus does not answer; the message is in the outbox.
    """
    node = stage.nodes[participant_of(step.by)]
    if step.kind == RECALL:
        digest = moment.digests[step.message]
        await _retract(stage, node, step, digest)
        return digest
    draft = draft_step(step, play, moment, node.clock())
    (outcome,) = take(node.engine, lambda: [draft], node.terms())
    if isinstance(outcome, Declined):
        says = "; ".join(f"{one.field}: {one.message}" for one in outcome.problems)
        raise BadScenario(f"message {step.id!r} was declined: {says}")
    await node.flusher(stage.bus).flush()
    sent = find_sent(node, step.by, draft.national_reference)
    if sent is None:
        raise BadScenario(f"message {step.id!r} waits in the outbox: it speaks of what was not sent")
    return sent.digest


async def receive(stage: Stage) -> Received:
    """Let every node take what is on the bus."""
    taken = [await node.receiver(stage.bus).receive() for node in stage.nodes.values()]
    return sum(taken, start=Received())


async def hear(stage: Stage) -> None:
    """Let every node hear where the others' streams stand, if that was not said for a day; else none publishes."""
    written = [await node.announcer(stage.bus).announce() for node in stage.nodes.values()]
    if any(written):
        await receive(stage)


async def _retract(stage: Stage, node: Node, step: Step, digest: Digest) -> None:
    target = find_target(node, step.by, digest.hex())
    retract(node, Retraction(target=target, by=step.by, reason=f"EXERCISE – {step.reason}"))
    await node.flusher(stage.bus).flush()
