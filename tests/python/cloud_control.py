"""The Cloud Control API, which moto does not have, on moto's backends and on a store of its own.

A type that moto has is read from moto's memory and deleted there. Any other type lives in the store: `CreateResource`
puts it there, with the identifier and the properties that its CloudFormation resource schema has.

Requests are asynchronous, as AWS's: a delete answers with a token and takes effect after a moment. Until then, the
status is IN_PROGRESS and a second request about the same resource is refused. Source: the API reference of Cloud
Control, and the error that it gives for a repository with images
(github.com/aws-cloudformation/cloudformation-coverage-roadmap, issue 2046).
"""

import collections
import functools
import io
import itertools
import json
import re
import threading
import time
import urllib.parse
import uuid

from moto.core.resource_tagging import TaggedResource, make_tag_matcher, match_resource_type
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend

import cloud_control_types
import schemas

CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/")
TARGET = "CloudApiService."
# How long a request takes, in seconds.
DURATION = 0.02


class Refusal(Exception):
    """An exception of the API."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Failure(Exception):
    """What a handler reports about a request that fails."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Store:
    """The resources of types that moto does not have, by account, region, type and identifier."""

    def __init__(self):
        self.resources = {}
        self.numbers = itertools.count(1)

    def of(self, account, region, type_name):
        return self.resources.setdefault((account, region, type_name), {})

    def create(self, account, region, type_name, desired):
        schema = schemas.schema(type_name)
        unknown = set(desired) - set(schema["properties"])
        if unknown:
            raise Refusal("InvalidRequestException", f"{type_name} has no properties {sorted(unknown)}")
        number = f"{next(self.numbers):017x}"
        place = {"region": region, "account": account, "number": number}
        properties = dict(desired)
        for name, value in cloud_control_types.READ_ONLY.get(type_name, {}).items():
            properties[name] = value.format(**place, **{key: one for key, one in properties.items() if "/" not in key})
        identifier = cloud_control_types.identifier_of(type_name, properties)
        if identifier in self.of(account, region, type_name):
            raise Refusal("AlreadyExistsException", f"{identifier} exists")
        self.of(account, region, type_name)[identifier] = properties
        return identifier


def returned(type_name, properties):
    """The properties without those that the API only accepts."""
    write_only = {pointer.split("/")[2] for pointer in schemas.schema(type_name).get("writeOnlyProperties", [])
                  if pointer.count("/") == 2}
    return {name: value for name, value in properties.items() if name not in write_only}


class CloudControl:
    """Answers the calls of Cloud Control, and adds its resources to the answers of the tagging API."""

    def __init__(self, application):
        self.application = application
        # The server's own address, by which it calls moto.
        self.endpoint = None
        self.store = Store()
        self.requests = {}
        # The requests in progress, in order, and by resource.
        self.queue, self.busy = collections.deque(), set()
        # What moto has of each type and place, by account and service, until something changes.
        self.listings = {}
        self.lock = threading.RLock()
        self.extend_tagging()

    def __call__(self, environ, start_response):
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        signed = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        if not target.startswith(TARGET) or not signed:
            reads = not signed or only_reads(environ)
            try:
                return self.application(environ, start_response)
            finally:
                if not reads:
                    self.listings.pop((signed[1], signed[3]), None)
        arguments = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or "{}")
        status, headers = "200 OK", [("content-type", "application/x-amz-json-1.0")]
        try:
            with self.lock:
                self.finish_due()
                answer = getattr(self, target.removeprefix(TARGET))(signed[1], signed[2], **arguments)
        except Refusal as refusal:
            status = "400 Bad Request"
            headers.append(("x-amzn-errortype", refusal.code))
            answer = {"__type": f"com.amazonaws.cloudapiservice#{refusal.code}", "Message": str(refusal)}
        body = json.dumps(answer, default=str).encode()
        start_response(status, [*headers, ("content-length", str(len(body)))])
        return [body]

    # The calls.

    def GetResource(self, account, region, TypeName, Identifier, **_):
        properties = self.found(account, region, TypeName, Identifier)
        if properties is None:
            message = f"Resource of type '{TypeName}' with identifier '{Identifier}' was not found."
            raise Refusal("ResourceNotFoundException", message)
        return {"TypeName": TypeName, "ResourceDescription": description(TypeName, Identifier, properties)}

    def ListResources(self, account, region, TypeName, ResourceModel="{}", **_):
        model = json.loads(ResourceModel)
        found = [
            description(TypeName, identifier, properties)
            for identifier, properties in self.all(account, region, TypeName)
            if all(properties.get(name) == value for name, value in model.items())
        ]
        return {"TypeName": TypeName, "ResourceDescriptions": found}

    def CreateResource(self, account, region, TypeName, DesiredState, **_):
        self.known(TypeName)
        identifier = self.store.create(account, place_of(TypeName, region), TypeName, json.loads(DesiredState))
        return {"ProgressEvent": self.begin("CREATE", account, region, TypeName, identifier, lambda: None)}

    def UpdateResource(self, account, region, TypeName, Identifier, PatchDocument, **_):
        patch = json.loads(PatchDocument)

        def update():
            properties = self.found(account, region, TypeName, Identifier)
            if properties is None:
                raise Failure("NotFound", f"{Identifier} does not exist")
            kind = cloud_control_types.KINDS.get(TypeName)
            for step in patch:
                if kind:
                    kind.update(self.client(kind, account, TypeName, region), properties, step)
                else:
                    *above, name = step["path"].strip("/").split("/")
                    target = properties
                    for part in above:
                        target = target[part]
                    target[name] = step["value"]

        return {"ProgressEvent": self.begin("UPDATE", account, region, TypeName, Identifier, update)}

    def DeleteResource(self, account, region, TypeName, Identifier, **_):
        def delete():
            properties = self.found(account, region, TypeName, Identifier)
            if properties is None:
                raise Failure("NotFound", f"{Identifier} does not exist")
            kind = cloud_control_types.KINDS.get(TypeName)
            if kind:
                try:
                    kind.remove(self.client(kind, account, TypeName, region), properties)
                except cloud_control_types.REFUSED as refused:
                    raise Failure("GeneralServiceException", refused.response["Error"]["Message"]) from None
            else:
                cloud_control_types.refuse_used(self, account, region, TypeName, Identifier, Failure)
                del self.store.of(account, place_of(TypeName, region), TypeName)[Identifier]

        return {"ProgressEvent": self.begin("DELETE", account, region, TypeName, Identifier, delete)}

    def GetResourceRequestStatus(self, account, region, RequestToken):
        request = self.requests.get((account, RequestToken))
        if request is None:
            raise Refusal("RequestTokenNotFoundException", f"Request with token {RequestToken} was not found")
        return {"ProgressEvent": request["event"]}

    # The parts of the calls.

    def known(self, type_name):
        schema = schemas.schema(type_name)
        if schema is None:
            raise Refusal("TypeNotFoundException", f"The type '{type_name}' cannot be found.")
        if "read" not in schema.get("handlers", {}):
            raise Refusal("UnsupportedActionException", f"Resource type {type_name} does not support READ action")

    def found(self, account, region, type_name, identifier):
        self.known(type_name)
        kind = cloud_control_types.KINDS.get(type_name)
        if kind is None:
            return self.store.of(account, place_of(type_name, region), type_name).get(identifier)
        if not kind.is_used(account, place_of(type_name, region)):
            return None
        found = self.listing(kind, account, type_name, region)
        return next((one for one in found if cloud_control_types.identifier_of(type_name, one) == identifier), None)

    def listing(self, kind, account, type_name, region):
        """What moto has of a type in a place. Asking takes a call or more for each resource."""
        client = self.client(kind, account, type_name, region)
        listings = self.listings.setdefault((account, client.meta.service_model.signing_name), {})
        place = (type_name, place_of(type_name, region))
        # A change that comes in between removes these listings, so what it makes stale is not kept.
        if place not in listings:
            listings[place] = kind.all(client)
        return listings[place]

    @functools.cache
    def client(self, kind, account, type_name, region):
        return cloud_control_types.client(kind.service, place_of(type_name, region), self.endpoint, account)

    def all(self, account, region, type_name):
        self.known(type_name)
        kind = cloud_control_types.KINDS.get(type_name)
        if kind is None:
            return list(self.store.of(account, place_of(type_name, region), type_name).items())
        found = self.listing(kind, account, type_name, region)
        return [(cloud_control_types.identifier_of(type_name, one), one) for one in found]

    def begin(self, operation, account, region, type_name, identifier, effect):
        self.known(type_name)
        about = (account, region, type_name, identifier)
        if about in self.busy:
            message = f"Another operation is in progress on resource {identifier}"
            raise Refusal("ConcurrentOperationException", message)
        token = str(uuid.uuid4())
        event = {
            "TypeName": type_name, "Identifier": identifier, "RequestToken": token, "Operation": operation,
            "OperationStatus": "IN_PROGRESS", "EventTime": time.time(),
        }
        request = {"event": event, "effect": effect, "due": time.monotonic() + DURATION, "about": about}
        self.requests[account, token] = request
        self.queue.append(request)
        self.busy.add(about)
        return dict(event)

    def finish_due(self):
        """Lets the requests take effect whose time has come."""
        while self.queue and self.queue[0]["due"] <= time.monotonic():
            request = self.queue.popleft()
            self.busy.discard(request["about"])
            event = request["event"]
            try:
                request["effect"]()
                event["OperationStatus"] = "SUCCESS"
            except Failure as failure:
                event |= {"OperationStatus": "FAILED", "ErrorCode": failure.code, "StatusMessage": str(failure)}

    # The tagging API.

    def tagged(self, account, region):
        """The resources with tags in a place: of all types in the store, and of moto's types that it does not list."""
        for (owner, place, type_name), resources in list(self.store.resources.items()):
            if (owner, place) != (account, region):
                continue
            for properties in list(resources.values()):
                arn = cloud_control_types.arn_of(type_name, account, region, properties)
                if arn:
                    yield arn, tags_of(type_name, properties)
        for type_name, kind in cloud_control_types.KINDS.items():
            if place_of(type_name, region) != region or not kind.is_used(account, region):
                continue
            for properties in self.listing(kind, account, type_name, region):
                arn = cloud_control_types.arn_of(type_name, account, region, properties)
                if arn:
                    yield arn, tags_of(type_name, properties)

    def extend_tagging(self):
        moto = ResourceGroupsTaggingAPIBackend._get_resources_generator

        def generator(backend, tag_filters=None, resource_type_filters=None, resource_arn_list=None):
            found = moto(backend, tag_filters, resource_type_filters, resource_arn_list)
            listed = set()
            for resource in found:
                # AWS lists the resources without a region in one region only.
                _, _, service, region, *_ = resource.arn.split(":")
                if not region and service != "s3" and backend.region_name != "us-east-1":
                    continue
                listed.add(resource.arn)
                yield resource
            matches = make_tag_matcher(tag_filters)
            with self.lock:
                own = list(self.tagged(backend.account_id, backend.region_name))
            for arn, tags in own:
                service = arn.split(":")[2]
                resource = TaggedResource(arn=arn, tags=tags, resource_type=service)
                wanted = not resource_arn_list or arn in resource_arn_list
                fits = match_resource_type(service, resource_type_filters) and matches(tags)
                if tags and arn not in listed and wanted and fits:
                    yield resource

        ResourceGroupsTaggingAPIBackend._get_resources_generator = generator


def only_reads(environ):
    """Whether a call of any service changes nothing, as far as its protocol tells."""
    if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
        return True
    call = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    if "urlencoded" in environ.get("CONTENT_TYPE", ""):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        call = (urllib.parse.parse_qs(body.decode()).get("Action") or [""])[0]
    return call.startswith(("BatchGet", "Describe", "Get", "List", "Lookup"))


def place_of(type_name, region):
    """The region whose resources these are: those of a service without regions are in one place."""
    return "us-east-1" if type_name in cloud_control_types.GLOBAL else region


def description(type_name, identifier, properties):
    return {"Identifier": identifier, "Properties": json.dumps(returned(type_name, properties), default=str)}


def tags_of(type_name, properties):
    pointer = schemas.schema(type_name).get("tagging", {}).get("tagProperty")
    tags = properties.get(pointer.split("/")[-1]) if pointer else None
    if isinstance(tags, dict):
        return dict(tags)
    return {tag.get("Key", tag.get("TagKey")): tag.get("Value", tag.get("TagValue")) for tag in tags or []}
