"""Values as people read them; the words are the domain's, since records tell them too."""

from opsconsole.domain.value_words import format_bare, format_value

__all__ = ["format_bare", "format_value"]
