"""A program that sends LSL streams, to be run beside the tests: `python lsl_outlet.py JSON`, until it is killed.

The JSON is a list of streams: name, kind, rate (as told), source_id, labels, units; `sent_hz` when it sends at another
rate, `stamps` "unix" when it stamps by another clock, `values` when it sends events, `text` for markers. Sample n of a
steady stream is n in every channel.
"""

import json
import sys
import time
from typing import Any

import pylsl

pylsl.set_config_content("[multicast]\nResolveScope = machine\n[lab]\nKnownPeers = {127.0.0.1}\n[log]\nlevel = -3\n")


def described(stream: dict[str, Any]) -> pylsl.StreamInfo:
    labels = stream.get("labels", [])
    form = "string" if stream.get("text") else "float32"
    info = pylsl.StreamInfo(
        stream["name"], stream["kind"], max(1, len(labels)), stream["rate"], form, stream.get("source_id", "")
    )
    channels = info.desc().append_child("channels")
    for label, unit in zip(labels, stream.get("units", [""] * len(labels)), strict=True):
        channel = channels.append_child("channel")
        channel.append_child_value("label", label)
        channel.append_child_value("unit", unit)
    return info


class Sent:
    def __init__(self, stream: dict[str, Any]) -> None:
        self.stream = stream
        self.outlet = pylsl.StreamOutlet(described(stream), max_buffered=60)
        self.width = max(1, len(stream.get("labels", [])))
        self.began_s, self.count = pylsl.local_clock(), 0

    def step(self) -> None:
        stream, now_s = self.stream, pylsl.local_clock()
        if stream.get("text"):
            self.outlet.push_sample(["press"])
            return
        rate_hz = stream.get("sent_hz") or stream["rate"] or 2.0
        due = int((now_s - self.began_s) * rate_hz)
        later_s = time.time() - now_s if stream.get("stamps") == "unix" else 0.0
        for count in range(self.count, due):
            value = stream["values"][count % len(stream["values"])] if "values" in stream else float(count)
            self.outlet.push_sample([value] * self.width, self.began_s + count / rate_hz + later_s)
        self.count = due


if __name__ == "__main__":
    streams = [Sent(stream) for stream in json.loads(sys.argv[1])]
    sys.stdout.write("sending\n")
    sys.stdout.flush()
    while True:
        for stream in streams:
            stream.step()
        time.sleep(0.01)
