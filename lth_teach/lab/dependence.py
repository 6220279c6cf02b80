"""Which cell of a notebook needs which other: what a grade needs, and what an answer leads to.

A notebook trains networks for a minute or two; its exercises need none of that. The cells that a grade needs are

    every graded cell, and each cell before the last of them that defines a name which a kept cell uses.

"Defines" means at the top level of the cell: an assignment or deletion (also of an item or attribute), an import, a
function, a class. A cell that matters in another way only, say by ``torch.set_default_dtype(...)``, is not seen.

Nothing is imported but nbformat, so that the learner's notebooks can be made while a wheel is built.
"""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator, Sequence

from nbformat import NotebookNode


def names(source: str) -> tuple[set[str], set[str]]:
    """The names that a cell defines at its top level, and the global names that it uses anywhere.

    Both are empty if the cell is not Python: it would fail before it did anything. A class may read a global name
    before it sets its own of that name, so whatever its body reads counts as used.
    """
    try:
        tree = _SameScopes().visit(_parse(source))
        top = symtable.symtable(ast.unparse(ast.fix_missing_locations(tree)), "cell", "exec")
    except (SyntaxError, ValueError):  # ValueError: a null byte
        return set(), set()
    defined = {name.get_name() for name in top.get_symbols() if name.is_assigned() or name.is_imported()}
    used = {
        name.get_name()
        for scope in _scopes(top)
        for name in scope.get_symbols()
        if name.is_referenced()
        and (scope is top or name.is_global() or (isinstance(scope, symtable.Class) and name.is_local()))
    }
    return defined | set(_also_defined(tree)), used


def _parse(source: str) -> ast.Module:
    """The tree of a cell, as plain Python if it is that: IPython's own reading takes several times as long."""
    try:
        return ast.parse(source)
    except SyntaxError:
        if source.lstrip().startswith("%%"):  # %%time and the like: what follows is an ordinary cell
            source = source.lstrip().partition("\n")[2]
        from IPython.core.inputtransformer2 import TransformerManager  # no notebook of the course comes here

        return ast.parse(TransformerManager().transform_cell(source))


class _SameScopes(ast.NodeTransformer):
    """Rewrite a cell so that the symbol tables of Python 3.11, 3.12 and 3.13 say the same, and what we want to know.

    - Comprehensions become generators. Since 3.12 the others are inlined, and their variables look like the cell's.
    - ``x += 1`` and ``del x`` are followed by a plain ``x``, since they need an old value and the tables do not say so.
    - ``x: int`` at the top level sets nothing, so only the annotation stays.
    """

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp) -> ast.AST:
        return self.generic_visit(ast.GeneratorExp(node.elt, node.generators))

    visit_SetComp = visit_ListComp

    def visit_DictComp(self, node: ast.DictComp) -> ast.AST:
        return self.generic_visit(ast.GeneratorExp(ast.Tuple([node.key, node.value], ast.Load()), node.generators))

    def visit_AugAssign(self, node: ast.AugAssign | ast.Delete) -> list[ast.AST]:
        targets = node.targets if isinstance(node, ast.Delete) else [node.target]
        old = [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]
        return [self.generic_visit(node), *(ast.Expr(ast.Name(name, ast.Load())) for name in old)]

    visit_Delete = visit_AugAssign

    def visit_Module(self, node: ast.Module) -> ast.AST:
        node.body = [
            ast.Expr(part.annotation) if isinstance(part, ast.AnnAssign) and part.value is None else part
            for part in node.body
        ]
        return self.generic_visit(node)


def _also_defined(node: ast.AST) -> Iterator[str]:
    """What no table says of the top level: a walrus in a comprehension, and ``settings`` in ``settings["k"] = 1``."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
        return
    if isinstance(node, ast.NamedExpr):
        yield node.target.id
    if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
        root: ast.expr = node
        while isinstance(root, (ast.Attribute, ast.Subscript)):
            root = root.value
        if isinstance(root, ast.Name):
            yield root.id
    for child in ast.iter_child_nodes(node):
        yield from _also_defined(child)


def _scopes(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _scopes(child)


def is_graded(cell: NotebookNode) -> bool:
    """Whether a cell is an answer or a test."""
    marks = cell.metadata.get("nbgrader", {})
    return bool(marks.get("grade") or marks.get("solution"))


def needed(cells: Sequence[NotebookNode]) -> set[int]:
    """Indices of the code cells that have to run for the grades: see the rule at the top of this file."""
    code = {index: names(cell.source) for index, cell in enumerate(cells) if cell.cell_type == "code"}
    kept = {index for index in code if is_graded(cells[index])}
    last = max(kept, default=0)
    found = set(kept)
    while found:
        used = set().union(*(code[index][1] for index in found))
        found = {index for index in code if index < last and index not in kept and code[index][0] & used}
        kept |= found
    return kept


def dependent(cells: Sequence[NotebookNode]) -> set[int]:
    """Indices of the code cells whose outcome depends on a learner's answer, the tests among them.

    A name depends on an answer from the cell that sets it so until a cell that does not sets it anew. A cell that falls
    back on the course's own function where an answer is missing, ``imp = checks.nb02.imp.or_ours(imp)``, depends on it.
    """
    tainted: set[str] = set()
    found = set()
    for index, cell in enumerate(cells):
        if cell.cell_type != "code":
            continue
        defined, used = names(cell.source)
        answer = bool(cell.metadata.get("nbgrader", {}).get("solution"))
        if used & tainted and not answer:
            found.add(index)
        if answer or used & tainted:
            tainted |= defined
        else:
            tainted -= defined
    return found
