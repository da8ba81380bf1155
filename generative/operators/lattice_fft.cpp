#include "generative/operators/lattice_fft.hpp"

#include "generative/operators/basis.hpp"
#include "lattice/fftw.hpp"
#include "lattice/parallel.hpp"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <stdexcept>

namespace stint {
namespace {

std::int64_t product(at::IntArrayRef extents) {
  return std::accumulate(extents.begin(), extents.end(), std::int64_t{1}, std::multiplies<>());
}

std::int64_t modes_of(at::IntArrayRef extents) {
  return extents.empty() ? 0 : product(extents) / extents.back() * (extents.back() / 2 + 1);
}

/// Room for one field and its modes, aligned for FFTW.
template<class Real> class Room {
public:
  explicit Room(at::IntArrayRef extents)
      : fields_(make(product(extents) * sizeof(Real))),
        modes_(make(modes_of(extents) * sizeof(typename Fftw<Real>::Complex))) {}

  Real* fields() { return static_cast<Real*>(fields_.get()); }
  typename Fftw<Real>::Complex* modes() { return static_cast<typename Fftw<Real>::Complex*>(modes_.get()); }

private:
  using Memory = std::unique_ptr<void, decltype(Fftw<Real>::free)>;
  static Memory make(std::size_t bytes) { return {Fftw<Real>::allocate(bytes), Fftw<Real>::free}; }

  Memory fields_, modes_;
};

/// Both plans of a lattice, made once and kept to the end of the program.
template<class Real> struct Plans {
  typename Fftw<Real>::Plan to_modes, to_fields;

  static const Plans& of(at::IntArrayRef extents) {
    static std::mutex planning; // FFTW's planner is for one thread at a time
    static std::map<std::vector<int>, Plans> known;
    const std::vector<int> key(extents.begin(), extents.end());
    const std::scoped_lock lock(planning);
    const auto found = known.find(key);
    if (found != known.end())
      return found->second;
    Room<Real> room(extents);
    const auto d = static_cast<int>(key.size());
    const Plans made = {Fftw<Real>::plan_forward(d, key.data(), 1, room.fields(), nullptr, 1, 1, room.modes(), nullptr,
                                                 1, 1, FFTW_ESTIMATE),
                        Fftw<Real>::plan_backward(d, key.data(), 1, room.modes(), nullptr, 1, 1, room.fields(), nullptr,
                                                  1, 1, FFTW_ESTIMATE)};
    if (!made.to_modes || !made.to_fields)
      throw std::runtime_error("FFTW has no plan for fields of these extents");
    return known.emplace(key, made).first->second;
  }
};

/// Fills `modes` from `fields`, or `fields` from `modes`, of `count` fields: each through FFTW's room, which is
/// aligned.
template<class Real>
void transform(bool to_modes, at::IntArrayRef extents, std::int64_t count, Real* fields, Real* modes) {
  constexpr std::int64_t numbers_a_thread = 1 << 15;
  const auto& plans = Plans<Real>::of(extents);
  const std::int64_t sites = product(extents), numbers = 2 * modes_of(extents);
  const auto work = [&](std::int64_t begin, std::int64_t end) {
    Room<Real> room(extents);
    auto* const numbers_of_modes = reinterpret_cast<Real*>(room.modes());
    for (std::int64_t n = begin; n < end; ++n)
      if (to_modes) {
        std::copy_n(fields + n * sites, sites, room.fields());
        Fftw<Real>::forward(plans.to_modes, room.fields(), room.modes());
        std::copy_n(numbers_of_modes, numbers, modes + n * numbers);
      } else {
        std::copy_n(modes + n * numbers, numbers, numbers_of_modes);
        Fftw<Real>::backward(plans.to_fields, room.modes(), room.fields());
        std::copy_n(room.fields(), sites, fields + n * sites);
      }
  };
  // Not at::parallel_for: compiled here, it sets OpenMP's number of threads anew in the threads of side_by_side(), and
  // oneDNN then waits for threads that do not exist.
  const auto parts = std::clamp<std::int64_t>(count * sites / numbers_a_thread, 1, at::get_num_threads());
  if (parts == 1)
    work(0, count);
  else
    parallel_for(parts, static_cast<int>(parts),
                 [&](std::int64_t part) { work(count * part / parts, count * (part + 1) / parts); });
}

/// Of contiguous tensors: real fields to modes, or modes to fields, the sum over the whole spectrum without 1/V.
torch::Tensor transformed(const torch::Tensor& from, at::IntArrayRef extents) {
  const bool to_modes = !from.is_complex();
  std::vector<std::int64_t> shape = from.sizes().slice(0, 2).vec();
  shape.insert(shape.end(), extents.begin(), extents.end());
  if (to_modes)
    shape.back() = extents.back() / 2 + 1;
  const auto type = to_modes ? c10::toComplexType(from.scalar_type()) : c10::toRealValueType(from.scalar_type());
  auto to = torch::empty(shape, from.options().dtype(type));
  const auto& fields = to_modes ? from : to;
  const auto modes = torch::view_as_real(to_modes ? to : from);
  const std::int64_t count = from.size(0) * from.size(1);
  if (fields.scalar_type() == torch::kDouble)
    transform(to_modes, extents, count, fields.data_ptr<double>(), modes.data_ptr<double>());
  else
    transform(to_modes, extents, count, fields.data_ptr<float>(), modes.data_ptr<float>());
  return to;
}

struct ToModes : torch::autograd::Function<ToModes> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& fields) {
    context->saved_data["extents"] = fields.sizes().slice(2).vec();
    return transformed(fields.contiguous(), fields.sizes().slice(2));
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients);
};

/// The sum over the whole spectrum, of which `modes` is one half.
struct ToFields : torch::autograd::Function<ToFields> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& modes,
                               std::vector<std::int64_t> extents) {
    context->saved_data["extent"] = extents.back();
    return transformed(modes.resolve_conj().contiguous(), extents);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto extent = context->saved_data["extent"].toInt();
    const auto& field = gradients[0];
    return {multiplicity(extent, 2, field.options()) * ToModes::apply(field), torch::Tensor()};
  }
};

torch::autograd::variable_list ToModes::backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
  const auto extents = context->saved_data["extents"].toIntVector();
  const auto& modes = gradients[0];
  const auto options = modes.options().dtype(c10::toRealValueType(modes.scalar_type()));
  return {ToFields::apply(multiplicity(extents.back(), 0.5, options) * modes, extents)};
}

} // namespace

torch::Tensor multiplicity(std::int64_t extent, double of_pairs, const torch::TensorOptions& options) {
  auto weights = torch::full({extent / 2 + 1}, of_pairs, options);
  weights[0] = 1;
  if (extent % 2 == 0)
    weights[-1] = 1;
  return weights;
}

torch::Tensor lattice_fft(const torch::Tensor& fields) {
  if (!fields.is_cpu())
    return torch::fft::rfftn(fields, std::nullopt, lattice_axes(fields));
  return ToModes::apply(fields);
}

torch::Tensor inverse_lattice_fft(const torch::Tensor& modes, at::IntArrayRef extents) {
  if (!modes.is_cpu())
    return torch::fft::irfftn(modes, extents, lattice_axes(modes));
  return ToFields::apply(modes, extents.vec()) / static_cast<double>(product(extents));
}

torch::Tensor whole_lattice_fft(const torch::Tensor& fields) {
  const auto half = lattice_fft(fields);
  const auto last = fields.dim() - 1;
  // The mode -k is the complex conjugate of k.
  auto rest = half.narrow(last, 1, (fields.size(last) - 1) / 2).conj().flip(lattice_axes(fields));
  for (std::int64_t axis = 2; axis < last; ++axis)
    rest = rest.roll(1, axis);
  return torch::cat({half, rest}, last);
}

} // namespace stint
