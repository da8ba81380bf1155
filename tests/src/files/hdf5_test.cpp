#include "src/files/hdf5.hpp"

#include "tests/src/temporary_folder.hpp"

#include <fstream>
#include <numeric>

namespace stint::hdf5 {
namespace {

using test::is_one_line;
using test::message_of;

template<class T> std::vector<T> counting(std::size_t n) {
  std::vector<T> values(n);
  std::iota(values.begin(), values.end(), T{1});
  return values;
}

template<class T> class Datasets : public testing::Test {};
using Numbers = testing::Types<std::int8_t, std::uint8_t, std::int32_t, std::int64_t, float, double>;
TYPED_TEST_SUITE(Datasets, Numbers);

TYPED_TEST(Datasets, RowsComeBackAsWritten) {
  const test::TemporaryFolder folder;
  const auto values = counting<TypeParam>(24);
  {
    auto file = File::create(folder.file("a.h5"));
    auto dataset = file.create_dataset("/group/values", type_of<TypeParam>, {4, 3, 2}, {.rows_per_chunk = 3});
    dataset.template write_rows<TypeParam>(0, std::span(values).first(12));
    dataset.template write_rows<TypeParam>(2, std::span(values).subspan(12));
    file.close();
  }
  const auto file = File::open(folder.file("a.h5"));
  const auto dataset = file.dataset("/group/values");
  EXPECT_EQ(dataset.type(), type_of<TypeParam>);
  EXPECT_EQ(dataset.dims(), (std::vector<std::int64_t>{4, 3, 2}));
  EXPECT_EQ(dataset.template read<TypeParam>(), values);
  std::vector<TypeParam> middle(12);
  dataset.template read_rows<TypeParam>(1, middle);
  EXPECT_EQ(middle, std::vector<TypeParam>(values.begin() + 6, values.begin() + 18));
}

TEST(Hdf5, ChunksLeaveNoRoomUnused) {
  // 128 rows of 4608 bytes: chunks of at most 256 KiB have 56 rows, and a third one would be a third full.
  const test::TemporaryFolder folder;
  constexpr std::int64_t rows = 128, row = 128 * 9;
  auto file = File::create(folder.file("a.h5"));
  file.write<float>("/values", {rows, 128, 3, 3}, counting<float>(rows * row));
  file.close();
  const auto bytes = static_cast<double>(std::filesystem::file_size(folder.file("a.h5")));
  EXPECT_LT(bytes, 1.03 * rows * row * sizeof(float));
}

TEST(Hdf5, CompressedNumbersAndTruthValuesComeBackAsWritten) {
  const test::TemporaryFolder folder;
  const std::vector<float> same(100'000, 2.5F);
  const std::vector<std::int8_t> truth = {1, 0, 0, 1, 1};
  auto written = File::create(folder.file("a.h5"));
  const Layout compressed{.rows_per_chunk = 1000, .deflate = 1};
  written.create_dataset("/values", Type::float32, {100'000}, compressed).write_rows<float>(0, same);
  const Layout of_truth{.rows_per_chunk = 2, .truth_values = true};
  written.create_dataset("/truth", Type::int8, {5}, of_truth).write_rows<std::int8_t>(0, truth);
  written.close();
  EXPECT_LT(std::filesystem::file_size(folder.file("a.h5")), same.size()); // of 4 bytes each
  const auto file = File::open(folder.file("a.h5"));
  EXPECT_EQ(file.dataset("/values").read<float>(), same);
  EXPECT_EQ(file.dataset("/truth").read<std::int8_t>(), truth);
  EXPECT_EQ(file.object("/truth").text, "enumeration");
}

TEST(Hdf5, ADatasetThatGrowsComesBackWhole) {
  const test::TemporaryFolder folder;
  const auto values = counting<float>(30);
  {
    auto file = File::create(folder.file("a.h5"));
    auto dataset = file.create_dataset("/values", Type::float32, {0, 3}, {.rows_per_chunk = 4, .growing = true});
    dataset.append_rows<float>(std::span(values).first(9));
    dataset.append_rows<float>({});
    dataset.append_rows<float>(std::span(values).subspan(9));
    EXPECT_EQ(dataset.rows(), 10);
    file.close();
  }
  const auto file = File::open(folder.file("a.h5"));
  EXPECT_EQ(file.dataset("/values").dims(), (std::vector<std::int64_t>{10, 3}));
  EXPECT_EQ(file.dataset("/values").read<float>(), values);
}

TEST(Hdf5, OnlyADatasetMadeToGrowDoes) {
  const test::TemporaryFolder folder;
  auto file = File::create(folder.file("a.h5"));
  auto dataset = file.create_dataset("/values", Type::float32, {1, 3}, {.rows_per_chunk = 1});
  EXPECT_TRUE(is_one_line(message_of([&] { dataset.append_rows<float>(counting<float>(3)); }), "a.h5", "grow"));
}

TEST(Hdf5, NumbersAreConvertedToLargerTypesOnly) {
  const test::TemporaryFolder folder;
  auto file = File::create(folder.file("a.h5"));
  file.write<float>("/real", {2}, std::vector<float>{0.5F, 2});
  file.write<std::int32_t>("/whole", {2}, std::vector<std::int32_t>{-1, 2});
  EXPECT_EQ(file.dataset("/real").read<double>(), (std::vector<double>{0.5, 2}));
  EXPECT_EQ(file.dataset("/whole").read<std::int64_t>(), (std::vector<std::int64_t>{-1, 2}));
  EXPECT_TRUE(is_one_line(message_of([&] { file.dataset("/real").read<std::int64_t>(); }), "a.h5", "float32"));
  EXPECT_EQ(file.dataset("/whole").read<double>(), (std::vector<double>{-1, 2}));
  EXPECT_TRUE(is_one_line(message_of([&] { file.dataset("/whole").read<std::int8_t>(); }), "a.h5", "int32"));
}

TEST(Hdf5, AttributesComeBackAsWritten) {
  const test::TemporaryFolder folder;
  {
    auto file = File::create(folder.file("a.h5"));
    file.create_group("/group/inner");
    file.set_attribute("text", std::string("first"));
    file.set_attribute("text", std::string("longer than before"));
    file.set_attribute("empty", std::string());
    file.set_attribute("whole", std::int64_t{-3});
    file.set_attribute("real", 0.1);
    file.set_attribute("extents", std::vector<std::int64_t>{8, 16}, "/group/inner");
    file.set_attribute("reals", std::vector<double>{}, "/group/inner");
    file.close();
  }
  const auto file = File::open(folder.file("a.h5"));
  EXPECT_EQ(file.attribute<std::string>("text"), "longer than before");
  EXPECT_EQ(file.attribute<std::string>("empty"), "");
  EXPECT_EQ(file.attribute<std::int64_t>("whole"), -3);
  EXPECT_EQ(file.attribute<double>("real"), 0.1);
  EXPECT_EQ(file.attribute<double>("whole"), -3);
  EXPECT_EQ(file.attribute<std::vector<std::int64_t>>("extents", "/group/inner"), (std::vector<std::int64_t>{8, 16}));
  EXPECT_TRUE(file.attribute<std::vector<double>>("reals", "/group/inner").empty());
  EXPECT_EQ(file.attributes(), (std::vector<std::string>{"empty", "real", "text", "whole"}));
  EXPECT_EQ(file.attribute<std::vector<std::string>>("text"), std::vector<std::string>{"longer than before"});
  EXPECT_EQ(file.attribute_kind("text"), Kind::text);
  EXPECT_EQ(file.attribute_kind("whole"), Kind::integer);
  EXPECT_EQ(file.attribute_kind("real"), Kind::real);
  EXPECT_TRUE(is_one_line(message_of([&] { file.attribute<double>("none"); }), "a.h5", "'none'"));
  EXPECT_TRUE(is_one_line(message_of([&] { file.attribute<double>("text"); }), "a.h5", "not a number"));
  EXPECT_TRUE(is_one_line(message_of([&] { file.attribute<std::int64_t>("real"); }), "a.h5", "not an integer"));
  EXPECT_TRUE(is_one_line(message_of([&] { file.attribute<std::string>("real"); }), "a.h5", "not a text"));
}

TEST(Hdf5, ListsAndFindsObjects) {
  const test::TemporaryFolder folder;
  auto file = File::create(folder.file("a.h5"));
  file.write<double>("/b/two", {1}, std::vector<double>{2});
  file.write<double>("/b/one", {1}, std::vector<double>{1});
  file.write<double>("/a", {0, 3}, std::vector<double>{});
  EXPECT_EQ(file.list("/"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(file.list("/b"), (std::vector<std::string>{"one", "two"}));
  EXPECT_TRUE(file.exists("/b/one"));
  EXPECT_EQ(file.object("/b").kind, Object::Kind::group);
  EXPECT_NE(file.object("/a").kind, Object::Kind::group);
  EXPECT_FALSE(file.exists("/c/one"));
  EXPECT_TRUE(file.dataset("/a").read<double>().empty());
  EXPECT_TRUE(is_one_line(message_of([&] { file.dataset("/c"); }), "a.h5", "no dataset '/c'"));
  EXPECT_TRUE(is_one_line(message_of([&] { file.list("/c"); }), "a.h5", "no object '/c'"));
}

TEST(Hdf5, RefusesRowsThatAreNotThere) {
  const test::TemporaryFolder folder;
  auto file = File::create(folder.file("a.h5"));
  file.write<float>("/values", {3, 2}, counting<float>(6));
  std::vector<float> rows(4);
  EXPECT_TRUE(
      is_one_line(message_of([&] { file.dataset("/values").read_rows<float>(2, rows); }), "a.h5", "asked for 2 to 4"));
}

TEST(Hdf5, RefusesAPromiseTheFileCannotKeep) { // a shape of 8 TB and nothing written: no memory is asked for
  const test::TemporaryFolder folder;
  auto file = File::create(folder.file("a.h5"));
  file.create_dataset("/values", Type::float64, {1'000'000'000'000, 1}, {.rows_per_chunk = 1});
  EXPECT_TRUE(
      is_one_line(message_of([&] { file.dataset("/values").read<double>(); }), "a.h5", "damaged or incomplete"));
}

TEST(Hdf5, RefusesWhatIsNoFileOfItsKind) {
  const test::TemporaryFolder folder;
  const auto path = folder.file("a.h5");
  EXPECT_TRUE(is_one_line(message_of([&] { File::open(path); }), path, "No such file"));
  std::ofstream(path).flush();
  EXPECT_TRUE(is_one_line(message_of([&] { File::open(path); }), path, "empty"));
  std::ofstream(path) << "no HDF5";
  EXPECT_TRUE(is_one_line(message_of([&] { File::open(path); }), path, "not an HDF5 file"));
  EXPECT_NE(message_of([&] { File::open(folder.file(".")); }), "");
  EXPECT_NE(message_of([&] { File::create(folder.file("no/a.h5")); }), "");
}

TEST(Hdf5, RefusesEveryTruncation) {
  const test::TemporaryFolder folder;
  const auto path = folder.file("a.h5");
  {
    auto file = File::create(path);
    file.write<float>("/values", {100, 10}, counting<float>(1000));
    file.close();
  }
  for (auto size = std::filesystem::file_size(path); size > 0; size -= std::min<std::uintmax_t>(size, 97)) {
    std::filesystem::resize_file(path, size - 1);
    EXPECT_NE(message_of([&] { File::open(path).dataset("/values").read<float>(); }), "") << size;
  }
}

TEST(Hdf5, ChecksumsFindAFlippedBit) {
  const test::TemporaryFolder folder;
  const auto path = folder.file("a.h5");
  const std::vector<float> values(1000, 12345.0F);
  {
    auto file = File::create(path);
    file.write<float>("/values", {100, 10}, values);
    file.close();
  }
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  const auto at = bytes.find(std::string(reinterpret_cast<const char*>(values.data()), 40));
  ASSERT_NE(at, std::string::npos);
  file.seekp(static_cast<std::streamoff>(at) + 400);
  file.put('\x11');
  file.close();
  EXPECT_TRUE(is_one_line(message_of([&] { File::open(path).dataset("/values").read<float>(); }), path, "damaged"));
}

} // namespace
} // namespace stint::hdf5
