import tensorflow as tf
K = tf.keras
L = K.layers
wide = L.Input([5], name="wide")
deep = L.Input([6], name="deep")
h1 = L.Dense(30, "relu")(deep)
h2 = L.Dense(30, "relu")(h1)
both = L.concatenate([wide, h2])
main_output = L.Dense(1, name="main")(both)
aux_output = L.Dense(1, name="aux")(h2)
model = K.Model(inputs=[wide, deep], outputs=[main_output, aux_output])
model.compile(loss=["mse", "mse"], loss_weights=[0.9, 0.1], optimizer=K.optimizers.SGD(learning_rate=1e-3))
