"""Writes one value by each protocol of Python's pickle, as protocol2.pickle to protocol5.pickle in this folder."""

import collections
import pathlib
import pickle

value = {
    "one": 1,
    "negative": -5,
    "word": 40000,
    "long": 1 << 40,
    "huge": -(1 << 100),
    "half": 0.5,
    "pair": (1, 2),
    "triple": (1, 2, 3),
    "list": [1, "x", []],
    "none": None,
    "yes": True,
    "no": False,
    "text": "ü" * 200,
    "ordered": collections.OrderedDict([("k", 1), ("l", "a")]),
    "counter": collections.Counter([7, 7]),
}
value["again"] = value["list"]
for protocol in range(2, 6):
    file = pathlib.Path(__file__).with_name(f"protocol{protocol}.pickle")
    file.write_bytes(pickle.dumps(value, protocol))
