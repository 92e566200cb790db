"""LabelSelectors, as the API server reads them (Kubernetes API reference, `LabelSelector`)."""

from __future__ import annotations

from collections.abc import Mapping

from opsconsole.operations.json_path import list_at, mapping_at, objects_at, text_at


def selects(selector: object, labels: Mapping[str, object]) -> bool:
    """Whether `selector` (`matchLabels`, `matchExpressions`) selects these labels; an empty one selects everything."""
    wanted = mapping_at(selector, "matchLabels")
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_fits(expression, labels) for expression in objects_at(selector, "matchExpressions"))


def _fits(expression: object, labels: Mapping[str, object]) -> bool:
    key, values = text_at(expression, "key"), list_at(expression, "values")
    match text_at(expression, "operator"):
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return key not in labels or labels[key] not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return False
