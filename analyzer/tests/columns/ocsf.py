"""Holds records against the schema as it is published.

In: the version of the schema and a file of JSON lines. Out: what is wrong, and how many records and faults there are.
"""

import json
import sys

import jsonschema
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

version, lines = sys.argv[1:]
schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=version))
validators = {}
records = faults = 0
for line in open(lines):
    record = json.loads(line)
    records += 1
    key = (record["class_uid"], *record["metadata"]["profiles"])
    if key not in validators:
        name = schema.lookup_class_name_from_uid(record["class_uid"])
        of_class = schema.get_class_schema(name, list(key[1:]))
        validators[key] = jsonschema.Draft202012Validator(of_class)
    for error in validators[key].iter_errors(record):
        faults += 1
        print("/".join(map(str, error.absolute_path)), error.message, file=sys.stderr)
print(f"{records} records, {faults} faults")
