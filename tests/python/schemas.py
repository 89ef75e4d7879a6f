"""The CloudFormation resource schemas, from the copy that cfn-lint contains.

    schemas.py

prints the date of the copy and the facts of each type that jiti's table and its coverage rest on.
"""

import functools
import importlib.util
import json
import pathlib
import sys

# Without an import, which takes seconds.
FOLDER = pathlib.Path(importlib.util.find_spec("cfnlint").origin).parent / "data" / "schemas"


@functools.cache
def index(region="us-east-1"):
    return json.loads((FOLDER / "providers" / f"{region}.json").read_text())


@functools.cache
def schema(type_name):
    """The schema of a type; None if there is none."""
    name = index().get(type_name)
    return name and json.loads((FOLDER / "resources" / f"{name}.json").read_text())


def date():
    return json.loads((FOLDER / "version.json").read_text())["schema_date"][:10]


def path(pointer):
    return pointer.removeprefix("/properties")


def facts(type_name):
    """What jiti's table rests on: identifier, tags, the calls that Cloud Control has, and their permissions."""
    of = schema(type_name)
    tagging, handlers = of.get("tagging", {}), of.get("handlers", {})
    write_only = of.get("writeOnlyProperties", [])
    property_of_tags = tagging.get("tagProperty")
    taggable = bool(tagging.get("taggable")) and property_of_tags is not None
    return {
        "identifier": [path(one) for one in of.get("primaryIdentifier", [])],
        "tags": path(property_of_tags) if taggable else None,
        "tags_are_returned": taggable and property_of_tags not in write_only,
        "calls": sorted(handlers),
        "read": sorted(handlers.get("read", {}).get("permissions", [])),
        "delete": sorted(handlers.get("delete", {}).get("permissions", [])),
        "list": sorted(handlers.get("list", {}).get("permissions", [])),
        "update": sorted(handlers.get("update", {}).get("permissions", [])),
        "listed_by": sorted(handlers.get("list", {}).get("handlerSchema", {}).get("properties", {})),
        "properties": sorted(paths(of)),
    }


def paths(of):
    """The paths of all properties, with a star for the items of a list."""
    found = set()

    def walk(shape, prefix, seen):
        if not isinstance(shape, dict):
            return
        reference = shape.get("$ref")
        if reference:
            if reference in seen or not reference.startswith("#/definitions/"):
                return
            return walk(of["definitions"].get(reference.split("/")[-1]), prefix, seen | {reference})
        for part in ("anyOf", "oneOf", "allOf"):
            for one in shape.get(part, []):
                walk(one, prefix, seen)
        if isinstance(shape.get("items"), dict):
            found.add(f"{prefix}/*")
            walk(shape["items"], f"{prefix}/*", seen)
        for name, inner in shape.get("properties", {}).items():
            found.add(f"{prefix}/{name}")
            walk(inner, f"{prefix}/{name}", seen)

    walk(of, "", frozenset())
    return found


def main():
    wanted = sys.argv[1:] or sorted(index())
    json.dump({"date": date(), "types": {name: facts(name) for name in wanted if schema(name)}}, sys.stdout)


if __name__ == "__main__":
    main()
