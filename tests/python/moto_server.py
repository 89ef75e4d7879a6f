"""AWS on loopback: a moto server on a free port. It prints the port and ends when standard input closes.

An access key of twelve digits is an account number, so that tests can share one server without seeing each other's
resources. The answers are moto's, with three exceptions: requests in Smithy's RPC v2 CBOR protocol are translated, a
list of tags by ARN has no pages, and lookups that never change are cached, because they take most of the time of a
small call and would hide the time of the clients. The Cloud Control API, which moto does not have, is in
cloud_control.py.
"""

import functools
import gzip
import io
import json
import logging
import os
import re
import sys
import threading
from urllib.parse import urlencode

import botocore.session
from botocore import parsers, serialize
from moto.core import responses
from moto.ec2.models import ec2_backends
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend
from moto.server import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.sns.models import sns_backends
from werkzeug.serving import make_server
from werkzeug.test import run_wsgi_app

from cloud_control import CloudControl
from cloud_control_types import STORED

# Access key, region and service of a signed request.
CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/")
EMPTY_MAP = b"\xa0"
CBOR_PATH = re.compile(r"/service/[^/]+/operation/([^/]+)$")


class Dispatcher(DomainDispatcherApplication):
    """moto's own dispatcher searches its folders for the service, twice for each request and under one lock."""

    get_backend_for_host = functools.cache(DomainDispatcherApplication.get_backend_for_host)


# moto also lists the methods of the service's class for each request.
responses.method_names_from_class = functools.cache(responses.method_names_from_class)


get_page_of_resources = ResourceGroupsTaggingAPIBackend.get_resources


def get_resources(self, **parameters):
    """AWS answers a list of ARNs in one page, so clients read only the first one."""
    if parameters["resource_arn_list"]:
        parameters |= {"resources_per_page": sys.maxsize, "tags_per_page": sys.maxsize}
    return get_page_of_resources(self, **parameters)


ResourceGroupsTaggingAPIBackend.get_resources = get_resources


class Accounts:
    """Tells moto the account of each request: its access key, where that is twelve digits."""

    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        signed = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        if signed and re.fullmatch(r"\d{12}", signed[1]):
            environ["HTTP_X_MOTO_ACCOUNT_ID"] = signed[1]
        return self.application(environ, start_response)


class Transactions:
    """Handles one request of DynamoDB at a time: moto checks the conditions of a transaction and writes it in two steps,
    but DynamoDB does both at once."""

    def __init__(self, application):
        self.application = application
        self.lock = threading.Lock()

    def __call__(self, environ, start_response):
        if not environ.get("HTTP_X_AMZ_TARGET", "").startswith("DynamoDB_"):
            return self.application(environ, start_response)
        with self.lock:
            return list(self.application(environ, start_response))


class Cbor:
    """Translates Smithy's RPC v2 CBOR into a protocol that moto speaks, and the answer back, from AWS's own models."""

    def __init__(self, application, backend_of_host):
        self.application = application
        self.backend_of_host = backend_of_host
        self.session = botocore.session.get_session()
        self.decoder = parsers.create_parser("smithy-rpc-v2-cbor")
        self.encoder = serialize.create_serializer("smithy-rpc-v2-cbor", include_validation=False)

    def __call__(self, environ, start_response):
        path = CBOR_PATH.match(environ.get("PATH_INFO", ""))
        signed = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        if environ.get("HTTP_SMITHY_PROTOCOL") != "rpc-v2-cbor" or not path or not signed:
            return self.application(environ, start_response)
        operation = self.model(region=signed[2], service=signed[3]).operation_model(path[1])
        protocols = operation.service_model.metadata["protocols"]
        protocol = "query" if "query" in protocols else "json"
        self.rewrite(environ, operation, protocol)
        answered, status, headers = run_wsgi_app(self.application, environ, buffered=True)
        answer = {
            "status_code": int(status.split()[0]),
            "headers": {name.lower(): value for name, value in headers.items()},
            "body": b"".join(answered),
        }
        parsed = parsers.create_parser(protocol).parse(answer, operation.output_shape)
        headers = [("smithy-protocol", "rpc-v2-cbor"), ("content-type", "application/cbor")]
        if "Error" in parsed:
            body = self.error(parsed["Error"], operation, headers)
        else:
            parsed.pop("ResponseMetadata", None)
            body = self.encode(parsed, operation.output_shape) if operation.output_shape else EMPTY_MAP
        start_response(status, [*headers, ("content-length", str(len(body)))])
        return [body]

    @functools.cache
    def model(self, region, service):
        return self.session.get_service_model(self.backend_of_host(f"{service}.{region}.amazonaws.com"))

    def rewrite(self, environ, operation, protocol):
        """Replaces the request by the same call in another protocol."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if environ.pop("HTTP_CONTENT_ENCODING", "") == "gzip":
            body = gzip.decompress(body)
        stream = self.decoder.get_peekable_stream_from_bytes(body or EMPTY_MAP)
        parameters = self.decoder.parse_data_item(stream)
        serializer = serialize.create_serializer(protocol, include_validation=False)
        request = serializer.serialize_to_request(parameters, operation)
        body = request["body"]
        body = urlencode(body).encode() if isinstance(body, dict) else body
        for name in ("HTTP_SMITHY_PROTOCOL", "HTTP_ACCEPT", "RAW_URI", "REQUEST_URI"):
            environ.pop(name, None)
        environ |= {
            "PATH_INFO": "/",
            "CONTENT_TYPE": request["headers"]["Content-Type"],
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
        }
        if "X-Amz-Target" in request["headers"]:
            environ["HTTP_X_AMZ_TARGET"] = request["headers"]["X-Amz-Target"]

    def encode(self, value, shape):
        body = bytearray()
        self.encoder._serialize_data_item(body, value, shape)
        return bytes(body)

    def error(self, error, operation, headers):
        """An error names its shape; a service that once spoke the query protocol adds the code that it had there."""
        code = error["Code"]
        shapes = [*operation.error_shapes, *operation.service_model.error_shapes]
        names = [shape.name for shape in shapes if code in (shape.name, shape.error_code)]
        name = names[0] if names and code not in names else code
        if "awsQueryCompatible" in operation.service_model.metadata:
            headers.append(("x-amzn-query-error", f"{code};{error.get('Type', 'Sender')}"))
        fields = {"__type": name, "message": error.get("Message", "")}
        body = bytearray([0xA0 + len(fields)])
        for field in fields.items():
            for part in field:
                self.encoder._serialize_type_string(body, part, None, None)
        return bytes(body)


class Many:
    """Creates many resources of one stack in moto's memory: as many calls would take longer than the tests."""

    PATH = "/tests/many"

    def __init__(self, application, cloud_control):
        self.application, self.cloud_control = application, cloud_control

    def __call__(self, environ, start_response):
        if environ.get("PATH_INFO") != self.PATH:
            return self.application(environ, start_response)
        order = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        created = [
            {"type": name, "id": id, "region": region}
            for region, kind, count in order["kinds"]
            for name, id in self.create(order["account"], region, kind, count, order["name"], order["tags"])
        ]
        body = json.dumps(created).encode()
        start_response("200 OK", [("content-type", "application/json"), ("content-length", str(len(body)))])
        return [body]

    def create(self, account, region, kind, count, name, tags):
        ec2, sns = ec2_backends[account][region], sns_backends[account][region]
        for number in range(count):
            if kind.startswith("AWS::"):
                desired = STORED[kind](f"{name}-{number}", tags)
                yield kind, self.cloud_control.store.create(account, region, kind, desired)
            elif kind == "volume":
                volume = ec2.create_volume(size=1, zone_name=region + "a", volume_type="gp3")
                volume.add_tags(tags)
                yield "ec2:volume", volume.id
            elif kind == "group":
                group = ec2.create_security_group(f"{name}-{number}", "one of many", tags=tags)
                yield "ec2:security-group", group.id
            else:
                yield "sns:topic", sns.create_topic(f"{name}-{number}", tags=tags).arn


def main():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    dispatcher = Dispatcher(create_backend_app)
    moto = Accounts(Transactions(Cbor(dispatcher, dispatcher.get_backend_for_host)))
    cloud_control = CloudControl(moto)
    application = Many(cloud_control, cloud_control)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler)
    cloud_control.endpoint = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()
    # Connections of the server to itself keep threads.
    os._exit(0)


if __name__ == "__main__":
    main()
