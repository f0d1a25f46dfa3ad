"""What a tap would write: python make_singer_input.py OUT.jsonl ROWS"""

import json
import sys

out, rows = sys.argv[1], int(sys.argv[2])
SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "email": {"type": ["null", "string"]},
        "name": {"type": ["null", "string"]},
        "amount": {"type": ["null", "number"]},
        "is_active": {"type": ["null", "boolean"]},
        "address": {"type": ["null", "object"], "properties": {}},
        "created_at": {"type": ["null", "string"], "format": "date-time"},
        "updated_at": {"type": ["null", "string"], "format": "date-time"},
    },
}
with open(out, "w") as lines:
    lines.write(json.dumps({"type": "SCHEMA", "stream": "users", "schema": SCHEMA, "key_properties": ["id"]}) + "\n")
    for number in range(rows):
        second = number % 86400
        time = f"2026-01-{1 + number // 86400 % 28:02}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.000000Z"
        record = {
            "id": number,
            "email": f"person{number}@mail{number % 97}.example",
            "name": f"Person {number % 5003} of {number % 31}",
            "amount": number % 100000 / 100,
            "is_active": number % 3 != 0,
            "address": {"city": f"City {number % 211}", "lines": [number % 500, "street"]},
            "created_at": time,
            "updated_at": time,
        }
        lines.write(json.dumps({"type": "RECORD", "stream": "users", "record": record, "time_extracted": time}) + "\n")
        if number % 10000 == 9999:
            lines.write(json.dumps({"type": "STATE", "value": {"bookmarks": {"users": {"id": number}}}}) + "\n")
