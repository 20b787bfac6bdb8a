from tensorflow.keras import Sequential
from tensorflow.keras.layers import Embedding, LSTM, Bidirectional, Dense, Input

model = Sequential([
    Input((80,)),
    Embedding(20000, 128),
    Bidirectional(LSTM(64)),
    Dense(1, activation='sigmoid'),
])
