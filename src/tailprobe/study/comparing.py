"""Compare the scored heads of a study: verdicts, recommendation, and the paper's findings."""

from tailprobe.comparison.compare import compare_methods
from tailprobe.comparison.words import IDENTICAL_RANKING, NO_OP
from tailprobe.methods.doses import dose_families
from tailprobe.paper.check import facts_table, paper_facts
from tailprobe.paper.findings import answer_findings, findings_table
from tailprobe.runs.folder import RunFolder
from tailprobe.runs.run import Run
from tailprobe.runs.settings import Study
from tailprobe.runs.stages import Stages
from tailprobe.study.design import Design, class_table
from tailprobe.study.explanation import compared_with, explain, group_numbers
from tailprobe.study.primary_metrics import about_reruns
from tailprobe.study.scoring import StudyScores

TABLES = ("verdicts", "ranks", "trends", "best", "further", "decomposition", "aspects")
# Depend only on how the images of a class are ranked.
RANKING_METRICS = ("average_precision", "roc_auc", "recall_in_first_100", "lift_in_first_100")


def write_comparison(
    folder: RunFolder, study: Study, design: Design, scores: StudyScores, before: tuple[str, ...]
) -> None:
    """Write verdicts and the recommendation, if there are methods to compare and test images that chose no epoch.

    Args:
        before: primary metrics under which the same labels were compared earlier.
    """
    if len(design.methods) < 2 or design.repeats[0].split.test_is_validation:
        return
    methods = folder.read_table("methods")
    by_method = methods.set_index("method")
    identical = by_method.index[by_method["identical_ranking"] & (study.metric in RANKING_METRICS)]
    comparison = compare_methods(
        scores.test,
        labels=design.images.labels.matrix,
        known=design.images.labels.known,
        groups=group_numbers(design.images),
        classes=class_table(design),
        metric=study.metric,
        baselines=compared_with(methods),
        set_aside=dict.fromkeys(identical, IDENTICAL_RANKING)
        | dict.fromkeys(by_method.index[by_method["no_op"] != ""], NO_OP),
        primary=study.primary,
        test_classes=study.classes == "tested",
        margin=float(study.margin),
        doses=dose_families(design.methods),
    )
    if before:
        comparison = comparison.with_statistics(about_reruns(study.metric, before))
    explain(folder, study, design, scores, methods, comparison)


def compare_with_paper(folder: RunFolder, design: Design, measured: StudyScores, stages: Stages) -> None:
    """Compare the run's numbers with the paper's, and check whether the paper's findings hold in it."""
    if stages.record is None:
        raise ValueError("the stage before must have made the record")
    run = Run.unfinished(folder, stages.record)
    answers = answer_findings(run, measured.test, units=group_numbers(design.images))
    folder.write_table("paper_facts", facts_table(paper_facts(run)))
    folder.write_table("paper_findings", findings_table(answers))
    stages.finish("paper", [folder.table("paper_facts"), folder.table("paper_findings")])
