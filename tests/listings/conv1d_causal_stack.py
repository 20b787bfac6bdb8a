import keras
from keras import layers

inputs = keras.Input((None, 1))
x = inputs
skips = []
for dilation in [2**n for n in range(4)]:
    y = layers.Conv1D(8, 2, padding="causal", dilation_rate=dilation, activation="tanh")(x)
    skips.append(y)
    x = layers.Conv1D(8, 1)(y) if x is inputs else layers.add([x, layers.Conv1D(8, 1)(y)])
model = keras.Model(inputs, layers.Dense(1)(layers.Add()(skips)))
