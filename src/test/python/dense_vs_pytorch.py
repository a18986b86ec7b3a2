"""Batch norm and max pooling of PyTorch (channels_last, float32) beside ours, in ns per element.

Usage: python3 dense_vs_pytorch.py [--threads N] [--java CLASSPATH]

With a class path that holds the compiled benchmarks and JMH, ours are measured too, shape by shape
in turn with PyTorch's, as where MULTIBOX_BUNDLE names a bundle's folder. Both columns are medians.
`bn+relu` is normalisation with batch statistics and ReLU, forward and backward: ours are the passes
statistics, apply, backwardReduce and backwardData.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time

import torch
import torch.nn.functional as F

import multibox_java

SHAPES = ["16x48x48x32", "16x24x24x64", "16x12x12x128", "4x150x150x64"]
SECONDS = 1.0
OURS = r"\.(statistics|apply|backwardReduce|backwardData|maxPool|maxPoolBackward)$"


def median(run):
    """Seconds of one call: the median over about SECONDS, after warming up."""
    for _ in range(3):
        run()
    times = []
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def random(shape):
    n, h, w, c = (int(part) for part in shape.split("x"))
    x = torch.rand(n, c, h, w) * 2 - 1
    return x.contiguous(memory_format=torch.channels_last)


def pytorch(shape):
    x = random(shape).requires_grad_()
    gamma = torch.ones(x.shape[1], requires_grad=True)
    beta = torch.zeros(x.shape[1], requires_grad=True)

    def normalise():
        return F.relu(F.batch_norm(x, None, None, gamma, beta, training=True))

    yield "bn+relu forward", median(normalise)
    y = normalise()
    dy = random(shape)
    yield "bn+relu backward", median(
        lambda: torch.autograd.grad(y, (x, gamma, beta), dy, retain_graph=True)
    )
    for window in (2, 3):
        pool = lambda: F.max_pool2d(x, window, 2, window - 2)
        yield f"pool {window}x{window}/2 forward", median(pool)
        out = pool()
        dout = torch.rand_like(out)
        yield f"pool {window}x{window}/2 backward", median(
            lambda: torch.autograd.grad(out, x, dout, retain_graph=True)
        )


def ours(shape, class_path):
    """Seconds of one call of each benchmark method, by method and window."""
    with tempfile.NamedTemporaryFile(suffix=".json") as table:
        subprocess.run(
            multibox_java.command("org.openjdk.jmh.Main", class_path=class_path)
            + [OURS, "-p", f"shape={shape}", "-p", "type=F32"]
            + ["-bm", "sample", "-tu", "s", "-w", "1", "-r", "1", "-wi", "2", "-i", "2"]
            + ["-rf", "json", "-rff", table.name],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        times = {}
        for row in json.load(table):
            name = row["benchmark"].rsplit(".", 1)[1]
            window = row["params"].get("window", "")
            times[name + window] = row["primaryMetric"]["scorePercentiles"]["50.0"]
    return {
        "bn+relu forward": times["statistics"] + times["apply"],
        "bn+relu backward": times["backwardReduce"] + times["backwardData"],
        "pool 2x2/2 forward": times["maxPool2"],
        "pool 2x2/2 backward": times["maxPoolBackward2"],
        "pool 3x3/2 forward": times["maxPool3"],
        "pool 3x3/2 backward": times["maxPoolBackward3"],
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--java", metavar="CLASSPATH")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"{'shape':14} {'op':20} {'PyTorch':>8} {'ours':>8} {'ratio':>6}")
    for shape in SHAPES:
        elements = random(shape).numel()
        mine = ours(shape, arguments.java) if arguments.java or "MULTIBOX_BUNDLE" in os.environ else {}
        for op, seconds in pytorch(shape):
            line = f"{shape:14} {op:20} {seconds / elements * 1e9:8.3f}"
            if op in mine:
                line += f" {mine[op] / elements * 1e9:8.3f} {seconds / mine[op]:6.2f}"
            print(line, flush=True)


if __name__ == "__main__":
    main()
