"""One fitted pipeline behind a web server with many threads, as the page on serving has it."""

import itertools
import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Barrier, Thread
from urllib.request import Request, urlopen

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import RobustScaler
from threadpoolctl import threadpool_info

from sklearn_shallow import ShallowNetClassifier

N_CLIENTS, N_REQUESTS = 8, 5
SIZES = (1, 7, 300)  # rows of a request
MANY = 5000  # rows, for which the threads of BLAS are limited
PATIENCE = 60  # seconds, after which a thread or an answer that is waited for has failed


@pytest.fixture(scope="module")
def model():
    X, y = make_classification(MANY, 20, n_informative=10, n_classes=3, random_state=0)
    net = ShallowNetClassifier((200,), max_iter=2, numeric_encoding=8, random_state=0)
    return make_pipeline(RobustScaler(), net).fit(X[:1000], y[:1000]), X


@pytest.fixture
def url(model):
    class Predictions(BaseHTTPRequestHandler):
        def do_POST(self):
            rows = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = json.dumps(model[0].predict_proba(np.array(rows)).tolist()).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Predictions)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def blas_threads():
    return sorted((i["filepath"], i["num_threads"]) for i in threadpool_info())


def in_threads(function):
    """Call a function of the number of a client in threads that begin at the same time."""
    barrier = Barrier(N_CLIENTS)

    def client(number):
        barrier.wait(PATIENCE)
        return function(number)

    with ThreadPoolExecutor(N_CLIENTS) as pool:
        return list(pool.map(client, range(N_CLIENTS)))


def test_answers_to_concurrent_requests_are_those_of_one_thread(model, url):
    pipeline, X = model
    before = blas_threads()

    def ask(number):
        rows = X[number * 10 :][: SIZES[number % len(SIZES)]]
        answers = []
        for _ in range(N_REQUESTS):
            request = Request(url, json.dumps(rows.tolist()).encode())
            with urlopen(request, timeout=PATIENCE) as answer:
                answers.append(json.loads(answer.read()))
        return rows, answers

    for rows, answers in in_threads(ask):
        expected = pipeline.predict_proba(rows)
        for answer in answers:
            np.testing.assert_array_equal(answer, expected)
    assert blas_threads() == before


def test_large_predictions_in_threads_leave_the_threads_of_blas(model):
    pipeline, X = model
    expected, before = pipeline.predict_proba(X), blas_threads()
    for found in in_threads(lambda number: pipeline.predict_proba(X)):
        np.testing.assert_array_equal(found, expected)
    assert blas_threads() == before


@pytest.mark.parametrize("method", ["predict_proba", "transform"])
def test_arrays_that_are_kept_for_few_rows_serve_one_thread_at_a_time(model, method):
    pipeline, X = model
    X = pipeline[0].transform(X[:40])
    parts = [X[:1], X[1:2], X[2:9], X[9:16], X[16:17].astype(np.float32)]
    net = clone(pipeline[-1]).fit(X, np.arange(40) % 3)
    expected = [getattr(pickle.loads(pickle.dumps(net)), method)(part) for part in parts]

    def ask(number):
        order = np.random.default_rng(number).permutation(np.repeat(range(len(parts)), 20))
        return [(i, getattr(net, method)(parts[i])) for i in order]

    for i, found in itertools.chain.from_iterable(in_threads(ask)):
        np.testing.assert_array_equal(found, expected[i])


def test_a_prediction_does_not_change_with_the_next(model):
    pipeline, X = model
    first = pipeline.predict_proba(X[:1])
    before = first.copy()
    pipeline.predict_proba(X[1:2])
    np.testing.assert_array_equal(first, before)
