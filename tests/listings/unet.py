from keras import layers, Model, Input

def double_conv(x, n):
    x = layers.Conv2D(n, 3, padding="same", activation="relu", kernel_initializer="he_normal")(x)
    return layers.Conv2D(n, 3, padding="same", activation="relu", kernel_initializer="he_normal")(x)

def down(x, n):
    f = double_conv(x, n)
    p = layers.MaxPool2D(2)(f)
    p = layers.Dropout(0.3)(p)
    return f, p

def up(x, features, n):
    x = layers.Conv2DTranspose(n, 3, 2, padding="same")(x)
    x = layers.concatenate([x, features])
    return double_conv(layers.Dropout(0.3)(x), n)

inputs = Input(shape=(64, 64, 3))
skips, p = [], inputs
for n in (16, 32, 64):
    f, p = down(p, n)
    skips.append(f)
x = double_conv(p, 128)
for n, f in zip((64, 32, 16), reversed(skips)):
    x = up(x, f, n)
model = Model(inputs, layers.Conv2D(3, 1, padding="same", activation="softmax")(x), name="U-Net")
