"""The console's colours: four themes that all set the same variables."""

from opsconsole.themes.palettes import ALL_THEMES, TEXT_VARIABLES, VARIABLE_DEFAULTS

__all__ = ["ALL_THEMES", "TEXT_VARIABLES", "VARIABLE_DEFAULTS"]
