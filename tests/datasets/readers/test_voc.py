import pytest

import tailprobe
from tailprobe.errors import InputError

OBJECTS = [["cat", "cat", "dog"], ["dog"], [], ["cat"]]


def annotation(name, objects, head=""):
    items = "".join(f"<object><name>{o}</name><bndbox/></object>" for o in objects)
    return f"{head}<annotation><filename>{name}</filename>{items}</annotation>"


@pytest.fixture
def voc(folder):
    def write(top="", head=""):
        data = folder(*(f"{top}JPEGImages/{n}.jpg" for n in range(4)))
        (data / f"{top}Annotations").mkdir(parents=True)
        for n, objects in enumerate(OBJECTS):
            (data / f"{top}Annotations/{n}.xml").write_text(annotation(f"{n}.jpg", objects, head))
        return data

    return write


@pytest.mark.parametrize("top", ["", "VOC2007/", "VOCdevkit/VOC2007/"])
def test_the_classes_of_the_objects_are_those_of_the_image(voc, top):
    data = voc(top)
    lists = data / f"{top}ImageSets/Main"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("0\n1\n")
    (lists / "val.txt").write_text("2\n3\n")
    images = tailprobe.read(data)
    assert dict(zip(images.labels.classes, images.labels.counts.tolist(), strict=True)) == {"cat": 2, "dog": 2}
    assert images.labels.tags(0) == ("cat", "dog")
    assert images.given_parts == ("train", "train", "validation", "validation")


def test_a_document_type_and_what_is_no_xml_are_refused(voc):
    data = voc(head='<!DOCTYPE a [<!ENTITY b "boom">]>')
    with pytest.raises(InputError, match=r"0\.xml: declares a document type"):
        tailprobe.read(data)
    (data / "Annotations/0.xml").write_text("<annotation>")
    with pytest.raises(InputError, match=r"0\.xml: not valid XML"):
        tailprobe.read(data)
    (data / "Annotations/0.xml").write_text("<annotation><object/></annotation>")
    with pytest.raises(InputError, match="an object has no name"):
        tailprobe.read(data)
