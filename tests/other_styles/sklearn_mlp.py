import sklearn.neural_network as networks  # told

model = networks.MLPClassifier(hidden_layer_sizes=(64, 32), activation="relu")  # told
