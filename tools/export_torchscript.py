#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a PyTorch network as the TorchScript file that campaigns take.

    export_torchscript.py resnet18 --weights DEFAULT --out resnet18.pt
    export_torchscript.py mynet.py:Net --state net.pth --out net.pt
    export_torchscript.py mynet.py:Net --state net.pth --input 1,3,32,32 --out net.pt

The network is the name of one in torchvision.models, or FILE.py:NAME, where NAME is a class or a
function in that file that is called without arguments. It is put into evaluation mode. Without
--input it is scripted; with the shape of an input it is traced, for networks that cannot be
scripted. Needs PyTorch, and torchvision for its networks.
"""
import argparse
import importlib.util
import sys

import torch


def stop(text):
    sys.exit("export_torchscript.py: " + text)


def network_in_file(path, name):
    spec = importlib.util.spec_from_file_location("network", path)
    if spec is None:
        stop(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except FileNotFoundError:
        stop(f"{path}: there is no such file")
    if not hasattr(module, name):
        stop(f"{path} has no '{name}'")
    return getattr(module, name)()


def network_of_torchvision(name, weights):
    try:
        from torchvision import models
    except ImportError:
        stop(f"'{name}' is a name in torchvision.models, and torchvision is not installed; "
             "a network of your own is given as FILE.py:NAME")
    if not callable(getattr(models, name, None)):
        stop(f"torchvision.models has no '{name}'")
    return getattr(models, name)(weights=weights)


def load_state(net, path):
    state = torch.load(path, map_location="cpu")
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]
    net.load_state_dict(state)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", help="a name in torchvision.models, or FILE.py:NAME")
    parser.add_argument("--weights", help="of torchvision, such as DEFAULT")
    parser.add_argument("--state", help="file with a state_dict, as torch.save writes it")
    parser.add_argument("--input", help="shape of an input, such as 1,3,224,224: trace, not script")
    parser.add_argument("--out", required=True, help="the TorchScript file")
    args = parser.parse_args()

    path, colon, name = args.network.rpartition(":")
    net = (network_in_file(path, name) if colon
           else network_of_torchvision(args.network, args.weights))
    if args.state:
        load_state(net, args.state)
    net = net.cpu().eval()
    with torch.no_grad():
        if args.input:
            example = torch.zeros([int(n) for n in args.input.split(",")])
            script = torch.jit.trace(net, example)
        else:
            script = torch.jit.script(net)
    script.save(args.out)
    print(f"{args.out}: {sum(p.numel() for p in net.parameters())} parameters")


if __name__ == "__main__":
    main()
