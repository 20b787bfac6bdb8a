from tensorflow.keras.layers import Input, Conv2D, DepthwiseConv2D, BatchNormalization, ReLU, Dense, GlobalAveragePooling2D
from tensorflow.keras.models import Model

def block(x, filters, strides):
    x = DepthwiseConv2D(kernel_size=3, strides=strides, padding='same')(x)
    x = BatchNormalization()(x)
    x = ReLU(max_value=6.0)(x)
    x = Conv2D(filters=filters, kernel_size=1, strides=1)(x)
    x = BatchNormalization()(x)
    return ReLU(6.)(x)

input = Input(shape=(64, 64, 3))
x = Conv2D(filters=32, kernel_size=3, strides=2, padding='same')(input)
for filters, strides in ((64, 1), (128, 2), (128, 1)):
    x = block(x, filters, strides)
x = GlobalAveragePooling2D()(x)
output = Dense(units=10, activation='softmax')(x)
model = Model(inputs=input, outputs=output)
