"""Prints a YAML file as JSON. YAML 1.1 reads the key `on` of a workflow as true."""

import json
import sys

import yaml

with open(sys.argv[1]) as file:
    json.dump(yaml.safe_load(file), sys.stdout)
