"""Creates and lists resources of the types that jiti deletes through Cloud Control, with the AWS SDK for Python.

    cloud_control_world.py create '[{"name": "shop", "app": "checkout", "owner": "ana@example.com", "regions": ["eu-west-1"]}]'
    cloud_control_world.py list eu-west-1 us-east-1 [AWS::ECR::Repository ...]

`create` creates one resource of every type for each stack and region (of types without regions: once), as far as moto
or the server's store has the type. "types" selects types, by their names in CloudFormation; `list` lists the types that it is given, or all. "tags" replaces the
stack's tags, and `{}` creates untagged resources. Both commands print a list of {type, id, region}; the id is the
identifier that Cloud Control has for the resource.
"""

import functools
import json
import sys

import boto3
from botocore.config import Config

from cloud_control_types import GLOBAL, KINDS, STORED, TRUST, identifier_of

class World:
    """What the resources of a stack need besides themselves. It belongs to no stack."""

    def __init__(self, region, tags):
        self.region, self.tags, self.numbers = region, tags, iter(range(1, 200))

    def client(self, service):
        return client(service, self.region)

    @functools.cache
    def account(self):
        return self.client("sts").get_caller_identity()["Account"]

    def number(self):
        return next(self.numbers)

    @functools.cache
    def vpc(self):
        return self.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]

    @functools.cache
    def subnet(self):
        return self.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]

    @functools.cache
    def role(self, service="lambda"):
        iam, name = self.client("iam"), f"of-all-{service}"
        trust = json.dumps(TRUST).replace("lambda.", f"{service}.")
        try:
            return iam.get_role(RoleName=name)["Role"]["Arn"]
        except iam.exceptions.NoSuchEntityException:
            return iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]


@functools.cache
def client(service, region):
    # No retries: the faults of a test do not apply to this program.
    return boto3.client(service, region_name=region, config=Config(retries={"total_max_attempts": 1}))


def tags_of(stack):
    if "tags" in stack:
        return stack["tags"]
    return {"jiti:stack": stack["name"], "jiti:app": stack["app"], "jiti:owner": stack["owner"]}


def of_place(type_name, number):
    """Whether the types of this place include it: those without regions are created once."""
    return type_name not in GLOBAL or number == 0


def create(stacks):
    for stack in stacks:
        tags, wanted = tags_of(stack), stack.get("types")
        for number, region in enumerate(stack["regions"]):
            world, name = World("us-east-1" if wanted == "GLOBAL" else region, tags), stack.get("prefix", stack["name"])
            for type_name, kind in KINDS.items():
                if kind.create and of_place(type_name, number) and (not wanted or type_name in wanted):
                    try:
                        kind.create(world, name, tags)
                    except Exception as error:
                        raise RuntimeError(f"{type_name}: {error}") from error
            for type_name, desired in STORED.items():
                if of_place(type_name, number) and (not wanted or type_name in wanted):
                    world.client("cloudcontrol").create_resource(
                        TypeName=type_name, DesiredState=json.dumps(desired(name, tags))
                    )


def listed(region, first, wanted):
    for type_name, kind in KINDS.items():
        if wanted and type_name not in wanted:
            continue
        if type_name in GLOBAL:
            if first:
                for one in kind.all(client(kind.service, "us-east-1")):
                    yield {"type": type_name, "id": identifier_of(type_name, one), "region": "global"}
            continue
        for one in kind.all(client(kind.service, region)):
            yield {"type": type_name, "id": identifier_of(type_name, one), "region": region}
    for type_name in STORED:
        if wanted and type_name not in wanted:
            continue
        found = client("cloudcontrol", region).list_resources(TypeName=type_name)["ResourceDescriptions"]
        for one in found:
            yield {"type": type_name, "id": one["Identifier"], "region": region}


def main():
    command, *arguments = sys.argv[1:]
    if command == "create":
        create(json.loads(arguments[0]))
        said = []
    elif command == "list":
        wanted = [word for word in arguments if word.startswith("AWS::")]
        regions = [word for word in arguments if word not in wanted]
        said = [one for number, region in enumerate(regions) for one in listed(region, number == 0, wanted)]
    else:
        sys.exit(__doc__)
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
