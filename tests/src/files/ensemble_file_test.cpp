#include "src/files/ensemble_file.hpp"

#include "tests/src/temporary_folder.hpp"

#include <limits>
#include <numeric>

namespace stint {
namespace {

using test::is_one_line;
using test::message_of;

EnsembleHeader header(hdf5::Type precision = hdf5::Type::float32) {
  EnsembleHeader header{.geometry = Geometry({4, 3}),
                        .theory = Phi4{.mass2 = -1, .lambda = 2, .field = 0.25, .quadratic = -0.5},
                        .precision = precision};
  header.provenance = present_provenance();
  header.provenance.command_line = "stint test";
  header.provenance.seed = 42;
  return header;
}

std::vector<double> rows(std::int64_t n) {
  std::vector<double> values(n * 12);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = 0.1 * static_cast<double>(i);
  return values;
}

/// Six configurations of chains 0 and 1, in two pieces.
void write_ensemble(const std::string& path, hdf5::Type precision = hdf5::Type::float32) {
  EnsembleWriter writer(path, false, header(precision), 6);
  const auto values = rows(6);
  writer.append<double>(std::span(values).first(24), std::vector<std::int64_t>{0, 1},
                        std::vector<std::int64_t>{10, 10});
  writer.append<double>(std::span(values).subspan(24), std::vector<std::int64_t>{0, 1, 0, 1},
                        std::vector<std::int64_t>{20, 20, 30, 30});
  writer.write_column("log_weight", std::vector<double>{1, 2, 3, 4, 5, 6});
  writer.commit();
}

/// Writes a good ensemble, then lets `damage` change it.
template<class Damage> std::string message_after(const std::string& path, Damage damage) {
  {
    const AtomicFile target(path, true);
    auto file = hdf5::File::create(path);
    file.set_attribute("format", std::string(ensemble_format));
    file.set_attribute("format_version", std::int64_t{1});
    file.set_attribute("complete", std::int64_t{1});
    file.set_attribute("kind", std::string("phi4"));
    file.set_attribute("lattice", std::vector<std::int64_t>{2, 2});
    for (const char* coupling : {"mass2", "lambda", "field", "quadratic"})
      file.set_attribute(coupling, 1.0);
    damage(file);
    if (!file.exists("/configurations"))
      file.write<float>("/configurations", {2, 2, 2}, std::vector<float>(8, 1));
    for (const char* column : {"/chain", "/trajectory"})
      if (!file.exists(column))
        file.write<std::int64_t>(column, {2}, std::vector<std::int64_t>{0, 1});
    file.close();
  }
  return message_of([&] {
    const EnsembleReader reader(path);
    std::vector<float> values(reader.size() * reader.values_per_configuration());
    reader.read<float>(0, values);
  });
}

class Precisions : public testing::TestWithParam<hdf5::Type> {};

TEST_P(Precisions, AnEnsembleComesBackAsWritten) {
  const test::TemporaryFolder folder;
  write_ensemble(folder.file("a.h5"), GetParam());
  const EnsembleReader reader(folder.file("a.h5"));
  EXPECT_EQ(reader.size(), 6);
  EXPECT_EQ(reader.geometry(), Geometry({4, 3}));
  EXPECT_EQ(reader.theory(), header().theory);
  EXPECT_EQ(reader.header().precision, GetParam());
  EXPECT_EQ(reader.header().provenance.command_line, "stint test");
  EXPECT_EQ(reader.header().provenance.seed, 42);
  EXPECT_FALSE(reader.header().provenance.end_time.empty());
  EXPECT_EQ(reader.chain(), (std::vector<std::int64_t>{0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(reader.trajectory(), (std::vector<std::int64_t>{10, 10, 20, 20, 30, 30}));
  EXPECT_EQ(reader.column("log_weight"), (std::vector<double>{1, 2, 3, 4, 5, 6}));
  const auto expected = rows(6);
  std::vector<float> some(36);
  reader.read<float>(2, some);
  for (std::size_t i = 0; i < some.size(); ++i)
    EXPECT_EQ(some[i], static_cast<float>(expected[24 + i]));
  std::vector<double> all(72);
  reader.read<double>(0, all);
  for (std::size_t i = 0; i < all.size(); ++i)
    EXPECT_EQ(all[i], GetParam() == hdf5::Type::float64 ? expected[i] : static_cast<float>(expected[i]));
}

INSTANTIATE_TEST_SUITE_P(EnsembleFile, Precisions, testing::Values(hdf5::Type::float32, hdf5::Type::float64),
                         [](const auto& tested) { return std::string(hdf5::name_of(tested.param)); });

TEST(EnsembleFile, AnotherKindHasChannelsAndNoCouplings) {
  const test::TemporaryFolder folder;
  const auto path = folder.file("a.h5");
  {
    EnsembleWriter writer(path, false, {.geometry = Geometry({4, 3}), .channels = 2, .provenance = {}, .kind = "image"},
                          3);
    writer.append<double>(rows(6), std::vector<std::int64_t>{0, 1, 2}, std::vector<std::int64_t>(3));
    writer.commit();
  }
  const EnsembleReader reader(path);
  EXPECT_EQ(reader.header().kind, "image");
  EXPECT_EQ(reader.channels(), 2);
  EXPECT_EQ(reader.values_per_configuration(), 24);
  EXPECT_EQ(reader.file().dataset("/configurations").dims(), (std::vector<std::int64_t>{3, 2, 4, 3}));
  EXPECT_FALSE(reader.file().has_attribute("mass2"));
  std::vector<float> last(24);
  reader.read<float>(2, last);
  EXPECT_EQ(last[0], static_cast<float>(rows(6)[48]));
  EXPECT_TRUE(is_one_line(message_of([&] { reader.theory(); }), path, "kind 'image', which has no lattice action"));
}

TEST(EnsembleFile, CouplingsBelongToPhi4) {
  const test::TemporaryFolder folder;
  auto file = hdf5::File::create(folder.file("a.h5"));
  EnsembleHeader wrong = header();
  wrong.kind = "image";
  EXPECT_THROW(write_header(file, wrong), std::logic_error);
  wrong = header();
  wrong.theory.reset();
  EXPECT_THROW(write_header(file, wrong), std::logic_error);
  wrong = header();
  wrong.channels = 2;
  EXPECT_THROW(write_header(file, wrong), std::logic_error);
}

TEST(EnsembleFile, NothingIsLeftOfAnUnfinishedOne) {
  const test::TemporaryFolder folder;
  {
    EnsembleWriter writer(folder.file("a.h5"), false, header(), 6);
    EXPECT_THROW(writer.commit(), std::logic_error);
  }
  EXPECT_TRUE(folder.empty());
}

TEST(EnsembleFile, AMinimalOneIsRead) { // no provenance: as a user's script may write it
  const test::TemporaryFolder folder;
  EXPECT_EQ(message_after(folder.file("a.h5"), [](hdf5::File&) {}), "");
}

TEST(EnsembleFile, RefusesWhatIsNoWholeEnsemble) {
  const test::TemporaryFolder folder;
  const auto path = folder.file("a.h5");
  const auto with = [&path](const char* attribute, const auto& value) {
    return message_after(path, [&](hdf5::File& file) { file.set_attribute(attribute, value); });
  };
  EXPECT_TRUE(is_one_line(with("format", std::string("stint-model")), path, "stint-model"));
  EXPECT_TRUE(is_one_line(with("format", 3.0), path, "not a text"));
  EXPECT_TRUE(is_one_line(with("format_version", std::int64_t{2}), path, "version 2"));
  EXPECT_TRUE(is_one_line(with("complete", std::int64_t{0}), path, "incomplete"));
  EXPECT_TRUE(is_one_line(with("lattice", std::vector<std::int64_t>{2, 1}), path, "at least 2 sites"));
  EXPECT_TRUE(is_one_line(with("lattice", std::vector<std::int64_t>{2, 4}), path, "does not fit the lattice 2x4"));
  EXPECT_TRUE(is_one_line(with("lattice", std::vector<std::int64_t>{1LL << 40, 1LL << 40}), path, "2^31"));
  EXPECT_TRUE(is_one_line(with("lambda", -1.0), path, "negative"));
  EXPECT_TRUE(is_one_line(with("mass2", std::numeric_limits<double>::quiet_NaN()), path, "finite"));
}

TEST(EnsembleFile, RefusesShapesAndNumbersThatDoNotFit) {
  const test::TemporaryFolder folder;
  const auto path = folder.file("a.h5");
  const auto with = [&path](const char* dataset, const std::vector<std::int64_t>& dims, auto value) {
    return message_after(path, [&](hdf5::File& file) {
      const auto size = std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>());
      file.write<decltype(value)>(dataset, dims, std::vector(size, value));
    });
  };
  EXPECT_TRUE(is_one_line(with("/configurations", {2, 4}, 1.0F), path, "does not fit the lattice"));
  const auto image = [&path](const std::vector<std::int64_t>& dims) {
    return message_after(path, [&](hdf5::File& file) {
      file.set_attribute("kind", std::string("image"));
      const auto size = std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>());
      file.write<float>("/configurations", dims, std::vector<float>(size, 1));
    });
  };
  EXPECT_EQ(image({2, 3, 2, 2}), "");
  EXPECT_TRUE(is_one_line(image({2, 2, 2}), path, "with the channels before it"));
  EXPECT_TRUE(is_one_line(image({2, 0, 2, 2}), path, "with the channels before it"));
  EXPECT_EQ(with("/configurations", {2, 2, 2}, std::int32_t{1}), "");
  EXPECT_TRUE(is_one_line(with("/configurations", {2, 2, 2}, std::numeric_limits<float>::quiet_NaN()), path, "NaN"));
  EXPECT_TRUE(
      is_one_line(with("/configurations", {2, 2, 2}, std::numeric_limits<double>::infinity()), path, "infinite"));
  EXPECT_TRUE(is_one_line(with("/configurations", {2, 2, 2}, 1e300), path, "infinite")); // as float
  EXPECT_TRUE(is_one_line(with("/chain", {3}, std::int64_t{1}), path, "/chain"));
}

TEST(EnsembleFile, RefusesForeignFiles) {
  const test::TemporaryFolder folder;
  const auto path = folder.file("a.h5");
  auto file = hdf5::File::create(path);
  file.write<double>("/configurations", {1}, std::vector<double>{1});
  file.close();
  EXPECT_TRUE(is_one_line(message_of([&] { EnsembleReader{path}; }), path, "not an ensemble of stint"));
}

TEST(EnsembleFile, AxesHaveNames) {
  const test::TemporaryFolder folder;
  write_ensemble(folder.file("a.h5"));
  const auto file = hdf5::File::open(folder.file("a.h5"));
  for (const auto& [axis, length] : {std::pair{"/configuration", 6}, std::pair{"/x1", 4}, std::pair{"/x2", 3}}) {
    EXPECT_EQ(file.object(axis).dims, std::vector<std::int64_t>{length});
    EXPECT_EQ(file.attribute<std::string>("CLASS", axis), "DIMENSION_SCALE");
    EXPECT_TRUE(file.has_attribute("REFERENCE_LIST", axis));
  }
  for (const char* dataset : {"/configurations", "/chain", "/trajectory", "/log_weight"})
    EXPECT_TRUE(file.has_attribute("DIMENSION_LIST", dataset)) << dataset;
}

} // namespace
} // namespace stint
