"""AWS on loopback: a moto server on a free port, told on standard output, that ends when standard input does.

An access key of twelve digits is the number of the account that it belongs to, so that tests share a server and see
nothing of each other. Answers are moto's, but for one that AWS gives otherwise; what moto looks up anew at each request,
although it never changes, is remembered here, since that is most of the time of a small call, and would hide the time
of the clients.
"""

import functools
import logging
import re
import sys
import threading

from moto.core import responses
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend
from moto.server import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

KEY_OF_ACCOUNT = re.compile(r"Credential=(\d{12})/")


class Dispatcher(DomainDispatcherApplication):
    """moto's own, which looks through its folders for the service, twice at each request and under one lock."""

    get_backend_for_host = functools.cache(DomainDispatcherApplication.get_backend_for_host)


# At each request, too, moto lists the methods of the service's class.
responses.method_names_from_class = functools.cache(responses.method_names_from_class)


paged = ResourceGroupsTaggingAPIBackend.get_resources


def whole(self, **asked):
    """The tags of a list of ARNs, whole: AWS has no pages there, and who asks reads no further than moto's first."""
    if asked["resource_arn_list"]:
        asked |= {"resources_per_page": sys.maxsize, "tags_per_page": sys.maxsize}
    return paged(self, **asked)


ResourceGroupsTaggingAPIBackend.get_resources = whole


class Accounts:
    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        found = KEY_OF_ACCOUNT.search(environ.get("HTTP_AUTHORIZATION", ""))
        if found:
            environ["HTTP_X_MOTO_ACCOUNT_ID"] = found.group(1)
        return self.application(environ, start_response)


def main():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = Accounts(Dispatcher(create_backend_app))
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
