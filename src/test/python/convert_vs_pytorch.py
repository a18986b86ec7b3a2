"""Converts weights that PyTorch saved, and compares what `forward` computes with PyTorch: python3 convert_vs_pytorch.py [MULTIBOX...]

MULTIBOX is the command to run, `./multibox` unless named. torchvision's SSD300 is torchvision's own; those of NVIDIA and of ssd.pytorch
are built here from the layers of their papers and pages, with the names and the order of outputs that their projects have. All weights
are random, batch norm's statistics too. Prints the largest difference of each output beside the output's largest value, and fails where
it is more than 1e-4 of that.
"""

import json
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy
import torch
import torchvision
from torch import nn

PRIORS = [4, 6, 6, 6, 4, 4]
TOLERANCE = 1e-4


class Nvidia(nn.Module):
    """SSD300 v1.1: ResNet-50 whose third group keeps its resolution, and heads with the value before the prior."""

    classes = 81

    def __init__(self):
        super().__init__()
        resnet = torchvision.models.resnet50(weights=None)
        first = resnet.layer3[0]
        first.conv1.stride = first.conv2.stride = first.downsample[0].stride = (1, 1)
        parts = [resnet.conv1, resnet.bn1, resnet.relu, resnet.maxpool, resnet.layer1, resnet.layer2, resnet.layer3]
        self.feature_extractor = nn.Module()
        self.feature_extractor.feature_extractor = nn.Sequential(*parts)
        channels = [1024, 512, 512, 256, 256, 256]
        middle = [256, 256, 128, 128, 128]
        self.additional_blocks = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(channels[i], middle[i], 1, bias=False),
                nn.BatchNorm2d(middle[i]),
                nn.ReLU(),
                nn.Conv2d(middle[i], channels[i + 1], 3, stride=2 if i < 3 else 1, padding=1 if i < 3 else 0, bias=False),
                nn.BatchNorm2d(channels[i + 1]),
                nn.ReLU(),
            )
            for i in range(5)
        )
        self.loc = nn.ModuleList(nn.Conv2d(c, 4 * a, 3, padding=1) for c, a in zip(channels, PRIORS))
        self.conf = nn.ModuleList(nn.Conv2d(c, self.classes * a, 3, padding=1) for c, a in zip(channels, PRIORS))

    def forward(self, x):
        maps = [self.feature_extractor.feature_extractor(x)]
        for block in self.additional_blocks:
            maps.append(block(maps[-1]))
        return by_prior(self.conf, maps, self.classes, False), by_prior(self.loc, maps, 4, False)


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
        return by_prior(self.conf, maps, self.classes, True), by_prior(self.loc, maps, 4, True)


class Torchvision(nn.Module):
    classes = 91

    def __init__(self):
        super().__init__()
        self.ssd = torchvision.models.detection.ssd300_vgg16(weights=None, weights_backbone=None)

    def state_dict(self):
        return self.ssd.state_dict()

    def forward(self, x):
        outputs = self.ssd.head(list(self.ssd.backbone(x).values()))
        return outputs["cls_logits"], outputs["bbox_regression"]


def by_prior(heads, maps, values, prior_first):
    """[N, P, values], ordered by level, row, column and shape."""
    levels = []
    for head, x, priors in zip(heads, maps, PRIORS):
        y = head(x)
        n, _, h, w = y.shape
        y = y.view(n, priors, values, h, w) if prior_first else y.view(n, values, priors, h, w).transpose(1, 2)
        levels.append(y.permute(0, 3, 4, 1, 2).reshape(n, -1, values))
    return torch.cat(levels, 1)


def shake(model):
    """Statistics and shifts that are not 0 and 1, and heads whose outputs are not all alike."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            for values in (module.weight, module.running_var):
                nn.init.uniform_(values, 0.5, 1.5)
            for values in (module.bias, module.running_mean):
                nn.init.uniform_(values, -0.2, 0.2)
        elif isinstance(module, nn.Conv2d) and module.bias is not None:
            nn.init.uniform_(module.bias, -0.1, 0.1)


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


def compare(multibox, folder, project, model, images):
    shake(model)
    model.eval()
    weights, ours, image, outputs = (folder / name for name in ("in.pth", "ours.safetensors", "x.safetensors", "y.safetensors"))
    torch.save({"model": {"module." + name: value for name, value in model.state_dict().items()}, "epoch": 3}, weights)
    write_image(image, images)
    subprocess.run(multibox + ["convert", "--from", project, str(weights), str(ours)], check=True)
    subprocess.run(multibox + ["forward", "--weights", str(ours), "--input", str(image), "--output", str(outputs)], check=True)
    with torch.no_grad():
        expected = dict(zip(("class_logits", "box_offsets"), model(images)))
    found = read_outputs(outputs)
    fits = True
    for name, wanted in expected.items():
        largest = wanted.abs().max().item()
        difference = (found[name] - wanted).abs().max().item()
        print(f"{project:12} {name:13} {difference:.2e} of {largest:.2e}")
        fits = fits and difference <= TOLERANCE * largest
    return fits


def main():
    multibox = sys.argv[1:] or ["./multibox"]
    torch.manual_seed(11)
    pixels = torch.rand(2, 3, 300, 300)
    cases = [
        ("torchvision", Torchvision(), pixels * 255 - 115),
        ("nvidia", Nvidia(), pixels * 4 - 2),
        ("ssd.pytorch", SsdPyTorch(), pixels * 255 - 115),
    ]
    with tempfile.TemporaryDirectory() as folder:
        fits = [compare(multibox, pathlib.Path(folder), *case) for case in cases]
    sys.exit(0 if all(fits) else 1)


main()
