"""Write a course of your own for nbgrader: chapters left out, points changed. The stored notebooks stay as they are.

    python scripts/course_version.py                                      all chapters, as one assignment "course"
    python scripts/course_version.py lab1 --only 00 01                    an assignment of these chapters
    python scripts/course_version.py --drop 09 10                         a course without these chapters
    python scripts/course_version.py --points 05-two-dials=6 11=16        one exercise; a whole chapter, in proportion

It writes build/course/source/NAME/: the notebooks with their solutions, and their map. Go on there with
`nbgrader generate_assignment NAME`. A chapter that is dropped is linked from nowhere; the links changed are printed.
"""

import argparse
import math
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\[((?:[^\[\]]|\\.)*)\]\((\w+\.ipynb)(?:#[^)]*)?\)")


def number(name: str) -> str:
    """The number of a chapter, from the name of its file: "03b" of "03b_three_explanations.ipynb"."""
    return name.partition("_")[0]


def points_of(nb: NotebookNode) -> dict[str, NotebookNode]:
    """Exercise or question, such as "05-two-dials" → the marks that hold its points."""
    marks = [cell.metadata.nbgrader for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    return {mark.grade_id.removesuffix("-test") if mark.locked else mark.grade_id: mark for mark in marks}


def share(current: Mapping[str, int], given: Mapping[str, int], total: int | None) -> dict[str, int]:
    """New points of a chapter's exercises: some are given, the others fill up the total in their old proportion.

    Raises:
        ValueError: the others cannot, in whole points; the message names totals that fit.
    """
    rest = {name: points for name, points in current.items() if name not in given}
    if total is None:
        return {**current, **given}
    fixed, step = sum(given.values()), sum(rest.values()) // math.gcd(*rest.values()) if rest else 0
    left = total - fixed
    if not rest and left:
        raise ValueError(f"a total of {total} was asked for, and the points given add up to {fixed}")
    if rest and (left <= 0 or left % step):
        fits = [fixed + step * max(1, left // step + more) for more in (0, 1)]
        kept = ", ".join(f"{name} ({points})" for name, points in rest.items())
        raise ValueError(
            f"{left} points cannot be shared by {kept} in that proportion; totals that can: "
            f"{' and '.join(map(str, sorted(set(fits))))}. Or give each its own, as in --points {next(iter(rest))}=2"
        )
    factor = Fraction(left, sum(rest.values())) if rest else Fraction(1)
    return {name: given[name] if name in given else int(points * factor) for name, points in current.items()}


def set_points(chapters: Mapping[str, NotebookNode], wanted: Iterable[str]) -> None:
    """Change points in place, as "05-two-dials=6" or "05=12" asks.

    Raises:
        ValueError: what is asked is not understood, is not there or does not fit; names it, and what there is.
    """
    exercises = {name: chapter for chapter, nb in chapters.items() for name in points_of(nb)}
    asked: dict[str, int] = {}
    for text in wanted:
        name, _, points = text.partition("=")
        if not re.fullmatch(r"[1-9]\d{0,3}", points):
            raise ValueError(
                f"--points {text}: expected NAME=POINTS with points from 1 to 9999, such as 05-two-dials=6"
            )
        if name not in exercises and name not in chapters:
            near = [known for known in exercises if number(name.replace("-", "_")) == exercises[known]]
            raise ValueError(f"--points {text}: there is no {name} here; there is {', '.join(near or chapters)}")
        if name in asked:
            raise ValueError(f"--points {text}: {name} is given twice")
        asked[name] = int(points)
    for chapter, nb in chapters.items():
        marks = points_of(nb)
        given = {name: asked[name] for name in marks if name in asked}
        if chapter in asked or given:
            try:
                new = share({name: mark.points for name, mark in marks.items()}, given, asked.get(chapter))
            except ValueError as error:
                raise ValueError(f"--points {chapter}={asked.get(chapter)}: {error}") from error
            for name, mark in marks.items():
                mark.points = new[name]


def unlink(
    text: str, names: Sequence[str], dropped: Sequence[str], titles: Mapping[str, str], here: str = ""
) -> tuple[str, list[str]]:
    """A text without links to dropped files, and what was changed.

    Such a link becomes plain text; after "**Next:**" it leads to the next chapter that is there.

    Args:
        names: of all files, in the order of the course.
        titles: name of a file → its title.
        here: name of the file with the text.
    """
    told = []

    def change(match: re.Match[str]) -> str:
        if match[2] not in dropped:
            return match[0]
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        later = [name for name in names if name > max(here, match[2]) and name not in dropped]
        new = f"[{titles[later[0]]}]({later[0]})" if line.startswith("**Next:**") and later else match[1]
        told.append(f"{here}: {match[0]} is now {new}")
        return new

    return LINK.sub(change, text), told


def choose(known: Sequence[str], only: Sequence[str], drop: Sequence[str]) -> list[str]:
    """Numbers of the chapters of the assignment.

    Raises:
        ValueError: a chapter that does not exist, is asked for twice or both wanted and dropped; none left.
    """
    for option, given in (("--only", only), ("--drop", drop)):
        for chapter in given:
            if chapter not in known:
                raise ValueError(f"{option} {chapter}: there is no such chapter; there are {', '.join(known)}")
            if given.count(chapter) > 1 or (option == "--only" and chapter in drop):
                raise ValueError(f"{option} {chapter}: named twice")
    kept = [chapter for chapter in known if chapter not in drop and (not only or chapter in only)]
    if not kept:
        raise ValueError("every chapter is dropped, so nothing is left to teach")
    return kept


def adapt(only: Sequence[str], drop: Sequence[str], points: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """The files of an assignment, name → text, and what to tell the instructor.

    Raises:
        ValueError: see :func:`choose` and :func:`set_points`.
    """
    folder = ROOT / "notebooks"
    stored = {path.name: nbformat.read(path, as_version=4) for path in sorted(folder.glob("*.ipynb"))}
    kept = choose([number(name) for name in stored], only, drop)
    chapters = {name: nb for name, nb in stored.items() if number(name) in kept}
    set_points({number(name): nb for name, nb in chapters.items()}, points)
    names, told = list(stored), []
    titles = {name: nb.cells[0].source.partition("\n")[0].removeprefix("# ") for name, nb in stored.items()}
    dropped = [name for name in names if number(name) in drop]
    files = {}
    for name, nb in chapters.items():
        for cell in nb.cells:
            if cell.cell_type == "markdown":
                cell.source, changed = unlink(cell.source, names, dropped, titles, name)
                told += changed
                spoken = re.findall(r"\b(?:[Nn]otebook|[Cc]hapter)s? \d\d\w?\b", cell.source)
                told += [f"{name}: still speaks of {said}" for said in spoken if said.split()[1] in drop]
        nbformat.validate(nb)
        files[name] = nbformat.writes(nb) + "\n"
        marks = points_of(nb).values()
        by_machine = sum(mark.points for mark in marks if mark.locked)
        told.append(f"{name}: {by_machine} points by machine, {sum(m.points for m in marks) - by_machine} in words")
    map_of_all = (folder / "README.md").read_text(encoding="utf-8").partition("\n## ")[0]
    rows = [line for line in map_of_all.split("\n") if not any(line.startswith(f"| [{name[:-6]}]") for name in dropped)]
    files["README.md"] = unlink("\n".join(rows), names, dropped, titles)[0] + "\n"
    return files, told


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files of an assignment, all or none, and nbgrader's settings beside source/ if there are none.

    Raises:
        ValueError: there is an assignment of that name.
    """
    if folder.exists():
        raise ValueError(f"{folder} exists, perhaps with changes of yours; delete it, or name another assignment")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix="."))
    try:
        for name, text in files.items():
            (temporary / name).write_text(text, encoding="utf-8", newline="\n")
        temporary.chmod(0o755)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    settings = folder.parent.parent / "nbgrader_config.py"
    if not settings.exists():
        shutil.copy(ROOT / "scripts" / "nbgrader_config.py", settings)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?", default="course", help="of the assignment (course)")
    parser.add_argument("--only", nargs="+", default=[], metavar="CHAPTER", help="the chapters of this assignment")
    parser.add_argument("--drop", nargs="+", default=[], metavar="CHAPTER", help="chapters that nobody is taught")
    parser.add_argument("--points", nargs="+", default=[], metavar="NAME=POINTS", help="of an exercise or a chapter")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "build" / "course", help="folder of the course (build/course)"
    )
    given = parser.parse_args(arguments)
    folder = given.out / "source" / given.name
    try:
        if not re.fullmatch(r"\w[\w.-]*", given.name):
            raise ValueError(f"an assignment is named by letters, digits, _, . and -, not {given.name!r}")
        files, told = adapt(given.only, given.drop, given.points)
        write(folder, files)
    except (ValueError, OSError) as error:
        print(f"course_version.py: {error}", file=sys.stderr)
        return 1
    print("\n".join([*told, f"{folder}: go on in {given.out} with   nbgrader generate_assignment {given.name}"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
