from keras import Input, Model
from keras.layers import Attention, Concatenate, Conv1D, Dense, Embedding, GlobalAveragePooling1D

query_input = Input(shape=(None,), dtype='int32')
value_input = Input(shape=(None,), dtype='int32')
token_embedding = Embedding(input_dim=1000, output_dim=64)
query_embeddings = token_embedding(query_input)
value_embeddings = token_embedding(value_input)
cnn_layer = Conv1D(filters=100, kernel_size=4, padding='same')
query_seq_encoding = cnn_layer(query_embeddings)
value_seq_encoding = cnn_layer(value_embeddings)
query_value_attention_seq = Attention()([query_seq_encoding, value_seq_encoding])
query_encoding = GlobalAveragePooling1D()(query_seq_encoding)
query_value_attention = GlobalAveragePooling1D()(query_value_attention_seq)
input_layer = Concatenate()([query_encoding, query_value_attention])
model = Model([query_input, value_input], Dense(1)(input_layer))
