from keras import Input, Model, layers

x = start = Input((16,))
for n in range(100):
    if n % 2:
        continue
    if n > 6:
        break
    x = layers.Dense(10 + n)(x)
else:
    x = layers.Dense(1)(x)
model = Model(start, x)
