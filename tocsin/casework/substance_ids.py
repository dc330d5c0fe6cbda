"""Our ids of a substance, by its name as written: exact names only, for nobody looks at what a guess would find."""

from functools import lru_cache

from broker.catalogue import shipped_catalogue


@lru_cache(maxsize=16_384)
def ids_of(written: str) -> tuple[str, ...]:
    """Return the ids of the substance that is called *written*: none where it is not known, several if ambiguous."""
    return shipped_catalogue().exact_ids(written)
