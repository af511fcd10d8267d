import io
import os
import tarfile

import numpy as np
import pytest
import webdataset
from PIL import Image
from webdataset.tariterators import group_by_keys, tar_file_expander

from tailprobe.datasets.check import check_images
from tailprobe.datasets.read import read
from tailprobe.datasets.readers.webdataset import find_shards
from tailprobe.errors import InputError


def jpeg(n=0):
    buffer = io.BytesIO()
    Image.new("RGB", (8 + n, 9), (20 * n % 256, 0, 0)).save(buffer, "JPEG")
    return buffer.getvalue()


def write_shards(folder, samples, *, most=100, pattern="s-%03d.tar"):
    """Let WebDataset itself write samples."""
    folder.mkdir(exist_ok=True, parents=True)
    with webdataset.ShardWriter(str(folder / pattern), maxcount=most, verbose=0) as sink:
        for sample in samples:
            sink.write(sample)
    return folder


def read_by_webdataset(path):
    with path.open("rb") as stream:
        return list(group_by_keys(tar_file_expander([{"url": str(path), "stream": stream}])))


def numbered(labels, ending="cls"):
    return [{"__key__": f"k{n:03d}", "jpg": jpeg(n), ending: label} for n, label in enumerate(labels)]


def write_tar(path, *members):
    """Write a tar whose members are (name, bytes) or ready headers."""
    with tarfile.open(path, "w") as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                archive.addfile(info, io.BytesIO(member[1]))
    return path


GOOD = (("1.jpg", jpeg(1)), ("1.cls", b"sea"), ("2.jpg", jpeg(2)), ("2.cls", b"sand"))


@pytest.mark.parametrize("form", ["folder", "pattern", "one"])
def test_samples_are_those_that_webdataset_itself_reads(tmp_path, form):
    labels = [0, 2, 1, 0, 10, 1, 2]
    folder = write_shards(tmp_path / "w", numbered(labels), most=100 if form == "one" else 3)
    source = {"folder": folder, "pattern": folder / "s-{000..002}.tar", "one": folder / "s-000.tar"}[form]
    theirs = [sample for path in find_shards(source) for sample in read_by_webdataset(path)]
    images = read(source)
    assert images.names == tuple(sample["__key__"] for sample in theirs)
    assert [place.read() for place in images.image_sources] == [sample["jpg"] for sample in theirs]
    assert [images.labels.tags(n)[0] for n in range(7)] == [sample["cls"].decode() for sample in theirs]
    assert images.labels.classes == ("0", "1", "2", "10")
    assert images.labels.kind == "single-label"
    assert "labels taken from the members .cls" in images.notes
    assert check_images(images) is images


def test_numbers_are_given_names_by_a_file(tmp_path):
    folder = write_shards(tmp_path / "w", numbered([1, 2, 1]))
    (tmp_path / "names.txt").write_text("sky\nsea\nsand\n")
    images = read(folder, classes=str(tmp_path / "names.txt"))
    assert images.labels.classes == ("sea", "sand")
    assert "1 of 3 classes have no image and are left out: sky" in images.notes
    (tmp_path / "names.txt").write_text("sky\nsea\n")
    with pytest.raises(
        InputError, match=r"s-000.tar!k001.cls: class number 2 has no name; the list has 2 names, for 0 to 1"
    ):
        read(folder, classes=str(tmp_path / "names.txt"))


@pytest.mark.parametrize(
    ("labels", "key", "kind", "first"),
    [
        ([{"label": "sea"}, {"label": "sand"}], None, "single-label", ("sea",)),
        ([{"labels": ["sea", "sand"]}, {"labels": []}], None, "multi-label", ("sand", "sea")),
        ([{"y": [0, 1]}, {"y": [1]}], "y", "multi-label", ("0", "1")),
        ([{"tags": "sea sand"}, {"tags": "sea"}], None, "multi-label", ("sand", "sea")),
        ([["sea", "sand"], ["sea"]], None, "multi-label", ("sand", "sea")),
    ],
)
def test_labels_are_read_from_json(tmp_path, labels, key, kind, first):
    images = read(write_shards(tmp_path / "w", numbered(labels, "json")), label_columns=key)
    assert images.labels.kind == kind
    assert images.labels.tags(0) == first


def test_tags_are_read_from_text(tmp_path):
    folder = write_shards(tmp_path / "w", numbered(["sea;dry sand", "sea"], "txt"))
    images = read(folder, separator=";")
    assert images.labels.classes == ("dry sand", "sea")
    assert images.labels.matrix.tolist() == [[True, True], [False, True]]


def test_the_class_goes_before_json_unless_asked_otherwise(tmp_path):
    samples = [{**sample, "json": {"label": f"name {sample['cls']}"}} for sample in numbered([0, 1])]
    folder = write_shards(tmp_path / "w", samples)
    assert read(folder).labels.classes == ("0", "1")
    assert read(folder, label_in="json", kind="single-label").labels.classes == ("name 0", "name 1")


def test_a_table_gives_labels_by_key(tmp_path):
    folder = write_shards(tmp_path / "w", [{"__key__": f"a/k{n}", "jpg": jpeg(n)} for n in range(3)])
    (tmp_path / "t.csv").write_text("key_of,tags,name\nx,sea,a/k0\nx,sand,k2\n")
    images = read(folder, labels=tmp_path / "t.csv")
    assert images.names == ("a/k0", "k2")
    assert images.image_sources[1].read() == jpeg(2)


def test_the_names_of_shards_tell_the_parts(tmp_path):
    write_shards(tmp_path / "w", numbered([0, 1]), pattern="train-%03d.tar")
    write_shards(
        tmp_path / "w", [{**s, "__key__": "v" + s["__key__"]} for s in numbered([0, 1])], pattern="val-%03d.tar"
    )
    images = read(tmp_path / "w")
    assert images.given_parts == ("train", "train", "validation", "validation")
    below = tmp_path / "below"
    write_shards(below / "train", numbered([0, 1]))
    write_shards(below / "test", [{**s, "__key__": "v" + s["__key__"]} for s in numbered([0, 1])])
    assert read(below).given_parts == ("test", "test", "train", "train")


def test_a_key_reaches_up_to_the_first_dot_and_keeps_its_folder(tmp_path):
    path = write_tar(
        tmp_path / "s.tar",
        *[("./a.b/1.left.jpg", jpeg(1)), ("./a.b/1.right.jpg", jpeg(2)), ("./a.b/1.cls", b"x")],
        *[("c/1.left.jpg", jpeg(3)), ("c/1.right.jpg", jpeg(4)), ("c/1.cls", b"y"), ("README", b"")],
    )
    assert read(path, image="right.jpg").names == ("a.b/1", "c/1")
    assert read(path, image="right.jpg").image_sources[0].read() == jpeg(2)
    with pytest.raises(InputError, match=r"1\.right\.jpg: key 'a\.b/1' already has the image \./a\.b/1\.left\.jpg"):
        read(path)


def test_reading_keeps_no_file_open_and_a_signature_follows_the_archive(tmp_path):
    path = write_tar(tmp_path / "s.tar", *GOOD)
    images = read(path)
    before = images.image_sources[0].etag()
    assert before != images.image_sources[1].etag()
    assert before == read(path).image_sources[0].etag()
    os.utime(path, ns=(1, 1))
    assert before != images.image_sources[0].etag()
    path.unlink()
    for look in (images.image_sources[0].read, images.image_sources[0].etag):
        with pytest.raises(InputError, match=r"s\.tar!1\.jpg"):
            look()


def member(name, kind=tarfile.REGTYPE, **settings):
    info = tarfile.TarInfo(name)
    info.type = kind
    for key, value in settings.items():
        setattr(info, key, value)
    return info


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (member("3.jpg", tarfile.SYMTYPE, linkname="/etc/passwd"), r"3\.jpg: the member is a link to '/etc/passwd'"),
        (member("3.jpg", tarfile.LNKTYPE, linkname="1.jpg"), r"3\.jpg: the member is a link to '1\.jpg'"),
        (member("3.jpg", tarfile.CHRTYPE), r"3\.jpg: the member is a device or a pipe"),
        (member("3.jpg", tarfile.FIFOTYPE), r"3\.jpg: the member is a device or a pipe"),
        (member("/abs/3.jpg"), r"/abs/3\.jpg: the path is outside the archive"),
        (member("a/../../3.jpg"), r"3\.jpg: the path is outside the archive"),
    ],
)
def test_a_hostile_member_is_refused_or_reported(tmp_path, bad, message):
    path = write_tar(tmp_path / "s.tar", *GOOD, bad)
    with pytest.raises(InputError, match=message):
        read(path)
    kept = read(path, on_bad_image="skip")
    assert kept.names == ("1", "2")
    assert any("1 members or samples left out" in note for note in kept.notes)


def test_a_sparse_member_is_refused(tmp_path):
    header = member("3.jpg", tarfile.REGTYPE, pax_headers={"GNU.sparse.map": "0,1", "GNU.sparse.size": "5000"})
    header.size = 1
    path = tmp_path / "s.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in GOOD:
            archive.addfile(member(name, size=len(data)), io.BytesIO(data))
        archive.addfile(header, io.BytesIO(b"x"))
    with pytest.raises(InputError, match=r"3\.jpg: the member is a sparse file"):
        read(path)
    assert len(read(path, on_bad_image="skip")) == 2


def test_members_that_claim_too_much_are_refused(tmp_path, monkeypatch):
    path = write_tar(tmp_path / "s.tar", ("1.jpg", jpeg()), ("1.cls", b"x" * (2**20 + 1)))
    with pytest.raises(
        InputError, match=r"1\.cls: the member has 1,048,577 bytes, but a label may have at most 1,048,576"
    ):
        read(path)
    monkeypatch.setattr("tailprobe.datasets.storage.tar.MAX_MEMBER", 100)
    with pytest.raises(InputError, match=r"1\.jpg: the member has \d+ bytes"):
        read(write_tar(tmp_path / "t.tar", *GOOD))


@pytest.mark.parametrize("where", ["member", "border", "header", "size"])
def test_a_damaged_archive_is_an_error(tmp_path, where):
    path = write_tar(tmp_path / "s.tar", *GOOD)
    with tarfile.open(path) as archive:
        last = archive.getmembers()[-1]
    data = bytearray(path.read_bytes())
    if where == "member":
        data = data[: last.offset_data + 2]
    elif where == "border":
        data = data[: last.offset_data + 512]
    elif where == "header":
        data[last.offset + 10] ^= 255
    else:
        extra = member("3.jpg", size=2**33).tobuf()
        data[last.offset_data + 512 : last.offset_data + 1024] = extra
    path.write_bytes(data)
    expected = {
        "member": r"2\.cls: .*truncated",
        "border": "truncated",
        "header": "damaged",
        "size": r"3\.jpg: .*truncated",
    }
    with pytest.raises(InputError, match=expected[where]):
        read(path)


def test_archives_strung_together_are_an_error_rather_than_half_read(tmp_path):
    path = write_tar(tmp_path / "s.tar", *GOOD)
    path.write_bytes(path.read_bytes() * 2)
    with pytest.raises(InputError, match="there are data after the end of the archive"):
        read(path)


@pytest.mark.parametrize("mode", ["gz", "bz2", "xz"])
@pytest.mark.parametrize("name", ["s.tar", "s.tgz", "s.tar.gz"])
def test_a_compressed_archive_says_how_to_unpack_it(tmp_path, mode, name):
    with tarfile.open(tmp_path / name, f"w:{mode}") as archive:
        archive.addfile(tarfile.TarInfo("1.jpg"))
    with pytest.raises(InputError, match=r"cannot be read image by image; decompress it with (gunzip|bunzip2|unxz)"):
        read(tmp_path / name)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([*GOOD, ("1.jpg", jpeg())], r"s\.tar!1\.jpg: key '1' already has the image 1\.jpg"),
        ([*GOOD, ("1.cls", b"x")], r"s\.tar!1\.cls: key '1' has a second label"),
        (
            [*GOOD, ("3.jpg", jpeg())],
            r"s\.tar!3\.jpg: the sample has no label \.cls; add it or pass --on-bad-image skip",
        ),
        ([*GOOD, ("3.cls", b"x")], r"s\.tar!3\.cls: the sample has no image"),
        ([("1.jpg", jpeg())], r"s\.tar!1: expected a label as \.cls, \.json or \.txt next to the image, found \.jpg"),
        ([("README", b"")], "no shard contains a sample"),
        ([("1.jpg", jpeg()), ("1.json", b"{")], r"1\.json: not readable JSON"),
        ([("1.jpg", jpeg()), ("1.json", b"[" * 100_000)], r"1\.json: not readable JSON"),
        ([("1.jpg", jpeg()), ("1.json", b'{"y": 1}')], r"has 'y' but none of label, labels, tags; name the key"),
        (
            [("1.jpg", jpeg()), ("1.json", b'{"label": {"a": 1}}')],
            r"the label holds \{'a': 1\}; expected a class name",
        ),
        ([("1.jpg", jpeg()), ("1.json", b'{"label": 0.5}')], r"the label holds 0\.5"),
        ([("1.jpg", jpeg()), ("1.cls", b"\xff")], r"1\.cls: the label is not UTF-8"),
    ],
)
def test_samples_that_do_not_fit_are_named(tmp_path, members, message):
    with pytest.raises(InputError, match=message):
        read(write_tar(tmp_path / "s.tar", *members))


def test_a_key_in_two_shards_is_an_error(tmp_path):
    write_tar(tmp_path / "a.tar", *GOOD)
    write_tar(tmp_path / "b.tar", *GOOD)
    with pytest.raises(InputError, match=r"b\.tar!1\.jpg: key '1' is already in a\.tar"):
        read(tmp_path)


def test_a_missing_shard_of_a_pattern_is_named(tmp_path):
    write_tar(tmp_path / "s-0.tar", *GOOD)
    with pytest.raises(InputError, match=r"2 of 3 shards are missing \(s-1\.tar, s-2\.tar\)"):
        read(tmp_path / "s-{0..2}.tar")


def test_what_is_no_tar_is_an_error(tmp_path):
    (tmp_path / "s.tar").write_bytes(np.arange(5000, dtype=np.uint16).tobytes())
    with pytest.raises(InputError, match=r"s\.tar: not a readable \.tar"):
        read(tmp_path / "s.tar")
    (tmp_path / "s.tar").write_bytes(b"")
    with pytest.raises(InputError, match=r"s\.tar"):
        read(tmp_path / "s.tar")


def test_a_folder_of_classes_with_a_tar_in_it_stays_a_folder_of_classes(folder):
    data = folder("a/1.jpg", "b/1.jpg")
    write_tar(data / "s.tar", *GOOD)
    assert read(data).labels.classes == ("a", "b")


def test_json_metadata_with_other_keys_lists_them(tmp_path):
    folder = write_shards(tmp_path / "w", numbered([{"caption": "x", "width": 3}] * 2, "json"))
    with pytest.raises(InputError, match=r"has 'caption', 'width' but not 'klass'"):
        read(folder, label_columns="klass")


@pytest.mark.parametrize("ending", ["cls", "json"])
def test_groups_are_a_key_of_the_json(tmp_path, ending):
    samples = numbered(["a", "b", "a", "b"]) if ending == "cls" else numbered([{}] * 4, "json")
    for n, sample in enumerate(samples):
        label = {} if ending == "cls" else {"label": "ab"[n % 2]}
        sample["json"] = label | ({"patient": n // 2} if n < 3 else {})
    images = read(write_shards(tmp_path / "w", samples), group_column="patient")
    assert images.labels.counts.tolist() == [2, 2]
    assert images.groups == ("0", "0", "1", "image 3")
