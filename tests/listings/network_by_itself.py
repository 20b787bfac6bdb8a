from keras.applications import EfficientNetB0

model = EfficientNetB0(weights=None, classes=7, input_shape=(64, 64, 3))
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
