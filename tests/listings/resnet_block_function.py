from tensorflow.keras import layers, Model, Input

def residual_block(x, filters, stride=1):
    shortcut = x
    y = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(x)
    y = layers.BatchNormalization()(y)
    y = layers.ReLU()(y)
    y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(y)
    y = layers.BatchNormalization()(y)
    if stride != 1 or shortcut.shape[-1] != filters:
        shortcut = layers.Conv2D(filters, 1, strides=stride, use_bias=False)(shortcut)
        shortcut = layers.BatchNormalization()(shortcut)
    return layers.ReLU()(layers.Add()([y, shortcut]))

inputs = Input((32, 32, 3))
x = layers.Conv2D(16, 3, padding="same")(inputs)
for stage, filters in enumerate([16, 32, 64]):
    for block in range(2):
        x = residual_block(x, filters, stride=2 if stage > 0 and block == 0 else 1)
x = layers.GlobalAveragePooling2D()(x)
model = Model(inputs, layers.Dense(10, activation="softmax")(x))
