"""Measure contestants in turns, so that a machine that gets slower or faster does so for all of them."""

from statistics import median


def interleave(rounds, contestants, say):
    """Run every contestant `rounds` times; `contestants` is name → function without arguments.

    Gives name → what the function returned, per round. The one that begins changes from round to round.
    """
    names = list(contestants)
    samples = {name: [] for name in names}
    for turn in range(rounds):
        start = turn % len(names)
        for name in names[start:] + names[:start]:
            say(f"round {turn + 1} of {rounds}: {name}")
            samples[name].append(contestants[name]())
    return samples


def medians(samples):
    """The median of each figure over rounds: a list of dicts of numbers (nulls allowed throughout) to one dict."""
    return {
        key: median(sample[key] for sample in samples) if samples[0][key] is not None else None for key in samples[0]
    }
