"""Makes the packages of a release from binaries that are already built.

    package.py --binaries FOLDER --out FOLDER [--epoch SECONDS] [--base-url URL]

FOLDER of the binaries has one folder for each platform (`linux_amd64`, `linux_amd64_musl`, `darwin_arm64`, …) with
`jiti`, `terraform-provider-jiti` or both, and `shared/` with `completions/` and `man/`. What is missing is left out.

The registry knows no C library, and Terraform's own container image has musl. So the provider of `linux_amd64_musl`,
which is static, replaces that of `linux_amd64`.

The same binaries give the same bytes: every entry is sorted, has the time of `--epoch` (the commit's), and belongs to
root. Only Python's standard library is needed.
"""

import argparse
import gzip
import hashlib
import io
import json
import pathlib
import re
import tarfile
import time
import zipfile

PROJECT = pathlib.Path(__file__).resolve().parent.parent
HOMEPAGE = "https://github.com/jiti-dev/jiti"
# Debian's names of the platforms that get a Debian package.
DEBIAN = {"linux_amd64": "amd64", "linux_arm64": "arm64"}
# The platforms of the Homebrew formula: what the formula calls them.
HOMEBREW = {
    "darwin_amd64": ("on_macos", "on_intel"),
    "darwin_arm64": ("on_macos", "on_arm"),
    "linux_amd64": ("on_linux", "on_intel"),
    "linux_arm64": ("on_linux", "on_arm"),
}
MANIFEST = PROJECT / "terraform-registry-manifest.json"


def version():
    """The version of the workspace."""
    text = (PROJECT / "Cargo.toml").read_text()
    return re.search(r'^\[workspace\.package\]\nversion = "([^"]+)"', text, re.MULTILINE)[1]


class Entry:
    """A file of a package: its path there, its bytes and its mode."""

    def __init__(self, path, content, mode=0o644):
        self.path, self.content, self.mode = path, content, mode


def zipped(entries, epoch):
    """A zip file. Its times have no zone, and a resolution of two seconds."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for entry in sorted(entries, key=lambda entry: entry.path):
            info = zipfile.ZipInfo(entry.path, time.gmtime(epoch)[:6])
            info.create_system = 3  # Unix, so that the mode counts
            info.external_attr = (0o100000 | entry.mode) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, entry.content)
    return buffer.getvalue()


def tarred(entries, epoch, folders=False):
    """A tar file compressed by gzip, with the folders of its entries if `folders`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        made = set()
        for entry in sorted(entries, key=lambda entry: entry.path):
            parts = entry.path.split("/")[:-1]
            for depth in range(1, len(parts) + 1):
                parent = "/".join(parts[:depth]) + "/"
                if folders and parent not in made:
                    made.add(parent)
                    archive.addfile(member(parent, 0o755, epoch, tarfile.DIRTYPE))
            info = member(entry.path, entry.mode, epoch, tarfile.REGTYPE)
            info.size = len(entry.content)
            archive.addfile(info, io.BytesIO(entry.content))
    return gzip.compress(buffer.getvalue(), 9, mtime=epoch)


def member(path, mode, epoch, kind):
    info = tarfile.TarInfo(path)
    info.mode, info.mtime, info.type = mode, epoch, kind
    info.uname = info.gname = "root"
    return info


def ar(files, epoch):
    """An ar archive, which is what a Debian package is: pairs of a name and bytes, in this order."""
    out = b"!<arch>\n"
    for name, content in files:
        header = f"{name:<16}{epoch:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n"
        out += header.encode() + content + b"\n" * (len(content) % 2)
    return out


def shared_files(binaries):
    """The completions and man pages: pairs of a path below `shared/` and bytes."""
    root = binaries / "shared"
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return [(path.relative_to(root).as_posix(), path.read_bytes()) for path in files]


def project_file(name):
    return (PROJECT / name).read_bytes()


def provider_zip(binary, release, epoch):
    name = f"terraform-provider-jiti_v{release}"
    entries = [Entry(name, binary.read_bytes(), 0o755), Entry("LICENSE", project_file("LICENSE"))]
    return zipped(entries, epoch)


def jiti_archive(binary, shared, epoch):
    entries = [Entry("jiti", binary.read_bytes(), 0o755)]
    entries += [Entry(name, project_file(name)) for name in ("LICENSE", "README.md", "CHANGELOG.md")]
    entries += [Entry(path, content) for path, content in shared]
    return tarred(entries, epoch)


def debian_package(binary, architecture, shared, release, epoch):
    documents = "./usr/share/doc/jiti"
    entries = [
        Entry("./usr/bin/jiti", binary.read_bytes(), 0o755),
        Entry(f"{documents}/copyright", copyright_text().encode()),
        Entry(f"{documents}/changelog.gz", gzip.compress(project_file("CHANGELOG.md"), 9, mtime=epoch)),
    ]
    places = {
        "completions/jiti.bash": "./usr/share/bash-completion/completions/jiti",
        "completions/_jiti": "./usr/share/zsh/vendor-completions/_jiti",
        "completions/jiti.fish": "./usr/share/fish/vendor_completions.d/jiti.fish",
    }
    for path, content in shared:
        if path in places:
            entries.append(Entry(places[path], content))
        elif path.startswith("man/"):
            page = path.removeprefix("man/")
            compressed = gzip.compress(content, 9, mtime=epoch)
            entries.append(Entry(f"./usr/share/man/{page}.gz", compressed))
    sizes = sum(len(entry.content) for entry in entries)
    sums = sorted((entry.path[2:], hashlib.md5(entry.content).hexdigest()) for entry in entries)
    control = "\n".join([
        "Package: jiti",
        f"Version: {release}",
        f"Architecture: {architecture}",
        "Maintainer: The jiti authors <jiti-dev@users.noreply.github.com>",
        f"Installed-Size: {(sizes + 1023) // 1024}",
        "Depends: libc6 (>= 2.28)",
        "Recommends: ca-certificates",
        "Section: admin",
        "Priority: optional",
        f"Homepage: {HOMEPAGE}",
        "Description: owners, lifetimes, costs and teardowns of Terraform stacks",
        " A dashboard and commands over all live stacks of just-in-time infrastructure:",
        " who owns each, how long it may live, what it costs, and one key to end it.",
        "",
    ])
    control_files = [
        Entry("./control", control.encode()),
        Entry("./md5sums", "".join(f"{digest}  {path}\n" for path, digest in sums).encode()),
    ]
    return ar([
        ("debian-binary", b"2.0\n"),
        ("control.tar.gz", tarred(control_files, epoch, folders=True)),
        ("data.tar.gz", tarred(entries, epoch, folders=True)),
    ], epoch)


def copyright_text():
    """The copyright file of Debian's policy. Debian systems have the text of the licence."""
    return (
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
        f"Upstream-Name: jiti\nSource: {HOMEPAGE}\n\n"
        "Files: *\nCopyright: The jiti authors\nLicense: Apache-2.0\n"
        " On Debian systems, the text of this licence is in /usr/share/common-licenses/Apache-2.0.\n"
    )


def formula(archives, release, base_url):
    """The Homebrew formula for archives, which are tuples of a platform, a file name and bytes."""
    places = {}
    for platform, name, content in archives:
        if platform in HOMEBREW:
            system, processor = HOMEBREW[platform]
            digest = hashlib.sha256(content).hexdigest()
            lines = [f"    {processor} do", f'      url "{base_url}/{name}"', f'      sha256 "{digest}"', "    end"]
            places.setdefault(system, []).extend(lines)
    blocks = []
    for system in sorted(places, reverse=True):
        blocks += ["", f"  {system} do", *places[system], "  end"]
    return "\n".join([
        "class Jiti < Formula",
        '  desc "Owners, lifetimes, costs and teardowns of Terraform stacks"',
        f'  homepage "{HOMEPAGE}"',
        f'  version "{release}"',
        '  license "Apache-2.0"',
        *blocks,
        "",
        "  def install",
        '    bin.install "jiti"',
        '    man1.install Dir["man/man1/*.1"]',
        '    bash_completion.install "completions/jiti.bash" => "jiti"',
        '    zsh_completion.install "completions/_jiti"',
        '    fish_completion.install "completions/jiti.fish"',
        "  end",
        "",
        "  test do",
        '    assert_match version.to_s, shell_output("#{bin}/jiti --version")',
        "  end",
        "end",
        "",
    ])


def sums(files):
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items())]
    return "".join(lines).encode()


def packages(binaries, release, epoch, base_url):
    """Every package by name, with both lists of checksums."""
    shared = shared_files(binaries)
    provider, jiti, archives = {}, {}, []
    for folder in sorted(path for path in binaries.iterdir() if path.is_dir() and path.name != "shared"):
        platform = folder.name
        binary = folder / "terraform-provider-jiti"
        if binary.exists():
            name = f"terraform-provider-jiti_{release}_{platform.removesuffix('_musl')}.zip"
            # `linux_amd64_musl` comes after `linux_amd64`.
            provider[name] = provider_zip(binary, release, epoch)
        binary = folder / "jiti"
        if not binary.exists():
            continue
        name = f"jiti_{release}_{platform}.tar.gz"
        jiti[name] = jiti_archive(binary, shared, epoch)
        archives.append((platform, name, jiti[name]))
        if platform in DEBIAN:
            architecture = DEBIAN[platform]
            package = debian_package(binary, architecture, shared, release, epoch)
            jiti[f"jiti_{release}_{architecture}.deb"] = package
    if archives:
        jiti["jiti.rb"] = formula(archives, release, base_url).encode()
        # The script of a release installs that release.
        jiti["install.sh"] = project_file("install.sh").replace(b'\nrelease=""\n', f'\nrelease="{release}"\n'.encode())
        jiti[f"jiti_{release}_SHA256SUMS"] = sums(jiti)
    if provider:
        json.loads(MANIFEST.read_text())  # The registry refuses a release whose manifest is no JSON.
        provider[f"terraform-provider-jiti_{release}_manifest.json"] = MANIFEST.read_bytes()
        provider[f"terraform-provider-jiti_{release}_SHA256SUMS"] = sums(provider)
    return provider | jiti


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--binaries", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--epoch", type=int, default=315532800, help="seconds since 1970; default: 1980-01-01")
    parser.add_argument("--base-url", help="where the archives will be downloaded from")
    arguments = parser.parse_args()
    release = version()
    base_url = arguments.base_url or f"{HOMEPAGE}/releases/download/v{release}"
    made = packages(arguments.binaries, release, arguments.epoch, base_url)
    if not made:
        parser.error(f"no binaries in {arguments.binaries}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, content in sorted(made.items()):
        (arguments.out / name).write_bytes(content)
        print(f"{hashlib.sha256(content).hexdigest()}  {name}  {len(content) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
