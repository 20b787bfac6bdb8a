import keras
from keras import layers

features = keras.Input(shape=(12,), name="features")
trunk = layers.Dense(24, activation="relu", name="trunk")(features)
heads = [layers.Dense(n, name=name)(trunk) for name, n in {"a": 1, "b": 2, "c": 3}.items()]
model = keras.Model(features, heads)
