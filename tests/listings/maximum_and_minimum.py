from keras import Input, Model
from keras.layers import Dense, maximum, minimum, subtract, multiply

a, b = Input((4,)), Input((4,))
h = Dense(4)
x, y = h(a), h(b)
model = Model([a, b], [maximum([x, y]), minimum([x, y]), subtract([x, y]), multiply([x, y])])
