from tensorflow.keras import Input, Model, layers

def make_encoder():
    image = Input((28, 28, 1), name="image")
    h = layers.Conv2D(16, 3, strides=2, activation="relu")(image)
    h = layers.Conv2D(32, 3, strides=2, activation="relu")(h)
    return Model(image, layers.Flatten()(h), name="encoder")

encoder = make_encoder()
left = Input((28, 28, 1), name="left")
right = Input((28, 28, 1), name="right")
depth = layers.Dense(1)(layers.concatenate([encoder(left), encoder(right)]))
model = Model([left, right], depth)
