#include "src/files/path_file.hpp"

#include "src/files/atomic_file.hpp"
#include "src/files/hdf5.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace stint {
namespace {

constexpr std::int64_t version = 1;

Basis basis_named(const std::string& name, const Basis& reference) {
  for (const auto& basis : {Basis::any(), Basis::site(), Basis::fourier(), Basis::cosine(), reference})
    if (basis.text() == name)
      return basis;
  throw std::invalid_argument(fmt::format("its basis is '{}', which this model does not have", name));
}

PathFile read(const hdf5::File& file, const Basis& reference) {
  if (!file.has_attribute("format") || file.attribute<std::string>("format") != path_format)
    throw std::invalid_argument("not a path that 'stint adapt' wrote");
  if (const auto found = file.attribute<std::int64_t>("format_version"); found != version)
    throw std::invalid_argument(fmt::format("its format version is {}, this program reads version {}", found, version));
  const auto basis = basis_named(file.attribute<std::string>("basis"), reference);
  const auto levels = file.dataset("/levels");
  const Layout layout{.geometry = Geometry::parse(file.attribute<std::string>("lattice")),
                      .channels = file.attribute<std::int64_t>("channels")};
  auto shape = levels.dims();
  if (shape.size() > 1) {
    const std::vector<std::int64_t> coordinates(shape.begin() + 1, shape.end());
    if (coordinates != layout.sites() && coordinates != layout.shape(1))
      throw std::invalid_argument(fmt::format("/levels does not have the shape of lattice {}", layout.geometry.text()));
  }
  const auto values = torch::tensor(levels.read<double>(), torch::kDouble).reshape(shape);
  return {.schedule = Schedule::of_levels(values, basis),
          .curve = parse_curve(file.attribute<std::string>("curve")),
          .kind = file.attribute<std::string>("kind"),
          .layout = layout};
}

} // namespace

void write_path(const std::string& name, bool overwrite, const PathFile& path, const std::string& objective,
                const std::map<std::string, double>& found, const std::vector<double>& history,
                const Provenance& provenance) {
  AtomicFile target(name, overwrite);
  auto file = hdf5::File::create(target.temporary(), name);
  file.set_attribute<std::string>("format", path_format);
  file.set_attribute<std::int64_t>("format_version", version);
  file.set_attribute<std::int64_t>("complete", 1);
  file.set_attribute("kind", path.kind);
  file.set_attribute("lattice", path.layout.geometry.text());
  file.set_attribute("channels", path.layout.channels);
  file.set_attribute("basis", path.schedule.basis().text());
  file.set_attribute("curve", text_of(path.curve));
  file.set_attribute("objective", objective);
  for (const auto& [key, value] : found)
    file.set_attribute(key, value);
  write_provenance(file, provenance);
  const auto levels = path.schedule.levels().contiguous();
  file.write<double>("/levels", levels.sizes().vec(),
                     {levels.data_ptr<double>(), static_cast<std::size_t>(levels.numel())});
  if (!history.empty())
    file.write<double>("/history", {std::ssize(history)}, history);
  file.close();
  target.commit();
}

PathFile read_path(const std::string& name, const std::string& kind, const Layout& layout, const Basis& reference) {
  const auto file = hdf5::File::open(name);
  try {
    auto path = read(file, reference);
    if (path.kind != kind || path.layout.geometry != layout.geometry || path.layout.channels != layout.channels)
      throw std::invalid_argument(
          fmt::format("a path for the kind '{}' on lattice {}, the model is of the kind '{}' on "
                      "{}",
                      path.kind, path.layout.geometry.text(), kind, layout.geometry.text()));
    return path;
  } catch (const std::invalid_argument& error) { // hdf5's own errors name the file
    throw std::runtime_error(name + ": " + error.what());
  }
}

} // namespace stint
