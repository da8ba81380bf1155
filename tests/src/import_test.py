"""stint import and stint export as a user runs them: python3 import_test.py STINT MPIEXEC [GROUP...]

Pictures are made by NumPy and Pillow, which come with the Python of scripts/setup.sh (Pillow with matplotlib)."""

import gzip
import json
import pathlib
import struct
import subprocess
import sys
import time
import unittest
import zlib

from program_test import PATIENCE, STINT, ProgramTest, python_lacks, tiny

needs_pillow = unittest.skipIf(python_lacks("h5py, PIL"), "no Python with h5py and Pillow; run scripts/setup.sh")
FASHION = pathlib.Path("/usr/share/datasets/fashion-mnist")  # Debian's package dataset-fashion-mnist


def idx(*shape, numbers=None, kind=8):
    size = 1
    for extent in shape:
        size *= extent
    data = bytes(i % 251 for i in range(size)) if numbers is None else numbers
    return bytes([0, 0, kind, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + data


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width, height, rows=None, end=True):
    """A grey PNG of 8 bits by hand; without rows one that promises more than it has."""
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    if rows is not None:
        data += chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows)))
    return data + (chunk(b"IEND", b"") if end else b"")


class ImportTest(ProgramTest):
    def put(self, name, data):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)

    def import_(self, *arguments, output="out.h5"):
        return self.succeed("import", *arguments, "--output", output, "--quiet", "--overwrite")

    def reject(self, words, *arguments, status=1):
        self.refuse(status, words, "import", *arguments, "--output", "new.h5")


@needs_pillow
class Idx(ImportTest):
    def test_plain_and_compressed(self):
        self.put("a.idx", idx(7, 3, 4))
        self.put("a.idx.gz", gzip.compress(idx(7, 3, 4)))
        self.put("l.idx", idx(7, numbers=bytes([1, 0, 2, 1, 1, 0, 9])))
        self.import_("--idx", "a.idx", "--labels", "l.idx", "--split", "valid", "--json", "a.json")
        self.import_("--idx", "a.idx.gz", "--threads", "2", output="b.h5")
        self.import_("--idx", "a.idx.gz", "--transpose", "--first", "2", "--limit", "3", output="c.h5")
        self.assertEqual(json.loads((self.folder / "a.json").read_text()),
                         {"configurations": 7, "channels": 1, "lattice": [3, 4], "labels": {"0": 2, "1": 3, "2": 1, "9": 1}})
        self.assertEqual(self.python("""
import h5py, numpy
a, b, c = (h5py.File(name + '.h5') for name in ('out', 'b', 'c'))
bytes = (numpy.arange(84) % 251).reshape(7, 1, 3, 4)
print(abs(a['configurations'] - (2 * bytes / 255 - 1)).max() < 1e-7, a['configurations'].dtype, a['configurations'].fletcher32,
      (a['configurations'][:] == b['configurations'][:]).all(), a['label'][:].tolist(), a['label'].dtype, 'label' in b,
      (c['configurations'][:] == a['configurations'][2:5].swapaxes(2, 3)).all(), a['chain'][:].tolist(), a['trajectory'][:].max())
print(a.attrs['kind'], a.attrs['split'], 'split' in b.attrs, a.attrs['source'], a.attrs['value_range'], a.attrs['lattice'], a.attrs['channels'],
      a.attrs['digest'] == b.attrs['digest'] != c.attrs['digest'])
"""), "True float32 True True [1, 0, 2, 1, 1, 0, 9] int64 False True [0, 1, 2, 3, 4, 5, 6] 0\n"
            "image valid False a.idx [-1.  1.] [3 4] 1 True")

    def test_files_that_are_wrong(self):
        whole = idx(50, 8, 8)
        cases = {
            "no IDX file": b"PNG...............",
            "type 13": idx(1, 2, 2, numbers=bytes(16), kind=13),
            "2 dimensions, expected images": idx(4, 4),
            "promises 3200 bytes of numbers in its header, but the file has 3000": whole[:-200],
            "promises 3200 bytes of numbers in its header, but the file has 3201": whole + b"x",
            "without numbers": idx(0, 8, 8),
            "impossible shape": idx(2**32 - 1, 2**32 - 1, 2**32 - 1, numbers=b""),
            "compressed ones": gzip.compress(idx(2**30, 28, 28, numbers=bytes(64))),
            "ends before the numbers": gzip.compress(whole[:-200]),
            "more numbers than its header promises": gzip.compress(whole + b"x"),
            "is damaged": gzip.compress(whole)[:40] + b"\xff\xff\xff\xff" + gzip.compress(whole)[44:],
            "at least 2": idx(3, 1, 1),
            "ends before": b"",
        }
        for number, (words, data) in enumerate(cases.items()):
            with self.subTest(words):
                self.put(f"{number}.idx", data)
                self.reject(words, "--idx", f"{number}.idx")
        packed = bytearray(gzip.compress(whole))
        packed[-8] ^= 1  # of the checksum
        self.put("checksum.idx", bytes(packed))
        self.reject("checksum.idx: is damaged", "--idx", "checksum.idx")
        self.put("cut.gz", gzip.compress(whole, 0)[:-1000])
        self.reject("cut.gz: ends before", "--idx", "cut.gz")
        self.put("good.idx", whole)
        self.reject("no such file", "--idx", "none.idx")
        self.reject("not a regular file", "--idx", ".")
        self.put("labels.idx", idx(49))
        self.reject("has 49 labels, expected one for each of the 50 images", "--idx", "good.idx", "--labels", "labels.idx")
        self.reject("labels (N)", "--idx", "good.idx", "--labels", "good.idx")

    def test_the_options_in_the_file_make_it_again(self):
        self.put("a.idx", idx(7, 8, 8))
        self.import_("--idx", "a.idx", "--size", "4", "--first", "2")
        self.write("again.ini", self.python("import h5py; print(h5py.File('out.h5').attrs['options'])"))
        self.succeed("import", "--config", "again.ini", "--output", "again.h5")
        self.assertEqual(self.python("import h5py; print(*{h5py.File(name).attrs['digest'] for name in ('out.h5', 'again.h5')})").count(" "), 0)

    def test_options(self):
        self.put("a.idx", idx(3, 4, 4))
        for words, arguments in {
            "nothing to import": [],
            "give only one": ["--idx", "a.idx", "--folder", "."],
            "--transpose goes with --idx only": ["--folder", ".", "--transpose"],
            "--first is 3, but a.idx has 3 pictures": ["--idx", "a.idx", "--first", "3"],
            "--limit is 0": ["--idx", "a.idx", "--limit", "0"],
            "--split is 'all'": ["--idx", "a.idx", "--split", "all"],
            "--size": ["--idx", "a.idx", "--size", "1"],
            "--crop is '4x4x4'": ["--idx", "a.idx", "--crop", "4x4x4"],
            "--grey and --colour": ["--idx", "a.idx", "--grey", "--colour"],
            "--mass2 goes with --kind phi4 only": ["--idx", "a.idx", "--mass2", "1"],
            "--kind phi4 goes with --npy": ["--idx", "a.idx", "--kind", "phi4"],
            "same file": ["--idx", "a.idx", "--output", "a.idx", "--overwrite"],
        }.items():
            with self.subTest(words):
                self.reject(words, *arguments, status=2) if "--output" not in arguments else self.refuse(2, words, "import", *arguments)
        self.reject("too few for --crop 5x5", "--idx", "a.idx", "--crop", "5")
        self.reject("would distort", "--idx", "a.idx", "--size", "4x8")

    @unittest.skipUnless(FASHION.is_dir(), "no dataset-fashion-mnist; scripts/setup.sh --tests installs it")
    def test_fashion_mnist_comes_back_as_it_was(self):
        self.succeed("import", "--idx", str(FASHION / "t10k-images-idx3-ubyte.gz"), "--labels", str(FASHION / "t10k-labels-idx1-ubyte.gz"),
                     "--split", "test", "--output", "f.h5")
        self.succeed("export", "f.h5", "--first", "9990", "--png", "p")
        self.assertIn("10000 images of 28x28 pixels, grey", self.succeed("info", "f.h5"))
        self.assertEqual(self.python("""
import gzip, h5py, numpy, sys
from PIL import Image
raw = numpy.frombuffer(gzip.open(sys.argv[1] + '/t10k-images-idx3-ubyte.gz').read(), numpy.uint8, offset=16).reshape(-1, 28, 28)
labels = numpy.frombuffer(gzip.open(sys.argv[1] + '/t10k-labels-idx1-ubyte.gz').read(), numpy.uint8, offset=8)
f = h5py.File('f.h5')
print((numpy.rint((f['configurations'][:, 0].astype(float) + 1) * 127.5) == raw).all(), (f['label'][:] == labels).all(),
      all((numpy.array(Image.open(f'p/{i:06d}.png')) == raw[i]).all() for i in range(9990, 10000)))
""", str(FASHION)), "True True True")


# Ten pictures in colour as PNG, and their JPEG as good as JPEG can be.
MAKE = """
import numpy
from PIL import Image
rng = numpy.random.default_rng(1)
def smooth(h, w, c=3):
    small = Image.fromarray(rng.integers(0, 256, (5, 4, c) if c > 1 else (5, 4), dtype=numpy.uint8))
    return small.resize((w, h), Image.BICUBIC)
"""
READ = """
import h5py, numpy, os, sys
from PIL import Image
def values(name):
    return h5py.File(name)['configurations'][:].astype(float)
def bytes_of(picture):
    a = numpy.asarray(picture).astype(float)
    return a[None] if a.ndim == 2 else a.transpose(2, 0, 1)
def files(folder):
    return [Image.open(os.path.join(folder, name)) for name in sorted(os.listdir(folder))]
"""


@needs_pillow
class Folder(ImportTest):
    def make(self, script):
        self.python(MAKE + script)

    def difference(self, script):
        """The largest difference between a file's values and those of Pillow, in units of a byte."""
        return float(self.python(READ + script))

    def test_png_and_jpeg(self):
        self.make("""
import os; os.mkdir('d')
for i in range(8): smooth(21, 16).save(f'd/{i}.png')
smooth(21, 16).save('d/8.jpg', quality=95); smooth(21, 16).save('d/9.JPEG', quality=50, progressive=True)
open('d/.hidden', 'w').write('x')
os.symlink('0.png', 'd/link.png')
os.rename('d/7.png', 'd/7.jpg')  # a wrong name
""")
        self.import_("--folder", "d", "--threads", "1")
        self.import_("--folder", "d", "--threads", "2", output="two.h5")
        self.assertLess(self.difference("""
os.unlink('d/.hidden')
print(max(abs((v + 1) * 127.5 - bytes_of(p.convert('RGB'))).max() for v, p in zip(values('out.h5'), files('d'), strict=True)))"""), 1.01)
        self.assertEqual(self.difference("print(abs(values('out.h5') - values('two.h5')).max())"), 0)

    def test_kinds_of_png(self):
        self.make("""
import os; os.mkdir('rgb'); os.mkdir('grey')
base = smooth(9, 8)
base.save('rgb/0.png'); base.quantize(16).save('rgb/palette.png')
alpha = base.convert('RGBA'); alpha.putalpha(smooth(9, 8, 1)); alpha.save('rgb/alpha.png')
smooth(9, 8, 1).save('grey/8.png'); smooth(9, 8, 1).convert('1').save('grey/1.png')
Image.fromarray(numpy.asarray(smooth(9, 8, 1)).astype(numpy.uint16) * 257).save('grey/16.png')
Image.merge('LA', [smooth(9, 8, 1), smooth(9, 8, 1)]).save('grey/la.png')
""")
        for folder, mode in (("rgb", "RGBA"), ("grey", "LA")):
            self.import_("--folder", folder)
            self.assertLess(self.difference(f"""
def on_white(picture):
    a = bytes_of(picture.point(lambda v: v / 257).convert('L').convert('LA') if picture.mode.startswith('I') else picture.convert({mode!r}))
    return a[:-1] * a[-1] / 255 + 255 - a[-1]
print(max(abs((v + 1) * 127.5 - on_white(p)).max() for v, p in zip(values('out.h5'), files({folder!r}), strict=True)))"""), 0.51)

    def test_grey_and_colour(self):
        self.make("import os; os.mkdir('d'); smooth(9, 8).save('d/a.png'); smooth(9, 8, 1).save('d/b.png'); smooth(9, 8, 1).save('d/c.jpg')")
        self.reject("b.png: is grey, but d/a.png is in colour; --grey or --colour", "--folder", "d")
        self.import_("--folder", "d", "--grey")
        self.import_("--folder", "d", "--colour", output="colour.h5")
        self.assertLess(self.difference("print(abs((values('out.h5')[0] + 1) * 127.5 - bytes_of(files('d')[0].convert('L'))).max())"), 0.51)
        self.assertEqual(self.difference("print(abs(values('colour.h5')[1:] - values('out.h5')[1:]).max())"), 0)

    def test_resizing_is_that_of_pillow(self):
        """Pillow rounds to bytes after each axis: half a byte after the first, half a byte after the second."""
        self.make("""
import os; os.mkdir('d'); os.mkdir('up')
for i in range(4): Image.fromarray(rng.integers(0, 256, (218, 178, 3), dtype=numpy.uint8)).save(f'd/{i}.png')
Image.fromarray(rng.integers(0, 256, (10, 12, 3), dtype=numpy.uint8)).save('up/0.png')
""")
        for folder, box, arguments, size in (("d", (0, 20, 178, 198), ["--crop", "178", "--size", "128"], (128, 128)),
                                             ("d", (0, 20, 178, 198), ["--crop", "square", "--size", "64"], (64, 64)),
                                             ("d", (24, 14, 154, 204), ["--crop", "190x130", "--size", "95x65"], (65, 95)),
                                             ("d", (39, 59, 139, 159), ["--crop", "100", "--size", "100"], (100, 100)),
                                             ("up", (0, 0, 12, 10), ["--size", "25x30"], (30, 25))):
            with self.subTest(arguments):
                self.import_("--folder", folder, *arguments)
                self.assertLess(self.difference(f"""
print(max(abs((v + 1) * 127.5 - bytes_of(p.crop({box}).resize({size}, Image.BILINEAR))).max() for v, p in zip(values('out.h5'), files({folder!r}))))"""),
                                1.02)

    def test_celeba(self):
        self.make("""
import os; os.mkdir('img')
for i in range(1, 7): smooth(218, 178).save(f'img/{i:06d}.jpg')
""")
        parts = [0, 1, 0, 2, 0, 1]
        self.write("list.csv", "image_id,partition\n" + "".join(f"{i:06d}.jpg,{p}\n" for i, p in enumerate(parts, 1)))
        self.write("list.txt", "".join(f"{i:06d}.jpg {p}\r\n" for i, p in enumerate(parts, 1)))
        for name in ("list.csv", "list.txt"):
            for split, expected in (("train", [1, 3, 5]), ("valid", [2, 6]), ("test", [4])):
                self.import_("--folder", "img", "--partition", name, "--split", split, "--crop", "178", "--size", "32")
                self.assertLess(self.difference(f"""
wanted = [Image.open(f'img/{{i:06d}}.jpg').crop((0, 20, 178, 198)).resize((32, 32), Image.BILINEAR) for i in {expected}]
print(max(abs((v + 1) * 127.5 - bytes_of(p)).max() for v, p in zip(values('out.h5'), wanted, strict=True)))"""), 2.1)  # decoders differ by a byte
        self.reject("--partition needs --split", "--folder", "img", "--partition", "list.csv", status=2)
        for words, text in {"line 2 is '000002.jpg 3'": "000001.jpg 0\n000002.jpg 3\n", "names 000001.jpg a second time": "000001.jpg 0\n" * 2,
                            "does not name 000002.jpg": "000001.jpg 0\n",
                            "names 9.jpg, which is not in": (self.folder / "list.txt").read_text() + "9.jpg 0\n",
                            "no pictures of --split train": "".join(f"{i:06d}.jpg 1\n" for i in range(1, 7))}.items():
            with self.subTest(words):
                self.write("bad.txt", text)
                self.reject(words, "--folder", "img", "--partition", "bad.txt", "--split", "train")
        self.reject("none.txt", "--folder", "img", "--partition", "none.txt", "--split", "train", status=2)

    def test_files_that_are_wrong(self):
        self.make("""
import io, os
def write(name, picture, keep=1.0, **settings):
    out = io.BytesIO(); picture.save(out, **settings); data = out.getvalue()
    os.mkdir(name); smooth(40, 32).save(name + '/a.png'); open(name + '/b.png', 'wb').write(data[:int(keep * len(data))])
noise = Image.fromarray(rng.integers(0, 256, (40, 32, 3), dtype=numpy.uint8))
write('cutpng', noise, 0.5, format='PNG'); write('nopngend', noise, 0.999, format='PNG'); write('cutjpeg', noise, 0.5, format='JPEG')
write('jpeghead', noise, 0.02, format='JPEG'); write('cmyk', noise.convert('CMYK'), format='JPEG'); write('gif', noise, format='GIF')
data = bytearray(open('cutjpeg/b.png', 'rb').read()); os.mkdir('badjpeg')
write('size', smooth(39, 32), format='PNG'); write('small', smooth(1, 1), format='PNG')
out = io.BytesIO(); noise.save(out, format='PNG'); data = bytearray(out.getvalue()); data[len(data) // 2] ^= 255
os.mkdir('crc'); open('crc/b.png', 'wb').write(data)
""")
        for folder, words in {
            "cutpng": "b.png: is a damaged or truncated PNG", "nopngend": "b.png: is a damaged or truncated PNG", "crc": "b.png: is a damaged or truncated PNG",
            "cutjpeg": "b.png: is a damaged or truncated JPEG", "jpeghead": "b.png: is a damaged JPEG", "cmyk": "b.png: is a JPEG in the colours of print (CMYK)",
            "gif": "b.png: is neither a PNG nor a JPEG", "size": "size/b.png: has 39x32 pixels, but size/a.png has 40x32; --size", "small": "small/b.png: has 1x1 pixels",
        }.items():
            with self.subTest(folder):
                self.reject(words, "--folder", folder)
        for name, data, words in (("bomb", png(30000, 30000, []), "b.png: has 30000x30000 pixels, more than --max-pixels 40000000"),
                                  ("short", png(8, 8, [bytes(8)] * 3), "b.png: is a damaged or truncated PNG"),
                                  ("zero", png(0, 8, []), "b.png: is a damaged PNG"), ("empty", b"", "b.png: is neither"),
                                  ("huge", png(2**31 - 1, 2**31 - 1, []), "more than --max-pixels")):
            with self.subTest(name):
                self.put(f"{name}/b.png", data)
                self.reject(words, "--folder", name)

    def test_what_else_lies_in_the_folder(self):
        for name in ("none", "text/folder", "hidden"):
            (self.folder / name).mkdir(parents=True)
        self.put("hidden/.a.png", png(8, 8, [bytes(8)] * 8))
        self.put("text/a.png", png(8, 8, [bytes(8)] * 8))
        self.reject("no such folder", "--folder", "missing")
        self.reject("none: has no pictures", "--folder", "none")
        self.reject("hidden: has no pictures", "--folder", "hidden")
        self.reject("text: has the folder folder in it", "--folder", "text")
        self.reject("is no folder", "--folder", "text/a.png")
        (self.folder / "text/folder").rmdir()
        self.put("text/notes.txt", b"x")
        self.reject("text/notes.txt: is no picture by its name", "--folder", "text")
        (self.folder / "text/notes.txt").unlink()
        (self.folder / "text/b.png").symlink_to("nowhere.png")
        self.reject("text/b.png: is a link that leads nowhere", "--folder", "text")
        (self.folder / "text/b.png").unlink()
        self.import_("--folder", "text")
        self.import_("--folder", "text", "--max-pixels", "64")
        self.reject("8x8 pixels, more than --max-pixels 63", "--folder", "text", "--max-pixels", "63")


@needs_pillow
class Npy(ImportTest):
    def test_images(self):
        self.python("""
import numpy
rng = numpy.random.default_rng(1)
a = rng.integers(0, 256, (5, 8, 6, 3), dtype=numpy.uint8)
numpy.save('hwc.npy', a); numpy.save('chw.npy', a.transpose(0, 3, 1, 2).copy()); numpy.save('float.npy', (a / 255).astype('float32'))
numpy.save('grey.npy', a[..., 0].copy()); numpy.save('both.npy', a[:, :3]); numpy.save('two.npy', a[..., :2].copy()); numpy.save('flat.npy', a[:, 0, 0])
""")
        self.import_("--npy", "hwc.npy")
        self.import_("--npy", "chw.npy", output="chw.h5")
        self.import_("--npy", "float.npy", "--range", "0,1", output="float.h5")
        self.import_("--npy", "grey.npy", "--first", "1", output="grey.h5")
        self.import_("--npy", "both.npy", "--layout", "chw", output="first.h5")
        self.import_("--npy", "both.npy", "--layout", "hwc", output="last.h5")
        self.assertEqual(self.python(READ + """
a = numpy.load('chw.npy') / 127.5 - 1
print(abs(values('out.h5') - a).max() < 1e-7, (values('chw.h5') == values('out.h5')).all(), abs(values('float.h5') - a).max() < 1e-6,
      (values('grey.h5') == values('out.h5')[1:, :1]).all(), values('first.h5').shape, values('last.h5').shape)
"""), "True True True True (5, 3, 6, 3) (5, 3, 3, 6)")
        self.reject("--layout chw or hwc says it", "--npy", "both.npy")
        self.reject("expected 1 or 3 channels", "--npy", "two.npy")
        self.reject("expected images (N, H, W)", "--npy", "flat.npy")
        self.reject("--range A,B says", "--npy", "float.npy")
        self.reject("float.npy image 0: has the value", "--npy", "float.npy", "--range", "0,0.5")
        self.reject("--range is '1,0'", "--npy", "float.npy", "--range", "1,0", status=2)
        self.reject("bytes of numbers, expected", "--npy", self.cut("hwc.npy"))
        self.reject("no such file", "--npy", "none.npy")

    def cut(self, name):
        self.put("cut.npy", (self.folder / name).read_bytes()[:-10])
        return "cut.npy"

    def test_fields(self):
        self.hmc("a.h5", lattice="4x6", chains=6)
        self.succeed("export", "a.h5", "--npy", "a.npy", "--quiet")
        phi4 = ["--kind", "phi4", "--npy", "a.npy", "--chains", "6", "--interleaved", "--save-every", "4"]
        self.import_(*phi4, "--mass2", "-4", "--lambda", "4.572", output="b.h5")
        self.assertEqual(self.python("""
import h5py
a, b = h5py.File('a.h5'), h5py.File('b.h5')
print((a['configurations'][:] == b['configurations'][:]).all(), (a['chain'][:] == b['chain'][:]).all(),
      set((a['trajectory'][:] - b['trajectory'][:]).tolist()), b['configurations'].dtype, b.attrs['kind'], b.attrs['lambda'])
"""), "True True {9} float32 phi4 4.572")
        measured = [json.loads(self.succeed("measure", name, "--json", "-"))["observables"] for name in ("a.h5", "b.h5")]
        self.assertEqual(*({name: numbers["value"] for name, numbers in file.items()} for file in measured))
        # The same fields as a program has them that uses the hopping form: phi/sqrt(kappa), chain by chain, float64.
        self.python("""
import numpy
a = numpy.load('a.npy').astype(float) / 0.2 ** 0.5
numpy.save('hopping.npy', a.reshape(3, 6, 4, 6).swapaxes(0, 1).reshape(18, 4, 6)); a[7, 1, 1] = numpy.nan; numpy.save('nan.npy', a)
""")
        self.assertIn("multiplied by 0.447214", self.succeed("import", "--npy", "hopping.npy", "--kind", "phi4", "--kappa", "0.2", "--hopping-lambda", "0.02",
                                                             "--chains", "6", "--output", "c.h5"))
        self.assertEqual(self.python("""
import h5py, numpy
a, c = h5py.File('a.h5'), h5py.File('c.h5')
order = numpy.lexsort((c['chain'][:], c['trajectory'][:]))
print(abs(a['configurations'] - c['configurations'][:][order]).max() < 1e-7, c['configurations'].dtype, c['trajectory'][:4].tolist(), abs(c.attrs['lambda'] - 0.5) < 1e-12)
"""), "True float64 [0, 1, 2, 0] True")
        both = ["--mass2", "-4", "--lambda", "4.572"]
        # <phi dS/dphi> = 1 shows couplings that are not those of the fields.
        self.hmc("long.h5", "--lambda", "1.5", "--mass2", "-2", lattice="8x8", thermalize=100, trajectories=400)
        self.succeed("export", "long.h5", "--npy", "long.npy", "--quiet")
        for coupling, right in (("1.5", True), ("2.5", False)):
            result = self.run_stint("import", "--npy", "long.npy", "--kind", "phi4", "--mass2", "-2", "--lambda", coupling, "--json", "-",
                                    "--output", "l.h5", "--overwrite")
            value, error = json.loads(result.stdout)["virial"]
            self.assertEqual((abs(value - 1) < 8 * error, "are not those with which they were made" in result.stderr), (right, not right))
        self.reject("configuration 7 (counted from 0) has a NaN", "--npy", "nan.npy", "--kind", "phi4", *both)
        self.reject("couplings of the fields are missing", "--npy", "a.npy", "--kind", "phi4", "--mass2", "1", status=2)
        self.reject("18 fields are no 5 --chains", "--npy", "a.npy", "--kind", "phi4", *both, "--chains", "5", status=2)
        self.reject("--size goes with images only", "--npy", "a.npy", "--kind", "phi4", *both, "--size", "8", status=2)
        self.python("import numpy; numpy.save('one.npy', numpy.zeros(5))")
        self.reject("expected (N, L1, ..., Ld)", "--npy", "one.npy", "--kind", "phi4", *both)


@needs_pillow
class Export(ImportTest):
    def setUp(self):
        super().setUp()
        self.python("""
import numpy
a = numpy.random.default_rng(1).integers(0, 256, (7, 3, 6, 5), dtype=numpy.uint8)
numpy.save('a.npy', a); numpy.save('grey.npy', a[:, :1])
""")
        self.import_("--npy", "a.npy", output="a.h5")
        self.import_("--npy", "grey.npy", output="grey.h5")

    def test_pictures_come_back(self):
        self.succeed("export", "a.h5", "--png", "p/", "--npy", "b.npy", "--first", "2", "--limit", "4")
        self.succeed("export", "grey.h5", "--png", "g", "--scale", "3", "--threads", "2")
        self.assertEqual(self.python(READ + """
a, b = numpy.load('a.npy'), numpy.load('b.npy')
print(sorted(os.listdir('p')), b.shape, b.dtype, abs((b + 1) * 127.5 - a[2:6]).max() < 1e-4,
      all((bytes_of(Image.open(f'p/{i:06d}.png')) == a[i]).all() for i in range(2, 6)),
      all((bytes_of(Image.open(f'g/{i:06d}.png'))[:, 1::3, 2::3] == a[i, :1]).all() for i in range(7)), Image.open('g/000000.png').size)
"""), "['000002.png', '000003.png', '000004.png', '000005.png'] (4, 3, 6, 5) float32 True True True (15, 18)")

    def test_sheet(self):
        self.succeed("export", "a.h5", "--sheet", "2x4", "--gap", "1", "--scale", "2", "--output", "s.png")
        self.assertEqual(self.python(READ + """
a, s = numpy.load('a.npy'), bytes_of(Image.open('s.png'))
cells = [s[:, 1 + 13 * (i // 4):, 1 + 11 * (i % 4):][:, :12, :10] for i in range(8)]
print(s.shape, all((cells[i][:, ::2, 1::2] == a[i]).all() for i in range(7)), cells[7].min(), s[:, 13].min(), s[:, :, 0].min(), s[:, -1].min())
"""), "(3, 27, 45) True 255.0 255.0 255.0 255.0")

    def test_fields(self):
        self.hmc("f.h5", lattice="4x6")
        self.hmc("f3.h5", lattice="4x4x4")
        self.succeed("export", "f.h5", "--npy", "f.npy", "--png", "f", "--json", "f.json", "--quiet")
        self.succeed("export", "f.h5", "--png", "g", "--range", "-0.5,1.5", "--colours", "grey", "--quiet")
        self.succeed("export", "f3.h5", "--npy", "f3.npy", "--quiet")
        self.assertEqual(self.python(READ + """
import json
f, low_high = numpy.load('f.npy'), json.load(open('f.json'))['range']
grey = numpy.stack([bytes_of(p)[0] for p in files('g')])
colour = numpy.stack([bytes_of(p) for p in files('f')])
print((f == h5py.File('f.h5')['configurations'][:]).all(), f.dtype, numpy.isclose(low_high, [-abs(f).max(), abs(f).max()]).all(),
      abs(grey - (numpy.clip(f, -0.5, 1.5) + 0.5) * 127.5).max() < 0.51, (colour[:, 0] > colour[:, 2])[f > 0.05].all(), (colour[:, 0] < colour[:, 2])[f < -0.05].all(),
      numpy.load('f3.npy').shape)
"""), "True float32 True True True True (60, 4, 4, 4)")
        self.refuse(1, "pictures of 1 or 3 channels on two dimensions; --npy", "export", "f3.h5", "--png", "q")

    def test_other_datasets(self):
        """A file with several arrays of pictures, as the evaluation of a restoration is."""
        self.python("""
import h5py, numpy
rng = numpy.random.default_rng(1)
with h5py.File('r.h5', 'w') as r:
    r.attrs['format'] = 'stint-frames'  # one that says nothing of being complete
    r['truth'] = rng.uniform(-1.2, 1.2, (4, 3, 6, 5)).astype('float32'); r['flat'] = numpy.arange(4.0); r['number'] = 1.0; r['nan'] = numpy.full((2, 4, 4), numpy.nan)
""")
        self.succeed("export", "r.h5", "--dataset", "/truth", "--sheet", "1x4", "--gap", "0", "--output", "s.png")
        self.succeed("export", "r.h5", "--dataset", "flat", "--npy", "flat.npy")
        self.assertEqual(self.python(READ + """
r = h5py.File('r.h5')
print(abs(bytes_of(Image.open('s.png'))[:, :, :5] - (numpy.clip(r['truth'][0], -1, 1) + 1) * 127.5).max() < 0.51, numpy.load('flat.npy').tolist(), numpy.load('flat.npy').dtype)
"""), "True [0.0, 1.0, 2.0, 3.0] float64")
        self.refuse(1, "is no ensemble; --dataset NAME", "export", "r.h5", "--npy", "x.npy")
        self.refuse(1, "no dataset '/none'", "export", "r.h5", "--dataset", "none", "--npy", "x.npy")
        self.refuse(1, "is a single number", "export", "r.h5", "--dataset", "number", "--npy", "x.npy")
        self.refuse(1, "NaN", "export", "r.h5", "--dataset", "nan", "--png", "x", "--colours", "diverging")

    def test_outputs(self):
        for status, words, arguments in (
            (2, "nothing to write", []), (2, "--sheet needs --output", ["--sheet", "2x2"]), (2, "s.jpg does not end in .png", ["--sheet", "2x2", "--output", "s.jpg"]), (2, "--output is the file of --sheet", ["--output", "s.png", "--png", "p"]),
            (2, "--sheet is '0x2'", ["--sheet", "0x2", "--output", "s.png"]), (2, "--sheet is '2x2x2'", ["--sheet", "2x2x2", "--output", "s.png"]),
            (2, "--first is 7, but a.h5 has 7", ["--npy", "b.npy", "--first", "7"]), (2, "--scale is 0", ["--png", "p", "--scale", "0"]),
            (2, "--colours diverging is for one channel", ["--png", "p", "--colours", "diverging"]), (2, "same file", ["--npy", "a.h5"]),
            (2, "more than 200000000 pixels", ["--sheet", "1000x1000", "--scale", "100", "--output", "s.png"]),
            (1, "--overwrite", ["--npy", "a.npy"]), (1, "does not exist", ["--npy", "none/a.npy"]), (1, "cannot be made as a folder", ["--png", "none/p"]),
            (1, "exists and is no folder", ["--png", "a.npy"]),
        ):
            with self.subTest(words):
                self.refuse(status, words, "export", "a.h5", *arguments)
        self.succeed("export", "a.h5", "--png", "p", "--quiet")
        self.refuse(1, "p: is a folder that exists already", "export", "a.h5", "--png", "p")
        self.succeed("export", "a.h5", "--png", "p", "--limit", "2", "--overwrite", "--quiet")
        self.assertEqual(len(list((self.folder / "p").iterdir())), 2)
        self.python("import numpy; numpy.save('many.npy', numpy.zeros((20000, 32, 32), dtype='uint8'))")
        self.import_("--npy", "many.npy", output="many.h5")
        before = self.files()
        process = subprocess.Popen([STINT, "export", "many.h5", "--png", "q", "--quiet"], cwd=self.folder, stderr=subprocess.PIPE, text=True)
        while process.poll() is None and not any(self.folder.glob("q.*/*.png")):
            time.sleep(0.01)
        process.terminate()
        said = process.communicate(timeout=30 * PATIENCE)[1]
        self.assertEqual((process.returncode, said), (1, "stint export: q: stopped by a signal; nothing was written\n"))
        self.assertEqual(self.files(), before)
        self.put("p/precious.png", b"x")
        self.refuse(1, "and has precious.png; choose another one", "export", "a.h5", "--png", "p", "--overwrite")
        self.assertEqual(len(list((self.folder / "p").iterdir())), 3)


@needs_pillow
class Images(ImportTest):
    """What the other commands make of an ensemble of pictures."""

    def setUp(self):
        super().setUp()
        self.put("a.idx", idx(6, 4, 5))
        self.put("b.idx", idx(4, 4, 5, numbers=bytes(range(200, 120, -1))))
        self.put("a.labels", idx(6, numbers=bytes([0, 0, 1, 1, 1, 2])))
        self.put("b.labels", idx(4, numbers=bytes([2, 2, 3, 0])))
        for name in "ab":
            self.import_("--idx", f"{name}.idx", "--labels", f"{name}.labels", "--split", "train", output=f"{name}.h5")

    def test_info(self):
        text = self.succeed("info", "a.h5", "--verify")
        for line in ("6 images of 4x5 pixels, grey", "from   a.idx, train", "labels   0: 2, 1: 3, 2: 1"):
            self.assertRegex(text, line.replace("   ", " +"))
        self.assertIn("More with --verbose", text)
        self.assertIn("/configurations", self.succeed("info", "a.h5", "--verbose"))

    def test_what_needs_an_action_refuses(self):
        self.hmc("f.h5")
        for arguments in (["measure", "a.h5"], ["compare", "a.h5", "b.h5"], ["compare", "f.h5", "a.h5"], tiny("--start", "a.h5", "--output", "new.h5")):
            with self.subTest(arguments[0]):
                self.refuse(1, "a.h5: is of kind 'image', which has no lattice action", *arguments)

    def test_join(self):
        self.succeed("join", "a.h5", "b.h5", "--output", "all.h5", "--quiet")
        self.assertEqual(self.python("""
import h5py, numpy
a, b, c = (h5py.File(name) for name in ('a.h5', 'b.h5', 'all.h5'))
print((c['configurations'][:] == numpy.concatenate([a['configurations'], b['configurations']])).all(), c['chain'][:].tolist(), c['label'][:].tolist(),
      c.attrs['kind'], c.attrs['value_range'], c.attrs['split'], c.attrs['source'], c['label'].dtype)
"""), "True [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] [0, 0, 1, 1, 1, 2, 2, 2, 3, 0] image [-1.  1.] train a.idx, b.idx int64")
        self.import_("--idx", "b.idx", "--split", "test", output="unlabelled.h5")
        self.refuse(2, "one of a.h5 and unlabelled.h5 has /label", "join", "a.h5", "unlabelled.h5", "--output", "x.h5")
        self.refuse(2, "configurations of copy.h5 are in a.h5 too", "join", "a.h5", self.copy(), "--output", "x.h5")

    def copy(self):
        self.put("copy.h5", (self.folder / "a.h5").read_bytes())
        return "copy.h5"


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
