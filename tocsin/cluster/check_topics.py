"""What is wrong with the topics of a cluster, and what provisioning would not mend."""

from collections.abc import Iterator, Mapping

from tocsin.cluster.finding import Finding
from tocsin.cluster.plan import Network, PlannedTopic
from tocsin.cluster.shell import Shell
from tocsin.cluster.state import TopicState


def topic_findings(
    network: Network, planned: tuple[PlannedTopic, ...], topics: Mapping[str, TopicState], shell: Shell
) -> Iterator[Finding]:
    """Yield the topics that are wrong and cannot simply be mended, and those that are nobody's."""
    for plan in planned:
        if plan.name in topics:
            yield from _shape(plan, topics[plan.name], shell)
    expected = {one.name for one in planned} | {network.own_topic(code) for code in network.left}
    for name in sorted(topics.keys() - expected):
        yield Finding(
            "topic-stranger",
            name,
            "is a topic of the network and nobody's of the directory",
            "look who made it, and why: " + shell.show_topic(name),
        )


def wrong_settings(plan: PlannedTopic, topic: TopicState) -> dict[str, str]:
    """Return the settings in which *topic* differs from what is planned, as they should be."""
    return {name: value for name, value in plan.settings.items() if topic.settings.get(name) != value}


def _shape(plan: PlannedTopic, topic: TopicState, shell: Shell) -> Iterator[Finding]:
    if topic.partitions != 1:
        yield Finding(
            "several-partitions",
            topic.name,
            f"has {topic.partitions} partitions, and the order of messages is lost between them",
            "partitions cannot be taken away: stop all nodes, keep what is in it, make the topic anew with one",
        )
    if topic.replicas < plan.replicas:
        yield Finding(
            "few-replicas",
            topic.name,
            f"lies on {topic.replicas} of the {plan.replicas} brokers that it should",
            "kafka-reassign-partitions.sh gives it more; where it lies: " + shell.show_topic(topic.name),
        )
