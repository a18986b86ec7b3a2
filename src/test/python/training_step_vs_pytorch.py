#!/usr/bin/env python3
"""A training step of ssd-tiny on the CPU: MultiBox against PyTorch, in turns on the same cores.

Run from the repository's root, with a Python that has torch, after `mvn package -DskipTests`:

    python3 src/test/python/training_step_vs_pytorch.py [--size 96] [--batch 8] [--rounds 7]

Both sides do the same work: normalised images in memory, forward, multibox loss with hard-negative mining, backward, SGD with momentum
and weight decay. MultiBox also prepares the images from 8-bit pixels and matches the ground truth; PyTorch is given both, so the comparison
is in its favour. How long a step takes without them is a line of its own. Each side takes one step that is not counted before each round, and
MultiBox enough of them before the first for its loops to be compiled. Prints medians in milliseconds and PyTorch's time divided by MultiBox's,
in NCHW and in channels_last.
"""
import argparse
import os
import statistics
import subprocess
import time

import torch
import torch.nn.functional as F

import multibox_java

# What ./multibox sets for Java; a setting of the caller's holds for both sides.
AS_LAUNCHED = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1", "GOMP_SPINCOUNT": "10000"} | os.environ
CLASSES = 7
# in, out, stride of each 3x3 convolution with batch norm and ReLU; True where a head looks at the output
LAYERS = [
    (3, 24, 2, False), (24, 48, 2, False), (48, 48, 1, True),
    (48, 96, 2, False), (96, 96, 1, True),
    (96, 160, 2, False), (160, 160, 1, True),
    (160, 160, 2, True),
]
PRIORS = [4, 4, 4, 4]


class SsdTiny(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.ModuleList()
        self.heads = torch.nn.ModuleList()
        for i, o, stride, tapped in LAYERS:
            self.layers.append(torch.nn.Sequential(
                torch.nn.Conv2d(i, o, 3, stride, 1, bias=False), torch.nn.BatchNorm2d(o), torch.nn.ReLU(inplace=True)))
            if tapped:
                self.heads.append(torch.nn.Conv2d(o, PRIORS[len(self.heads)] * (CLASSES + 4), 3, 1, 1))

    def forward(self, x):
        logits, offsets = [], []
        for layer, (_, _, _, tapped) in zip(self.layers, LAYERS):
            x = layer(x)
            if tapped:
                priors = PRIORS[len(logits)]
                y = self.heads[len(logits)](x).permute(0, 2, 3, 1)
                n = y.shape[0]
                logits.append(y[..., :priors * CLASSES].reshape(n, -1, CLASSES))
                offsets.append(y[..., priors * CLASSES:].reshape(n, -1, 4))
        return torch.cat(logits, 1), torch.cat(offsets, 1)


def multibox_loss(logits, offsets, classes, targets):
    positive = classes > 0
    count = positive.sum(1, keepdim=True)
    box = F.smooth_l1_loss(offsets[positive], targets[positive], reduction="sum")
    ce = F.cross_entropy(logits.reshape(-1, CLASSES), classes.reshape(-1), reduction="none").view(classes.shape)
    rank = ce.detach().masked_fill(positive, float("-inf")).sort(1, descending=True)[1].sort(1)[1]
    negative = rank < 3 * count
    return (ce[positive].sum() + ce[negative].sum() + box) / count.sum().clamp(min=1)


class Torch:
    def __init__(self, batch, size, memory_format):
        torch.manual_seed(0)
        self.model = SsdTiny().to(memory_format=memory_format)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
        self.images = torch.randn(batch, 3, size, size).contiguous(memory_format=memory_format)
        priors = self.model(self.images)[0].shape[1]
        self.classes = torch.randint(1, CLASSES, (batch, priors)) * (torch.rand(batch, priors) < 0.01)
        self.targets = torch.randn(batch, priors, 4)

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        loss = multibox_loss(*self.model(self.images), self.classes, self.targets)
        loss.backward()
        self.optimizer.step()

    def times(self, runs):
        self.step()
        result = []
        for _ in range(runs):
            start = time.perf_counter()
            self.step()
            result.append((time.perf_counter() - start) * 1e3)
        return result


class MultiBox:
    """The Java side, asked line by line for the times of a number of steps."""

    WARM_SECONDS = 10

    def __init__(self, batch, size):
        self.process = subprocess.Popen(
            multibox_java.command("dev.multibox.train.TrainingStepTimer", batch, size),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, env=AS_LAUNCHED)

    def warm(self):
        end = time.perf_counter() + self.WARM_SECONDS
        while time.perf_counter() < end:
            self.steps(20)

    def times(self, runs):
        self.steps(1)
        return self.steps(runs)

    def steps(self, runs):
        """A pair for each: the whole step, and its part that prepares images and matches."""
        self.process.stdin.write(f"{runs}\n")
        return [tuple(map(float, word.split("/"))) for word in self.process.stdout.readline().split()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(2)
    sides = {
        "multibox": MultiBox(args.batch, args.size),
        "torch": Torch(args.batch, args.size, torch.contiguous_format),
        "torch channels_last": Torch(args.batch, args.size, torch.channels_last),
    }
    sides["multibox"].warm()
    all_times = {name: [] for name in sides}
    for _ in range(args.rounds):
        for name, side in sides.items():
            all_times[name] += side.times(args.runs)
    pairs = all_times["multibox"]
    ours = statistics.median(whole for whole, _ in pairs)
    bare = statistics.median(whole - given for whole, given in pairs)
    print(f"{'multibox':44s} {ours:8.1f} ms")
    print(f"{'multibox, images prepared and matched before':44s} {bare:8.1f} ms")
    for name in ("torch", "torch channels_last"):
        median = statistics.median(all_times[name])
        print(f"{name:44s} {median:8.1f} ms   {median / ours:5.2f}x   without preparing and matching {median / bare:5.2f}x")


if __name__ == "__main__":
    main()
