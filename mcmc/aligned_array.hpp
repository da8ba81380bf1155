#pragma once
// Memory for fields: aligned for vector registers, and not touched before the thread that uses it does.

#include <cstddef>
#include <memory>
#include <new>

namespace stint {

/// `size` uninitialised numbers at a multiple of 64 bytes.
template<class Real> class AlignedArray {
public:
  AlignedArray() = default;
  explicit AlignedArray(std::size_t size)
      : data_(static_cast<Real*>(::operator new (size * sizeof(Real), std::align_val_t{alignment}))) {}

  Real* data() const { return data_.get(); }

private:
  static constexpr std::size_t alignment = 64;
  struct Delete {
    void operator()(Real* data) const { ::operator delete (data, std::align_val_t{alignment}); }
  };
  std::unique_ptr<Real[], Delete> data_;
};

} // namespace stint
