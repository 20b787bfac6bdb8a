import tensorflow as tf
from tensorflow.keras import layers

filters = [32, 64, 128]
inputs = tf.keras.Input((64, 64, 3))
x = inputs
for size in filters:
    for _ in range(2):
        x = layers.Conv2D(size, 3, padding='same', activation='relu')(x)
    x = layers.MaxPooling2D()(x)
x = layers.GlobalAveragePooling2D()(x)
outputs = layers.Dense(4, activation='softmax')(x)
model = tf.keras.Model(inputs, outputs)
