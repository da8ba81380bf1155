// How far sampled pictures are from real ones, in the features of a classifier trained here:
//   bench_picture_quality TRAIN.h5 TEST.h5 SAMPLES.h5...
// TRAIN needs /label (stint import --labels). Features are the 64 numbers before the last layer of a small
// convolutional network that learns the labels for two epochs. The distance is Frechet's between Gaussians of their
// moments,
//   |m1 - m2|^2 + tr(S1 + S2 - 2 (S1^(1/2) S2 S1^(1/2))^(1/2)),
// as in arXiv:1706.08500 with other features: compare numbers of this program with each other only. As many pictures
// are taken of every file as the shortest has; those of TRAIN against TEST say what a perfect sampler would get. The
// error is the jackknife's, with a tenth of both left out at a time. For every file the distance of a picture to its
// nearest neighbour in TRAIN, root mean square over pixels, is printed beside that of TEST's pictures: a model that has
// learned pictures by heart is nearer.

#include "generative/torch.hpp"
#include "src/files/ensemble_file.hpp"
#include "src/program/numbers.hpp"

#include <fmt/format.h>
#include <torch/nn/functional/loss.h>
#include <torch/nn/functional/pooling.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/optim/adam.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace {

using namespace stint;

struct Pictures {
  torch::Tensor values; ///< (N, C, H, W)
  torch::Tensor labels; ///< (N) int64, undefined without
};

Pictures read(const std::string& path) {
  const EnsembleReader ensemble(path);
  std::vector<std::int64_t> shape = ensemble.header().shape(ensemble.size());
  Pictures pictures{.values = torch::empty(shape, torch::kFloat), .labels = {}};
  ensemble.read<float>(0, {pictures.values.data_ptr<float>(), static_cast<std::size_t>(pictures.values.numel())});
  if (ensemble.file().exists("label")) {
    const auto labels = ensemble.file().dataset("label").read<std::int64_t>();
    pictures.labels = torch::tensor(labels, torch::kLong);
  }
  return pictures;
}

struct ClassifierImpl : torch::nn::Module {
  explicit ClassifierImpl(const torch::Tensor& like, std::int64_t classes)
      : first(register_module("first", torch::nn::Conv2d(torch::nn::Conv2dOptions(like.size(1), 32, 3).padding(1)))),
        second(register_module("second", torch::nn::Conv2d(torch::nn::Conv2dOptions(32, 64, 3).padding(1)))),
        hidden(register_module("hidden", torch::nn::Linear(64 * (like.size(2) / 4) * (like.size(3) / 4), 64))),
        last(register_module("last", torch::nn::Linear(64, classes))) {}

  torch::Tensor features(const torch::Tensor& x) {
    auto h = torch::max_pool2d(torch::relu(first(x)), 2);
    h = torch::max_pool2d(torch::relu(second(h)), 2);
    return torch::relu(hidden(h.flatten(1)));
  }

  torch::nn::Conv2d first, second;
  torch::nn::Linear hidden, last;
};
TORCH_MODULE(Classifier);

Classifier trained(const Pictures& data) {
  constexpr std::int64_t batch = 128;
  constexpr int epochs = 2;
  Classifier classifier(data.values, data.labels.max().item<std::int64_t>() + 1);
  torch::optim::Adam optimizer(classifier->parameters(), 1e-3);
  for (int epoch = 0; epoch < epochs; ++epoch)
    for (const auto& rows : torch::randperm(data.values.size(0)).split(batch)) {
      optimizer.zero_grad();
      const auto logits = classifier->last(classifier->features(data.values.index_select(0, rows)));
      torch::nn::functional::cross_entropy(logits, data.labels.index_select(0, rows)).backward();
      optimizer.step();
    }
  return classifier;
}

torch::Tensor features(Classifier& classifier, const torch::Tensor& pictures) {
  std::vector<torch::Tensor> parts;
  for (const auto& some : pictures.split(1024))
    parts.push_back(classifier->features(some).to(torch::kDouble));
  return torch::cat(parts);
}

torch::Tensor root(const torch::Tensor& matrix) {
  const auto [values, vectors] = torch::linalg_eigh(matrix, "L");
  return vectors.mm(values.clamp_min(0).sqrt().diag()).mm(vectors.t());
}

double frechet(const torch::Tensor& a, const torch::Tensor& b) {
  const auto mean = [](const torch::Tensor& x) { return x.mean(0); };
  const auto covariance = [&](const torch::Tensor& x) {
    const auto distance = x - mean(x);
    return distance.t().mm(distance) / static_cast<double>(x.size(0) - 1);
  };
  const auto first = covariance(a), second = covariance(b);
  const auto half = root(first);
  const auto overlap = root(half.mm(second).mm(half)).trace();
  return ((mean(a) - mean(b)).square().sum() + first.trace() + second.trace() - 2 * overlap).item<double>();
}

struct Estimate {
  double value, error;
};

/// frechet() with its error by the jackknife, which leaves out the same tenth of both.
Estimate frechet_with_error(const torch::Tensor& a, const torch::Tensor& b) {
  constexpr std::int64_t groups = 10;
  const auto group = torch::arange(a.size(0)) % groups;
  std::vector<double> without;
  for (std::int64_t left_out = 0; left_out < groups; ++left_out) {
    const auto kept = (group != left_out).nonzero().flatten();
    without.push_back(frechet(a.index_select(0, kept), b.index_select(0, kept)));
  }
  const auto values = torch::tensor(without, torch::kDouble);
  return {frechet(a, b), std::sqrt(static_cast<double>(groups - 1) * values.var(/*unbiased=*/false).item<double>())};
}

/// Root mean square over pixels to the nearest picture of `data`, mean over pictures.
Estimate nearest(const torch::Tensor& pictures, const torch::Tensor& data) {
  std::vector<torch::Tensor> parts;
  for (const auto& some : pictures.flatten(1).split(256))
    parts.push_back(std::get<0>(torch::cdist(some, data.flatten(1)).min(1)));
  const auto distances = torch::cat(parts) / std::sqrt(static_cast<double>(pictures[0].numel()));
  return {distances.mean().item<double>(),
          distances.std().item<double>() / std::sqrt(static_cast<double>(distances.numel()))};
}

int run(const std::vector<std::string>& files) {
  torch::manual_seed(1);
  const Pictures data = read(files[0]);
  if (!data.labels.defined())
    throw std::runtime_error(files[0] + " has no /label; import it with --labels");
  auto classifier = trained(data);
  const torch::NoGradGuard constant;
  std::vector<Pictures> others;
  for (std::size_t i = 1; i < files.size(); ++i)
    others.push_back(read(files[i]));
  std::int64_t count = data.values.size(0);
  for (const auto& other : others)
    count = std::min(count, other.values.size(0));
  const auto reference = others[0].values.narrow(0, 0, count);
  const auto of_reference = features(classifier, reference);
  if (others[0].labels.defined()) {
    const auto found = classifier->last(features(classifier, others[0].values).to(torch::kFloat)).argmax(1);
    std::fputs(fmt::format("classifier     {:.4f} of {} are recognised\n",
                           (found == others[0].labels).to(torch::kDouble).mean().item<double>(), files[1])
                   .c_str(),
               stdout);
  }
  std::fputs(fmt::format("{} pictures each\n{:<32} {:>14} {:>14}\n", count, "", "frechet", "nearest").c_str(), stdout);
  const auto text = [](const Estimate& estimate) { return with_error(estimate.value, estimate.error); };
  const auto row = [&](const std::string& name, const std::string& distance, const std::string& near) {
    std::fputs(fmt::format("{:<32} {:>14} {:>14}\n", name, distance, near).c_str(), stdout);
  };
  const auto distance = [&](const Pictures& pictures) {
    return text(frechet_with_error(features(classifier, pictures.values.narrow(0, 0, count)), of_reference));
  };
  const auto near = [&](const Pictures& pictures) {
    return text(nearest(pictures.values.narrow(0, 0, count), data.values));
  };
  row(files[0], distance(data), "-");
  row(files[1], "-", near(others[0]));
  for (std::size_t i = 1; i < others.size(); ++i)
    row(files[i + 1], distance(others[i]), near(others[i]));
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("usage: bench_picture_quality TRAIN.h5 TEST.h5 SAMPLES.h5...\n", stderr);
    return 2;
  }
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fputs(fmt::format("bench_picture_quality: {}\n", error.what()).c_str(), stderr);
    return 1;
  }
}
