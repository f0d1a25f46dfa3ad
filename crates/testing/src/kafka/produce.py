"""Makes topics and writes messages, as told by lines of JSON: {"topic", "partitions"} or {"to", "partition", "key", "value"},
where "bytes" and "key_bytes" may give what is no text."""
import json
import sys

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

settings = json.loads(sys.argv[1])
producer = Producer({**settings, "linger.ms": 5, "enable.idempotence": False})
admin = AdminClient(settings)
failures = []


def told(error, _message):
    if error is not None:
        failures.append(str(error))


for line in sys.stdin:
    told_to = json.loads(line)
    if "topic" in told_to:
        made = admin.create_topics([NewTopic(told_to["topic"], told_to["partitions"], 1)])
        made[told_to["topic"]].result(20)
        continue
    while True:
        try:
            key, value = told_to["key"], told_to["value"]
            if "bytes" in told_to:
                value = bytes(told_to["bytes"])
            if "key_bytes" in told_to:
                key = bytes(told_to["key_bytes"])
            producer.produce(told_to["to"], key=key, value=value, partition=told_to["partition"], callback=told)
            break
        except BufferError:
            producer.poll(1)
left = producer.flush(30)
if left or failures:
    sys.exit(f"{left} messages were not taken; {failures[:3]}")
