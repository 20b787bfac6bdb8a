from tensorflow.keras import layers, Sequential

CONFIG = {'tiny': [8, 'M', 16, 'M', 32, 32, 'M']}

def make(config, num_classes=10):
    net = Sequential()
    net.add(layers.InputLayer(shape=(32, 32, 3)))
    for item in config:
        if item == 'M':
            net.add(layers.MaxPooling2D((2, 2), strides=(2, 2)))
        else:
            net.add(layers.Conv2D(item, (3, 3), padding='same', activation='relu'))
    net.add(layers.Flatten())
    net.add(layers.Dense(num_classes, activation='softmax'))
    return net

model = make(CONFIG['tiny'])
