from keras import layers, models

def create_model():
    model = models.Sequential()
    model.add(layers.Input(shape=(10,)))
    model.add(layers.Dense(4, activation='relu'))
    model.add(layers.Dense(1))
    model.compile(optimizer='adam', loss='mse')
    return model
