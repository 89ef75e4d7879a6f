"""Says which patterns of ARNs AWS's service authorization reference has.

    arn_reference.py '["ecr:{region}:{account}:repository/{name*}"]'

prints an object with true for each pattern that fits a resource of its service. The source is the copy of the reference
that cfn-lint contains. It shortens the names of resources, so only what precedes the first name is compared.
"""

import json
import pathlib
import re
import sys

import cfnlint.data.AdditionalSpecs

path = pathlib.Path(cfnlint.data.AdditionalSpecs.__file__).with_name("Policies.json")
services = json.loads(path.read_text())


def known(pattern):
    text = pattern.replace("{region}", "${Region}").replace("{account}", "${Account}")
    before = re.split(r"\{(?!Region|Account)", text)[0]
    formats = {
        one.replace("arn:${Partition}:", "").replace("${AccountId}", "${Account}").split(".*")[0]
        for service in services.values()
        for resource in service.get("Resources", {}).values()
        for one in resource["ARNFormats"]
    }
    return any(one and before.startswith(one) for one in formats if one.count(":") >= 3)


json.dump({pattern: known(pattern) for pattern in json.loads(sys.argv[1])}, sys.stdout)
