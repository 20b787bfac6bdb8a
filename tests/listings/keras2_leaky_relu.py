from keras.layers import Input, Dense, LeakyReLU, BatchNormalization, Reshape
from keras.models import Sequential

generator = Sequential(name="generator")
generator.add(Input((100,)))
for width in (256, 512, 1024):
    generator.add(Dense(width))
    generator.add(LeakyReLU(negative_slope=0.2))
    generator.add(BatchNormalization(momentum=0.8))
generator.add(Dense(28 * 28 * 1, activation='tanh'))
generator.add(Reshape((28, 28, 1)))
model = generator
