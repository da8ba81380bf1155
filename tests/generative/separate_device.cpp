#include "tests/generative/separate_device.hpp"

#include <ATen/EmptyTensor.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/detail/HPUHooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/unfold_native.h>
#include <ATen/ops/view_as_complex_native.h>
#include <ATen/ops/view_as_real_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <atomic>
#include <cstdlib>
#include <mutex>

namespace stint::testing {
namespace {

constexpr auto type = c10::DeviceType::HPU;
constexpr std::uintptr_t elsewhere = std::uintptr_t{1} << 62; // no address of a process

std::atomic<std::int64_t> reads = 0;
std::mutex numbers_mutex;
std::set<std::string> numbers; // operators that took some

thread_local int computing = 0; // inside of an operator of the device

struct Computing {
  Computing() { ++computing; }
  ~Computing() { --computing; }
  Computing(const Computing&) = delete;
  Computing& operator=(const Computing&) = delete;
};

void* there(void* host) { return reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(host) | elsewhere); }
void* here(void* device) { return reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(device) & ~elsewhere); }

struct Memory final : c10::Allocator {
  c10::DataPtr allocate(std::size_t bytes) override {
    void* const data = bytes > 0 ? there(std::malloc(bytes)) : nullptr; // NOLINT: the deleter below frees it
    return {data, data, &release, separate_device};
  }
  static void release(void* data) { std::free(here(data)); } // NOLINT
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    std::memcpy(here(to), here(const_cast<void*>(from)), bytes); // NOLINT
  }
};

Memory memory;

/// What lies on the device as a tensor of the CPU.
at::Tensor seen_from_inside(const at::Tensor& tensor) {
  if (tensor.device().type() != type)
    return tensor;
  auto host =
      at::from_blob(here(tensor.data_ptr()), tensor.sizes(), tensor.strides(), tensor.options().device(at::kCPU));
  host._set_conj(tensor.is_conj());
  host._set_neg(tensor.is_neg());
  return host;
}

at::Tensor empty(at::IntArrayRef sizes, std::optional<at::ScalarType> dtype, std::optional<at::Layout> /*layout*/,
                 std::optional<at::Device> /*device*/, std::optional<bool> /*pin*/,
                 std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(sizes, &memory, c10::DispatchKeySet(c10::DispatchKey::HPU),
                                   dtype.value_or(at::kFloat), format);
}

at::Tensor empty_strided(at::IntArrayRef sizes, at::IntArrayRef strides, std::optional<at::ScalarType> dtype,
                         std::optional<at::Layout> /*layout*/, std::optional<at::Device> /*device*/,
                         std::optional<bool> /*pin*/) {
  return at::detail::empty_strided_generic(sizes, strides, &memory, c10::DispatchKeySet(c10::DispatchKey::HPU),
                                           dtype.value_or(at::kFloat));
}

at::Tensor copy_from(const at::Tensor& from, const at::Tensor& to, bool /*non_blocking*/) {
  if (to.device().is_cpu() && computing == 0)
    ++reads;
  seen_from_inside(to).copy_(seen_from_inside(from));
  return to;
}

at::Tensor copy_from_and_resize(const at::Tensor& from, const at::Tensor& to) {
  if (!to.sizes().equals(from.sizes()))
    to.unsafeGetTensorImpl()->shallow_copy_from(at::empty(from.sizes(), to.options()).getIntrusivePtr());
  return copy_from(from, to, false);
}

at::Scalar local_scalar_dense(const at::Tensor& number) {
  ++reads;
  return seen_from_inside(number).item();
}

/// Throws as CUDA does.
class OneDevice {
public:
  explicit OneDevice(std::string name) : name_(std::move(name)) {}

  void operator()(const at::Tensor& tensor) const {
    if (!tensor.defined() || tensor.device().type() == type)
      return;
    TORCH_CHECK(tensor.dim() == 0, "Expected all tensors to be on the same device, but ", name_, " got one of ",
                tensor.sizes(), " on the CPU");
    if (tensor.unsafeGetTensorImpl()->is_wrapped_number()) // a plain number, not a tensor
      return;
    const std::lock_guard lock(numbers_mutex);
    numbers.insert(name_);
  }

  void operator()(const c10::IValue& value) const {
    if (value.isTensor())
      (*this)(value.toTensor());
    else if (value.isList())
      for (const c10::IValue& item : value.toListRef())
        (*this)(item);
  }

private:
  std::string name_;
};

/// Any operator that is not registered below.
void compute(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const OneDevice check(op.schema().name());
  for (const auto& argument : torch::jit::last(*stack, op.schema().arguments().size()))
    check(argument);
  const Computing here_now;
  at::native::cpu_fallback(op, stack);
}

// LibTorch asks every extension for these two of its own.

at::Tensor convolution(const at::Tensor& input, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                       at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed,
                       at::IntArrayRef output_padding, std::int64_t groups) {
  const OneDevice check("convolution");
  for (const auto& tensor : {input, weight, bias.value_or(at::Tensor())})
    check(tensor);
  const Computing here_now;
  return at::convolution(input.cpu(), weight.cpu(), bias ? std::optional(bias->cpu()) : std::nullopt, stride, padding,
                         dilation, transposed, output_padding, groups)
      .to(separate_device);
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> convolution_backward(const at::Tensor& gradient, const at::Tensor& input,
                                                                    const at::Tensor& weight, at::IntArrayRef stride,
                                                                    at::IntArrayRef padding, at::IntArrayRef dilation,
                                                                    bool transposed, at::IntArrayRef output_padding,
                                                                    std::int64_t groups, std::array<bool, 3> wanted) {
  const OneDevice check("convolution_backward");
  for (const auto& tensor : {gradient, input, weight})
    check(tensor);
  const Computing here_now;
  const auto [of_input, of_weight, of_bias] =
      at::convolution_backward(gradient.cpu(), input.cpu(), weight.cpu(), at::IntArrayRef{weight.size(0)}, stride,
                               padding, dilation, transposed, output_padding, groups, wanted);
  const auto moved = [](const at::Tensor& t) { return t.defined() ? t.to(separate_device) : t; };
  return {moved(of_input), moved(of_weight), moved(of_bias)};
}

TORCH_LIBRARY_IMPL(_, HPU, library) { library.fallback(torch::CppFunction::makeFromBoxedFunction<&compute>()); }

TORCH_LIBRARY_IMPL(aten, HPU, library) {
  library.impl("empty.memory_format", &empty);
  library.impl("empty_strided", &empty_strided);
  library.impl("_copy_from", &copy_from);
  library.impl("_copy_from_and_resize", &copy_from_and_resize);
  library.impl("_local_scalar_dense", &local_scalar_dense);
  library.impl("convolution_overrideable", &convolution);
  library.impl("convolution_backward_overrideable", &convolution_backward);
  // Other views of the same memory.
  library.impl("view", &at::native::view);
  library.impl("as_strided", &at::native::as_strided_tensorimpl);
  library.impl("_reshape_alias", &at::native::_reshape_alias);
  library.impl("unfold", &at::native::unfold);
  library.impl("view_as_real", &at::native::view_as_real);
  library.impl("view_as_complex", &at::native::view_as_complex);
}

// Copies of conjugated and negated views are ours too.
TORCH_LIBRARY_IMPL(aten, Conjugate, library) { library.impl("_copy_from", torch::CppFunction::makeFallthrough()); }
TORCH_LIBRARY_IMPL(aten, Negative, library) { library.impl("_copy_from", torch::CppFunction::makeFallthrough()); }

/// One device with one queue of work.
struct Guard final : c10::impl::NoOpDeviceGuardImpl<type> {
  c10::Device exchangeDevice(c10::Device /*device*/) const override { return separate_device; }
  c10::Device getDevice() const override { return separate_device; }
  c10::Stream getStream(c10::Device /*device*/) const noexcept override { return queue(); }
  c10::Stream exchangeStream(c10::Stream /*stream*/) const noexcept override { return queue(); }
  static c10::Stream queue() { return c10::Stream(c10::Stream::DEFAULT, separate_device); }
};

struct Hooks final : at::HPUHooksInterface {
  explicit Hooks(at::HPUHooksArgs /*none*/) {}
  bool hasHPU() const override { return takes_gradients(); }
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(at::DeviceIndex /*index*/) const override { return true; }
  at::DeviceIndex deviceCount() const override { return 1; }
  void init() const override {}
};

C10_REGISTER_GUARD_IMPL(HPU, Guard);

} // namespace
} // namespace stint::testing

namespace at {
C10_REGISTER_CLASS(HPUHooksRegistry, HPUHooks, stint::testing::Hooks);
} // namespace at

namespace stint::testing {

bool takes_gradients() { return !at::detail::getCUDAHooks().isBuilt(); }

std::int64_t reads_of_device() { return reads; }

std::set<std::string> operators_with_numbers_of_the_host() {
  const std::lock_guard lock(numbers_mutex);
  return numbers;
}

} // namespace stint::testing
