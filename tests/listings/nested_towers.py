from keras import Input, Model, Sequential, layers

def tower(name):
    return Sequential([Input((6,)), layers.Dense(12, activation="relu"), layers.Dense(4)], name=name)

user, item = Input((6,), name="user"), Input((6,), name="item")
similarity = layers.Dot(axes=-1, normalize=True)([tower("user_tower")(user), tower("item_tower")(item)])
model = Model([user, item], similarity)
