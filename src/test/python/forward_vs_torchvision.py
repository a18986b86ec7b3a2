#!/usr/bin/env python3
"""Whole networks with random weights: MultiBox against torchvision's SSD300 and SSDlite and NVIDIA's SSD300, number for
number.

Run from the repository's root, with a Python that has torchvision, after `mvn package -DskipTests`:

    python3 src/test/python/forward_vs_torchvision.py [--classpath target/classes:target/lib/*] [--seed 0]

Each checkpoint is written by torch.save, goes through `multibox convert --from`, and is run by `multibox forward`: logits and offsets have to
be within 1e-4 of the largest. For torchvision's models `multibox detect` on an image has to give the same detections in the same order,
but for scores that differ by less than the two computations do.
Exits with 1 where something differs.
"""
import argparse
import json
import struct
import subprocess
import sys
import tempfile
import warnings

import torch
import torchvision
from PIL import Image

import multibox_java
from ssd300_vs_torchvision import SsdResNet50

warnings.filterwarnings("ignore")
TOLERANCE = 1e-4
PIXELS = 0.05
failures = 0


def multibox(classpath, *args):
    done = subprocess.run(multibox_java.command("dev.multibox.cli.MultiBox", *args, class_path=classpath), capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"multibox {' '.join(str(a) for a in args)}: {done.stderr}")


def write_safetensors(path, name, tensor):
    data = tensor.contiguous().numpy().astype("<f4").tobytes()
    header = json.dumps({name: {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [0, len(data)]}}).encode()
    header += b" " * (-len(header) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header + data)


def read_safetensors(path):
    with open(path, "rb") as file:
        content = file.read()
    length = struct.unpack("<Q", content[:8])[0]
    result = {}
    for name, entry in json.loads(content[8:8 + length]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            values = torch.frombuffer(bytearray(content[8 + length + begin:8 + length + end]), dtype=torch.float32)
            result[name] = values.reshape(entry["shape"])
    return result


def check(what, ok, detail):
    global failures
    failures += not ok
    print(f"{'ok  ' if ok else 'FAIL'} {what}: {detail}", flush=True)


def compare(what, ours, theirs):
    largest = theirs.abs().max().item()
    worst = (ours - theirs).abs().max().item()
    check(what, ours.shape == theirs.shape and worst <= TOLERANCE * largest, f"differs by {worst / largest:.1e} of the largest {largest:.3g}")


def forward(classpath, folder, project, checkpoint, images):
    """The output of ours for images [N, 3, H, W] that are normalised."""
    pth, weights = f"{folder}/{project}.pth", f"{folder}/{project}.safetensors"
    torch.save(checkpoint, pth)
    multibox(classpath, "convert", "--from", project, pth, weights)
    write_safetensors(f"{folder}/x.safetensors", "image", images.permute(0, 2, 3, 1))
    multibox(classpath, "forward", "--weights", weights, "--input", f"{folder}/x.safetensors", "--output", f"{folder}/y.safetensors", "--priors")
    return read_safetensors(f"{folder}/y.safetensors"), weights


def spread(heads, deviation):
    """Scales random heads so that scores differ enough to be worth detecting."""
    for head in heads:
        head.weight.data *= deviation
        head.bias.data.normal_(0, 1)


def test_torchvision(classpath, folder):
    model = torchvision.models.detection.ssd300_vgg16(weights=None, weights_backbone=None).eval()
    spread(model.head.classification_head.module_list, 0.05)
    spread(model.head.regression_head.module_list, 0.02)
    pixels = torch.nn.functional.interpolate(torch.rand(1, 3, 12, 12), size=(300, 300), mode="bicubic").clamp(0, 1)
    compare_model(classpath, folder, "torchvision", model, 300, pixels, 0.01)


def compare_model(classpath, folder, name, model, side, pixels, threshold):
    """A detector of torchvision's and ours: heads, priors, and what is found on an image [1, 3, H, W] from 0 to 1."""
    image = (pixels * 255).round().to(torch.uint8)
    Image.fromarray(image[0].permute(1, 2, 0).numpy()).save(f"{folder}/image.png")
    image = image.float() / 255
    with torch.no_grad():
        normalised = model.transform([image[0]])[0].tensors
        maps = list(model.backbone(normalised).values())
        heads = model.head(maps)
        found = model([image[0]])[0]
    ours, weights = forward(classpath, folder, "torchvision", model.state_dict(), normalised)
    compare(f"{name} class logits", ours["class_logits"], heads["cls_logits"])
    compare(f"{name} box offsets", ours["box_offsets"], heads["bbox_regression"])
    anchors = model.anchor_generator(torchvision.models.detection.image_list.ImageList(normalised, [(side, side)]), maps)[0] / side
    centres = torch.cat([(anchors[:, :2] + anchors[:, 2:]) / 2, anchors[:, 2:] - anchors[:, :2]], 1)
    compare(f"{name} priors", ours["prior_boxes"], centres)
    multibox(classpath, "detect", "--weights", weights, "--score-threshold", str(threshold), "--out", f"{folder}/{name}",
             "--json", f"{folder}/found.json", f"{folder}/image.png")
    with open(f"{folder}/found.json", encoding="utf-8") as file:
        results = json.load(file)
    check(f"{name} detections", 0 < len(results) == len(found["scores"]), f"{len(results)}, of {len(set(found['labels'].tolist()))} classes")
    if len(results) == len(found["scores"]):
        compare_detections(name, results, found)


def compare_detections(name, results, found):
    """The same boxes in the same order, but for those whose scores differ by less than the two computations do."""
    labels = torch.tensor([result["category_id"] for result in results])
    scores = torch.tensor([result["score"] for result in results])
    boxes = torch.tensor([[x, y, x + w, y + h] for x, y, w, h in (result["bbox"] for result in results)])
    compare(f"{name} scores", scores, found["scores"])
    tie = TOLERANCE * found["scores"].max()
    apart = (boxes[:, None] - found["boxes"][None]).abs().amax(2)
    same = (labels[:, None] == found["labels"][None]) & (apart <= PIXELS) & ((scores[:, None] - found["scores"][None]).abs() <= tie)
    placed = same.diagonal().sum().item()
    check(f"{name} boxes", bool(same.any(1).all() and same.any(0).all()), f"{placed} of {len(results)} in the same place, the others among ties")


def test_ssdlite(classpath, folder, whole):
    """torchvision's SSDlite in either width, on an image that has to be resized."""
    name = "ssdlite320-whole" if whole else "ssdlite320"
    make = whole_ssdlite if whole else torchvision.models.detection.ssdlite320_mobilenet_v3_large
    model = make(weights=None, weights_backbone=None).eval()
    scatter(model)
    pixels = torch.nn.functional.interpolate(torch.rand(1, 3, 15, 12), size=(300, 400), mode="bicubic").clamp(0, 1)
    compare_model(classpath, folder, name, model, 320, pixels, 0.001)


def whole_ssdlite(**weights):
    """What torchvision builds when it starts from ImageNet's weights, without loading them."""
    detection = torchvision.models.detection
    narrow = detection.ssdlite.mobilenet_v3_large
    detection.ssdlite.mobilenet_v3_large = lambda **settings: narrow(**{**settings, "reduced_tail": False})
    try:
        return detection.ssdlite320_mobilenet_v3_large(**weights)
    finally:
        detection.ssdlite.mobilenet_v3_large = narrow


def scatter(model):
    """Random numbers wherever a fresh network has the same one everywhere; the statistics of norms stay near what they see, as training
    leaves them: else activations grow from block to block and float32 itself strays."""

    def near_its_input(norm, inputs):
        variance, mean = torch.var_mean(inputs[0], (0, 2, 3))
        norm.running_mean = mean + 0.2 * variance.sqrt() * torch.randn_like(mean)
        norm.running_var = variance * (torch.rand_like(variance) + 0.5) + 1e-3

    hooks = []
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.normal_(module.weight, 0, (2 / module.weight[0].numel()) ** 0.5)
            if module.bias is not None:
                module.bias.data.normal_(0, 0.5)
        if isinstance(module, torch.nn.BatchNorm2d):
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.3)
            hooks.append(module.register_forward_pre_hook(near_its_input))
    with torch.no_grad():
        model.head(list(model.backbone(torch.nn.functional.interpolate(torch.randn(8, 3, 16, 16), size=(320, 320), mode="bicubic")).values()))
    for hook in hooks:
        hook.remove()


def test_nvidia(classpath, folder):
    model = SsdResNet50(81).eval()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    images = torch.randn(2, 3, 300, 300)
    with torch.no_grad():
        loc, conf = model(images)
    state = {name.replace("backbone.", "feature_extractor.feature_extractor.").replace("extra.", "additional_blocks."): value
             for name, value in model.state_dict().items()}
    ours, _ = forward(classpath, folder, "nvidia", {"model": state, "epoch": 1}, images)
    compare("NVIDIA class logits", ours["class_logits"], by_cell(conf))
    compare("NVIDIA box offsets", ours["box_offsets"], by_cell(loc))


def by_cell(flat):
    """[N, K, P] in NVIDIA's order of priors, shape before cell, as [N, P, K] with cell before shape."""
    parts, first = [], 0
    for side, shapes in zip([38, 19, 10, 5, 3, 1], SsdResNet50.PRIORS):
        part = flat[:, :, first:first + shapes * side * side]
        parts.append(part.reshape(*flat.shape[:2], shapes, side * side).permute(0, 3, 2, 1).reshape(flat.shape[0], -1, flat.shape[1]))
        first += shapes * side * side
    assert first == flat.shape[2]
    return torch.cat(parts, 1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--classpath", help="of MultiBox (what Maven built)")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    with tempfile.TemporaryDirectory() as folder:
        test_torchvision(args.classpath, folder)
        test_ssdlite(args.classpath, folder, whole=False)
        test_ssdlite(args.classpath, folder, whole=True)
        test_nvidia(args.classpath, folder)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
