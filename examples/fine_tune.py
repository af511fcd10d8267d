"""Fine-tune a small network with deferred re-weighting, in a plain loop of PyTorch.

    python examples/fine_tune.py

Draws its images itself: 64 of three classes, one rare.
"""

import numpy as np
import timm
import torch
from torch.utils.data import DataLoader, TensorDataset

from tailprobe.interop.pytorch import FineTuning


def drawn_images(counts: tuple[int, ...], seed: int) -> tuple[torch.Tensor, np.ndarray]:
    """Return (N, 3, 32, 32) images of noise with a bar that lies as the class says, and the classes."""
    rng, classes = np.random.default_rng(seed), np.repeat(np.arange(len(counts)), counts)
    images = rng.normal(0, 0.5, (len(classes), 3, 32, 32)).astype(np.float32)
    for image, c in zip(images, classes, strict=True):
        first = int(rng.integers(4, 24))
        if c != 1:
            image[:, first : first + 4] += 2  # across
        if c != 0:
            image[:, :, first : first + 4] += 2  # upright; class 2 has both
    return torch.from_numpy(images), classes


def main(epochs: int = 4) -> None:
    """Train, and print which stage each epoch is in and which share of each class is found."""
    torch.manual_seed(0)
    images, classes = drawn_images((36, 20, 8), seed=0)
    tuning = FineTuning.of("drw(0.9, 0.5)", classes, epochs=epochs)
    rows = torch.arange(len(classes))
    loader = DataLoader(TensorDataset(images, torch.from_numpy(classes), rows), batch_size=16, sampler=tuning.sampler)
    model = timm.create_model("test_resnet", num_classes=3)
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for epoch in tuning.each_epoch():
        model.train()
        for batch, labels, batch_rows in loader:
            loss = tuning.loss(model(batch), labels, batch_rows)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        print(f"epoch {epoch}, stage {tuning.stage}, loss {loss.item():.3f}")
    unseen, truth = drawn_images((8, 8, 8), seed=1)
    model.eval()
    with torch.no_grad():
        found = model(unseen).argmax(dim=1).numpy()
    print("found of each class:", [round(float((found[truth == c] == c).mean()), 2) for c in range(3)])


if __name__ == "__main__":
    main()
