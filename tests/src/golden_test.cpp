// Stored answers of the shipped models: what the models say must not change when their code does.
//
// tests/golden/posterior_means.txt has one line a case: its name, and of two posterior means each the mean, the mean
// square and six numbers. No answer may magnify the rounding of its signal much, since processors and their libraries
// round differently. STINT_WRITE_GOLDEN=FILE in the environment writes them anew: only after a change that is meant
// to change answers.

#include "generative/model.hpp"
#include "src/files/model_file.hpp"
#include "src/kinds.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iomanip>
#include <map>
#include <optional>
#include <sstream>

namespace stint {
namespace {

constexpr std::int64_t samples = 2;
constexpr double single_precision = 1.2e-7; // the distance of 1 to the next number

/// Which numbers of a field are looked at.
std::array<std::int64_t, 6> places_of(std::int64_t numbers) {
  return {0, 1, 33, numbers / 2 - 12, 3 * numbers / 4 + 9, numbers - 1};
}

torch::Tensor normals(const Layout& layout, Purpose purpose) {
  auto fields = torch::empty(layout.shape(samples), torch::kFloat);
  for (std::int64_t n = 0; n < samples; ++n)
    Stream{11, purpose, static_cast<std::uint32_t>(n)}.normals(
        std::span<float>(fields.data_ptr<float>() + n * layout.numbers(), layout.numbers()));
  return fields;
}

/// (samples, 1, ..., 1)
std::vector<std::int64_t> one_each(const Layout& layout) {
  std::vector<std::int64_t> shape(layout.dimensions() + 2, 1);
  shape[0] = samples;
  return shape;
}

/// Noise levels (samples, 1, L1, ..., Ld) of random operators of a family.
torch::Tensor levels_of(const Family& family, const Layout& layout) {
  auto shape = layout.shape(samples);
  shape[1] = 1;
  auto levels = torch::empty(shape, torch::kFloat);
  for (std::int64_t n = 0; n < samples; ++n)
    family.draw(Stream{12, Purpose::training, static_cast<std::uint32_t>(n)}, 8,
                std::span<float>(levels.data_ptr<float>() + n * layout.volume(), layout.volume()));
  if (family.basis != Basis::any())
    return levels;
  return levels.flatten(1).narrow(1, 0, 1).reshape(one_each(layout));
}

std::vector<double> summary(const torch::Tensor& fields) {
  std::vector<double> numbers;
  for (const auto& field : fields.to(torch::kDouble).flatten(1).unbind(0)) {
    numbers.push_back(field.mean().item<double>());
    numbers.push_back(field.square().mean().item<double>());
    for (const auto place : places_of(field.numel()))
      numbers.push_back(field[place].item<double>());
  }
  return numbers;
}

using Answers = std::map<std::string, std::vector<double>>;

/// The largest difference between the numbers of two answers.
double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

/// Posterior means of a model for every family of operators that it knows, without tilt, and where it knows tilts in a
/// field, and at a higher and a lower mass; and how far each answer moves when the signal is rounded anew. `lambda`: of
/// a model that knows a range of it.
void ask(const std::string& name, std::optional<double> lambda, Answers& answers,
         std::map<std::string, double>& roundings) {
  const torch::NoGradGuard constant;
  Model model = ModelReader(std::string(STINT_MODELS) + "/" + name, all_kinds()).model();
  if (lambda)
    model.move_to(*lambda);
  model.set_precision(torch::kDouble);
  const Layout layout = model.layout();
  const double k2_top = model.prior().tilting().k2_top;
  // Data as their prior has them: a white one would be at odds with known neighbours.
  const auto x0 = normals(layout, Purpose::training_noise);
  const auto white = normals(layout, Purpose::validation);
  const auto mean =
      model.prior().look(pair_of_levels(Basis::any(), torch::ones(one_each(layout))), torch::zeros_like(white));
  const Operator& reference = model.prior().reference();
  const auto deviation = Operator::diagonal(reference.basis(), reference.values().sqrt());
  const auto x1 = mean.estimate.to(torch::kFloat) + deviation(white);
  struct Case {
    std::string name;
    double h, k2;
  };
  std::vector<Case> tilts = {{"none", 0, 0}};
  if (model.prior().tilting().any())
    tilts.insert(tilts.end(), {{"h", 0.02, 0}, {"k2", 0, -0.03}});
  if (k2_top > 0)
    tilts.push_back({"top", 0.01, 0.02});
  for (const auto& family : model.prior().families()) {
    if (!model.description().families.cover(family.basis))
      continue;
    const Pair pair = pair_of_levels(family.basis, levels_of(family, layout));
    const auto x = interpolate(pair, x0, x1);
    for (const auto& tilt : tilts) {
      const double k2_below = tilt.k2 - k2_top;
      const auto seen = observe(pair, x, {.A = 2 * k2_below, .b = torch::tensor(tilt.h)});
      const auto answer = [&](const torch::Tensor& signal) {
        return summary(model.posterior_mean(k2_below)(seen.pair, signal));
      };
      const auto label = name + "/" + family.name + "/" + tilt.name;
      answers[label] = answer(seen.signal);
      for (const double sign : {-1, 1})
        roundings[label] =
            std::max(roundings[label],
                     largest_difference(answers[label], answer(seen.signal * (1 + sign * single_precision * x0))));
    }
  }
}

Answers stored(const std::string& path) {
  std::ifstream file(path);
  Answers answers;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    for (double value = 0; words >> value;)
      answers[name].push_back(value);
  }
  return answers;
}

TEST(Golden, ShippedModelsAnswerAsTheyDid) {
  Answers answers;
  std::map<std::string, double> roundings;
  for (const char* name : {"phi4-3d-l16.h5", "phi4-l32.h5", "phi4-l32-scalar.h5", "phi4-l32-lower.h5",
                           "fashion-mnist.h5", "maze-umaze.h5", "maze-medium.h5", "maze-large.h5", "maze-giant.h5"})
    ask(name, {}, answers, roundings);
  ask("phi4-region-l32.h5", 4.7, answers, roundings);
  if (const char* path = std::getenv("STINT_WRITE_GOLDEN")) {
    std::ofstream file(path);
    file << std::setprecision(9);
    for (const auto& [name, numbers] : answers) {
      file << name;
      for (const double number : numbers)
        file << ' ' << number;
      file << '\n';
    }
    GTEST_SKIP() << "written to " << path;
  }
  const Answers expected = stored(STINT_GOLDEN "/posterior_means.txt");
  ASSERT_EQ(expected.size(), answers.size());
  for (const auto& [name, numbers] : expected) {
    ASSERT_EQ(answers[name].size(), numbers.size()) << name;
    const double size =
        std::max(1.0, std::abs(*std::ranges::max_element(numbers, {}, [](double x) { return std::abs(x); })));
    EXPECT_LT(largest_difference(answers[name], numbers), 2e-6 * size + 2 * roundings[name]) << name;
    EXPECT_LT(roundings[name], 5e-5 * size) << name;
  }
}

} // namespace
} // namespace stint
