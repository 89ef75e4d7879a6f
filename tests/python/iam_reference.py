"""Prints what AWS's service authorization reference says about IAM actions.

    iam_reference.py '["ec2:DeleteVolume", "ec2:DescribeVolumes"]'

prints an object with the ARN formats of the resources of each action: [] if it supports no resource-level permissions,
null if there is no such action. The source is the copy of the reference that cfn-lint contains.
"""

import json
import pathlib
import sys

import cfnlint.data.AdditionalSpecs

path = pathlib.Path(cfnlint.data.AdditionalSpecs.__file__).with_name("Policies.json")
services = json.loads(path.read_text())


def formats(action):
    prefix, name = action.lower().split(":")
    service = services.get(prefix, {})
    found = service.get("Actions", {}).get(name)
    if found is None:
        return None
    resources = {key.lower(): value["ARNFormats"] for key, value in service.get("Resources", {}).items()}
    return sorted({arn for resource in found.get("Resources", []) for arn in resources.get(resource.lower(), [])})


json.dump({action: formats(action) for action in json.loads(sys.argv[1])}, sys.stdout)
