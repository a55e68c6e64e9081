"""The version of the code changes with every module that a process has imported, and with every installation."""

import os
import sys
from types import ModuleType

import pytest

from deployments.worker.code_version import code_version


@pytest.fixture
def imported(tmp_path, monkeypatch):
    """Makes this process have imported a module from a file of its own."""

    def add(name):
        module = ModuleType(name)
        module.__file__ = str(tmp_path / f"{name}.py")
        (tmp_path / f"{name}.py").write_text("FIRST = 1\n")
        monkeypatch.setitem(sys.modules, name, module)
        return tmp_path / f"{name}.py"

    return add


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """The folder of the installed packages."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    os.utime(folder, ns=(1, 1))
    monkeypatch.setattr("site.getsitepackages", lambda: [str(folder)])
    return folder


@pytest.mark.parametrize("package", ["flows", "tasks", "blocks", "rules", "deployments", "__main__"])
def test_an_edited_and_a_removed_module_of_ours_is_another_version(imported, package):
    file = imported(f"{package}.of_this_test")
    versions = [code_version()]
    assert code_version() == versions[0]
    file.write_text("SECOND = 2\n")
    os.utime(file, ns=(1, 1))
    versions.append(code_version())
    file.unlink()
    versions.append(code_version())
    assert len({*versions}) == 3


def test_a_module_of_others_counts_by_its_installation_alone(imported, installed):
    file = imported("a_package_of_others")
    before = code_version()
    file.write_text("SECOND = 2\n")
    os.utime(file, ns=(1, 1))
    assert code_version() == before
    (installed / "a_package_of_others-2.dist-info").mkdir()
    assert code_version() != before
