from keras.models import Model, Sequential
from keras.layers import Dense, Conv2D, Flatten, Input, concatenate, MaxPooling2D

def create_mlp(dim):
    model = Sequential()
    model.add(Input((dim,)))
    model.add(Dense(8, activation="relu"))
    model.add(Dense(4, activation="relu"))
    return model

def create_cnn(width, height, depth, filters=(16, 32)):
    inputs = Input(shape=(height, width, depth))
    for (i, f) in enumerate(filters):
        if i == 0:
            x = inputs
        x = Conv2D(f, (3, 3), padding="same", activation="relu")(x)
        x = MaxPooling2D(pool_size=(2, 2))(x)
    x = Flatten()(x)
    x = Dense(4)(x)
    return Model(inputs, x)

mlp = create_mlp(10)
cnn = create_cnn(32, 32, 3)
combinedInput = concatenate([mlp.outputs[0], cnn.output])
x = Dense(4, activation="relu")(combinedInput)
x = Dense(1, activation="linear")(x)
model = Model(inputs=[mlp.inputs[0], cnn.input], outputs=x)
model.compile(loss="mean_absolute_percentage_error", optimizer="adam")
