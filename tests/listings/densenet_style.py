from keras import layers, Model, Input

def dense_block(x, n_layers, growth=12):
    for i in range(n_layers):
        y = layers.BatchNormalization()(x)
        y = layers.Activation('relu')(y)
        y = layers.Conv2D(growth, (3, 3), padding='same')(y)
        x = layers.concatenate([x, y])
    return x

def transition(x, reduction=0.5):
    channels = int(x.shape[-1] * reduction)
    x = layers.Conv2D(channels, 1)(layers.BatchNormalization()(x))
    return layers.AveragePooling2D(2)(x)

inp = Input((32, 32, 3))
x = layers.Conv2D(24, 3, padding='same')(inp)
x = dense_block(x, 3)
x = transition(x)
x = dense_block(x, 3)
x = layers.GlobalAveragePooling2D()(x)
model = Model(inp, layers.Dense(10, activation='softmax')(x))
