#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Calls the program `bitfault` on files of tensors: what it changes, what it says, what it refuses.

Usage: check_program.py PROGRAM CASE      (without CASE: all of them)
"""
from calls import run_cases
from injection_cases import flips, kinds, layouts, places, raw, show
from refusal_cases import damaged, random_damage, refusals

run_cases((flips, kinds, show, layouts, raw, places, damaged, random_damage, refusals))
