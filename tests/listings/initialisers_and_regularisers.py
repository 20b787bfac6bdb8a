import keras
from keras import layers, regularizers, initializers

model = keras.Sequential([
    layers.Input((20,)),
    layers.Dense(16, kernel_initializer=initializers.HeNormal(), kernel_regularizer=regularizers.l2(0.001), activation=keras.activations.relu),
    layers.Dense(8, kernel_regularizer="l1", kernel_constraint=keras.constraints.MaxNorm(3), bias_initializer="ones"),
    layers.Dense(1),
])
