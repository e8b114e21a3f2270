"""Sets of text that need no download: docstrings, messages and code of installed packages, and bags
of words from a topic model.

`SYSTEM` needs Debian: descriptions of its packages, and messages of programs in many languages.

Convention
----------
Every maker returns (texts or counts, y); `tfidf`, `counts` and `hashed` make sparse columns of it.
"""

import ast
import importlib.util
import subprocess
import sysconfig
from collections import Counter
from contextlib import suppress
from gettext import GNUTranslations
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
)

PACKAGES = ("numpy", "scipy", "sklearn", "pandas", "matplotlib")
MIN_CHARACTERS = 80


def trees(folder):
    """Yield the paths of the Python files in a folder, without tests, and what they contain."""
    for path in sorted(folder.rglob("*.py")):
        inner = path.relative_to(folder)
        if {"tests", "test", "site-packages", "lib2to3", "idlelib"}.isdisjoint(inner.parts):
            try:
                yield inner, ast.parse(path.read_text(encoding="utf-8"))
            except (SyntaxError, UnicodeDecodeError):
                continue


def folder_of(package):
    return Path(importlib.util.find_spec(package).origin).parent


def docstrings(folder):
    """Yield path, kind of node and docstring; the same text once."""
    seen = set()
    for path, tree in trees(folder):
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                text = ast.get_docstring(node) or ""
                if len(text) >= MIN_CHARACTERS and text not in seen:
                    seen.add(text)
                    yield path, type(node).__name__, text


def packages(per_class, names=PACKAGES, length=None):
    """Docstrings, or their beginnings, by package; the names of packages are removed."""
    rng = np.random.default_rng(0)
    texts, y = [], []
    for name in names:
        found = [text for *_, text in docstrings(folder_of(name))]
        for text in rng.permutation(np.array(found, dtype=object))[:per_class]:
            for word in (*PACKAGES, "np.", "pd.", "plt.", "scikit"):
                text = text.replace(word, " ")
            texts.append(text[:length])
            y.append(name)
    return texts, y


def modules(package, fewest):
    """Docstrings of a package by module, for modules with many docstrings."""
    pairs = [(text, path.parts[0]) for path, _, text in docstrings(folder_of(package))]
    return frequent(pairs, fewest)


def standard_library(fewest):
    """Docstrings of the standard library by module."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    return frequent([(text, path.parts[0]) for path, _, text in docstrings(folder)], fewest)


def raised(fewest):
    """Error messages of packages by type of exception; short texts."""
    pairs = set()
    for package in PACKAGES:
        for _, tree in trees(folder_of(package)):
            for node in ast.walk(tree):
                if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                    words = [
                        part.value
                        for argument in node.exc.args
                        for part in ast.walk(argument)
                        if isinstance(part, ast.Constant) and isinstance(part.value, str)
                    ]
                    name = getattr(node.exc.func, "id", None)
                    if name and sum(map(len, words)) > 15:
                        pairs.add((" ".join(words), name))
    return frequent(sorted(pairs), fewest)


def kinds():
    """Docstrings by kind: of a class or of a function."""
    pairs = [
        (text, kind)
        for package in ("sklearn", "matplotlib", "scipy")
        for _, kind, text in docstrings(folder_of(package))
    ]
    classes = [pair for pair in pairs if pair[1] == "ClassDef"]
    others = [pair for pair in pairs if pair[1] == "FunctionDef"]
    chosen = np.random.default_rng(0).choice(len(others), 2 * len(classes), replace=False)
    return zip(*(classes + [others[i] for i in chosen]), strict=True)


def descriptions(field, most, classes=None, n_classes=20):
    """One line on each package that Debian has, by a field such as Section or Maintainer."""
    records = subprocess.run(["apt-cache", "dumpavail"], capture_output=True, text=True, check=True)
    pairs = set()
    for record in records.stdout.split("\n\n"):
        entries = dict(line.split(": ", 1) for line in record.splitlines() if ": " in line)
        text = entries.get("Description", entries.get("Description-en"))
        if text and field in entries:
            pairs.add((text, entries[field].split("/")[-1].split(" <")[0]))
    return drawn([pair for pair in pairs if classes is None or pair[1] in classes], most, n_classes)


def languages(names, most):
    """Messages of programs by language."""
    pairs = set()
    for path in sorted(Path("/usr/share").rglob("*/LC_MESSAGES/*.mo")):
        if path.parts[-3] in names:
            with path.open("rb") as file, suppress(UnicodeDecodeError):
                found = GNUTranslations(file)._catalog.items()
                texts = (text for key, text in found if key and isinstance(text, str))
                pairs.update((text, path.parts[-3]) for text in texts if 12 < len(text) < 200)
    return drawn(pairs, most, len(names))


def drawn(pairs, most, n_classes):
    """Return at most so many texts of each of the most frequent classes, and their classes."""
    counts = Counter(name for _, name in pairs).most_common(n_classes)
    rng, kept = np.random.default_rng(0), []
    for name, _ in counts:
        of_class = sorted(pair for pair in pairs if pair[1] == name)
        kept += [of_class[i] for i in rng.permutation(len(of_class))[:most]]
    return zip(*kept, strict=True)


def frequent(pairs, fewest):
    """Return the texts and classes of the classes with that many."""
    counts = Counter(name for _, name in pairs)
    kept = [pair for pair in pairs if counts[pair[1]] >= fewest]
    return zip(*kept, strict=True)


def amounts(*shape, seed):
    """Return counts, and a number with noise."""
    return topics(*shape, n_classes=1, noise=0.3, seed=seed, numbers=True)


def topics(n_rows, n_terms, length, n_classes, noise=0.1, n_topics=30, seed=0, *, numbers=False):
    """Return counts of a topic model, and classes (or numbers) that a network makes of the topics.

    Word frequencies follow Zipf's law, a document has a few topics, and a share of the classes is
    replaced at random.
    """
    rng = np.random.default_rng(seed)
    zipf = 1 / np.arange(1, n_terms + 1)
    words = np.array([rng.dirichlet(zipf / zipf.sum() * n_terms * 0.05) for _ in range(n_topics)])
    mixtures = rng.dirichlet(np.full(n_topics, 0.15), size=n_rows)
    lengths = np.maximum(3, rng.lognormal(np.log(length), 0.6, size=n_rows)).astype(int)
    counts = CountVectorizer(analyzer=lambda row: row, vocabulary=range(n_terms)).transform(
        rng.choice(n_terms, size=n, p=mixture @ words)
        for n, mixture in zip(lengths, mixtures, strict=True)
    )
    hidden = np.tanh(3 * mixtures @ rng.normal(size=(n_topics, 20)))
    raw = hidden @ rng.normal(size=(20, n_classes)) + mixtures @ rng.normal(
        size=(n_topics, n_classes)
    )
    if numbers:
        return counts, raw[:, 0] + noise * raw[:, 0].std() * rng.normal(size=n_rows)
    raw = (raw - raw.mean(axis=0)) / raw.std(axis=0)
    y = raw.argmax(axis=1)
    wrong = rng.random(n_rows) < noise
    y[wrong] = rng.integers(n_classes, size=wrong.sum())
    return counts, y


def tfidf(data, **options):
    texts, y = data
    if hasattr(texts, "tocsr"):
        return TfidfTransformer(sublinear_tf=True).fit_transform(texts), np.asarray(y)
    return TfidfVectorizer(sublinear_tf=True, **options).fit_transform(texts), np.asarray(y)


def counts(data, **options):
    texts, y = data
    if hasattr(texts, "tocsr"):
        return texts.astype(np.float64), np.asarray(y)
    return CountVectorizer(dtype=np.float64, **options).fit_transform(texts), np.asarray(y)


def hashed(data, **options):
    texts, y = data
    return HashingVectorizer(**options).fit_transform(texts), np.asarray(y)


# What the rule was chosen on, and what it was judged on besides.
CHOICE = {
    "packages, tf-idf": lambda: tfidf(packages(600), max_features=20_000),
    "messages, tf-idf": lambda: tfidf(raised(100), min_df=2),
    "topics 3000 x 20000, tf-idf": lambda: tfidf(topics(3000, 20_000, 80, 2)),
    "short topics, counts": lambda: counts(topics(1500, 3000, 15, 4, seed=1)),
    "classes or functions, tf-idf": lambda: tfidf(kinds(), min_df=2),
    "scipy's modules, counts": lambda: counts(modules("scipy", 60), min_df=2),
}
JUDGED = {
    "standard library, tf-idf": lambda: tfidf(standard_library(40), ngram_range=(1, 2), min_df=2),
    "sklearn's modules, tf-idf": lambda: tfidf(modules("sklearn", 30), min_df=2),
    "pandas or numpy, beginnings": lambda: tfidf(packages(1200, ("pandas", "numpy"), 120)),
    "packages, hashed characters": lambda: hashed(
        packages(400, length=200), analyzer="char_wb", ngram_range=(3, 4), n_features=2**15
    ),
    "messages, counts": lambda: counts(raised(100), ngram_range=(1, 2)),
    "long topics 2000 x 10000, tf-idf": lambda: tfidf(topics(2000, 10_000, 300, 6, 0.2, 60, 2)),
    "few topics 400 x 8000, tf-idf": lambda: tfidf(topics(400, 8000, 60, 2, 0.05, 15, 3)),
}
SCIENCE, RELATED = {"science", "utils"}, {"es", "pt", "pt_BR", "gl", "ca", "it", "fr", "ro"}
SYSTEM = {
    "sections of packages, tf-idf": lambda: tfidf(descriptions("Section", 400), min_df=2),
    "maintainers, counts": lambda: counts(descriptions("Maintainer", 400, n_classes=12), min_df=2),
    "science or utilities, tf-idf": lambda: tfidf(descriptions("Section", 1500, SCIENCE)),
    "languages, words": lambda: tfidf(languages(RELATED | {"de", "nl", "da", "sv", "pl"}, 350)),
    "languages, hashed characters": lambda: hashed(
        languages(RELATED, 500), analyzer="char_wb", ngram_range=(2, 3), n_features=2**13
    ),
}
NUMBERS = {
    "topics 2000 x 8000, tf-idf": lambda: tfidf(amounts(2000, 8000, 80, seed=4)),
    "topics 3000 x 3000, counts": lambda: counts(amounts(3000, 3000, 40, seed=5)),
    "topics 500 x 5000, tf-idf": lambda: tfidf(amounts(500, 5000, 60, seed=6)),
}
