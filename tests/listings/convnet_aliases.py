from keras.layers import Conv2D, MaxPool2D, GlobalAvgPool2D, BatchNormalization, ReLU, Dense
from keras import Sequential, Input

def conv_bn(filters, **kwargs):
    return [Conv2D(filters, 3, padding="same", use_bias=False, **kwargs), BatchNormalization(), ReLU()]

model = Sequential([Input(shape=(32, 32, 3)), *conv_bn(16), MaxPool2D(), *conv_bn(32, strides=2), GlobalAvgPool2D(), Dense(10)])
