from keras import Input, Model, layers

xs = []
for i in range(3):
    xs += [Input((i + 1,), name="in_{}".format(i))]
hs = [layers.Dense(4)(x) for x in xs if x is not None]
model = Model(xs, layers.average(hs))
