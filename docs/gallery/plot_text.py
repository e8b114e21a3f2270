"""
Text
====

Is this a docstring of NumPy or of scikit-learn? The network takes the sparse matrix of the
vectoriser.
"""

# %%
import inspect

import matplotlib.pyplot as plt
import numpy as np
import sklearn.cluster
import sklearn.linear_model
import sklearn.metrics
import sklearn.preprocessing
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from sklearn_shallow import ShallowNetClassifier


def paragraphs(modules, limit=250):
    texts = [inspect.getdoc(getattr(m, name)) or "" for m in modules for name in sorted(m.__all__)]
    return [text.partition("\n\n")[0] for text in texts if len(text) > 200][:limit]


ours = [sklearn.linear_model, sklearn.metrics, sklearn.preprocessing, sklearn.cluster]
texts = [paragraphs([np]), paragraphs(ours)]
documents = texts[0] + texts[1]
y = np.repeat([0, 1], [len(part) for part in texts])

model = make_pipeline(TfidfVectorizer(min_df=2), ShallowNetClassifier(random_state=0))
accuracy = cross_val_score(model, documents, y, cv=3).mean()
print(f"{len(documents)} first sentences, accuracy by cross-validation {accuracy:.2f}")

# %%
# The words that decide, by the change of the log-odds when a text has only this word:
model.fit(documents, y)
terms = model[0].get_feature_names_out()
log_odds = model.decision_function(terms)
order = np.argsort(log_odds)
shown = np.r_[order[:8], order[-8:]]
figure, ax = plt.subplots(figsize=(5, 4), layout="constrained")
ax.barh(terms[shown], log_odds[shown], color=np.where(log_odds[shown] > 0, "#0072B2", "#D55E00"))
ax.set(xlabel="log-odds: NumPy < 0 < scikit-learn")
