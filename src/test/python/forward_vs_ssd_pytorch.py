"""ssd.pytorch's SSD300 with random weights: MultiBox against PyTorch: python3 forward_vs_ssd_pytorch.py [MULTIBOX...]

MULTIBOX is the command to run, `./multibox` unless named. The network is built here from the layers of the paper, with ssd.pytorch's names;
its weights are written by torch.save, go through `multibox convert --from` and are run by `multibox forward`. Prints the largest difference
of each output beside the output's largest value, and ends with 1 where it is more than 1e-4 of that.
"""

import json
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy
import torch
from torch import nn

PRIORS = [4, 6, 6, 6, 4, 4]
TOLERANCE = 1e-4


class SsdPyTorch(nn.Module):
    """ssd.pytorch's SSD300, whose modules are numbered as they run."""

    classes = 21

    def __init__(self):
        super().__init__()
        layers, channels = [], 3
        for width in [64, 64, "M", 128, 128, "M", 256, 256, 256, "C", 512, 512, 512, "M", 512, 512, 512]:
            if isinstance(width, str):
                layers.append(nn.MaxPool2d(2, 2, ceil_mode=width == "C"))
            else:
                layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
                channels = width
        layers += [nn.MaxPool2d(3, 1, 1), nn.Conv2d(512, 1024, 3, padding=6, dilation=6), nn.ReLU()]
        layers += [nn.Conv2d(1024, 1024, 1), nn.ReLU()]
        self.vgg = nn.ModuleList(layers)
        self.L2Norm = nn.Module()
        self.L2Norm.weight = nn.Parameter(torch.rand(512) * 10 + 15)
        self.extras = nn.ModuleList(
            [
                nn.Conv2d(1024, 256, 1),
                nn.Conv2d(256, 512, 3, stride=2, padding=1),
                nn.Conv2d(512, 128, 1),
                nn.Conv2d(128, 256, 3, stride=2, padding=1),
                nn.Conv2d(256, 128, 1),
                nn.Conv2d(128, 256, 3),
                nn.Conv2d(256, 128, 1),
                nn.Conv2d(128, 256, 3),
            ]
        )
        channels = [512, 1024, 512, 256, 256, 256]
        self.loc = nn.ModuleList(nn.Conv2d(c, 4 * a, 3, padding=1) for c, a in zip(channels, PRIORS))
        self.conf = nn.ModuleList(nn.Conv2d(c, self.classes * a, 3, padding=1) for c, a in zip(channels, PRIORS))

    def forward(self, x):
        maps = []
        for i, layer in enumerate(self.vgg):
            x = layer(x)
            if i == 22:  # behind conv4_3's ReLU
                norm = x.pow(2).sum(1, keepdim=True).sqrt() + 1e-10
                maps.append(x / norm * self.L2Norm.weight[None, :, None, None])
        maps.append(x)
        for i, layer in enumerate(self.extras):
            x = layer(x).relu()
            if i % 2 == 1:
                maps.append(x)
        return by_prior(self.conf, maps, self.classes), by_prior(self.loc, maps, 4)


def by_prior(heads, maps, values):
    """[N, P, values], ordered by level, row, column and shape."""
    levels = []
    for head, x, priors in zip(heads, maps, PRIORS):
        y = head(x)
        n, _, h, w = y.shape
        levels.append(y.view(n, priors, values, h, w).permute(0, 3, 4, 1, 2).reshape(n, -1, values))
    return torch.cat(levels, 1)


def write_image(file, images):
    raw = numpy.ascontiguousarray(images.permute(0, 2, 3, 1).numpy()).tobytes()
    n, c, h, w = images.shape
    header = json.dumps({"image": {"dtype": "F32", "shape": [n, h, w, c], "data_offsets": [0, len(raw)]}}).encode()
    file.write_bytes(struct.pack("<Q", len(header)) + header + raw)


def read_outputs(file):
    content = file.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + length])
    outputs = {}
    for name in ("class_logits", "box_offsets"):
        begin, end = (8 + length + offset for offset in header[name]["data_offsets"])
        outputs[name] = torch.from_numpy(numpy.frombuffer(content[begin:end], dtype="<f4").reshape(header[name]["shape"]).copy())
    return outputs


def main():
    multibox = sys.argv[1:] or ["./multibox"]
    torch.manual_seed(11)
    model = SsdPyTorch().eval()
    images = torch.rand(2, 3, 300, 300) * 255 - 115
    with torch.no_grad():
        expected = dict(zip(("class_logits", "box_offsets"), model(images)))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        weights, ours, image, outputs = (folder / file for file in ("in.pth", "ours.safetensors", "x.safetensors", "y.safetensors"))
        torch.save({"module." + key: value for key, value in model.state_dict().items()}, weights, _use_new_zipfile_serialization=False)
        write_image(image, images)
        subprocess.run(multibox + ["convert", "--from", "ssd.pytorch", str(weights), str(ours)], check=True)
        subprocess.run(multibox + ["forward", "--weights", str(ours), "--input", str(image), "--output", str(outputs)], check=True)
        found = read_outputs(outputs)
    fits = True
    for name, wanted in expected.items():
        largest = wanted.abs().max().item()
        difference = (found[name] - wanted).abs().max().item()
        print(f"{name:13} {difference:.2e} of {largest:.2e}")
        fits = fits and difference <= TOLERANCE * largest
    sys.exit(0 if fits else 1)


main()
