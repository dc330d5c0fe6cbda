"""The classes that a broker loads, written down once as Java keeps them in memory: every later start is quicker."""

from tests.support.kafka.cluster import Cluster, Shape
from tests.support.kafka.distribution import Distribution, locked


def make_archive(distribution: Distribution) -> None:
    """Run a broker once for its archive, unless there is one; nothing depends on it but speed."""
    with locked(distribution.folder / "lock"):
        if distribution.archive.exists():
            return
        coming = distribution.archive.with_suffix(".coming")
        with Cluster(Shape(secure=True, options=(f"-XX:ArchiveClassesAtExit={coming}",)), distribution) as cluster:
            cluster.terminate(1)  # it is written at the end of an orderly exit
        if coming.exists():
            coming.rename(distribution.archive)
