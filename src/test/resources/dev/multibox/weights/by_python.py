"""Writes by_python.safetensors with nothing but struct: one tensor of each type the format has in common with us."""
import json
import struct

DATA = [
    ("doubles", "F64", [2], struct.pack("<2d", 0.1, -1e300)),
    ("empty", "F32", [0, 3], b""),
    ("floats", "F32", [2, 3], struct.pack("<6f", 1, -2, 3.5, 0, 1e-30, 65504)),
    ("halves", "F16", [3], struct.pack("<3e", 1, -0.5, 65504)),
    ("brains", "BF16", [2], struct.pack("<2H", 0x3F80, 0xC000)),
    ("longs", "I64", [], struct.pack("<q", -(2**62))),
    ("ints", "I32", [2], struct.pack("<2i", 7, -7)),
    ("shorts", "I16", [1, 2], struct.pack("<2h", 300, -300)),
    ("bytes", "I8", [3], struct.pack("<3b", 1, -1, 127)),
    ("unsigned", "U8", [3], bytes([0, 128, 255])),
    ("flags", "BOOL", [2], bytes([1, 0])),
]

header, data = {"__metadata__": {"format": "pt", "note": "größe \"quoted\""}}, b""
for name, dtype, shape, raw in DATA:
    header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
    data += raw
text = json.dumps(header).encode()
with open("by_python.safetensors", "wb") as out:
    out.write(struct.pack("<Q", len(text)) + text + data)
