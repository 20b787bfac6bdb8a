try:
    import keras
    from keras import layers
except ImportError:
    from tensorflow import keras
    from tensorflow.keras import layers

assert keras is not None
model = keras.Sequential([layers.Input((2,)), layers.Dense(3), layers.PReLU(), layers.Dense(1)])
