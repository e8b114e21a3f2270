"""The site: python -m sphinx -W -b html docs docs/_build/html (pip install '.[docs]')."""

import re
import warnings
from pathlib import Path

import matplotlib

import sklearn_shallow

matplotlib.use("agg")
warnings.filterwarnings("ignore", message=".*FigureCanvasAgg is non-interactive.*")

project = "sklearn_shallow"
author = copyright = "The sklearn_shallow developers"
version = release = sklearn_shallow.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx-mathjax-offline",  # MathJax among the files of the site: no network is needed
    "sphinx_gallery.gen_gallery",
    "matplotlib.sphinxext.plot_directive",
    "sphinx_design",
    "sphinx_copybutton",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build", "_templates", "gallery", "**/conftest.py", "course/figures"]
suppress_warnings = ["config.cache"]

# Markdown --------------------------------------------------------------------------------------

myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence"]
myst_heading_anchors = 3
MARKDOWN_PICTURE = re.compile(r"^Picture: \[(.*)\]\((.*?)gallery/(plot_\w+)\.py\)$", re.MULTILINE)
ROOT = Path(__file__).parents[1]
WHOLE_FILES = {
    "changelog": "CHANGELOG.md",
    "benchmarks": "benchmarks/README.md",
    "measurements": "benchmarks/measurements.md",
}


def picture(match):
    """Return the picture that a script of the gallery draws, in place of a link to the script."""
    text, up, name = match.groups()
    image = f"{up}auto_gallery/images/sphx_glr_{name}_001.png"
    return f"[![{text}]({image})]({up}auto_gallery/{name}.rst)\n\n*{text}*"


def adapt(app, page, source):
    """Turn what suits the repository into what suits the site: pictures, links, whole files."""
    text = MARKDOWN_PICTURE.sub(picture, source[0])
    if page in WHOLE_FILES:
        file = ROOT / WHOLE_FILES[page]
        app.env.note_dependency(str(file))  # a change there is a change of the page
        text = file.read_text()
        text = re.sub(r"\]\((\.\./)?docs/", "](", text).replace("](README.md", "](benchmarks.md")
        text = re.sub(r"(!\[[^]]*\]\()(?!http)", rf"\1../{Path(WHOLE_FILES[page]).parent}/", text)
    up = "../" * page.count("/")
    for name, file in WHOLE_FILES.items():
        text = text.replace(f"]({up}../{file}", f"]({up}{name}.md")
    source[0] = re.sub(r"\n\n```$", "\n```", text, flags=re.MULTILINE)  # doctests need the line


def skip_others(app, kind, name, member, skip, options):
    """Leave out what scikit-learn documents itself; None leaves the rest to Sphinx."""
    is_theirs = (getattr(member, "__module__", None) or "").startswith("sklearn.")
    return is_theirs or None


def setup(app):
    """Connect both."""
    app.connect("source-read", adapt)
    app.connect("autodoc-skip-member", skip_others)


# API -------------------------------------------------------------------------------------------

autosummary_generate = True
templates_path = ["_templates"]
toc_object_entries_show_parents = "hide"
autodoc_default_options = {"members": True, "inherited-members": True}
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

# Pictures --------------------------------------------------------------------------------------

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "filename_pattern": r"/plot_",
    "download_all_examples": False,
    "show_memory": False,
    "write_computation_times": False,
    "min_reported_time": 1000,
    "abort_on_example_error": True,
    "remove_config_comments": True,
    "image_scrapers": ("matplotlib",),
    "within_subsection_order": "ExampleTitleSortKey",
}
plot_basedir = str(Path(__file__).parent)
plot_include_source = False
plot_pre_code = "from chinese import chinese"  # called by the pages in Chinese
plot_html_show_source_link = False
plot_html_show_formats = False
plot_formats = [("png", 110)]

# HTML ------------------------------------------------------------------------------------------

html_theme = "pydata_sphinx_theme"
html_title = "sklearn_shallow"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_use_index = False
html_context = {"default_mode": "auto"}
html_sidebars = {page.stem: [] for page in Path(__file__).parent.glob("*.md")}  # nothing below them
html_theme_options = {
    "show_prev_next": False,
    "header_links_before_dropdown": 7,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": [],
}
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True
