#!/usr/bin/env python3
"""SSD300 on VGG-16 and on ResNet-50, and SSDlite, on the CPU: MultiBox against torchvision, in turns on the same cores.

Run on a quiet machine from the repository's root, with a Python that has torchvision, after `mvn package -DskipTests`:

    python3 src/test/python/ssd300_vs_torchvision.py [--rounds 7] [--threads 2] [--warm 8] [--only vgg16-forward-1 ...]

Both sides do the same work. Forward is backbone and heads, of images that are normalised already. A training step prepares the images,
matches the ground truth, runs forward, loss with hard-negative mining and backward, and updates all weights. The ResNet is NVIDIA's, built
here from torchvision's; its PyTorch side is given its targets, which is in its favour. Each side first runs for some seconds that are not
counted, since Java compiles its loops while they run: SSDlite's forward of one image takes three times as long in its first second. Before
each round it takes one run that is not counted. Prints medians in milliseconds and PyTorch's time divided by MultiBox's, in NCHW and in
channels_last.
"""
import argparse
import os
import statistics
import subprocess
import time
import warnings

import torch
import torch.nn.functional as F
import torchvision

import multibox_java

warnings.filterwarnings("ignore")
# What ./multibox sets for Java; a setting of the caller's holds for both sides.
AS_LAUNCHED = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1", "GOMP_SPINCOUNT": "10000"} | os.environ
CASES = [(net, work, batch) for net in ("vgg16", "resnet50", "ssdlite") for work, batch in (("forward", 1), ("forward", 4), ("train", 4))]
MODELS = {"vgg16": ("ssd300-vgg16-torchvision", 91), "resnet50": ("ssd300-resnet50", 81), "ssdlite": ("ssdlite320-mobilenet-v3-large", 91)}
TORCHVISION = {"vgg16": torchvision.models.detection.ssd300_vgg16, "ssdlite": torchvision.models.detection.ssdlite320_mobilenet_v3_large}


class SsdResNet50(torch.nn.Module):
    """NVIDIA's SSD300 v1.1: layer3 with a stride of 1, five extra layers, plain heads."""

    CHANNELS = [1024, 512, 512, 256, 256, 256]
    PRIORS = [4, 6, 6, 6, 4, 4]

    def __init__(self, classes):
        super().__init__()
        net = torchvision.models.resnet50(weights=None)
        for conv in (net.layer3[0].conv1, net.layer3[0].conv2, net.layer3[0].downsample[0]):
            conv.stride = (1, 1)
        self.backbone = torch.nn.Sequential(net.conv1, net.bn1, net.relu, net.maxpool, net.layer1, net.layer2, net.layer3)
        self.extra = torch.nn.ModuleList()
        for i, middle in enumerate([256, 256, 128, 128, 128]):
            stride, pad = (2, 1) if i < 3 else (1, 0)
            self.extra.append(torch.nn.Sequential(
                torch.nn.Conv2d(self.CHANNELS[i], middle, 1, bias=False), torch.nn.BatchNorm2d(middle), torch.nn.ReLU(True),
                torch.nn.Conv2d(middle, self.CHANNELS[i + 1], 3, stride, pad, bias=False),
                torch.nn.BatchNorm2d(self.CHANNELS[i + 1]), torch.nn.ReLU(True)))
        self.loc = torch.nn.ModuleList(torch.nn.Conv2d(c, p * 4, 3, 1, 1) for c, p in zip(self.CHANNELS, self.PRIORS))
        self.conf = torch.nn.ModuleList(torch.nn.Conv2d(c, p * classes, 3, 1, 1) for c, p in zip(self.CHANNELS, self.PRIORS))
        self.classes = classes

    def forward(self, x):
        maps = [self.backbone(x)]
        for extra in self.extra:
            maps.append(extra(maps[-1]))
        n = x.shape[0]
        loc = torch.cat([head(m).reshape(n, 4, -1) for head, m in zip(self.loc, maps)], 2)
        conf = torch.cat([head(m).reshape(n, self.classes, -1) for head, m in zip(self.conf, maps)], 2)
        return loc, conf


def nvidia_loss(loc, conf, offsets, labels):
    positive = labels > 0
    count = positive.sum(1)
    box = (F.smooth_l1_loss(loc, offsets, reduction="none").sum(1) * positive).sum(1)
    ce = F.cross_entropy(conf, labels, reduction="none")
    rank = ce.detach().masked_fill(positive, 0).sort(1, descending=True)[1].sort(1)[1]
    negative = rank < (3 * count).clamp(max=labels.shape[1])[:, None]
    total = box + (ce * (positive.float() + negative.float())).sum(1)
    return (total * (count > 0) / count.clamp(min=1)).mean()


class Torch:
    def __init__(self, net, work, batch, layout):
        torch.manual_seed(0)
        classes = MODELS[net][1]
        make = TORCHVISION.get(net)
        side = 320 if net == "ssdlite" else 300
        model = make(weights=None, weights_backbone=None) if make else SsdResNet50(classes)
        self.model = model.to(memory_format=layout)
        self.images = torch.rand(batch, 3, side, side).contiguous(memory_format=layout)
        if work == "forward":
            self.model.eval()
            self.step = self.forward_torchvision if make else self.forward_resnet
            return
        self.model.train()
        self.optimizer = torch.optim.SGD(model.parameters(), lr=1e-6, momentum=0.9, weight_decay=5e-4)
        if make:
            box = torch.tensor([[2.0, 3.0, 150.0, 150.0]])
            self.targets = [{"boxes": box, "labels": torch.tensor([1])} for _ in range(batch)]
            self.step = self.train_torchvision
        else:
            self.labels = torch.randint(1, classes, (batch, 8732)) * (torch.rand(batch, 8732) < 0.002)
            self.offsets = torch.randn(batch, 4, 8732)
            self.step = self.train_resnet

    def forward_torchvision(self):
        with torch.no_grad():
            self.model.head(list(self.model.backbone(self.images).values()))

    def forward_resnet(self):
        with torch.no_grad():
            self.model(self.images)

    def train_torchvision(self):
        self.update(sum(self.model(list(self.images), self.targets).values()))

    def train_resnet(self):
        self.update(nvidia_loss(*self.model(self.images), self.offsets, self.labels))

    def update(self, loss):
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()

    def times(self, runs):
        result = []
        for _ in range(runs):
            start = time.perf_counter()
            self.step()
            result.append((time.perf_counter() - start) * 1e3)
        return result


class MultiBox:
    """The Java side, asked line by line for the times of a number of runs."""

    def __init__(self, net, work, batch):
        model, classes = MODELS[net]
        self.process = subprocess.Popen(
            multibox_java.command("dev.multibox.train.Ssd300Timer", model, classes, work, batch),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, env=AS_LAUNCHED)

    def times(self, runs):
        self.process.stdin.write(f"{runs}\n")
        return [float(word) for word in self.process.stdout.readline().split()]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def warm(side, seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        side.times(5)


def compare(net, work, batch, args):
    multibox = MultiBox(net, work, batch)
    sides = {
        "multibox": multibox,
        "torch": Torch(net, work, batch, torch.contiguous_format),
        "torch channels_last": Torch(net, work, batch, torch.channels_last),
    }
    runs = 1 if work == "train" else 3
    for side in sides.values():
        warm(side, args.warm)
    all_times = {name: [] for name in sides}
    for _ in range(args.rounds):
        for name, side in sides.items():
            side.times(1)
            all_times[name] += side.times(runs)
    multibox.close()
    ours = statistics.median(all_times["multibox"])
    print(f"{net} {work}, batch {batch}")
    for name, values in all_times.items():
        median = statistics.median(values)
        print(f"  {name:20s} {median:8.1f} ms   {median / ours:5.2f}x", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--warm", type=float, default=8, help="seconds before the first round")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", nargs="*", help="for example vgg16-train-4")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    for net, work, batch in CASES:
        if not args.only or f"{net}-{work}-{batch}" in args.only:
            compare(net, work, batch, args)


if __name__ == "__main__":
    main()
