import pytorch_lightning as pl  # told
from torch.nn import LSTM, Linear  # told


class Tagger(pl.LightningModule):  # told
    def __init__(self, hidden=64):
        super().__init__()
        self.reads = LSTM(32, hidden, batch_first=True)  # told
        self.says = Linear(hidden, 9)  # told

    def forward(self, x):
        return self.says(self.reads(x)[0])


trainer = pl.Trainer(max_epochs=3)  # told
