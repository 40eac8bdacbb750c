"""The part of JSON Schema that our schemas use; an unknown keyword is an error, so that none is skipped unseen."""

import re

TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "number": (int, float),
    "integer": int,
    "boolean": bool,
    "null": type(None),
}
SAID = {"$schema", "$id", "$defs", "title", "description", "required", "additionalProperties"}


def faults(value, schema, root, path="$"):
    """Yield a sentence for each place where ``value`` breaks ``schema``."""
    if reference := schema.get("$ref"):
        target = root
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]
        yield from faults(value, target, root, path)
        return
    for keyword, rule in schema.items():
        match keyword:
            case "type":
                names = [rule] if isinstance(rule, str) else rule
                is_number_by_accident = isinstance(value, bool) and "boolean" not in names
                if is_number_by_accident or not any(isinstance(value, TYPES[name]) for name in names):
                    yield f"{path}: {value!r} is no {rule}"
                    return
            case "const" | "enum":
                if value not in ([rule] if keyword == "const" else rule):
                    yield f"{path}: {value!r} is not {rule}"
            case "pattern" if isinstance(value, str):
                if not re.search(rule, value):
                    yield f"{path}: {value!r} does not match {rule}"
            case "minimum" if value is not None:
                if value < rule:
                    yield f"{path}: {value} is below {rule}"
            case "maximum" if value is not None:
                if value > rule:
                    yield f"{path}: {value} is above {rule}"
            case "items":
                for n, item in enumerate(value):
                    yield from faults(item, rule, root, f"{path}[{n}]")
            case "properties" if isinstance(value, dict):
                for name in schema.get("required", ()):
                    if name not in value:
                        yield f"{path}: {name} is missing"
                for name, item in value.items():
                    if name in rule:
                        yield from faults(item, rule[name], root, f"{path}.{name}")
                    elif schema.get("additionalProperties") is False:
                        yield f"{path}: {name} is unknown"
            case "pattern" | "minimum" | "maximum" | "properties":
                pass
            case _:
                assert keyword in SAID, keyword
