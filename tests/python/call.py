"""Makes calls of AWS in order with the AWS SDK for Python, without retries.

    call.py '[["ec2", "eu-west-1", "delete_security_group", {"GroupId": "sg-1"}]]'

prints a list with each answer, or {"error": CODE}. A broken connection is the error "Connection".
"""

import functools
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError


@functools.cache
def client(service, region):
    return boto3.client(service, region_name=region, config=Config(retries={"total_max_attempts": 1}))


def call(service, region, operation, arguments):
    try:
        answer = getattr(client(service, region), operation)(**arguments)
    except ClientError as error:
        return {"error": error.response["Error"]["Code"]}
    except BotoCoreError:
        return {"error": "Connection"}
    answer.pop("ResponseMetadata", None)
    return answer


json.dump([call(*arguments) for arguments in json.loads(sys.argv[1])], sys.stdout, default=str)
