from keras.models import Sequential
from keras.layers import LSTM, Dense, TimeDistributed, RepeatVector, Input

model = Sequential()
model.add(Input((7, 12)))
model.add(LSTM(128))
model.add(RepeatVector(4))
model.add(LSTM(128, return_sequences=True))
model.add(TimeDistributed(Dense(12, activation='softmax')))
