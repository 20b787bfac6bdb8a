from keras.layers import Dense, Dropout, Input
from keras.models import Sequential

model = Sequential([
    Input((784,)),
    Dense(512, activation='relu'),
    Dropout(0.2),
    Dense(512, activation='relu'),
    Dropout(0.2),
    Dense(10, activation='softmax'),
])
