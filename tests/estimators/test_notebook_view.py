"""The view of an estimator in a notebook: links to the documentation, no list of hidden units."""

import re
from urllib.parse import unquote

import pytest
import sklearn
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.fixes import parse_version

from sklearn_shallow import (
    ShallowNetClassifier,
    ShallowNetClassifierCV,
    ShallowNetRegressor,
    ShallowNetRegressorCV,
)
from sklearn_shallow.estimators.scikit_learn import API_PAGE

ESTIMATORS = [
    ShallowNetClassifier,
    ShallowNetClassifierCV,
    ShallowNetRegressor,
    ShallowNetRegressorCV,
]
links_parameters = pytest.mark.skipif(
    parse_version(sklearn.__version__) < parse_version("1.8"),
    reason="scikit-learn links to parameters since 1.8",
)


def links(html):
    return [unquote(address) for address in re.findall('href="([^"]*)"', html)]


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_name_is_a_link(estimator):
    page = API_PAGE.format(estimator_name=estimator.__name__)
    assert page in links(estimator()._repr_html_())


@links_parameters
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_parameter_is_a_link(estimator):
    page = API_PAGE.format(estimator_name=estimator.__name__)
    found = links(estimator()._repr_html_())
    unlinked = [
        name
        for name in estimator().get_params(deep=False)
        if not any(address.startswith(f"{page}#:~:text={name},") for address in found)
    ]
    assert not unlinked


def test_the_hidden_units_are_not_listed():
    net = ShallowNetClassifier(max_iter=2, alpha=1).fit(*load_iris(return_X_y=True))
    for html in (net._repr_html_(), net._repr_mimebundle_()["text/html"]):
        assert "shallownetclassifier99" not in html
        assert "100 features" not in html
        assert html.count("<div") == html.count("</div>")
    assert len(net.get_feature_names_out()) == 100


def test_a_pipeline_with_a_network_has_a_view():
    pipeline = make_pipeline(StandardScaler(), ShallowNetClassifier(2, max_iter=2, alpha=1))
    html = clone(pipeline).fit(*load_iris(return_X_y=True))._repr_html_()
    assert API_PAGE.format(estimator_name="ShallowNetClassifier") in html
