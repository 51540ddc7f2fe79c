#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Calls a program with a model of its own on campaigns: what its commands do and refuse.

Usage: check_campaigns.py PROGRAM CASE      (without CASE: all of them)
"""
import csv
import os

from calls import call, run_cases, write

script = os.path.abspath(__file__)

CAMPAIGN = """\
[campaign]
name = "toy"
seed = 7

[model]
kind = "residual"
batch = 2

[[experiment]]
name = "weights"
targets = "@weights"
trials = 300

[[experiment]]
name = "rates"
targets = ["dense1*", "@activations"]
amount = {per_bit = [1e-4, 1e-3]}
plan = {margin = 0.1, confidence = 0.9}
inputs = "all"
tau = 2

[output]
store = "toy.sqlite"
"""


def good(*arguments):
    run = call(*arguments)
    assert run.returncode == 0, run
    return run.stdout


def refused(*arguments, words, status=1):
    run = call(*arguments)
    assert run.returncode == status and words in run.stderr, (words, run)


def configure(text=CAMPAIGN):
    write("c.toml", text.encode())


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def rows(path):
    return list(csv.DictReader(text_of(path).splitlines()))


def tables(store):
    """What a store exports, but for what says how it was run: {file: text}."""
    good("export", store, "--csv", store + ".csv")
    found = {}
    for name in os.listdir(store + ".csv"):
        found[name] = text_of(os.path.join(store + ".csv", name))
    return found


def run():
    """A campaign runs, has the trials that were planned, and going on with it changes nothing."""
    configure()
    text = good("run", "c.toml")
    for words in ("weights", "rates, per_bit 1e-04", "rates, per_bit 0.001"):
        assert words in text or words.replace("1e-04", "0.0001") in text, (words, text)
    first = tables("toy.sqlite")
    trials = list(csv.DictReader(first["trials.csv"].splitlines()))
    # 0.25 t^2 / 0.1^2 with t = 1.6449 is 67.6.
    counts = [sum(t["experiment"] == str(e) for t in trials) for e in range(3)]
    assert counts == [300, 68, 68], counts
    good("run", "c.toml", "--threads", 2)
    good("resume", "toy.sqlite", "--quiet")
    assert tables("toy.sqlite") == first
    assert good("run", "c.toml", "--quiet", "--store", "again.sqlite", "--threads", 3) == ""
    assert tables("again.sqlite") == first


def reports():
    """Run and resume end with a report beside the database, or where the configuration says."""
    configure()
    assert "toy.html" in good("run", "c.toml")
    first = text_of("toy.html")
    for words in ("<h1>toy</h1>", "SDC, other inputs", "How to get the same numbers"):
        assert words in first, words
    good("export", "toy.sqlite", "--report", "exported.html")
    assert text_of("exported.html") == first
    # A part of the trials has no report; the rest of them makes the same one.
    good("run", "c.toml", "--quiet", "--store", "part.sqlite", "--shard", "1/2")
    assert not os.path.exists("part.html")
    assert "part.html" in good("resume", "part.sqlite")
    assert text_of("part.html") == first
    for line, name in (('report = ""', None), ('report = "mine"', "mine")):
        configure(CAMPAIGN.replace("toy.sqlite", "other.sqlite") + line + "\n")
        before = set(os.listdir("."))
        assert good("run", "c.toml", "--quiet") == ""
        assert set(os.listdir(".")) - before == {"other.sqlite", name} - {None}, os.listdir(".")
        os.unlink("other.sqlite")
    assert text_of("mine") == first
    refused("run", "c.toml", "--store", "mine", words="mine")
    assert text_of("mine") == first


def critical_bits():
    """The search for critical bits agrees with a campaign of one trial for each bit."""
    configure("""\
[model]
kind = "residual"
[[experiment]]
name = "every bit"
targets = "dense3.*"
trials = "all"
inputs = "all"
tau = 2
[[experiment]]
name = "activations"
targets = "@activations"
trials = 10
inputs = "all"
[output]
store = "all.sqlite"
report = ""
""")
    good("run", "c.toml", "--quiet")
    good("export", "all.sqlite", "--csv", "all")
    critical = {(f["target"], f["element"]): set() for f in rows("all/faults.csv")
                if f["experiment"] == "0"}
    hit = {t["number"] for t in rows("all/trials.csv")
           if t["experiment"] == "0" and int(t["sdc"]) >= 2}
    for f in rows("all/faults.csv"):
        if f["experiment"] == "0" and f["trial"] in hit:
            critical[f["target"], f["element"]].add(int(f["mask"], 16).bit_length() - 1)
    assert len(critical) == 36 and sum(map(len, critical.values())) > 30

    search = ("critical-bits", "c.toml", "--experiment", "every bit")
    text = good(*search, "--check", 36, "--csv", "checked.csv", "--threads", 2)
    found = rows("checked.csv")
    bits = {(e["target"], e["element"]): (set(map(int, e["critical_bits"].split())),
                                          set(map(int, e["truly_critical_bits"].split())))
            for e in found}
    assert {place: truth for place, (_, truth) in bits.items()} == critical
    missed = sum(len(truth - guess) for guess, truth in bits.values())
    assert f"misses {missed} of them" in text and "1,152 were run" in text, text
    good(*search, "--csv", "found.csv", "--quiet")
    assert [e["critical_bits"] for e in rows("found.csv")] == [e["critical_bits"] for e in found]
    text = good(*search, "--elements", 10)
    trials = sum(int(e["trials"]) for e in found)
    assert "10 of 36 elements" in text and "no element was checked" in text, text
    assert trials < 36 * 16, trials
    refused("critical-bits", "c.toml", words="no experiment ''; the nearest name is")
    continues(search, "found.csv")
    refused("critical-bits", "c.toml", "--experiment", "activations", words="output of a layer")


def continues(search, name):
    """A search that was cut off goes on with what it has found."""
    whole = text_of(name)
    os.mkdir("folder.csv")
    refused(*search, "--csv", "folder.csv", words="folder.csv")
    kept = text_of("folder.csv.part")
    lines = kept.splitlines(keepends=True)
    assert len(lines) == lines.index("\n") + 1 + 36, lines
    os.rmdir("folder.csv")
    write("folder.csv.part", "".join(lines[:-10])[:-3].encode())  # the last line is not whole
    run = call(*search, "--csv", "folder.csv")
    assert run.returncode == 0 and "25 elements are known from an earlier call" in run.stderr, run
    assert text_of("folder.csv") == whole and not os.path.exists("folder.csv.part")
    write("folder.csv.part", kept.encode())
    refused(*search, "--csv", "folder.csv", "--check", 3,
            words="another search: 'checked elements: 0' in the file, 'checked elements: 3' now")
    assert text_of("folder.csv.part") == kept


def audit():
    """Each way to sample and count gets a line with how often it was right."""
    truth = os.path.join(os.path.dirname(script), "../../examples/demo/data/demo_truth.bits")
    text = good("audit", truth, "--campaigns", 20, "--trials", 100, "--half-width", 0.1)
    assert "280,896 faults" in text and "20 campaigns by each method" in text, text
    for method in ("fixed n, Clopper-Pearson", "fixed n, Wilson", "fixed n, normal",
                   "with replacement, normal", "until narrow, anytime-valid",
                   "at every look, Wilson"):
        assert method in text, (method, text)
    assert good("audit", truth, "--campaigns", 20, "--trials", 100, "--half-width", 0.1) == text
    refused("audit", truth, "--criterion", "sdc_2", words="no criterion 'sdc_2'; the nearest name "
                                                          "is 'sdc_")
    refused("audit", "none.bits", words="none.bits")
    # Faults crossed with inputs: a database is the truth.
    configure()
    good("run", "c.toml", "--quiet")
    refused("audit", "toy.sqlite", words="no experiment ''; the nearest name is 'rates, per_bit")
    text = good("audit", "toy.sqlite", "--experiment", "rates, per_bit 0.001", "--campaigns", 50,
                "--trials", 20)
    assert "68 faults on" in text and "50 campaigns by each method" in text, text
    for method in ("all inputs, clustered by fault", "half of the inputs, two-way",
                   "all inputs, Wilson over pairs"):
        assert method in text, (method, text)


def shards():
    """Shards that are merged in any order are the campaign."""
    configure()
    good("run", "c.toml", "--quiet")
    for i in range(3):
        good("run", "c.toml", "--quiet", "--store", f"part{i}.sqlite", "--shard", f"{i}/3")
    good("merge", "whole.sqlite", "part2.sqlite", "part0.sqlite")
    assert tables("whole.sqlite") != tables("toy.sqlite")
    good("merge", "whole.sqlite", "part1.sqlite")
    assert tables("whole.sqlite") == tables("toy.sqlite")
    for text in ("3/3", "x", "1/0", "1", "-1/3", "1/3x"):
        refused("run", "c.toml", "--shard=" + text, words="--shard",
                status=call("run", "c.toml", "--shard=" + text).returncode or -1)


def replay():
    """A trial that is run again from the database alone is the one that stands there."""
    configure()
    good("run", "c.toml", "--quiet")
    os.unlink("c.toml")
    for trial in (0, 17, 299):
        text = good("replay", "toy.sqlite", "weights", trial)
        assert "bf1:dense" in text and "same" in text, text
    refused("replay", "toy.sqlite", "weights", 300, words="300")
    refused("replay", "toy.sqlite", "wieghts", 0, words="wieghts")
    refused("replay", "nothing.sqlite", "weights", 0, words="nothing.sqlite")
    configure(CAMPAIGN.replace("trials = 300", "trials = 300\nstop = {half_width = 0.2}"))
    good("run", "c.toml", "--quiet", "--store", "stopped.sqlite")
    good("export", "stopped.sqlite", "--csv", "stopped")
    end = int(rows("stopped/experiments.csv")[0]["stopped_at"])
    assert 0 < end < 300, end
    assert "same" in good("replay", "stopped.sqlite", "weights", end - 1)
    refused("replay", "stopped.sqlite", "weights", end,
            words=f"stopped by its rule after {end} trials, before trial {end}")


def refusals():
    """Wrong configurations are refused before anything runs: file, line and what would be right."""
    for old, new, words in (
            ("seed = 7", "sead = 7", "c.toml: line 3: [campaign] has no key 'sead'; the nearest "
                                     "name is 'seed'"),
            ("batch = 2", "bach = 2", "c.toml: line 7: [model] has no key 'bach'; the nearest name "
                                      "is 'batch'"),
            ("batch = 2", "batch = 0", "c.toml: line 7: model.batch: expected a whole number from "
                                       "1 to 1000, found the number 0"),
            ('"residual"', '"residal"', "the nearest name is 'residual'"),
            ('"@weights"', '"dense9"', "dense9"),
            ("trials = 300", "trials = 300000000", "300000000")):
        assert old in CAMPAIGN
        configure(CAMPAIGN.replace(old, new, 1))
        refused("run", "c.toml", words=words)
    configure(CAMPAIGN[:CAMPAIGN.index("[[experiment]]")])
    refused("run", "c.toml", words="there is no [[experiment]]")
    refused("run", "none.toml", words="none.toml")
    assert os.listdir(".") == ["c.toml"], os.listdir(".")
    # Another campaign's file, and what differs.
    configure()
    good("run", "c.toml", "--quiet")
    first = tables("toy.sqlite")
    configure(CAMPAIGN.replace("seed = 7", "seed = 8"))
    refused("run", "c.toml", words="seed")
    configure(CAMPAIGN.replace("tau = 2", "tau = 3"))
    refused("run", "c.toml", words="tau")
    assert tables("toy.sqlite") == first
    refused(words="subcommand", status=2)
    # The command line: what there is none of, and what was meant.
    for arguments, words in (
            (("rnu", "c.toml"), "There is no command 'rnu'; the nearest name is 'run'."),
            (("run", "c.toml", "--shrad", "1/2"),
             "The command 'run' has no option '--shrad'; the nearest name is '--shard'."),
            (("run", "--shrad=1/2"), "no option '--shrad'; the nearest name is '--shard'."),
            (("export", "toy.sqlite", "--cvs", "x"), "'--cvs'; the nearest name is '--csv'."),
            (("run", "c.toml", "another.toml"), "another.toml"),
            (("run", "c.toml", "--threads", 0), "--threads"),
            (("run", "c.toml", "--threads", 4097), "--threads: Value 4097 not in range 1 to 4096"),
            (("export", "toy.sqlite"), "--csv or --report")):
        refused(*arguments, words=words, status=2)
    assert "--shard" in good("run", "--help")


run_cases((run, reports, shards, replay, critical_bits, audit, refusals))
