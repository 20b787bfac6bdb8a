import paddle  # told

model = paddle.nn.Sequential(  # told
    paddle.nn.Embedding(5000, 64),  # told
    paddle.nn.Linear(64, 2),  # told
)
