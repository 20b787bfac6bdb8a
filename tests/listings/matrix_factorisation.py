from keras.layers import Input, Embedding, Flatten, Dot, Add, Dense
from keras.models import Model

n_users, n_movies, k = 500, 700, 20
u = Input(shape=(1,))
m = Input(shape=(1,))
u_emb = Flatten()(Embedding(n_users, k)(u))
m_emb = Flatten()(Embedding(n_movies, k)(m))
u_bias = Flatten()(Embedding(n_users, 1)(u))
m_bias = Flatten()(Embedding(n_movies, 1)(m))
x = Dot(axes=1)([u_emb, m_emb])
x = Add()([x, u_bias, m_bias])
model = Model(inputs=[u, m], outputs=x)
