#include "src/files/frames_file.hpp"

#include "src/files/atomic_file.hpp"
#include "src/files/hdf5.hpp"

namespace stint {

void write_frames(const std::string& path, bool overwrite, Sampler sampler, std::uint64_t seed, std::int64_t count,
                  const torch::Tensor& observed, const EnsembleHeader& header,
                  const std::map<std::string, std::string>& notes) {
  std::vector<torch::Tensor> states;
  sampler.watch = [&](std::int64_t /*knot*/, const torch::Tensor& x) { states.push_back(x.to(torch::kFloat).cpu()); };
  sampler(seed, 0, count, observed);
  const auto frames = torch::stack(states).contiguous();
  const auto times = torch::linspace(0, 1, frames.size(0), torch::kDouble);

  AtomicFile target(path, overwrite);
  auto file = hdf5::File::create(target.temporary(), path);
  file.set_attribute<std::string>("format", "stint-frames");
  file.set_attribute("kind", header.kind);
  for (const auto& [name, text] : notes)
    file.set_attribute(name, text);
  write_provenance(file, header.provenance);
  auto shape = header.shape(count); // of the ensemble's configurations, after the time
  shape.insert(shape.begin(), frames.size(0));
  file.write<float>("/frames", shape, {frames.data_ptr<float>(), static_cast<std::size_t>(frames.numel())});
  file.write<double>("/frame_time", {times.numel()},
                     {times.data_ptr<double>(), static_cast<std::size_t>(times.numel())});
  file.close();
  target.commit();
}

} // namespace stint
