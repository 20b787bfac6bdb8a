import keras
from keras import layers

meta = keras.Input((12,), name="meta")
words = keras.Input((None,), name="words", dtype="int32")
photo = keras.Input((32, 32, 3), name="photo")
m = layers.Dense(16, activation="relu")(meta)
w = layers.GRU(16)(layers.Embedding(3000, 24, mask_zero=True)(words))
p = photo
for f in (8, 16):
    p = layers.MaxPooling2D()(layers.Conv2D(f, 3, activation="relu")(p))
p = layers.GlobalAveragePooling2D()(p)
price = layers.Dense(1, name="price")(layers.concatenate([m, w, p]))
model = keras.Model({"meta": meta, "words": words, "photo": photo}, price)
