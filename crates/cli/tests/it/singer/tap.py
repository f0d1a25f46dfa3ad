"""A tap whose streams are those of catalog.json and which then does what plan.py says."""
import argparse
import json
import os
import signal
import sys

parser = argparse.ArgumentParser()
parser.add_argument("--config")
parser.add_argument("--catalog")
parser.add_argument("--state")
parser.add_argument("--discover", action="store_true")
arguments = parser.parse_args()

config = json.load(open(arguments.config)) if arguments.config else {}
if arguments.discover:
    sys.stdout.write(open("catalog.json").read())
    sys.exit()
catalog = json.load(open(arguments.catalog)) if arguments.catalog else {"streams": []}
state = json.load(open(arguments.state)) if arguments.state else {}
selected = [entry["tap_stream_id"] for entry in catalog["streams"] if entry.get("selected")]
with open("calls.log", "a") as calls:
    calls.write(json.dumps({"state": state, "selected": selected}) + "\n")


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")


def schema(stream, key=("id",), **properties):
    say(type="SCHEMA", stream=stream, schema={"type": "object", "properties": properties}, key_properties=list(key))


def row(stream, **record):
    say(type="RECORD", stream=stream, record=record)


def mark(**bookmarks):
    say(type="STATE", value={"bookmarks": {stream: {"at": at} for stream, at in bookmarks.items()}})
    sys.stdout.flush()


def at(stream):
    return state.get("bookmarks", {}).get(stream, {}).get("at", 0)


def die(code=1):
    sys.stdout.flush()
    os._exit(code)


INTEGER = {"type": ["null", "integer"]}
TEXT = {"type": ["null", "string"]}
TIME = {"type": ["null", "string"], "format": "date-time"}
exec(compile(open("plan.py").read(), "plan.py", "exec"))
sys.stdout.flush()
