import keras
from keras import layers

class Factory:
    activation = "relu"

    def __init__(self, width, depth):
        self.width = width
        self.depth = depth

    def block(self, x):
        return layers.Dense(self.width, activation=self.activation)(x)

    def build(self):
        x = inputs = keras.Input((10,))
        for _ in range(self.depth):
            x = self.block(x)
        return keras.Model(inputs, layers.Dense(1)(x))

model = Factory(width=12, depth=3).build()
