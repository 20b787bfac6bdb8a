import keras
from keras import layers

tokens = keras.Input((50,), dtype="int64")
x = layers.Embedding(1000, 32)(tokens)
attended = layers.MultiHeadAttention(num_heads=2, key_dim=32)(x, x)
x = layers.LayerNormalization(epsilon=1e-6)(x + attended)
y = layers.Dense(64, activation="relu")(x)
y = layers.Dense(32)(y)
x = layers.LayerNormalization(epsilon=1e-6)(layers.add([x, y]))
x = layers.GlobalAveragePooling1D()(x)
model = keras.Model(tokens, layers.Dense(2, activation="softmax")(x))
