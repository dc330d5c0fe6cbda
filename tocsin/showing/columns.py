"""The columns of a form, for people and for scripts."""

from typing import Any

from producers.intake.form import Form


def column_rows(form: Form) -> list[tuple[str, str, str]]:
    """Return each column of *form*: its name, whether it is needed, and what it says."""
    return [(name, "needed" if name in form.known.required else "", says) for name, says in form.known.columns.items()]


def columns_document(form: Form) -> dict[str, Any]:
    """Return what ``publish --columns --json`` prints."""
    return {
        "kind": form.kind.word,
        "sections": form.known.sections,
        "columns": [
            {
                "column": name,
                "says": says,
                "required": name in form.known.required,
                "nominal": name in form.nominal,
                "names_message": name in form.names,
            }
            for name, says in form.known.columns.items()
        ],
    }
