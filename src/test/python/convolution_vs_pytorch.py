#!/usr/bin/env python3
"""Convolution on the CPU: MultiBox against PyTorch, in turns on the same cores.

Run from the repository's root, with a Python that has torch, after `mvn package -DskipTests`:

    python3 src/test/python/convolution_vs_pytorch.py [--threads 2] [--rounds 7]

Prints milliseconds (medians over all rounds) and PyTorch's time divided by MultiBox's: in PyTorch's
own layout (NCHW) and in channels_last. Both add a bias; no activation.
"""
import argparse
import statistics
import subprocess
import time

import torch

import multibox_java

RUNS = 5  # in a row, behind two that are not counted
# N H W C K R stride pad
SHAPES = [
    (4, 75, 75, 64, 128, 3, 1, 1),
    (16, 96, 96, 32, 64, 3, 2, 1),
    (16, 48, 48, 64, 64, 3, 1, 1),
    (16, 12, 12, 128, 128, 3, 1, 1),
]
OPS = ["forward", "backward_data", "backward_filter"]


class MultiBox:
    """The Java side, asked line by line."""

    def __init__(self, threads):
        self.process = subprocess.Popen(
            multibox_java.command("dev.multibox.backend.ConvolutionTimer", threads),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def times(self, op, shape):
        self.process.stdin.write(" ".join([op, str(RUNS), *map(str, shape)]) + "\n")
        return [float(word) for word in self.process.stdout.readline().split()]


def torch_op(op, shape, memory_format):
    n, h, w, c, k, r, stride, pad = shape

    def values(*dims):
        tensor = torch.rand(*dims) * 2 - 1
        return tensor.contiguous(memory_format=memory_format) if len(dims) == 4 else tensor

    x, weight, bias = values(n, c, h, w), values(k, c, r, r), values(k)
    if op == "forward":
        return lambda: torch.nn.functional.conv2d(x, weight, bias, stride, pad)
    grad = torch.nn.functional.conv2d(x, weight, bias, stride, pad)
    mask = [op == "backward_data", op == "backward_filter", False]
    return lambda: torch.ops.aten.convolution_backward(
        grad, x, weight, [k], [stride] * 2, [pad] * 2, [1, 1], False, [0, 0], 1, mask)


def torch_times(op, shape, memory_format):
    run = torch_op(op, shape, memory_format)
    times = []
    for i in range(-2, RUNS):
        start = time.perf_counter()
        run()
        if i >= 0:
            times.append((time.perf_counter() - start) * 1e3)
    return times


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--minimum", action="store_true",
                        help="the fastest run instead of the median, for a machine that is busy")
    options = parser.parse_args()
    middle = min if options.minimum else statistics.median
    torch.set_num_threads(options.threads)
    torch.set_grad_enabled(False)
    multibox = MultiBox(options.threads)
    sides = {
        "multibox": multibox.times,
        "NCHW": lambda op, shape: torch_times(op, shape, torch.contiguous_format),
        "channels_last": lambda op, shape: torch_times(op, shape, torch.channels_last),
    }
    print(f"PyTorch {torch.__version__}, {options.threads} threads; ms, and ratios to MultiBox")
    print(f"{'N H W C K R stride pad':28} {'':16} {'multibox':>9} {'NCHW':>9} {'':7} "
          f"{'channels_last':>14}")
    for shape in SHAPES:
        sums = dict.fromkeys(sides, 0.0)
        for op in OPS:
            times = {name: [] for name in sides}
            for _ in range(options.rounds):
                for name, side in sides.items():
                    times[name] += side(op, shape)
                    time.sleep(0.01)  # OpenMP's threads of the side that was may still spin
            report(shape, op, {name: middle(ts) for name, ts in times.items()}, sums)
        report(shape, "sum", sums, None)


def report(shape, op, medians, sums):
    ours, planar, interleaved = medians.values()
    print(f"{' '.join(map(str, shape)):28} {op:16} {ours:9.2f} {planar:9.2f} {planar / ours:6.2f}x "
          f"{interleaved:14.2f} {interleaved / ours:6.2f}x", flush=True)
    if sums is not None:
        for name, median in medians.items():
            sums[name] += median


if __name__ == "__main__":
    main()
