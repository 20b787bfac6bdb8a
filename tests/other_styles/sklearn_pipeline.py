from sklearn.linear_model import LogisticRegression  # told
from sklearn.pipeline import Pipeline  # told
from sklearn.preprocessing import StandardScaler  # told

model = Pipeline([  # told
    ("scale", StandardScaler()),  # told
    ("classify", LogisticRegression(C=0.5)),  # told
])
model.fit(x_train, y_train)
