#include "src/files/field_file.hpp"

#include "src/files/ensemble_file.hpp"
#include "src/program/errors.hpp"

#include <fmt/format.h>

namespace stint {

torch::Tensor read_field(const std::string& path, const Geometry& geometry) {
  const EnsembleReader reader(path);
  if (reader.geometry() != geometry || reader.size() != 1)
    throw UsageError(fmt::format("{} has {} configurations on lattice {}, expected 1 on lattice {}", path,
                                 reader.size(), reader.geometry().text(), geometry.text()));
  const std::vector<std::int64_t> shape(geometry.extents().begin(), geometry.extents().end());
  auto field = torch::empty(shape, torch::kDouble);
  reader.read<double>(0, {field.data_ptr<double>(), static_cast<std::size_t>(field.numel())});
  return field;
}

} // namespace stint
