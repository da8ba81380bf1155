// Stored answers of the shipped models: what the models say must not change when their code does.
//
// tests/golden/posterior_means.txt has one line a case: its name, and of two posterior means each the mean, the mean
// square and six sites. No answer may magnify the rounding of its signal, since processors and their libraries round
// differently. STINT_WRITE_GOLDEN=FILE in the environment writes them anew: only after a change that is meant
// to change answers.

#include "generative/model.hpp"
#include "src/files/model_file.hpp"
#include "src/kinds.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iomanip>
#include <map>
#include <sstream>

namespace stint {
namespace {

constexpr std::int64_t samples = 2;
constexpr double single_precision = 1.2e-7; // the distance of 1 to the next number
constexpr std::array<std::int64_t, 6> sites = {0, 1, 33, 500, 777, 1023};

torch::Tensor normals(const Layout& layout, Purpose purpose) {
  auto fields = torch::empty(layout.shape(samples), torch::kFloat);
  for (std::int64_t n = 0; n < samples; ++n)
    Stream{11, purpose, static_cast<std::uint32_t>(n)}.normals(
        std::span<float>(fields.data_ptr<float>() + n * layout.numbers(), layout.numbers()));
  return fields;
}

/// Noise levels (samples, 1, L1, ..., Ld) of random operators of a family.
torch::Tensor levels_of(const Family& family, const Layout& layout) {
  auto levels = torch::empty(layout.shape(samples), torch::kFloat);
  for (std::int64_t n = 0; n < samples; ++n)
    family.draw(Stream{12, Purpose::training, static_cast<std::uint32_t>(n)}, 8,
                std::span<float>(levels.data_ptr<float>() + n * layout.volume(), layout.volume()));
  return family.basis == Basis::any() ? levels.narrow(2, 0, 1).narrow(3, 0, 1) : levels;
}

std::vector<double> summary(const torch::Tensor& fields) {
  std::vector<double> numbers;
  for (const auto& field : fields.to(torch::kDouble).flatten(1).unbind(0)) {
    numbers.push_back(field.mean().item<double>());
    numbers.push_back(field.square().mean().item<double>());
    for (const auto site : sites)
      numbers.push_back(field[site].item<double>());
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

/// Posterior means of a model for every family of operators, without tilt, in a field, and at a higher and a lower
/// mass; and how far each answer moves when the signal is rounded anew.
void ask(const std::string& name, Answers& answers, std::map<std::string, double>& roundings) {
  const torch::NoGradGuard constant;
  Model model = ModelReader(std::string(STINT_MODELS) + "/" + name, all_kinds()).model();
  model.set_precision(torch::kDouble);
  const Layout layout = model.layout();
  const double k2_top = model.prior().tilting().k2_top;
  // Fields of about the size of the data's; what they say of x1 need not be likely.
  const auto x0 = normals(layout, Purpose::training_noise);
  const auto x1 = 0.5 * normals(layout, Purpose::validation) + 0.2;
  struct Case {
    std::string name;
    double h, k2;
  };
  std::vector<Case> tilts = {{"none", 0, 0}, {"h", 0.02, 0}, {"k2", 0, -0.03}};
  if (k2_top > 0)
    tilts.push_back({"top", 0.01, 0.02});
  for (const auto& family : model.prior().families()) {
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
  for (const char* name : {"phi4-l32.h5", "phi4-l32-lower.h5"})
    ask(name, answers, roundings);
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
    EXPECT_LT(largest_difference(answers[name], numbers), 2e-6) << name;
    EXPECT_LT(roundings[name], 1e-6) << name;
  }
}

} // namespace
} // namespace stint
