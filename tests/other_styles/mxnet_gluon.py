from mxnet.gluon import nn  # told

net = nn.Sequential()  # told
net.add(nn.Dense(256, activation="relu"))  # told
net.add(nn.Dense(10))  # told
