#include "src/files/npy.hpp"

#include "src/program/options.hpp"
#include "tests/src/temporary_folder.hpp"

namespace stint {
namespace {

using test::is_one_line;
using test::message_of;

/// As numpy.save writes it.
std::string npy(const std::string& type, const std::string& shape, const std::string& data, char version = 1,
                const std::string& fortran = "False") {
  std::string header = "{'descr': '" + type + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
  std::string bytes = "\x93NUMPY";
  bytes += version;
  bytes += '\0';
  bytes += static_cast<char>(header.size());
  bytes += std::string(version == 1 ? 1 : 3, '\0');
  return bytes + header + data;
}

TEST(Npy, TypesAndVersionsAreRead) {
  const std::string two("\x01\x00\x02\x00", 4);
  EXPECT_EQ(parse_npy(npy("<i2", "(2,)", two), "a.npy").values, (std::vector<double>{1, 2}));
  EXPECT_EQ(parse_npy(npy("<u2", "(1, 2)", two, 2), "a.npy").shape, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(parse_npy(npy("|b1", "(2, 2)", two), "a.npy").values, (std::vector<double>{1, 0, 2, 0}));
  EXPECT_EQ(parse_npy(npy("|i1", "()", "\xff"), "a.npy").values, std::vector<double>{-1});
  EXPECT_EQ(parse_npy(npy("<f4", "(1,)", std::string("\x00\x00\x80\x3f", 4), 1, "True"), "a.npy").values,
            std::vector<double>{1});
}

TEST(Npy, ComesBackAsWritten) {
  const test::TemporaryFolder folder;
  const std::vector<double> values = {0.1, -2, 3, 4, 5, 1e300};
  const std::vector<std::int64_t> shape = {2, 3};
  write_npy<double>(folder.file("a.npy"), false, shape, values);
  const std::string bytes = read_text_file(folder.file("a.npy"));
  EXPECT_EQ((bytes.size() - sizeof(double) * values.size()) % 64, 0);
  const auto array = parse_npy(bytes, "a.npy");
  EXPECT_EQ(array.shape, shape);
  EXPECT_EQ(array.values, values);
}

TEST(Npy, IsReadAndWrittenInPieces) {
  const test::TemporaryFolder folder;
  NpyWriter<float> writer(folder.file("a.npy"), false, std::vector<std::int64_t>{4, 2});
  writer.append(std::vector<float>{1, 2, 3});
  writer.append(std::vector<float>{4, 5, 6, 7, 8});
  EXPECT_FALSE(std::filesystem::exists(folder.file("a.npy")));
  writer.commit();
  NpyReader reader(folder.file("a.npy"));
  EXPECT_EQ(reader.shape(), (std::vector<std::int64_t>{4, 2}));
  EXPECT_TRUE(reader.real() && !reader.wide() && !reader.bytes());
  EXPECT_EQ(reader.read(1), (std::vector<double>{1, 2}));
  reader.skip(1);
  EXPECT_EQ(reader.read(2), (std::vector<double>{5, 6, 7, 8}));
  std::filesystem::resize_file(folder.file("a.npy"), std::filesystem::file_size(folder.file("a.npy")) - 1);
  EXPECT_TRUE(is_one_line(message_of([&] { NpyReader(folder.file("a.npy")); }), "a.npy", "31 bytes of numbers"));
}

TEST(Npy, RefusesWhatItDoesNotRead) {
  const auto refusal = [](const std::string& bytes) { return message_of([&] { parse_npy(bytes, "a.npy"); }); };
  EXPECT_TRUE(is_one_line(refusal("PNG"), "a.npy", "no NPY file"));
  EXPECT_TRUE(is_one_line(refusal("\x93NUMPY"), "a.npy", "no NPY file"));
  EXPECT_TRUE(is_one_line(refusal(npy("<f8", "(1,)", "12345678", 3)), "a.npy", "version 3"));
  EXPECT_TRUE(is_one_line(refusal(npy(">f8", "(1,)", "12345678")), "a.npy", "'>f8'"));
  EXPECT_TRUE(is_one_line(refusal(npy("<c8", "(1,)", "12345678")), "a.npy", "'<c8'"));
  EXPECT_TRUE(is_one_line(refusal(npy("<f8", "(2,)", "12345678")), "a.npy", "8 bytes of numbers, expected 16"));
  EXPECT_TRUE(is_one_line(refusal(npy("<f8", "(-1,)", "")), "a.npy", "shape"));
  EXPECT_TRUE(is_one_line(refusal(npy("<f8", "(1, 1)", "12345678", 1, "True")), "a.npy", "Fortran"));
  EXPECT_TRUE(
      is_one_line(refusal(npy("<f8", "(4294967296, 4294967296, 4294967296)", "")), "a.npy", "impossible shape"));
  EXPECT_TRUE(is_one_line(refusal(npy("<f8", "(1,)", "12345678").substr(0, 30)), "a.npy", "truncated"));
}

} // namespace
} // namespace stint
