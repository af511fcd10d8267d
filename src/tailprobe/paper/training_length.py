"""Section 5.3: was oversampling stopped too early? Which epochs a run kept answers it."""

from dataclasses import dataclass

from tailprobe.runs.run import Run

METHODS = ("baseline", "oversample")


@dataclass(frozen=True)
class EpochsKept:
    """The epochs that a method's heads were taken from, by the lowest validation loss."""

    encoder: str
    method: str
    epochs: int  # trained
    kept: tuple[int, ...]  # of each seed
    rows: float  # rows per epoch, mean over the seeds

    @property
    def sentence(self) -> str:
        """Describe which epochs were kept, and what that means for training longer."""
        first, last = min(self.kept), max(self.kept)
        which = f"epoch {first}" if first == last else f"epochs {first} to {last}"
        kept_epochs = f"{self.method} ({self.rows:,.0f} rows per epoch): {which} of {self.epochs} kept"
        at_end = sum(epoch == self.epochs for epoch in self.kept)
        if not at_end:
            return f"{kept_epochs}, never the last: more epochs did not lower the validation loss"
        return f"{kept_epochs}, in {at_end} of {len(self.kept)} seeds the last, so that training longer may change it"


def epochs_kept(run: Run) -> list[EpochsKept]:
    """Return the epochs kept by the baseline and by each oversampling, under every encoder.

    Empty where the epoch was not chosen by the validation loss.
    """
    if run.study.recipe.select != "loss":
        return []
    methods = [method for method in run.methods if method.partition("(")[0] in METHODS]
    return [_kept(run, encoder, method) for encoder in run.encoders for method in methods]


def _kept(run: Run, encoder: str, method: str) -> EpochsKept:
    history = run.histories
    own = history[(history["encoder"] == encoder) & (history["method"] == method)]
    kept = own[own["kept"]].sort_values("seed")["epoch"]
    rows = run.plans[(run.plans["encoder"] == encoder) & (run.plans["method"] == method)]["rows"].mean()
    return EpochsKept(encoder, method, int(own["epoch"].max()), tuple(map(int, kept)), float(rows))
