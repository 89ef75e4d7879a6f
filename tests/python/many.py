"""Creates many resources of one stack fast, over plain connections. No benchmark measures the time of this.

    many.py '{"name": "shop", "app": "checkout", "owner": "ana@example.com"}' eu-west-1=volume:500,topic:200,group:100

prints them in the format of world.py.
"""

import json
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode, urlsplit

from http.client import HTTPConnection

SERVICES = {"volume": "ec2", "group": "ec2", "topic": "sns"}
# The type, and the pattern that finds the id in the answer.
NAMES = {
    "volume": ("ec2:volume", re.compile("<volumeId>([^<]+)")),
    "group": ("ec2:security-group", re.compile("<groupId>([^<]+)")),
    "topic": ("sns:topic", re.compile("<TopicArn>([^<]+)")),
}


def tags_of(stack):
    return {"jiti:stack": stack["name"], "jiti:app": stack["app"], "jiti:owner": stack["owner"]}


def ec2_tags(kind, tags):
    parameters = {"TagSpecification.1.ResourceType": kind}
    for number, (key, value) in enumerate(tags.items(), 1):
        parameters[f"TagSpecification.1.Tag.{number}.Key"] = key
        parameters[f"TagSpecification.1.Tag.{number}.Value"] = value
    return parameters


def form(kind, region, number, stack):
    tags = tags_of(stack)
    name = f"{stack['name']}-{number}"
    if kind == "volume":
        return {"Action": "CreateVolume", "Version": "2016-11-15", "Size": 1, "AvailabilityZone": region + "a",
                "VolumeType": "gp3", **ec2_tags("volume", tags)}
    if kind == "group":
        return {"Action": "CreateSecurityGroup", "Version": "2016-11-15", "GroupName": name,
                "GroupDescription": "one of many", **ec2_tags("security-group", tags)}
    parameters = {"Action": "CreateTopic", "Version": "2010-03-31", "Name": name}
    for number, (key, value) in enumerate(tags.items(), 1):
        parameters[f"Tags.member.{number}.Key"] = key
        parameters[f"Tags.member.{number}.Value"] = value
    return parameters


def make(arguments):
    kind, region, number, stack = arguments
    scope = f"{os.environ['AWS_ACCESS_KEY_ID']}/20260101/{region}/{SERVICES[kind]}/aws4_request"
    connection = HTTPConnection(urlsplit(os.environ["AWS_ENDPOINT_URL"]).netloc)
    connection.request("POST", "/", urlencode(form(kind, region, number, stack)), {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "Content-Type": "application/x-www-form-urlencoded",
    })
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(text)
    name, id = NAMES[kind]
    return {"type": name, "id": id.search(text).group(1), "region": region}


def main():
    stack = json.loads(sys.argv[1])
    wanted = []
    for place in sys.argv[2:]:
        region, kinds = place.split("=")
        for kind in kinds.split(","):
            kind, count = kind.split(":")
            wanted += [(kind, region, number, stack) for number in range(int(count))]
    # moto cannot create two groups concurrently.
    groups = [resource for resource in wanted if resource[0] == "group"]
    others = [resource for resource in wanted if resource[0] != "group"]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(make, others))
    json.dump(made + [make(group) for group in groups], sys.stdout)


if __name__ == "__main__":
    main()
