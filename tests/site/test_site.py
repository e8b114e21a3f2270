"""The built site, as a reader meets it: in a browser, and its files.

    python -m pip install -e '.[docs]' selenium
    python -m sphinx -W -b html docs docs/_build/html
    apt-get install chromium chromium-driver        # Debian's packages
    python -m pytest tests/site

Without a built site everything here is skipped, without a browser what needs one.
"""

import functools
import http.server
import re
import shutil
import threading
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

ROOT = Path(__file__).parents[2]
SITE = ROOT / "docs" / "_build" / "html"
SEARCHED = ["ColumnTransformer", "imbalance", "ONNX", "neuron"]
WIDTHS = {"phone": 400, "desk": 1400}

if not (SITE / "index.html").exists():
    reason = "no site in docs/_build/html: python -m sphinx -W -b html docs docs/_build/html"
    pytest.skip(reason, allow_module_level=True)


class Page(HTMLParser):
    """The links, pictures and anchors of a page."""

    def __init__(self, path):
        super().__init__()
        self.links, self.images, self.anchors = [], [], set()
        self.feed(path.read_text())

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.anchors |= {attrs[key] for key in ("id", "name") if attrs.get(key)}
        if tag == "a" and attrs.get("href"):
            self.links.append(attrs["href"])
        if tag in ("img", "script", "link") and (address := attrs.get("src") or attrs.get("href")):
            self.images.append(address)


def is_inside(address):
    return not re.match(r"(\w+:|//)", address)


@pytest.fixture(scope="module")
def pages():
    """Every page of the site by its path."""
    found = [path for path in SITE.rglob("*.html") if "_static" not in path.parts]
    return {path.resolve(): Page(path) for path in found}


def target(page, address):
    file, anchor = urldefrag(address.split("?")[0] if "?" in address else address)
    return (page.parent / unquote(file)).resolve() if file else page, unquote(anchor)


def test_no_link_and_no_picture_is_broken(pages):
    broken = []
    for path, page in pages.items():
        for address in filter(is_inside, page.links + page.images):
            file, anchor = target(path, address)
            known = pages.get(file)
            if not file.exists() or (known and anchor and anchor not in known.anchors):
                broken.append(f"{path.relative_to(SITE)}: {address}")
    assert not broken


def test_every_page_is_reached_from_the_index(pages):
    reached, waiting = set(), [SITE.resolve() / "index.html"]
    while waiting:
        path = waiting.pop()
        if path in reached or path not in pages:
            continue
        reached.add(path)
        waiting += [target(path, address)[0] for address in filter(is_inside, pages[path].links)]
    assert {path.name for path in pages.keys() - reached} == {"search.html"}  # it has a box


def test_no_network_is_needed(pages):
    addresses = {address for page in pages.values() for address in page.images}
    assert not {address for address in addresses if re.match(r"(https?:)?//", address)}


def test_every_page_of_understand_has_a_picture(pages):
    without = [
        path.name
        for path, page in pages.items()
        if path.parent.name == "understand" and path.name != "index.html"
        if not any("sphx_glr" in image for image in page.images)
    ]
    assert not without


# In a browser ----------------------------------------------------------------------------------


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def address():
    """The address of the site, served from this process."""
    handler = functools.partial(Quiet, directory=SITE)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser():
    """A Chromium without a window."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="pip install selenium")
    programs = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if None in programs:
        pytest.skip("no browser: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    for argument in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage"):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.binary_location, driver = programs
    service = webdriver.chrome.service.Service(driver)
    chrome = webdriver.Chrome(options=options, service=service)
    yield chrome
    chrome.quit()


def of_width(browser, width):
    size = {"width": width, "height": 1200, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


# Text that ends right of the screen; tables, code and formulas scroll by themselves.
CUT_OFF = """
return [...document.querySelectorAll('article :is(p, dt, dd, li, h1, h2, h3)')].filter(
    e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1
        && !e.closest('table, pre, .highlight, .math')
).map(e => e.textContent.trim().slice(0, 40)).slice(0, 3)
"""


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_pages_fit_and_have_no_errors(browser, address, pages, width):
    of_width(browser, width)
    wide, errors = [], []
    for path in sorted(pages):
        name = path.relative_to(SITE.resolve()).as_posix()
        browser.get(f"{address}/{name}")
        if browser.execute_script("return document.documentElement.scrollWidth") > width:
            wide.append(name)
        wide += [f"{name}: {text}" for text in browser.execute_script(CUT_OFF)]
        script = "return [...document.images].filter(i => i.complete && !i.naturalWidth).length"
        if browser.execute_script(script):
            errors.append(f"{name}: a picture is missing")
        for entry in browser.get_log("browser"):
            if entry["level"] == "SEVERE" and "favicon" not in entry["message"]:
                errors.append(f"{name}: {entry['message']}")
    assert not wide
    assert not errors


@pytest.mark.parametrize("page", ["understand/objective", "course/06_backward"])
def test_formulas_are_drawn(browser, address, page):
    from selenium.webdriver.support.ui import WebDriverWait

    browser.get(f"{address}/{page}.html")
    drawn = "return document.querySelectorAll('.math mjx-container').length"
    formulas = browser.execute_script("return document.querySelectorAll('.math').length")
    WebDriverWait(browser, 20).until(lambda chrome: chrome.execute_script(drawn) == formulas)


@pytest.mark.parametrize("word", SEARCHED)
def test_the_search_finds(browser, address, word):
    from selenium.webdriver.support.ui import WebDriverWait

    of_width(browser, 1400)
    browser.get(f"{address}/search.html?q={word}")
    count = "return document.querySelectorAll('#search-results li').length"
    WebDriverWait(browser, 20).until(lambda chrome: chrome.execute_script(count) > 0)


def test_the_copied_code_runs(browser, address):
    from selenium.webdriver import ActionChains

    of_width(browser, 1400)
    browser.get(f"{address}/index.html")
    granted = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    browser.execute_cdp_cmd("Browser.grantPermissions", {"origin": address, **granted})
    button = browser.find_element("css selector", "button.copybtn")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
    ActionChains(browser).move_to_element(button).pause(0.3).click().perform()
    later = "setTimeout(() => navigator.clipboard.readText().then(done), 300)"
    code = browser.execute_async_script(f"const done = arguments[0]; {later}")
    assert ">>>" not in code
    names = {}
    exec(code, names)
    assert names["net"].n_features_in_ == 10
