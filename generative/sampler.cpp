#include "generative/sampler.hpp"

#include "lattice/random.hpp"

namespace stint {

torch::Tensor noise(const Geometry& geometry, std::uint64_t seed, std::int64_t first, std::int64_t count) {
  std::vector<std::int64_t> shape = {count};
  shape.insert(shape.end(), geometry.extents().begin(), geometry.extents().end());
  auto fields = torch::empty(shape, torch::kFloat);
  const std::span<float> values(fields.data_ptr<float>(), fields.numel());
#pragma omp parallel for
  for (std::int64_t n = 0; n < count; ++n)
    Stream{seed, Purpose::sampling, static_cast<std::uint32_t>(first + n)}.normals(
        values.subspan(n * geometry.volume(), geometry.volume()));
  return fields;
}

Solution generate(const Drift& drift, const Geometry& geometry, std::span<const double> alphas, Solver solver,
                  std::uint64_t seed, std::int64_t first, std::int64_t count, torch::Device device) {
  const torch::InferenceMode no_gradients;
  Solution solution = solve(drift, noise(geometry, seed, first, count).to(device), alphas, solver);
  solution.x = solution.x.cpu();
  return solution;
}

} // namespace stint
