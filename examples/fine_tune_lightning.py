"""Fine-tune a small network with class-balanced sampling and a focal loss, in Lightning (pip install lightning).

    python examples/fine_tune_lightning.py

Draws its images itself. Lightning tells the sampler the epoch; the module tells the loss.
"""

import lightning
import timm
import torch
from fine_tune import drawn_images
from torch.utils.data import DataLoader, TensorDataset

from tailprobe.interop.pytorch import FineTuning


class Network(lightning.LightningModule):
    """A network trained by the loss of a method."""

    def __init__(self, tuning: FineTuning) -> None:
        super().__init__()
        self.model = timm.create_model("test_resnet", num_classes=3)
        self.loss = tuning.loss

    def on_train_epoch_start(self) -> None:
        """Let the loss be that of the epoch."""
        self.loss.set_epoch(self.current_epoch)

    def training_step(self, batch: list[torch.Tensor]) -> torch.Tensor:
        """Return the loss of images, classes and rows."""
        images, labels, rows = batch
        return self.loss(self.model(images), labels, rows)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Return AdamW."""
        return torch.optim.AdamW(self.parameters(), lr=2e-3)


def main(epochs: int = 4) -> None:
    """Train, and print the epoch that the sampler has come to and the share found of each class."""
    lightning.seed_everything(0)
    images, classes = drawn_images((36, 20, 8), seed=0)
    tuning = FineTuning.of("class_balanced + focal(2)", classes, epochs=epochs)
    data = TensorDataset(images, torch.from_numpy(classes), torch.arange(len(classes)))
    loader = DataLoader(data, batch_size=16, sampler=tuning.sampler)
    trainer = lightning.Trainer(
        max_epochs=epochs, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False,
    )  # fmt: skip
    network = Network(tuning)
    trainer.fit(network, loader)
    print("epoch of the sampler:", tuning.sampler.epoch)
    unseen, truth = drawn_images((8, 8, 8), seed=1)
    network.eval()
    with torch.no_grad():
        found = network.model(unseen).argmax(dim=1).numpy()
    print("found of each class:", [round(float((found[truth == c] == c).mean()), 2) for c in range(3)])


if __name__ == "__main__":
    main()
