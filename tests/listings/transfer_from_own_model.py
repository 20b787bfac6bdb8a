import keras
from keras import layers

base_in = keras.Input((32,))
base = keras.Model(base_in, layers.Dense(16, activation="relu", name="features")(layers.Dense(24)(base_in)), name="base")
base.trainable = False
head = keras.Sequential([base, layers.Dense(4, activation="softmax")], name="head")
model = head
