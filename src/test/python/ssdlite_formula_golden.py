#!/usr/bin/env python3
"""Makes src/test/resources/golden/07_formula_ssdlite320_mobilenet_v3_large.safetensors: torchvision's SSDlite with weights and images that
follow from a formula, so that neither is stored, and what it computes of them: head outputs, detections, and three steps of training.

    python3 src/test/python/ssdlite_formula_golden.py OUT.safetensors

The formula is that of the other 07_formula files and stands in the metadata. Two things are added to it: a gain for each convolution, which
gives its result a deviation near 1 (running statistics follow from the formula too, so nothing else would keep sixty layers in range), and
images of blocks of 16 pixels, since what deep layers see of plain noise hardly differs from image to image.
"""
import json
import struct
import sys
import warnings

import numpy as np
import torch
import torchvision

warnings.filterwarnings("ignore")
SEED = 7
CLASSES = 91
VARIANCE = 3.0
BACKGROUND = 3.0
SIDE = 320
BLOCK = 16
BATCH = 2
# With fewer the norms of the last map, one pixel an image, have hardly anything to average, and float32 strays.
TRAINING_BATCH = 8
STEPS = 3
RATE = 1e-5
EVERY = 7
# No box lies as well to two priors, nor to one at an IoU of a half but for rounding.
TARGETS = [
    {"boxes": [[31.0, 43.0, 139.0, 202.0], [123.0, 57.0, 283.0, 171.0], [11.0, 201.0, 62.0, 283.0]], "labels": [1, 5, 90]},
    {"boxes": [[1.0, 3.0, 314.0, 309.0], [151.0, 147.0, 193.0, 217.0], [93.0, 97.0, 187.0, 149.0]], "labels": [2, 7, 3]},
    {"boxes": [[203.0, 21.0, 311.0, 122.0]], "labels": [44]},
    {"boxes": [[61.0, 67.0, 127.0, 251.0], [247.0, 33.0, 301.0, 91.0]], "labels": [17, 18]},
]


def fnv1a(name):
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def u(name, count):
    """Numbers in [0, 1) that follow from a name: the upper 24 bits of SplitMix64's finaliser."""
    with np.errstate(over="ignore"):
        z = np.uint64(fnv1a(name) ^ SEED) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return ((z ^ (z >> np.uint64(31))) >> np.uint64(40)) * 2.0**-24


def fill(tensor, values):
    tensor.data.copy_(torch.from_numpy(values.reshape(tensor.shape)).float())


def uniform(tensor, name, scale, shift):
    fill(tensor, u(name, tensor.numel()) * scale + shift)


def filters(convolution, name, gain):
    weight = convolution.weight
    bound = (VARIANCE / (weight.numel() / weight.shape[0])) ** 0.5 * gain
    uniform(weight, name + ".weight", 2 * bound, -bound)


def make_model():
    """The model and the gains of its convolutions, found in the order in which they run."""
    model = torchvision.models.detection.ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=CLASSES).eval()
    gains, hooks = {}, []
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Conv2d):
            filters(module, name, 1)
            if module.bias is not None:
                uniform(module.bias, name + ".bias", 0.2, -0.1)

            def to_deviation_one(convolution, inputs, name=name):
                plain = torch.nn.functional.conv2d(inputs[0], convolution.weight, None, convolution.stride, convolution.padding, 1, convolution.groups)
                wanted = 0.5 if ".regression_head." in name else 1
                gains[name + ".weight"] = float(f"{wanted / plain.std().item():.4g}")
                filters(convolution, name, gains[name + ".weight"])

            hooks.append(module.register_forward_pre_hook(to_deviation_one))
        if isinstance(module, torch.nn.BatchNorm2d):
            uniform(module.weight, name + ".weight", 1, 0.5)
            uniform(module.bias, name + ".bias", 0.4, -0.2)
            uniform(module.running_mean, name + ".running_mean", 0.4, -0.2)
            uniform(module.running_var, name + ".running_var", 1, 0.5)
    for head in model.head.classification_head.module_list:
        head[1].bias.data.view(-1, CLASSES)[:, 0] += BACKGROUND
    with torch.no_grad():
        model.head(list(model.backbone(images("input", BATCH)).values()))
    for hook in hooks:
        hook.remove()
    return model, gains


def images(name, count):
    """From -1 to 1, as the first convolution takes them."""
    cells = SIDE // BLOCK
    values = torch.from_numpy(u(name, count * 3 * cells * cells)).float().reshape(count, 3, cells, cells)
    return values.repeat_interleave(BLOCK, 2).repeat_interleave(BLOCK, 3) * 2 - 1


def heads(model, batch):
    maps = list(model.backbone(batch).values())
    return maps, model.head(maps), model.anchor_generator(torchvision.models.detection.image_list.ImageList(batch, [(SIDE, SIDE)] * len(batch)), maps)


def detect(model, batch):
    with torch.no_grad():
        maps, outputs, anchors = heads(model, batch)
        return maps, outputs, model.postprocess_detections(dict(outputs), anchors, [(SIDE, SIDE)] * len(batch))


def train(model, batch, targets):
    """The losses of each step, the gradients' norms of the first, and the parameters' and buffers' norms at the end."""
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), RATE, 0.9, weight_decay=5e-4)
    losses, gradients = [], {}
    for step in range(STEPS):
        optimizer.zero_grad()
        _, outputs, anchors = heads(model, batch)
        matched = [model.proposal_matcher(torchvision.ops.box_iou(target["boxes"], prior)) for target, prior in zip(targets, anchors)]
        loss = model.compute_loss(targets, outputs, anchors, matched)
        sum(loss.values()).backward()
        losses.append([loss["bbox_regression"].item(), loss["classification"].item()])
        if step == 0:
            gradients = {name: parameter.grad.double().norm().item() for name, parameter in model.named_parameters()}
        optimizer.step()
    parameters = {name: parameter.detach().double().norm().item() for name, parameter in model.named_parameters()}
    buffers = {name: buffer.double().norm().item() for name, buffer in model.named_buffers() if "running" in name}
    return losses, gradients, parameters, buffers


def of_type(targets, dtype):
    return [{"boxes": torch.tensor(t["boxes"], dtype=dtype), "labels": torch.tensor(t["labels"])} for t in targets]


def farthest(a, b):
    """Relative, of all that are not zero but for rounding: a norm takes the shift of the one before it away again."""
    zero = 1e-9 * max(b.values())
    return max(abs(a[name] - b[name]) / b[name] for name in a if b[name] > zero)


class Store:
    def __init__(self):
        self.header, self.data = {}, []

    def put(self, name, values, dtype):
        array = np.ascontiguousarray(values, dtype={"F64": "<f8", "F32": "<f4", "I32": "<i4"}[dtype])
        begin = sum(map(len, self.data))
        self.data.append(array.tobytes())
        self.header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [begin, begin + array.nbytes]}

    def put_sums(self, name, tensor):
        values = tensor.double()
        for kind, value in (("sum", values.sum()), ("abs_sum", values.abs().sum()), ("sq_sum", (values * values).sum())):
            self.put(f"{name}.{kind}", [value.item()], "F64")

    def write(self, path, metadata):
        header = json.dumps({"__metadata__": metadata, **self.header}).encode()
        header += b" " * (-len(header) % 8)
        with open(path, "wb") as file:
            file.write(struct.pack("<Q", len(header)) + header + b"".join(self.data))


def main(path):
    torch.manual_seed(0)
    model, gains = make_model()
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    store = Store()
    batch = images("input", BATCH)
    maps, outputs, found = detect(model, batch)
    _, exact, found_exact = detect(model.double(), batch.double())
    model.float()
    same = [a["labels"].tolist() == b["labels"].tolist() and bool((a["boxes"] - b["boxes"]).abs().max() < 0.01) for a, b in zip(found, found_exact)]
    strays = {}
    for name, tensor in outputs.items():
        store.put_sums(name, tensor)
        store.put(f"{name}.img0_every{EVERY}", tensor[0, ::EVERY], "F32")
        strays[name] = {"max_abs_diff_f32_vs_f64": (tensor - exact[name]).abs().max().item(), "max_abs": tensor.abs().max().item(), "std": tensor.std().item()}
    for level, tensor in enumerate(maps):
        store.put_sums(f"feature{level}", tensor)
    for number, detections in enumerate(found):
        store.put(f"det{number}.boxes", detections["boxes"], "F32")
        store.put(f"det{number}.scores", detections["scores"], "F32")
        store.put(f"det{number}.labels", detections["labels"], "I32")

    batch = images("train_input", TRAINING_BATCH)
    losses, gradients, parameters, buffers = train(model, batch, of_type(TARGETS * 2, torch.float32))
    model.load_state_dict(state)
    truth = train(model.double(), batch.double(), of_type(TARGETS * 2, torch.float64))
    store.put("losses", losses, "F64")
    store.put("losses_f64", truth[0], "F64")
    for name in gradients:
        store.put(f"grad_norm_f64.{name}", [truth[1][name]], "F64")
    for name in parameters:
        store.put(f"param_norm_after.{name}", [parameters[name]], "F64")
    for name in buffers:
        store.put(f"buffer_norm_after.{name}", [buffers[name]], "F64")
    flat = {i: value for i, value in enumerate(np.ravel(losses))}
    training_strays = {
        "losses_max_rel": farthest(flat, dict(enumerate(np.ravel(truth[0])))),
        "grad_norm_max_rel": farthest(gradients, truth[1]),
        "param_norm_after_max_rel": farthest(parameters, truth[2]),
        "buffer_norm_after_max_rel": farthest(buffers, truth[3]),
    }
    metadata = {
        "made_with": f"torch {torch.__version__} torchvision {torchvision.__version__}, src/test/python/ssdlite_formula_golden.py",
        "formula": "as in the other 07_formula files, with conv weights times gain[name]; pixel (y, x) of an image is that of the block "
        "(y / 16, x / 16) of an image of 20 x 20, made of u as theirs are",
        "u_check": {'u("input",0..3)': u("input", 4).tolist()},
        "seed": SEED, "num_classes": CLASSES, "wvar": VARIANCE, "gain": gains, "cls_gain": [1] * 6, "reg_gain": [1] * 6, "bg_bias": BACKGROUND,
        "batch": BATCH, "block": BLOCK, "outputs": strays, "detections": [len(d["labels"]) for d in found], "detections_f64_same": same,
        "state_dict_order": list(state), "targets": TARGETS, "train_input": f"{TRAINING_BATCH} images, named train_input",
        "training": f"{STEPS} SGD steps lr {RATE:g} momentum .9 weight_decay 5e-4 (all parameters), no warm-up, on the same batch",
        "training_f32_vs_f64": training_strays, "losses_columns": "bbox_regression, classification",
    }
    store.write(path, {name: value if isinstance(value, str) else json.dumps(value) for name, value in metadata.items()})
    for name in ("outputs", "detections", "detections_f64_same", "training_f32_vs_f64"):
        print(name, metadata[name])
    print("losses", losses)
    gaps = [(-np.diff(d["scores"].numpy())).min() for d in found]
    print("smallest score gaps", gaps, "largest gain", max(gains.values()))
    for level, tensor in enumerate(maps):
        print("feature", level, "deviation", tensor.std().item())


if __name__ == "__main__":
    main(sys.argv[1])
