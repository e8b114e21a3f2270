"""The pages of the course: complete, in two languages with the same examples, with pictures."""

import importlib
import re
import runpy
from pathlib import Path

import pytest

COURSE = Path(__file__).parents[2] / "docs" / "course"
PAGES = sorted(page.name for page in COURSE.glob("*.md"))
CHAPTERS = [name for name in PAGES if name[0].isdigit()]
NAMES = {"sigmoid", "tanh", "relu", "leaky", "alpha", "dz", "He", "Adam", "L-BFGS", "L1", "L2"}
NAMES |= {"Levenberg-Marquardt"}
SHARED = {"course_style", "chinese"}
FIGURES = sorted({path.stem for path in (COURSE / "figures").glob("*.py")} - SHARED)


def text_of(name, language="en"):
    folder = COURSE if language == "en" else COURSE / language
    return (folder / name).read_text(encoding="utf-8")


def code(text):
    """Return the blocks of code."""
    return re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def plots(text):
    return re.findall(r"^\.\. plot:: course/figures/(\w+)\.py\b", text, re.MULTILINE)


def links(text):
    return re.findall(r"\]\(([\w/.]+\.md)", text)


def test_it_has_nine_chapters_exercises_and_a_glossary():
    assert len(CHAPTERS) == 9
    assert {"index.md", "exercises.md", "glossary.md"} == set(PAGES) - set(CHAPTERS)


@pytest.mark.parametrize("name", PAGES)
def test_both_languages_have_the_same_examples_pictures_and_formulas(name):
    english, chinese = text_of(name), text_of(name, "zh")
    assert code(chinese) == code(english)
    assert plots(chinese) == plots(english)
    for mark in (r"^#+ ", r"^\$\$", "^<details>", r"^\| "):
        count = [len(re.findall(mark, text, re.MULTILINE)) for text in (english, chinese)]
        assert count[0] == count[1], mark


@pytest.mark.parametrize("name", PAGES)
def test_the_chinese_page_is_in_chinese(name):
    prose = re.sub(r"^```.*?^```|\$.*?\$|`.*?`", "", text_of(name, "zh"), flags=re.M | re.S)
    characters = len(re.findall(r"[\u4e00-\u9fff]", prose))
    words = len(re.findall(r"[a-zA-Z]{3,}", re.sub(r"\(.*?\)", "", prose)))
    assert characters > 3 * words


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_contents_list_every_page(language):
    index = text_of("index.md", language)
    contents = re.search(r"```\{toctree\}\n(.*?)```", index, re.DOTALL).group(1)
    for name in set(PAGES) - {"index.md"}:
        assert Path(name).stem in contents.split()
        assert name in links(index)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_has_a_picture_and_ends_with_what_is_next(name, language):
    text, following = text_of(name, language), [*CHAPTERS, "exercises.md"]
    assert plots(text)
    assert links(text)[-1] == following[following.index(name) + 1]
    folder = COURSE if language == "en" else COURSE / language
    assert not [link for link in links(text) if not (folder / link).exists()]


def test_every_figure_is_used():
    used = [figure for name in PAGES for figure in plots(text_of(name))]
    assert sorted(used) == FIGURES


def test_ten_errors_have_solutions():
    parts = re.split(r"^## ", text_of("exercises.md"), flags=re.MULTILINE)
    numbered = [part for part in parts if re.match(r"\d+\. ", part)]
    assert len(numbered) == 10
    assert all("<summary>Solution</summary>" in part for part in numbered)
    assert all("*How to notice:*" in part for part in numbered)


def is_english(text):
    """Tell whether a text of a figure has words beside formulas and names."""
    text = re.sub(r"\$.*?\$", "", text)
    return set(re.findall(r"[A-Za-z-]{2,}", text)) - NAMES != set()


@pytest.mark.parametrize("figure", FIGURES)
def test_the_pictures_are_drawn(figure, monkeypatch):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.close("all")  # those of other tests
    monkeypatch.syspath_prepend(COURSE / "figures")
    with matplotlib.rc_context():
        translated = importlib.import_module("chinese").translated
        runpy.run_path(str(COURSE / "figures" / f"{figure}.py"))
        [number] = pyplot.get_fignums()
        axes = pyplot.figure(number).axes
        assert axes
        assert all(ax.lines or ax.collections or ax.patches for ax in axes)
        texts = {text.get_text() for text in pyplot.figure(number).findobj(matplotlib.text.Text)}
        assert not [text for text in texts if is_english(translated(text))]
        pyplot.close("all")
