#include "src/files/ensemble_stream.hpp"

#include "src/files/fletcher32.hpp"
#include "tests/src/temporary_folder.hpp"

#include <atomic>
#include <fstream>
#include <numeric>

namespace stint {
namespace {

using test::is_one_line;
using test::message_of;

/// The sums as they are defined, one word at a time.
std::uint32_t plain_fletcher32(std::span<const std::byte> data) {
  std::uint64_t first = 0, second = 0;
  const auto fold = [](std::uint64_t sum) { return sum > 65535 ? sum - 65535 : sum; };
  for (std::size_t i = 0; i < data.size(); i += 2) {
    const auto low = i + 1 < data.size() ? static_cast<std::uint64_t>(data[i + 1]) : 0;
    first = fold(first + (static_cast<std::uint64_t>(data[i]) << 8) + low);
    second = fold(second + first);
  }
  return static_cast<std::uint32_t>(second << 16 | first);
}

TEST(Fletcher32, IsTheSumByWords) {
  for (const std::size_t size : {0, 1, 2, 31, 32, 33, 8191, 8192, 8193, 262144, 1000003}) {
    std::vector<std::byte> data(size);
    for (std::size_t i = 0; i < size; ++i)
      data[i] = static_cast<std::byte>(i * i * 2654435761U >> 13);
    EXPECT_EQ(fletcher32(data), plain_fletcher32(data)) << size;
    for (const auto fill : {std::byte{0}, std::byte{255}}) { // the residue 0 in both its forms
      std::ranges::fill(data, fill);
      EXPECT_EQ(fletcher32(data), plain_fletcher32(data)) << size;
    }
  }
}

/// 1000 configurations of 16 numbers that count up.
void write_ensemble(const std::string& path, hdf5::Layout layout, hdf5::Type type = hdf5::Type::float32) {
  auto file = hdf5::File::create(path);
  write_format(file, ensemble_format, 1, true);
  write_header(file, {.geometry = Geometry({4, 4}), .theory = Phi4{.mass2 = 1}, .provenance = present_provenance()});
  auto configurations = file.create_dataset("/configurations", type, {1000, 4, 4}, layout);
  std::vector<float> values(16000);
  std::iota(values.begin(), values.end(), 0.0F);
  configurations.write_rows<float>(0, values);
  const std::vector<std::int64_t> zeros(1000);
  file.write<std::int64_t>("/chain", {1000}, zeros);
  file.write<std::int64_t>("/trajectory", {1000}, zeros);
  file.close();
}

template<class Real> void expect_all(const EnsembleReader& ensemble, std::int64_t first, std::int64_t last) {
  std::vector<std::atomic<int>> seen(1000);
  std::atomic<bool> right = true;
  visit_configurations<Real>(
      ensemble, first, last, [](std::int64_t) {},
      [&](std::int64_t row, std::span<const Real> configurations) {
        for (std::size_t i = 0; i < configurations.size(); ++i)
          right = right && configurations[i] == static_cast<Real>(16 * row) + static_cast<Real>(i);
        for (std::size_t i = 0; i < configurations.size() / 16; ++i)
          ++seen[row + static_cast<std::int64_t>(i)];
      });
  EXPECT_TRUE(right);
  for (std::int64_t i = 0; i < 1000; ++i)
    EXPECT_EQ(seen[i], i >= first && i < last) << i;
}

TEST(VisitConfigurations, EachOnceHoweverTheyAreStored) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("e.h5");
  for (const auto layout : {hdf5::Layout{7, true}, hdf5::Layout{7, false}, hdf5::Layout{0, false},
                            hdf5::Layout{1000, true}, hdf5::Layout{1, true}}) {
    write_ensemble(path, layout);
    const EnsembleReader ensemble(path);
    expect_all<float>(ensemble, 0, 1000);
    expect_all<float>(ensemble, 5, 23); // begins and ends within chunks
    expect_all<float>(ensemble, 9, 9);
  }
  write_ensemble(path, {7, true}, hdf5::Type::float64);
  expect_all<double>(EnsembleReader(path), 3, 998);
}

/// Otherwise HDF5 would read all chunks again, unseen and slowly.
TEST(VisitConfigurations, ChunksOfHdf5AreIntact) {
  const test::TemporaryFolder folder;
  write_ensemble(folder.file("e.h5"), {7, true});
  const auto file = hdf5::File::open(folder.file("e.h5"));
  const auto dataset = file.dataset("/configurations");
  const auto chunks = dataset.plain_chunks();
  ASSERT_TRUE(chunks);
  EXPECT_EQ(chunks->rows, 7);
  std::vector<std::byte> bytes(chunks->stored());
  EXPECT_EQ(bytes.size(), 7U * 16 * 4 + 4);
  for (std::int64_t row = 0; row < 1000; row += 7) {
    ASSERT_TRUE(dataset.read_chunk(*chunks, row, bytes));
    EXPECT_TRUE(chunks->intact(bytes));
  }
  bytes[11] ^= std::byte{4};
  EXPECT_FALSE(chunks->intact(bytes));
}

TEST(VisitConfigurations, ADamagedChunkIsAnError) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("e.h5");
  write_ensemble(path, {7, true});
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  std::string content((std::istreambuf_iterator<char>(file)), {});
  const float number = 16 * 500; // the first number of configuration 500
  const auto place = content.find(std::string(reinterpret_cast<const char*>(&number), sizeof number));
  ASSERT_NE(place, std::string::npos);
  file.seekp(static_cast<std::streamoff>(place));
  file.put('\x01');
  file.close();
  const EnsembleReader ensemble(path);
  const auto visit = [&](std::int64_t first, std::int64_t last) {
    visit_configurations<float>(
        ensemble, first, last, [](std::int64_t) {}, [](std::int64_t, std::span<const float>) {});
  };
  EXPECT_TRUE(is_one_line(message_of([&] { visit(0, 1000); }), path, "damaged"));
  EXPECT_EQ(message_of([&] { visit(0, 490); }), "");
}

TEST(VisitConfigurations, WhatAVisitThrowsArrives) {
  const test::TemporaryFolder folder;
  write_ensemble(folder.file("e.h5"), {7, true});
  const EnsembleReader ensemble(folder.file("e.h5"));
  const auto visit = [](std::int64_t first, std::span<const float>) {
    if (first >= 700)
      throw std::runtime_error("at " + std::to_string(first));
  };
  EXPECT_EQ(message_of([&] {
              visit_configurations<float>(
                  ensemble, 0, 1000, [](std::int64_t) {}, visit);
            }),
            "at 700");
}

} // namespace
} // namespace stint
