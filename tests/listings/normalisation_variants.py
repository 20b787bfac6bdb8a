import keras
from keras import layers

i = keras.Input((10, 10, 8))
x = layers.BatchNormalization(axis=-1, momentum=0.9, epsilon=1e-5)(i)
x = layers.GroupNormalization(groups=4)(x)
x = layers.LayerNormalization(axis=[1, 2, 3])(x)
x = layers.UnitNormalization()(x)
model = keras.Model(i, x)
