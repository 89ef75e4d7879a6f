"""Stands in for the AWS CLI, with AWS's own SDK: `aws SERVICE OPERATION --OPTION VALUE... [--query Q] [--output text]`.

It parses what the examples use of the CLI: options whose value is a text or a whole number, the shorthand
`name=STACK,value=x` for a list of one structure, and a query whose result is a list of texts.
"""

import json
import sys

import boto3
import jmespath
from botocore import xform_name


def main():
    service, operation, *words = sys.argv[1:]
    options = dict(zip(words[::2], words[1::2], strict=True))
    query, output = options.pop("--query", None), options.pop("--output", "json")
    client = boto3.client(service)
    method = operation.replace("-", "_")
    model = client.meta.service_model
    names = {xform_name(name): name for name in model.operation_names}
    members = model.operation_model(names[method]).input_shape.members
    parameters = {xform_name(name): (name, shape) for name, shape in members.items()}
    arguments = {}
    for option, text in options.items():
        name, shape = parameters[option.removeprefix("--").replace("-", "_")]
        arguments[name] = value(shape, text)
    answer = getattr(client, method)(**arguments)
    answer.pop("ResponseMetadata", None)
    found = jmespath.search(query, answer) if query else answer
    if output == "text":
        print("\t".join(found) if isinstance(found, list) else found)
    elif found:
        json.dump(found, sys.stdout, default=str)


def value(shape, text):
    if shape.type_name == "integer":
        return int(text)
    if shape.type_name == "list":
        return [dict(part.split("=", 1) for part in text.split(","))]
    return text


main()
