"""Words in files that people write may be spelt as people do (``seized-in``); types want symbols (``SEIZED_IN``)."""

from typing import Any, get_args, get_origin

import msgspec

from broker.types.vocabulary import Word


def in_symbols(tree: Any, into: Any) -> Any:
    """Return *tree* with the words of its type's vocabularies as symbols; what is no word stays as it is."""
    if get_origin(into) is tuple and isinstance(tree, list | tuple):
        return [in_symbols(value, get_args(into)[0]) for value in tree]
    for choice in get_args(into):
        tree = in_symbols(tree, choice)
    if not isinstance(into, type):
        return tree
    if issubclass(into, Word) and isinstance(tree, str):
        return next((member.value for member in into if tree in (member.word, member.value)), tree)
    if issubclass(into, msgspec.Struct) and isinstance(tree, dict):
        types = {field.name: field.type for field in msgspec.structs.fields(into)}
        return {name: in_symbols(value, types.get(name)) for name, value in tree.items()}
    return tree
