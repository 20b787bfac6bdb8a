import keras
from keras import Input, Model, layers

image = Input(shape=(48, 48, 3), name="image")
vgg = keras.applications.VGG16(include_top=False, weights=None, input_tensor=image)
features = [vgg.get_layer(name).output for name in ("block1_pool", "block2_pool", "block3_pool")]
vectors = [layers.GlobalAveragePooling2D()(feature) for feature in features]
score = layers.Dense(1, activation="sigmoid")(layers.Concatenate()(vectors))
model = Model(vgg.input, score)
