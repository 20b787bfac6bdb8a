import math
from keras.layers import Dense, Input, BatchNormalization
from keras.models import Model

depth, base, use_bn = 4, 16, True
i = Input([base * 2])
x = i
for d in range(depth):
    units = max(base // 2 ** d, 4)
    x = Dense(units, use_bias=not use_bn)(x)
    x = BatchNormalization()(x) if use_bn else x
x = Dense(int(math.ceil(base / 3)), activation="elu")(x)
model = Model(i, x)
