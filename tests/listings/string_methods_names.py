from keras import Input, Model, layers

parts = "trunk,left,right".split(",")
x = Input((7,))
trunk, *sides = [p.upper() for p in parts]
h = layers.Dense(5, name=trunk.lower())(x)
model = Model(x, [layers.Dense(2, name="_".join(["head", s.lower()]))(h) for s in sides])
