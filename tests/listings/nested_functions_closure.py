from keras import Input, Model, layers

def make(width):
    def block(x):
        return layers.Dense(width)(layers.LayerNormalization()(x))
    return block

first, second = make(10), make(20)
inp = Input(shape=(4,))
model = Model(inp, second(first(inp)))
