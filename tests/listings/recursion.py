import keras
from keras import layers

def tree(x, depth):
    if depth == 0:
        return layers.Dense(2)(x)
    left = tree(layers.Dense(4, activation="relu")(x), depth - 1)
    right = tree(layers.Dense(4, activation="relu")(x), depth - 1)
    return layers.concatenate([left, right])

root = keras.Input((3,))
model = keras.Model(root, tree(root, 3))
