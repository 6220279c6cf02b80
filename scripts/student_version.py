"""Write what learners get: build/student/ and, of the same files, build/lth-teach-student.zip.

    python scripts/student_version.py                 into build/
    python scripts/student_version.py some/folder     into another folder

It is lth_teach as a wheel, which carries the learner's notebooks, the exact versions of everything else, and how to
begin. `lth-teach lab` writes the notebooks, so that a later wheel, unpacked in the same place, overwrites no work.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("lth_teach", "notebooks", "pyproject.toml", "setup.py", "LICENSE")


def build_wheel(folder: Path) -> str:
    """Build lth_teach into the folder, from a copy: building leaves files behind. Returns the wheel's name."""
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary)
        for name in SOURCES:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / name, source)
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*command, "--no-build-isolation", "--wheel-dir", str(folder), str(source)], check=True)
    return next(folder.glob("lth_teach-*.whl")).name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build", help="default: build")
    target = parser.parse_args().folder / "student"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in ("constraints.txt", "LICENSE"):
        shutil.copy(ROOT / name, target)
    wheel = build_wheel(target)
    readme = (ROOT / "scripts" / "student_readme.md").read_text(encoding="utf-8")
    (target / "README.md").write_text(readme.replace("WHEEL", wheel), encoding="utf-8")
    packed = target.with_name("lth-teach-student.zip")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(target.rglob("*")):
            archive.write(path, Path("lth-teach") / path.relative_to(target))
    print(f"{target}\n{packed}")


if __name__ == "__main__":
    main()
