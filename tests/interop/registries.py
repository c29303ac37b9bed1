"""Peers from the apt, pip and npm registries, kept below one cache directory.

A registry that does not answer is asked once more; then the peer is
`Unavailable`. Everything else that goes wrong is a `Failure`.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from harness import Failure

DOWNLOAD_SECONDS = 180


class Unavailable(Exception):
    """The registry did not hand out what the peer needs."""


def apt_install(package: str, *, provides: str) -> None:
    """Install a harmless client package on the system, unless it is there."""
    if shutil.which(provides):
        return
    if os.geteuid() != 0:
        raise Failure(f"{provides} is missing, and only root can install {package}")
    _apt_install(package)


def apt_unpack(package: str, cache: Path) -> Path:
    """Unpack a package for private use; returns the root it is unpacked to.

    For mail servers, which must not be installed. What they depend on and the
    machine lacks is unpacked beside them.
    """
    root = cache / package
    if root.exists():
        return root
    downloads = _fresh_directory(cache / f"{package}.download")
    unpacked = _fresh_directory(cache / f"{package}.unpack")
    _apt_twice("apt-get", "download", *_missing_packages(package), cwd=downloads)
    for archive in downloads.glob("*.deb"):
        _run("dpkg", "--extract", archive, unpacked)
    for part in ("lib", "bin", "sbin"):
        # Debian's own are links to those below /usr.
        if (unpacked / part).is_dir():
            merged = unpacked / "usr" / part
            shutil.copytree(unpacked / part, merged, symlinks=True, dirs_exist_ok=True)
    shutil.rmtree(downloads)
    # Only now, so that an interrupted run leaves no half root behind.
    unpacked.rename(root)
    return root


def library_path(root: Path) -> dict[str, str]:
    """The environment in which programs of an unpacked package find libraries."""
    package = root.name
    directories = [root / "usr/lib" / package, *root.glob("usr/lib/*-linux-gnu")]
    directories += [*root.glob("lib/*-linux-gnu"), root / "usr/lib"]
    return {"LD_LIBRARY_PATH": ":".join(map(str, directories))}


def pip_venv(requirement: str, cache: Path) -> Path:
    """A virtual environment with that one requirement; returns its python."""
    venv = cache / f"venv-{requirement}"
    python = venv / "bin/python"
    complete = venv / "complete"
    if complete.exists():
        return python
    if importlib.util.find_spec("ensurepip") is None:
        # Debian keeps what the venv module needs in a package of its own.
        _apt_install("python3-venv")
    _run(sys.executable, "-m", "venv", "--clear", venv)
    _twice(python, "-m", "pip", "install", "--quiet", requirement)
    complete.touch()
    return python


def npm_package(requirement: str, cache: Path) -> Path:
    """A directory with that one package in its `node_modules`."""
    directory = cache / f"npm-{requirement}"
    complete = directory / "complete"
    if not complete.exists():
        apt_install("npm", provides="npm")
        _fresh_directory(directory)
        _twice("npm", "install", "--silent", "--prefix", directory, requirement)
        complete.touch()
    return directory


class Certificate(NamedTuple):
    """For the loopback address; it vouches for itself."""

    chain: Path
    key: Path


def certificate(cache: Path) -> Certificate:
    made = Certificate(cache / "certificate.pem", cache / "key.pem")
    if not made.chain.exists():
        apt_install("openssl", provides="openssl")
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = cache / "certificate.new"
        _run(
            *("openssl", "req", "-x509", "-nodes", "-days", "3650"),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-subj", "/CN=server.example", "-addext", "subjectAltName=IP:127.0.0.1"),
            # Or else it could vouch, but not be that of a server.
            *("-addext", "basicConstraints=critical,CA:FALSE"),
            *("-keyout", made.key, "-out", unfinished),
        )
        unfinished.rename(made.chain)
    return made


def _apt_install(package: str) -> None:
    """Download first, so that only a download can make a peer unavailable."""
    install = ("apt-get", "install", "--yes", "--no-install-recommends")
    _apt_twice(*install, "--download-only", package)
    _run(*install, package)


def _missing_packages(package: str) -> list[str]:
    """The package itself and those apt would have to install for it."""
    plan = _apt_twice(
        "apt-get", "install", "--simulate", "--no-install-recommends", package
    )
    planned = (
        line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")
    )
    return sorted({package, *planned})


def _apt_twice(*command: str, cwd: Path | None = None) -> str:
    """Run an apt command; if it fails, again with fresh package lists.

    A new machine has no lists at all, an old one may have outdated ones.
    """
    try:
        return _run(*command, cwd=cwd)
    except Failure:
        try:
            _run("apt-get", "update")
            return _run(*command, cwd=cwd)
        except Failure as error:
            raise Unavailable(str(error)) from error


def _twice(*command: str | Path) -> str:
    try:
        return _run(*command)
    except Failure:
        try:
            return _run(*command)
        except Failure as error:
            raise Unavailable(str(error)) from error


def _run(*command: str | Path, cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
            cwd=cwd,
            timeout=DOWNLOAD_SECONDS,
            text=True,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failure(str(error)) from error
    if done.returncode != 0:
        last = (done.stdout.strip().splitlines() or ["no output"])[-1]
        raise Failure(f"{' '.join(map(str, command[:3]))}: {last}")
    return done.stdout


def _fresh_directory(path: Path) -> Path:
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path
