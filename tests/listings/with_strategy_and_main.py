import os
import tensorflow as tf

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
strategy = tf.distribute.get_strategy()

with strategy.scope():
    model = tf.keras.Sequential([
        tf.keras.layers.Input(shape=(3,)),
        tf.keras.layers.Dense(7, activation="relu"),
        tf.keras.layers.Dense(2),
    ])
    model.compile(optimizer="sgd", loss="mse")

if __name__ == "__main__":
    (x_train, y_train), (x_test, y_test) = tf.keras.datasets.mnist.load_data()
    model.fit(x_train, y_train, epochs=5, batch_size=64)
