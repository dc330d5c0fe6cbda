"""The form of each kind of record that files may hold."""

from producers.intake.forms.all import FORMS, form_of

__all__ = ["FORMS", "form_of"]
