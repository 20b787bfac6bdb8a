from torch import nn, optim  # told

model = nn.Sequential(  # told
    nn.Linear(784, 128),  # told
    nn.ReLU(),  # told
    nn.Linear(128, 10),  # told
)
optimizer = optim.Adam(model.parameters(), lr=1e-3)  # told
