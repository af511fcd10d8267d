"""A hook of mkdocs that adds the gallery's pages and pictures to the site; nothing is written into `docs`."""

from collections.abc import Iterator

from fitted import fit_all
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from page import index_page, method_page
from picture import make_grid, picture
from toy import Toy, multi_label, single_label

from tailprobe.methods.lookup import baseline_of, parse_method
from tailprobe.methods.method import METHODS, Method

# Defined for single-label images too, but made for several labels an image, where they do more.
_MULTI_LABEL = {
    "asymmetric", "distribution_balanced", "image_weight", "lp_ros", "lp_rus", "ml_knn", "ml_ros", "ml_rus", "mlsmote",
    "rebalanced_weight", "remedial",
}  # fmt: skip


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page and a picture for each method, and the index."""
    for name, content in gallery(_built_in()):
        files.append(File.generated(config, f"gallery/{name}", content=content))
    return files


def gallery(methods: list[Method]) -> Iterator[tuple[str, str | bytes]]:
    """Yield name and content of every file of the gallery."""
    families = sorted({method.family for method in methods}, key=lambda family: (family != "baseline", family))
    yield "index.md", index_page([(family, [m for m in methods if m.family == family]) for family in families])
    yield from _of_set([m for m in methods if m.name not in _MULTI_LABEL and "single-label" in m.kinds], single_label())
    yield from _of_set([m for m in methods if m.name in _MULTI_LABEL or "single-label" not in m.kinds], multi_label())


def _of_set(methods: list[Method], toy: Toy) -> Iterator[tuple[str, str | bytes]]:
    shown = {method: parse_method(method.example) for method in methods}
    baselines = {bound: baseline_of(bound.link) for bound in shown.values()}
    grid = make_grid()
    fitted = fit_all(list(dict.fromkeys([*shown.values(), *baselines.values()])), toy, grid.points)
    for method, bound in shown.items():
        yield f"{method.name}.png", picture(str(bound), fitted[bound], fitted[baselines[bound]], grid)
        yield f"{method.name}.md", method_page(method, bound, fitted[bound].rows, kind=toy.labels.kind)


def _built_in() -> list[Method]:
    return [method for name in METHODS.names() if _is_built_in(method := METHODS.get(name))]


def _is_built_in(method: Method) -> bool:
    return method.function.__module__.startswith("tailprobe.")
