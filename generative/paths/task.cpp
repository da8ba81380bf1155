#include "generative/paths/task.hpp"

#include "generative/operators/modes.hpp"
#include "lattice/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace stint {
namespace {

std::vector<std::int64_t> shape_of(const Geometry& geometry) {
  return {geometry.extents().begin(), geometry.extents().end()};
}

/// The coordinate x_mu of every site, (L1, ..., Ld).
torch::Tensor coordinate(const Geometry& geometry, int mu) {
  std::vector<std::int64_t> line(geometry.dimensions(), 1);
  line[mu] = geometry.extents()[mu];
  return torch::arange(geometry.extents()[mu], torch::kLong).reshape(line).expand(shape_of(geometry));
}

/// The block that every site is in along mu.
torch::Tensor block_coordinate(const Geometry& geometry, int mu, std::int64_t size) {
  const int extent = geometry.extents()[mu];
  if (size < 1 || extent % size != 0)
    throw std::invalid_argument(fmt::format("groups of {} sites do not fit an extent of {}", size, extent));
  return torch::div(coordinate(geometry, mu), size, "floor");
}

std::int64_t number(std::string_view digits, const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size())
    throw std::invalid_argument(fmt::format("'{}' in '{}' is not a whole number", digits, text));
  return value;
}

std::vector<std::int64_t> numbers(std::string_view list, char separator, const std::string& text) {
  std::vector<std::int64_t> values;
  for (std::size_t begin = 0; begin <= list.size();) {
    const auto end = std::min(list.find(separator, begin), list.size());
    values.push_back(number(list.substr(begin, end - begin), text));
    begin = end + 1;
  }
  return values;
}

torch::Tensor random_mask(double probability, const Geometry& geometry, std::uint64_t seed) {
  const Stream stream{seed, Purpose::mask};
  auto known = torch::empty(shape_of(geometry), torch::kBool);
  for (std::int64_t site = 0; site < geometry.volume(); ++site)
    known.data_ptr<bool>()[site] = stream.uniform(static_cast<std::uint32_t>(site)) <= probability;
  return known;
}

torch::Tensor all_but_block(std::string_view block, const Geometry& geometry, const std::string& text) {
  const auto at = block.find('@');
  const auto sizes = numbers(block.substr(0, at), 'x', text);
  const auto corner = at == std::string_view::npos ? std::vector<std::int64_t>(sizes.size(), 0)
                                                   : numbers(block.substr(at + 1), ',', text);
  const auto d = static_cast<std::size_t>(geometry.dimensions());
  if (sizes.size() != d || corner.size() != d)
    throw std::invalid_argument(fmt::format("'{}' does not have {} directions", text, d));
  auto inside = torch::ones(shape_of(geometry), torch::kBool);
  for (int mu = 0; mu < geometry.dimensions(); ++mu) {
    const int extent = geometry.extents()[mu];
    if (sizes[mu] < 1 || sizes[mu] > extent)
      throw std::invalid_argument(fmt::format("'{}': a block of {} sites on an extent of {}", text, sizes[mu], extent));
    inside = inside & ((coordinate(geometry, mu) - corner[mu]).remainder(extent) < sizes[mu]);
  }
  return ~inside;
}

/// Group numbers 0, 1, ... without gaps, in the order of the numbers given.
torch::Tensor without_gaps(const torch::Tensor& groups) { return std::get<1>(torch::_unique(groups, true, true)); }

/// The windows of groups, one stage each, which share a fraction `overlap` with the next.
torch::Tensor begins(const torch::Tensor& groups, double overlap) {
  if (!(overlap >= 0 && overlap < 1))
    throw std::invalid_argument(fmt::format("groups can overlap by a fraction in [0, 1), not {}", overlap));
  return groups.to(torch::kDouble) * (1 - overlap);
}

} // namespace

torch::Tensor parse_mask(const std::string& text, const Geometry& geometry, std::uint64_t seed) {
  const auto colon = std::min(text.find(':'), text.size());
  const std::string kind = text.substr(0, colon), rest = text.substr(std::min(colon + 1, text.size()));
  if (kind == "block")
    return all_but_block(rest, geometry, text);
  if (kind == "random") {
    char* end = nullptr;
    const double probability = std::strtod(rest.c_str(), &end);
    if (!rest.empty() && *end == '\0' && probability >= 0 && probability <= 1)
      return random_mask(probability, geometry, seed);
  }
  throw std::invalid_argument(
      fmt::format("a mask is random:P with P in [0, 1], or block:AxB@X,Y in as many directions as the lattice has, not "
                  "'{}'",
                  text));
}

torch::Tensor raster_order(const Geometry& geometry) {
  return torch::arange(geometry.volume(), torch::kLong).reshape(shape_of(geometry));
}

torch::Tensor column_order(const Geometry& geometry, std::int64_t size) {
  return block_coordinate(geometry, geometry.dimensions() - 1, size).contiguous();
}

torch::Tensor block_order(const Geometry& geometry, std::int64_t size) {
  auto order = torch::zeros(shape_of(geometry), torch::kLong);
  for (int mu = 0; mu < geometry.dimensions(); ++mu) {
    const auto block = block_coordinate(geometry, mu, size);
    order = order * (geometry.extents()[mu] / size) + block;
  }
  return order;
}

torch::Tensor morton_order(const Geometry& geometry, std::int64_t size) {
  const int d = geometry.dimensions();
  auto code = torch::zeros(shape_of(geometry), torch::kLong);
  for (int mu = 0; mu < d; ++mu) {
    const auto block = block_coordinate(geometry, mu, size);
    const auto bits = std::bit_width(static_cast<std::uint64_t>(geometry.extents()[mu] / size - 1));
    for (int bit = 0; bit < static_cast<int>(bits); ++bit) // the last direction has the lowest bit of each group of d
      code = code + torch::div(block, std::int64_t{1} << bit, "floor").remainder(2) *
                        (std::int64_t{1} << (bit * d + d - 1 - mu));
  }
  return without_gaps(code);
}

torch::Tensor parse_order(const std::string& text, const Geometry& geometry) {
  const auto colon = std::min(text.find(':'), text.size());
  const std::string kind = text.substr(0, colon);
  const auto size = colon < text.size() ? number(std::string_view(text).substr(colon + 1), text) : 1;
  if (kind == "raster" && colon == text.size())
    return raster_order(geometry);
  if (kind == "columns")
    return column_order(geometry, size);
  if (kind == "blocks")
    return block_order(geometry, size);
  if (kind == "morton")
    return morton_order(geometry, size);
  throw std::invalid_argument(fmt::format("an order is raster, columns[:N], blocks[:N] or morton[:N], not '{}'", text));
}

Task generation(Curve curve) {
  return {Path(Basis::any(), torch::zeros({}, torch::kDouble), torch::ones({}, torch::kDouble), curve)};
}

Task inpainting(const torch::Tensor& known, double sigma, Curve curve) {
  if (!(sigma >= 0))
    throw std::invalid_argument(fmt::format("the noise of known sites is >= 0, not {}", sigma));
  const auto at = known.to(torch::kDouble);
  return {Path(Basis::site(), torch::zeros_like(at), 1 - at + at * (sigma / (1 + sigma)), curve), 1 / (1 + sigma)};
}

Task sequential(const torch::Tensor& order, double overlap, const torch::Tensor& known, Curve curve) {
  const auto free = known.defined() ? known.logical_not() : torch::ones_like(order, torch::kBool);
  auto groups = torch::where(free, order, torch::full_like(order, order.max().item<std::int64_t>() + 1));
  groups = torch::where(free, without_gaps(groups), torch::zeros_like(groups));
  return {Path(Basis::site(), begins(groups, overlap), free.to(torch::kDouble), curve)};
}

Task multiscale(const Layout& layout, int shells, double overlap, Curve curve) {
  if (shells < 1)
    throw std::invalid_argument(fmt::format("a path needs at least 1 shell, not {}", shells));
  const auto phat2 = phat2_of(layout);
  const double largest = phat2.max().item<double>();
  const double smallest = torch::where(phat2 > 0, phat2, torch::full_like(phat2, largest)).min().item<double>();
  // Shell s ends at smallest (largest / smallest)^(s / (shells - 1)); rounding must not split equal momenta.
  auto shell = torch::zeros(layout.sites(), torch::kLong);
  for (int s = 0; s + 1 < shells; ++s) {
    const double edge = smallest * std::pow(largest / smallest, static_cast<double>(s) / (shells - 1));
    shell = shell + (phat2 > edge * (1 + 1e-9)).to(torch::kLong);
  }
  return {Path(mode_basis(layout), begins(without_gaps(shell), overlap), torch::ones_like(phat2), curve)};
}

Task superresolution(const Layout& layout, int factor, Curve curve) {
  if (factor < 2)
    throw std::invalid_argument(fmt::format("super-resolution is by a factor of at least 2, not {}", factor));
  const auto start = modes_below(layout, factor).logical_not().to(torch::kDouble);
  return {Path(mode_basis(layout), torch::zeros_like(start), start, curve)};
}

Task block_superresolution(const Geometry& geometry, int factor, Curve curve) {
  if (factor < 2)
    throw std::invalid_argument(fmt::format("super-resolution is by a factor of at least 2, not {}", factor));
  auto average = torch::ones(shape_of(geometry), torch::kBool);
  for (int mu = 0; mu < geometry.dimensions(); ++mu) {
    static_cast<void>(block_coordinate(geometry, mu, factor)); // checks that blocks fit
    average = average & (coordinate(geometry, mu).remainder(factor) == 0);
  }
  const auto start = average.logical_not().to(torch::kDouble);
  return {Path(Basis::blocks(factor), torch::zeros_like(start), start, curve)};
}

Operator gaussian_blur(const Layout& layout, double width) {
  if (!(width >= 0))
    throw std::invalid_argument(fmt::format("a blur has a width >= 0, not {}", width));
  if (width == 0)
    return 1;
  return Operator::diagonal(mode_basis(layout), (phat2_of(layout) * (-width * width / 2)).exp());
}

Task denoising(double sigma, const Operator& blur, Curve curve) {
  if (!(sigma > 0))
    throw std::invalid_argument(fmt::format("the noise to be removed is > 0, not {}", sigma));
  if (!(blur.values() >= 0).all().item<bool>())
    throw std::invalid_argument("a blur has entries >= 0");
  const auto total = sigma + blur.values();
  return {Path(blur.basis(), torch::zeros_like(total), sigma / total, curve),
          Operator::diagonal(blur.basis(), total.reciprocal())};
}

torch::Tensor start_state(const Task& task, const torch::Tensor& x0, const torch::Tensor& observed) {
  const Basis& basis = task.path.basis();
  const auto noise = basis.entries(task.path.start() == 1);
  if (noise.all().item<bool>())
    return x0;
  const Pair start = task.path.start_pair(); // alpha + beta is 1 on the linear curve
  const auto seen = (task.scale * (start.alpha + start.beta))(observed.to(x0.options()).expand_as(x0));
  return basis.fields(torch::where(noise, basis.coordinates(x0), basis.coordinates(seen)), x0);
}

} // namespace stint
