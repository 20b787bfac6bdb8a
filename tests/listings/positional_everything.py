from keras.layers import Input, Conv2D, MaxPooling2D, Dense, Flatten, Embedding, LSTM, Dropout
from keras.models import Model

i = Input((20, 20, 3), None, "float32")
x = Conv2D(8, 5, 2, "same")(i)
x = MaxPooling2D(2, 2, "valid")(x)
x = Flatten()(x)
x = Dense(9, "relu", False)(x)
x = Dropout(0.2)(x)
model = Model(i, x, name="positional")
