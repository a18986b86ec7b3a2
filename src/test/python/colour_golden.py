#!/usr/bin/env python3
"""Makes src/test/resources/golden/09_colours.safetensors: what torchvision's adjust_brightness, _contrast, _saturation and _hue make of an
image of Pillow's, as its detection references call them, one after the other.

    python3 src/test/python/colour_golden.py OUT.safetensors

Each case is a list of steps in the metadata; the image is stored once, as is what becomes of it. For hue and saturation the metadata also has
the SHA-256 of what becomes of all 2^24 colours, red slowest, so that no colour goes untested.
"""
import hashlib
import json
import struct
import sys

import numpy as np
import PIL
import torchvision
from PIL import Image
from torchvision.transforms import functional as F

HEIGHT, WIDTH = 24, 32
CASES = [
    [["brightness", 0.875]],
    [["brightness", 1.125]],
    [["contrast", 0.5]],
    [["contrast", 1.4731]],
    [["saturation", 0.5]],
    [["saturation", 0.0]],
    [["saturation", 1.5]],
    [["hue", -0.05]],
    [["hue", 0.05]],
    [["hue", 0.0039]],
    [["hue", 0.0]],
    [["brightness", 1.1], ["contrast", 0.7], ["saturation", 1.3], ["hue", 0.031]],
    [["brightness", 0.9], ["saturation", 1.45], ["hue", -0.044], ["contrast", 1.41]],
    [["contrast", 1.2], ["saturation", 0.61], ["hue", 0.017], ["shuffle", [2, 0, 1]]],
    [["saturation", 0.8], ["hue", 0.05], ["contrast", 0.55], ["shuffle", [1, 0, 2]]],
]
ALL_COLOURS = [[["hue", -0.05]], [["hue", 0.0]], [["hue", 0.033]], [["saturation", 0.77]], [["saturation", 1.37]]]


def image():
    """Noise, with a strip of greys and one of whole colours."""
    rng = np.random.default_rng(9)
    pixels = rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    pixels[0] = np.linspace(0, 255, WIDTH, dtype=np.uint8)[:, None]
    corners = np.array([[r, g, b] for r in (0, 255) for g in (0, 255) for b in (0, 255)], dtype=np.uint8)
    pixels[1] = np.resize(corners, (WIDTH, 3))
    # Duller towards the bottom, so that factors above 1 do not always saturate.
    dull = np.linspace(1, 0.2, HEIGHT - 2)[:, None, None]
    pixels[2:] = (128 + (pixels[2:].astype(float) - 128) * dull).astype(np.uint8)
    return Image.fromarray(pixels, "RGB")


def all_colours():
    levels = np.arange(256, dtype=np.uint8)
    grid = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), -1)
    return Image.fromarray(grid.reshape(4096, 4096, 3), "RGB")


def step(picture, kind, amount):
    if kind == "shuffle":
        return Image.fromarray(np.ascontiguousarray(np.asarray(picture)[..., amount]), "RGB")
    return getattr(F, "adjust_" + kind)(picture, amount)


def run(picture, steps):
    for kind, amount in steps:
        picture = step(picture, kind, amount)
    return np.asarray(picture)


def write(path, tensors, metadata):
    header, blobs, at = {"__metadata__": metadata}, [], 0
    for name, value in tensors.items():
        blob = np.ascontiguousarray(value).tobytes()
        header[name] = {"dtype": "U8", "shape": list(value.shape), "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def main():
    picture, colours = image(), all_colours()
    tensors = {"image": np.asarray(picture)}
    for i, steps in enumerate(CASES):
        tensors["result.%d" % i] = run(picture, steps)
    hashes = [{"steps": steps, "sha256": hashlib.sha256(run(colours, steps).tobytes()).hexdigest()} for steps in ALL_COLOURS]
    metadata = {
        "cases": json.dumps([{"name": "result.%d" % i, "steps": steps} for i, steps in enumerate(CASES)]),
        "all_colours": json.dumps(hashes),
        "note": "steps of torchvision %s on images of Pillow %s; the hue's amount is a part of the circle, a shuffle names the channel each"
        " output channel is taken from" % (torchvision.__version__, PIL.__version__),
    }
    write(sys.argv[1], tensors, metadata)


if __name__ == "__main__":
    main()
