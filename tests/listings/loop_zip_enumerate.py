from keras.layers import *
from keras.models import Model

sizes = (64, 32, 16)
rates = (0.5, 0.4, 0.3)
a = Input(shape=(100,))
h = a
for n, (units, rate) in enumerate(zip(sizes, rates)):
    h = Dense(units, activation='relu', name='fc%d' % n)(h)
    h = Dropout(rate, name='drop%d' % n)(h)
model = Model(a, Dense(3, activation='softmax')(h))
