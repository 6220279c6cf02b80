"""The site: what a page shows and what it must not, read from the built files and in a real browser."""

import importlib.util
import os
import re
import shutil
import sys
import types
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from everything_lesson import ALT, figure, lesson
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import sync_playwright

from lth_teach.lab.dependence import is_graded

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
DOCUMENT = (
    "https://github.com/Gaurav14cs17/ml-researcher-foundations/blob/main/"
    "08_model_compression/03_pruning/03_lottery_ticket/README.md"
)


@pytest.fixture(scope="module")
def builder():
    """scripts/site.py as a module; Python's own module ``site`` keeps its name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path, str(ROOT / "scripts")])
        specification = importlib.util.spec_from_file_location("site_of_the_course", ROOT / "scripts" / "site.py")
        module = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(module)
        yield module


@pytest.fixture(scope="module")
def site(builder, tmp_path_factory):
    """The folder of the site with its own pages and the made-up one; built once."""
    folder = tmp_path_factory.mktemp("site")
    nbformat.write(lesson(), folder / "98_made_up.ipynb")
    explorer = types.ModuleType("lth_teach.explore.made_up")
    explorer.html = lambda: '<div id="explored"></div><script>explored.textContent = "explorer ran"</script>'
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, explorer.__name__, explorer)
        first = builder.build(folder / "site", [folder / "98_made_up.ipynb", *builder.PAGES])
    assert first == folder / "site" / "index.html"
    return folder / "site"


@pytest.fixture(scope="module")
def made_up(site):
    return (site / "notebooks" / "98_made_up.html").read_text(encoding="utf-8")


class Addresses(HTMLParser):
    """Collects from a page what a browser loads by itself, and its images."""

    def __init__(self, path):
        super().__init__()
        self.loaded, self.images = [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.loaded += [values[key] for key in ("src", "srcset", "poster", "data") if values.get(key)]
        self.loaded += [values["href"]] if tag == "link" else []
        self.images += [values] if tag == "img" else []


def in_details(page, text):
    """Whether a text stands in a closed fold of the page."""
    return any(text in fold for fold in re.findall(r'<details class="admonition hide[^"]*">.*?</details>', page, re.S))


# What must not reach a page


def test_no_solution_and_no_hidden_test_is_in_any_file(site):
    secrets = ("x * 0.5", "halve(31)", "Model answer", "output of the", "BEGIN SOLUTION", "HIDDEN")
    for path in site.rglob("*"):
        if path.suffix in (".html", ".js", ".ipynb", ".txt"):
            text = re.sub(r"<[^>]*>", "", path.read_text(encoding="utf-8"))
            assert [secret for secret in secrets if secret in text] == [], path
    assert not list(site.rglob("*.ipynb"))
    assert not [path for path in (site / "_sources").rglob("*") if path.is_file()]


def test_the_real_page_holds_no_solution_and_no_output_of_an_exercise(builder):
    """Compared with the stored notebook, whatever it holds at the moment."""
    for path in builder.PAGES:
        stored = nbformat.read(path, as_version=4)
        page = builder.page_of(stored, {path.name})
        given = {cell.id: cell for cell in page.cells}
        exercises = [cell for cell in stored.cells if is_graded(cell)]
        assert exercises
        for cell in exercises:
            assert given[cell.id].source != cell.source or not cell.metadata.nbgrader.solution
            assert not given[cell.id].get("outputs")
        sources = "\n".join(cell.source for cell in page.cells)
        for secret in re.findall(r"### BEGIN .*?\n(.*?)### END", "\n".join(c.source for c in exercises), re.S):
            assert secret not in sources


# What a page shows


def test_outputs_that_the_learners_version_clears_are_on_the_page(made_up):
    assert "half of nine is 4.5" in made_up
    assert not in_details(made_up, "half of nine is 4.5")


def test_the_place_of_a_solution_says_so(made_up):
    assert "YOUR CODE HERE" in re.sub(r"<[^>]*>", "", made_up)
    assert "Your answer: write a few sentences, in the notebook." in made_up


def test_what_is_to_be_predicted_parameters_and_hidden_input_are_folded(made_up):
    assert in_details(made_up, "half of six is 3")
    assert "Show the output (predict first)" in made_up
    assert in_details(made_up, '<span class="n">seeds</span>')
    assert in_details(made_up, '<span class="nn">os</span>')
    assert "Toggle hidden content" not in made_up


def test_every_figure_carries_its_alt_text(site):
    for path in [*site.glob("*.html"), *site.glob("notebooks/*.html")]:
        for image in Addresses(path).images:
            made_by_a_script = image["id"].startswith("_anim_img") if "id" in image else False
            assert made_by_a_script or image.get("alt"), (path, image)
    alts = [image.get("alt") for image in Addresses(site / "notebooks" / "98_made_up.html").images]
    assert [alt for alt in alts if alt] == [ALT, "The first of two.", "The second of two."]


def test_formulas_are_mathml(made_up):
    assert made_up.count('<math xmlns="http://www.w3.org/1998/Math/MathML"') == 2
    assert "<mfrac>" in made_up
    assert not re.search("<script[^>]*mathjax", made_up, re.IGNORECASE)


def test_links_to_what_is_no_page_are_plain_words(made_up):
    assert re.search(r'<a [^>]*href="02_imp.html">', made_up)
    assert "no page and a text." in made_up


def test_an_explorer_takes_the_place_of_its_stand_in(made_up):
    assert '<div id="explored">' in made_up
    assert "an explorer's stand-in" not in made_up


def test_a_widget_gives_way_to_what_is_stored_beside_it(made_up):
    assert "what a panel shows" in made_up
    assert "widget-view" not in made_up


def test_the_first_page_names_the_document_and_the_bibliography_every_paper_of_the_pages(site, builder):
    assert f'href="{DOCUMENT}"' in (site / "index.html").read_text(encoding="utf-8")
    listed = re.findall(r'href="https://arxiv.org/abs/([\d.]+)"', (site / "bibliography.html").read_text("utf-8"))
    cited = {
        paper for path in builder.PAGES for paper in re.findall(r"arxiv.org/abs/([\d.]+)", path.read_text("utf-8"))
    }
    assert len(cited) > 10
    assert cited - set(listed) == set()


# What a browser loads


def test_pages_and_style_sheets_name_no_other_host(site):
    pages = [*site.glob("*.html"), *site.glob("notebooks/*.html")]
    addresses = [address for path in pages for address in Addresses(path).loaded]
    for path in [*pages, *site.rglob("*.css")]:
        text = path.read_text(encoding="utf-8")
        addresses += re.findall(r"url\(\s*[\"']?([^\"')]+)", text)
        addresses += re.findall(r"@import\s+[\"']([^\"']+)", text)
    assert len(addresses) > 50
    assert [address for address in addresses if re.match(r"(https?:)?//", address)] == []


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        reason = "no chromium, chromium-browser or google-chrome on this machine"
        if os.environ.get("LTH_TEACH_REQUIRE_BROWSER"):
            pytest.fail(f"LTH_TEACH_REQUIRE_BROWSER is set, but there is {reason}")
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def narrow_and_dark(browser):
    """A page of 400 pixels in the dark theme, with what it complained of and asked other hosts for."""
    context = browser.new_context(viewport={"width": 400, "height": 800}, color_scheme="dark")
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    local = ("file:", "data:", "blob:")
    page.on("request", lambda seen: None if seen.url.startswith(local) else page.complaints.append(seen.url))
    yield page
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("name", ["index", "glossary", "bibliography", "notebooks/02_imp", "notebooks/98_made_up"])
def test_a_page_from_disk_asks_nobody_and_fits_a_telephone(site, narrow_and_dark, name):
    narrow_and_dark.goto((site / f"{name}.html").as_uri())
    narrow_and_dark.wait_for_load_state("networkidle")
    assert narrow_and_dark.complaints == []
    assert narrow_and_dark.evaluate("document.documentElement.scrollWidth") <= 400


@pytest.mark.browser
def test_what_runs_on_a_page_runs(site, narrow_and_dark):
    page = narrow_and_dark
    page.goto((site / "notebooks" / "98_made_up.html").as_uri())
    assert page.locator("#explored").text_content() == "explorer ran"

    moving = page.locator(".animation img")
    page.wait_for_function("document.querySelector('.animation img').src.startsWith('data:')")
    page.locator(".animation button[title='First frame']").click()
    before = moving.get_attribute("src")
    page.locator(".animation button[title='Next frame']").click()
    assert moving.get_attribute("src") != before

    explanation = page.get_by_text("Right, since two halves make one.")
    assert not explanation.is_visible()
    page.get_by_text("A. One half.").click()
    assert explanation.is_visible()

    output = page.get_by_text("half of six is 3")
    assert not output.is_visible()
    page.get_by_text("Show the output (predict first)").click()
    assert output.is_visible()
    assert page.complaints == []


@pytest.mark.browser
def test_a_figure_lies_on_white_in_the_dark_theme(site, narrow_and_dark):
    narrow_and_dark.goto((site / "notebooks" / "98_made_up.html").as_uri())
    assert narrow_and_dark.evaluate("document.documentElement.dataset.theme") == "dark"
    shown = narrow_and_dark.get_by_alt_text("The first of two.")
    look = shown.evaluate("image => [getComputedStyle(image).backgroundColor, getComputedStyle(image).filter]")
    assert look == ["rgb(255, 255, 255)", "none"]


# When it cannot be built


def test_a_figure_without_alt_text_is_refused(builder):
    nb = new_notebook(cells=[new_markdown_cell("# A"), new_code_cell("draw()", outputs=figure("words"))])
    del nb.cells[1].outputs[0].metadata["image/png"]
    with pytest.raises(ValueError, match="cell 1: a figure has no alt text"):
        builder.page_of(nb, set())


def test_a_warning_stops_the_build_and_leaves_the_old_site(builder, tmp_path, capfd):
    nbformat.write(new_notebook(cells=[new_markdown_cell("# A\n\n[gone](#gone)")]), tmp_path / "a.ipynb")
    old = tmp_path / "site"
    old.mkdir()
    (old / ".buildinfo").touch()
    with pytest.raises(RuntimeError, match="not built"):
        builder.build(old, [tmp_path / "a.ipynb"])
    assert "gone" in capfd.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.ipynb", "site"]
    assert [path.name for path in old.iterdir()] == [".buildinfo"]


def test_the_command_does_not_replace_a_folder_that_is_no_site(builder, tmp_path, monkeypatch):
    (tmp_path / "letter.txt").touch()
    monkeypatch.setattr(sys, "argv", ["site.py", str(tmp_path)])
    with pytest.raises(SystemExit, match="exists and is no site, so it is not replaced"):
        builder.main()
    assert (tmp_path / "letter.txt").exists()
