from tensorflow.keras.layers import Input, Embedding, Conv1D, GlobalMaxPooling1D, Concatenate, Dense, Dropout
from tensorflow.keras.models import Model

maxlen, max_features, embedding_dims = 400, 5000, 50
inp = Input(shape=(maxlen,), dtype='int32')
emb = Embedding(max_features, embedding_dims)(inp)
convs = []
for kernel_size in [3, 4, 5]:
    c = Conv1D(128, kernel_size, activation='relu')(emb)
    c = GlobalMaxPooling1D()(c)
    convs.append(c)
x = Concatenate()(convs)
x = Dropout(0.5)(x)
model = Model(inputs=inp, outputs=Dense(1, activation='sigmoid')(x))
