import xgboost as xgb  # told

model = xgb.XGBClassifier(n_estimators=200, max_depth=4)  # told
