"""PromQL over arrays: parsed by a library, evaluated with numpy."""
