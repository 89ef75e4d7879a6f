"""One call after the other, by the AWS SDK for Python: no retries, errors by their code.

    call.py '[["ec2", "eu-west-1", "delete_security_group", {"GroupId": "sg-1"}]]'

prints a list with the answer to each, or {"error": CODE}; a connection that breaks is the error "Connection".
"""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError


def call(service, region, operation, arguments):
    client = boto3.client(service, region_name=region, config=Config(retries={"total_max_attempts": 1}))
    try:
        answer = getattr(client, operation)(**arguments)
    except ClientError as error:
        return {"error": error.response["Error"]["Code"]}
    except BotoCoreError:
        return {"error": "Connection"}
    answer.pop("ResponseMetadata", None)
    return answer


json.dump([call(*one) for one in json.loads(sys.argv[1])], sys.stdout, default=str)
