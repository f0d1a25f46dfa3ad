"""The second state of a project: files of a folder inside it, copied over the first."""

import shutil
from pathlib import Path


def overlay(project, name):
    """Copy the files below `<project>/<name>` over those of the project; nothing where the folder is missing."""
    second = Path(project) / name
    if second.is_dir():
        shutil.copytree(second, project, dirs_exist_ok=True)
