from keras.models import Sequential
from keras.layers import ConvLSTM2D, BatchNormalization, Conv3D, Input

seq = Sequential([Input((None, 20, 20, 1))])
for _ in range(2):
    seq.add(ConvLSTM2D(filters=8, kernel_size=(3, 3), padding='same', return_sequences=True))
    seq.add(BatchNormalization())
seq.add(Conv3D(filters=1, kernel_size=(3, 3, 3), activation='sigmoid', padding='same'))
model = seq
