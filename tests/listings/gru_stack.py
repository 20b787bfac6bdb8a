from keras.models import Sequential
from keras import layers

model = Sequential()
model.add(layers.Input((None, 14)))
model.add(layers.GRU(32, dropout=0.1, recurrent_dropout=0.5, return_sequences=True))
model.add(layers.GRU(64, activation='relu', dropout=0.1, recurrent_dropout=0.5))
model.add(layers.Dense(1))
model.compile(optimizer='rmsprop', loss='mae')
