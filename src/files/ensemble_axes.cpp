#include "src/files/ensemble_axes.hpp"

#include <string>
#include <vector>

namespace stint {
namespace {

constexpr const char* configuration_axis = "/configuration";
constexpr const char* trajectory_axis = "/history/trajectory";
constexpr const char* chain_axis = "/chains"; // not in /history, whose datasets all have numbers

std::vector<std::int64_t> dims_of(const hdf5::File& file, const std::string& name) {
  const auto object = file.object(name);
  return object.kind == hdf5::Object::Kind::dataset ? object.dims : std::vector<std::int64_t>();
}

std::vector<std::string> axes_of_configurations(const EnsembleHeader& header) {
  std::vector<std::string> axes = {configuration_axis};
  if (header.kind != phi4_kind)
    axes.emplace_back("/channel");
  for (int mu = 1; mu <= header.geometry.dimensions(); ++mu)
    axes.push_back("/x" + std::to_string(mu));
  return axes;
}

} // namespace

void name_ensemble_axes(hdf5::File& file, const EnsembleHeader& header, std::int64_t configurations) {
  std::vector<hdf5::Axes> all;
  for (const auto& name : file.list("/"))
    if (dims_of(file, "/" + name) == std::vector{configurations})
      all.push_back({"/" + name, {configuration_axis}});
  const auto axes = axes_of_configurations(header);
  const auto shape = header.shape(configurations);
  for (std::size_t k = 0; k < axes.size(); ++k)
    file.create_dimension(axes[k], shape[k]);
  all.push_back({"/configurations", axes});
  if (file.exists(trajectory_axis)) {
    std::int64_t chains = 0;
    for (const auto& name : file.list("/history"))
      if (const auto dims = dims_of(file, "/history/" + name); dims.size() == 2) {
        chains = dims[1];
        all.push_back({"/history/" + name, {trajectory_axis, chain_axis}});
      }
    file.create_dimension(chain_axis, chains);
  }
  file.name_axes(all);
}

} // namespace stint
