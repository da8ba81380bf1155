// Every tensor goes where the model and the sampler are told to compute: on a GPU if there is one, else on a device
// made for this (separate_device.hpp), and the results are those of the CPU.

#include "generative/phi4/free_field.hpp"
#include "generative/phi4/prior.hpp"
#include "generative/sampler.hpp"
#include "generative/training/regression.hpp"
#include "generative/training/trainer.hpp"

#include "tests/generative/fixtures.hpp"
#include "tests/generative/separate_device.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

using testing::separate_device;

const c10::Device device = torch::cuda::is_available() ? c10::Device(torch::kCUDA, 0) : separate_device;
const double tolerance = device.is_cuda() ? 1e-2 : 1e-5; // convolutions on a GPU round more (TF32)

double difference(const torch::Tensor& a, const torch::Tensor& b) {
  return (a.cpu() - b.cpu()).abs().max().item<double>();
}

TEST(SeparateDevice, RefusesTensorsOfTheCpuBesideItsOwn) {
  const auto host = torch::arange(6, torch::kFloat).reshape({2, 3}), moved = host.to(separate_device);
  EXPECT_TRUE(torch::equal((moved * 2).cpu(), host * 2));
  EXPECT_TRUE(torch::equal((moved * torch::tensor(2.0F)).cpu(), host * 2));
  EXPECT_THROW(moved + host, c10::Error);
  EXPECT_THROW(host + moved, c10::Error);
  EXPECT_THROW(host.clone().add_(moved), c10::Error);
  EXPECT_THROW(torch::stack({moved, host}), c10::Error);
  EXPECT_THROW(torch::where(moved > 0, host, moved), c10::Error);
  EXPECT_THROW(moved.matmul(host.t()), c10::Error);
  EXPECT_THROW(moved.index_select(0, torch::zeros({1}, torch::kLong)), c10::Error);
  EXPECT_THROW(torch::conv1d(moved, torch::ones({1, 2, 1})), c10::Error);
}

TEST(SeparateDevice, CountsWhatTheHostReads) {
  const auto moved = torch::ones({3}).to(separate_device);
  const auto before = testing::reads_of_device();
  const auto sum = (moved * 2).sum();
  EXPECT_EQ(testing::reads_of_device(), before);
  EXPECT_EQ(sum.item<double>(), 6);
  EXPECT_EQ(moved.cpu().numel(), 3);
  EXPECT_EQ(testing::reads_of_device(), before + 2);
}

class OnDevice : public ::testing::Test {
protected:
  const Geometry lattice{{4, 4}};
  const Phi4 theory{.mass2 = 0.5};
  const torch::Tensor data = testing::free_field(lattice, theory, 2, 400);
  const LawOptions law_options{.families = testing::phi4_families(lattice, "mixed"),
                               .symmetries = testing::phi4_symmetries(true),
                               .tilting = {.h_range = 0.02, .k2_range = 0.01}};
  const TrainingLaw law{{lattice}, data, law_options};
  const TrainingOptions training{.steps = 10, .batch = 12, .accumulate = 2, .warmup = 1, .seed = 3};

  Model model(c10::Device on) const {
    Model model(std::make_unique<Phi4Prior>(Phi4Knowledge{.geometry = lattice,
                                                          .theory = theory,
                                                          .symmetric = true,
                                                          .tilting = law_options.tilting,
                                                          .moments = measure_moments(data, true, theory)}),
                {.families = law_options.families, .channels = 4, .levels = 2}, 3);
    const torch::NoGradGuard constant; // the last layer is zero at the start
    std::uint32_t index = 0;
    for (auto& parameter : model.network()->parameters()) {
      Stream{1, Purpose::parameters, 100 + index++}.normals(
          std::span<float>(parameter.data_ptr<float>(), static_cast<std::size_t>(parameter.numel())));
      parameter.mul_(0.1);
    }
    model.to(on);
    return model;
  }

  Sampler sampler(c10::Device on, PosteriorMean mean, Task task, Method method) const {
    const auto spectrum = free_field_law(lattice, theory).covariance().values();
    return {.drift = make_drift(std::move(mean), {.A = -0.01, .b = torch::tensor(0.01, torch::kDouble)}),
            .layout = {lattice},
            .task = std::move(task),
            .schedule = Schedule::scales(3, spectrum),
            .solver = {.method = method, .reference = Operator::diagonal(Basis::fourier(), spectrum)},
            .device = on};
  }

  torch::Tensor mask() const { return parse_mask("random:0.5", lattice, 1); }

  std::vector<Task> tasks() const {
    const auto blur = Operator::diagonal(Basis::fourier(), free_field_law(lattice, theory).covariance().values());
    return {generation(),
            generation(Curve::trigonometric),
            inpainting(mask()),
            inpainting(mask(), 0.3),
            sequential(parse_order("blocks:2", lattice), 0.5, mask()),
            multiscale({lattice}, 2),
            superresolution({lattice}, 2),
            denoising(0.3, blur)};
  }

  static constexpr std::array methods = {Method::multistep, Method::sde2, Method::heun};
};

TEST_F(OnDevice, ALearnedDriftSamplesEveryTask) {
  Model here = model(torch::kCPU), there = model(device);
  for (const Task& task : tasks())
    for (const Method method : methods) {
      const auto expected = sampler(torch::kCPU, here.posterior_mean(), task, method)(5, 0, 3, data.narrow(0, 0, 3));
      const auto got = sampler(device, there.posterior_mean(), task, method)(5, 0, 3, data.narrow(0, 0, 3));
      EXPECT_LT(difference(got.configurations, expected.configurations), tolerance) << task.path.basis().text();
    }
}

TEST_F(OnDevice, AnExactDriftSamplesEveryTask) {
  const auto here = free_field_law(lattice, theory), there = here.to(device);
  const auto mean_of = [](const GaussianMixture& of) {
    return [of](const Pair& pair, const torch::Tensor& signal) { return of.posterior_mean(pair, signal); };
  };
  auto all = tasks();
  all.push_back(block_superresolution(lattice, 2));
  for (const Task& task : all)
    for (const Method method : methods) {
      const auto expected = sampler(torch::kCPU, mean_of(here), task, method)(5, 0, 3, data.narrow(0, 0, 3));
      const auto got = sampler(device, mean_of(there), task, method)(5, 0, 3, data.narrow(0, 0, 3));
      EXPECT_LT(difference(got.configurations, expected.configurations), tolerance) << task.path.basis().text();
    }
}

TEST_F(OnDevice, LogDensitiesAreThoseOfTheCpu) {
  if (!device.is_cuda() && !testing::takes_gradients())
    GTEST_SKIP() << "no GPU, and with CUDA built in no gradients elsewhere";
  Model here = model(torch::kCPU), there = model(device);
  for (const auto& [method, kind] : {std::pair{Method::heun, Sampler::LogDensity::exact},
                                     {Method::dopri5, Sampler::LogDensity::exact},
                                     {Method::heun, Sampler::LogDensity::random},
                                     {Method::multistep, Sampler::LogDensity::random}}) {
    auto expected = sampler(torch::kCPU, here.posterior_mean(), generation(), method);
    auto got = sampler(device, there.posterior_mean(), generation(), method);
    expected.log_density = got.log_density = kind;
    // Every site is a gradient; multistep needs none in the first step.
    expected.schedule = got.schedule = Schedule::uniform(method == Method::multistep ? 2 : 1);
    expected.solver.tolerance = got.solver.tolerance = 1e-2;
    EXPECT_LT(difference(got(5, 0, 2).log_density, expected(5, 0, 2).log_density), 100 * tolerance);
  }
}

TEST_F(OnDevice, TrainingTakesTheStepsOfTheCpu) {
  if (!device.is_cuda() && !testing::takes_gradients())
    GTEST_SKIP() << "no GPU, and with CUDA built in no gradients elsewhere";
  Model here = model(torch::kCPU), there = model(device);
  Trainer expected(here, law, training, {}), got(there, law, training, {});
  for (int i = 0; i < 2; ++i) {
    const auto before = testing::reads_of_device();
    EXPECT_NEAR(got.step().value(), expected.step().value(), tolerance);
    EXPECT_LE(testing::reads_of_device() - before, 2); // the loss and the norm of the gradient
  }
  for (const auto& [name, tensor] : got.state())
    EXPECT_EQ(tensor.device(), device) << name;
  // A checkpoint of the CPU goes on here.
  for (std::size_t i = 0; i < expected.state().size(); ++i)
    torch::Tensor(got.state()[i].second).copy_(expected.state()[i].second);
  EXPECT_NEAR(got.step().value(), expected.step().value(), tolerance);
  got.swap_average();
  expected.swap_average();
  EXPECT_NEAR(validation_loss(there, law, 1, 1, 12).total, validation_loss(here, law, 1, 1, 12).total, tolerance);
  EXPECT_NEAR(prior_loss(there, law, 1, 1, 12).total, prior_loss(here, law, 1, 1, 12).total, tolerance);
}

TEST_F(OnDevice, NumbersMoveTooWhenAPairDoes) {
  Model here = model(torch::kCPU), there = model(device);
  const auto x = data.narrow(0, 0, 2);
  const Pair pair{0.3, 0.7}, moved{pair.alpha.to(device), pair.beta.to(device)};
  EXPECT_LT(difference(there.posterior_mean()(moved, x.to(device)), here.posterior_mean()(pair, x)), tolerance);
}

TEST_F(OnDevice, AModelMovesToALargerLattice) {
  Model here = model(torch::kCPU), there = model(device);
  const Geometry larger({8, 8});
  here.move_to(larger);
  there.move_to(larger);
  const auto& moments = dynamic_cast<const Phi4Prior&>(there.prior()).knowledge().moments;
  for (const auto& tensor :
       {moments.spectrum, moments.force_spectrum, moments.magnetisation.centers, moments.magnetisation.weights})
    EXPECT_EQ(tensor.device(), device);
  const auto x = torch::ones({2, 1, 8, 8});
  const Pair pair = testing::scalar_pair(torch::tensor({0.2, 0.8}), 2);
  const Pair moved{pair.alpha.to(device), pair.beta.to(device)};
  EXPECT_LT(difference(there.posterior_mean()(moved, x.to(device)), here.posterior_mean()(pair, x)), tolerance);
}

TEST_F(OnDevice, TheHostWaitsFewTimes) {
  if (device.is_cuda())
    GTEST_SKIP() << "counted where there is no GPU";
  Model there = model(device);
  for (const Task& task : tasks()) {
    const auto some = sampler(device, there.posterior_mean(), task, Method::multistep);
    const auto before = testing::reads_of_device();
    some(5, 0, 3, data.narrow(0, 0, 3));
    // In a step: two in the evaluation of the drift, and which nodes coordinates can use. At the end the result.
    EXPECT_LE(testing::reads_of_device() - before, 12 * knots(task.path, some.schedule).steps + 1);
  }
}

TEST_F(OnDevice, OnlyNumbersThatAGpuTakesComeFromTheHost) {
  if (device.is_cuda())
    GTEST_SKIP() << "a GPU tells itself";
  Model there = model(device);
  sampler(device, there.posterior_mean(), generation(), Method::heun)(5, 0, 3);
  const std::set<std::string> taken = {"aten::add", "aten::sub", "aten::mul", "aten::div"};
  for (const auto& name : testing::operators_with_numbers_of_the_host())
    EXPECT_TRUE(taken.contains(name)) << name;
}

} // namespace
} // namespace stint
