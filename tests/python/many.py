"""Creates many resources of one stack fast, past AWS's API.

    many.py '{"name": "shop", "app": "checkout", "owner": "ana@example.com"}' eu-west-1=volume:500,topic:200,group:100

prints them in the format of world.py.
"""

import json
import os
import sys
from http.client import HTTPConnection
from urllib.parse import urlsplit


def main():
    stack = json.loads(sys.argv[1])
    kinds = []
    for place in sys.argv[2:]:
        region, counts = place.split("=")
        for kind in counts.split(","):
            kind, count = kind.rsplit(":", 1)
            kinds.append((region, kind, int(count)))
    order = {
        "account": os.environ["AWS_ACCESS_KEY_ID"],
        "name": stack["name"],
        "tags": {"jiti:stack": stack["name"], "jiti:app": stack["app"], "jiti:owner": stack["owner"]},
        "kinds": kinds,
    }
    connection = HTTPConnection(urlsplit(os.environ["AWS_ENDPOINT_URL"]).netloc)
    connection.request("POST", "/tests/many", json.dumps(order))
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.status != 200:
        raise RuntimeError(text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
