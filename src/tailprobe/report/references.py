"""What each method is compared with, in words: methods of one link have the baseline of that link."""

from collections.abc import Mapping

from tailprobe.report.text import shown


def references(baselines: Mapping[str, str], baseline: str) -> str:
    """Return a sentence that names the methods that are compared with another one than `baseline`; "" without any.

    Args:
        baselines: by method, what it is compared with.
        baseline: what most methods are compared with.

    >>> references({"ldam": "softmax", "reweight(2)": "baseline", "softmax": "baseline"}, "baseline")
    'Compared with softmax, not with baseline: ldam.'
    >>> references({"reweight(2)": "baseline"}, "baseline")
    ''
    """
    by_reference: dict[str, list[str]] = {}
    for method, reference in baselines.items():
        if reference not in (baseline, method):
            by_reference.setdefault(reference, []).append(shown(method, 60))
    return " ".join(
        f"Compared with {shown(reference, 60)}, not with {shown(baseline, 60)}: {', '.join(methods)}."
        for reference, methods in by_reference.items()
    )
