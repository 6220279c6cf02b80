"""Sphinx's settings for the site. ``scripts/site.py`` builds it; notebooks are shown as stored, never executed.

Nothing on a page is fetched from another host: formulas are MathML, written while building; fonts and scripts are the
theme's own files; no widget library is loaded.
"""

from html import escape
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from myst_nb import sphinx_ as myst_nb_sphinx
from myst_nb.core.render import MimeData, NbElementRenderer
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

project = "lth-teach"
author = "lth-teach authors"
project_copyright = author
extensions = ["myst_nb"]
exclude_patterns = ["jupyter_execute"]  # myst-nb's own folder
suppress_warnings = ["myst.header"]  # a notebook may go from a title to a small heading

myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "off"
nb_merge_streams = True
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # the default loads two scripts from other hosts
nb_code_prompt_show = "Show the {type}"
nb_code_prompt_hide = "Hide the {type}"

html_theme = "pydata_sphinx_theme"
html_title = "The lottery ticket hypothesis, measured"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_search_summary = False  # it would read pages with fetch, which browsers refuse for files on disk
html_use_index = False
html_context = {"default_mode": "auto"}  # light or dark as the reader's system says
html_sidebars: dict[str, list[str]] = {"**": []}
html_theme_options = {
    "logo": {"text": "Lottery tickets"},
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button"],  # the wider one shows keys that a screen reader is not told
    "secondary_sidebar_items": {"**": ["page-toc"], "index": []},
    "show_toc_level": 1,
    "footer_start": [],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}


class RendererWithAlt(NbElementRenderer):
    """myst-nb's renderer; figures keep the description in words (alt text) of their output's metadata."""

    def render_image(self, data: MimeData) -> list[nodes.Element]:
        (image,) = super().render_image(data)
        image["alt"] = data.output_metadata.get(data.mime_type, {}).get("alt", "")
        return [image]


def write_inline_formula(page: HTML5Translator, node: nodes.math) -> None:
    """A formula within a line, as MathML."""
    page.body.append(convert(node.astext(), display="inline"))
    raise nodes.SkipNode


def write_formula(page: HTML5Translator, node: nodes.math_block) -> None:
    """A formula on a line of its own, as MathML. It may be wider than a telephone, so its box scrolls."""
    page.body.append(f'<div class="formula" tabindex="0">{convert(node.astext(), display="block")}</div>\n')
    raise nodes.SkipNode


def open_fold(page: HTML5Translator, node: nodes.Element) -> None:
    """myst-nb's fold, except that a screen reader hears the words that everybody sees."""
    page.body.append(
        f'<details class="admonition hide {escape(" ".join(node["classes"]))}"><summary>'
        f'<span class="collapsed admonition-title">{escape(node["prompt_show"])}</span>'
        f'<span class="expanded admonition-title">{escape(node["prompt_hide"])}</span></summary>\n'
    )


def close_fold(page: HTML5Translator, node: nodes.Element) -> None:
    page.body.append("</details>\n")


def setup(app: Sphinx) -> dict[str, Any]:
    # myst-nb asks for a renderer by the name of an installed package's entry point; the site is no such package.
    myst_nb_sphinx.load_renderer = lambda name: RendererWithAlt
    app.add_html_math_renderer("mathml", (write_inline_formula, None), (write_formula, None))
    app.add_node(myst_nb_sphinx.HideCodeCellNode, override=True, html=(open_fold, close_fold))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
