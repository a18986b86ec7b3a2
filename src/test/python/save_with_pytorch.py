"""Saves random state dicts with torch.save: python3 save_with_pytorch.py FOLDER SEED

In FOLDER, weights_zip.pth, weights_legacy.pth and weights_protocol4.pth hold the same tensors, of every type and in every layout
that PyTorch has, and expected.safetensors their elements in row-major order. Ends with 3 where there is no PyTorch.
"""

import collections
import json
import pathlib
import random
import struct
import sys

try:
    import torch
except ImportError:
    sys.exit(3)

TYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}


def base(dtype, shape):
    """A tensor of random bits, so that there are NaNs and subnormal numbers among them."""
    if dtype == torch.bool:
        return torch.randint(0, 2, shape).bool()
    width = torch.empty(0, dtype=dtype).element_size()
    count = 1
    for extent in shape:
        count *= extent
    raw = torch.tensor([random.randrange(256) for _ in range(count * width)], dtype=torch.uint8)
    return raw.view(dtype).view(shape) if count else torch.empty(shape, dtype=dtype)


def view(tensor):
    """The tensor, or another way to look at its storage."""
    for _ in range(random.randrange(4)):
        kind = random.randrange(5)
        if kind == 0 and tensor.dim() > 1:
            axes = list(range(tensor.dim()))
            random.shuffle(axes)
            tensor = tensor.permute(axes)
        elif kind == 1 and tensor.dim() > 0:
            axis = random.randrange(tensor.dim())
            tensor = tensor.narrow(axis, 0, tensor.shape[axis] - 1) if tensor.shape[axis] > 1 else tensor
        elif kind == 2 and tensor.dim() > 0:
            tensor = tensor[random.randrange(2) :: random.randrange(1, 4)]
        elif kind == 3 and tensor.dim() == 4:
            tensor = tensor.contiguous(memory_format=torch.channels_last)
        elif kind == 4:
            tensor = tensor.unsqueeze(0).expand(random.randrange(1, 4), *tensor.shape)
    return tensor


def state_dict():
    tensors = collections.OrderedDict()
    for number in range(60):
        dtype = random.choice(list(TYPES))
        shape = [random.choice([0, 1, 2, 3, 5, 8]) if number % 5 else random.randrange(1, 7) for _ in range(random.randrange(5))]
        first = base(dtype, shape)
        tensors[f"layer{number}.weight"] = view(first)
        if random.randrange(2):
            tensors[f"layer{number}.shared"] = view(first)
        if dtype.is_floating_point and random.randrange(2):
            tensors[f"layer{number}.parameter"] = torch.nn.Parameter(view(first))
    tensors._metadata = {"": {"version": 1}}
    return tensors


def elements(tensor):
    # Row-major: a plain clone would keep the order of the strides.
    dense = tensor.detach().clone(memory_format=torch.contiguous_format).reshape(-1)
    return bytes(dense.view(torch.uint8).tolist()) if dense.numel() else b""


def write_safetensors(file, tensors):
    header, data = {}, b""
    for name, tensor in tensors.items():
        raw = elements(tensor)
        header[name] = {
            "dtype": TYPES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + data)


folder = pathlib.Path(sys.argv[1])
random.seed(int(sys.argv[2]))
weights = state_dict()
checkpoint = {"model": weights, "epoch": 3, "lr": [0.1, 0.01], "size": torch.rand(2, 3).shape}
write_safetensors(folder / "expected.safetensors", weights)
torch.save(checkpoint, folder / "weights_zip.pth")
torch.save(checkpoint, folder / "weights_protocol4.pth", pickle_protocol=4)
torch.save(checkpoint, folder / "weights_legacy.pth", _use_new_zipfile_serialization=False)
