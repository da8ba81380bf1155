#include "src/ranks/process_group.hpp"

#include <mpi.h>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/types.h>

#ifdef STINT_WITH_CUDA
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <algorithm>
#include <array>
#include <span>
#endif

namespace stint {
namespace {

/// Work that was done when it was asked for.
class Done : public c10d::Work {
public:
  explicit Done(std::vector<at::Tensor>& tensors)
      : future_(c10::make_intrusive<c10::ivalue::Future>(c10::ListType::create(c10::TensorType::get()))) {
    future_->markCompleted(c10::IValue(tensors));
  }
  bool isCompleted() override { return true; }
  bool isSuccess() const override { return true; }
  bool wait(std::chrono::milliseconds /*timeout*/) override { return true; }
  c10::intrusive_ptr<c10::ivalue::Future> getFuture() override { return future_; }

private:
  c10::intrusive_ptr<c10::ivalue::Future> future_;
};

MPI_Datatype mpi_type(const at::Tensor& tensor) {
  switch (tensor.scalar_type()) {
  case at::kFloat:
    return MPI_FLOAT;
  case at::kDouble:
    return MPI_DOUBLE;
  default:
    throw std::logic_error(std::string("no MPI type for tensors of ") + c10::toString(tensor.scalar_type()));
  }
}

/// A single rank calls none of MPI's operations, which may not have been initialised.
class MpiBackend : public c10d::Backend {
public:
  using Backend::Backend;
  const std::string getBackendName() const override { return "mpi"; }

  c10::intrusive_ptr<c10d::Work> allreduce(std::vector<at::Tensor>& tensors,
                                           const c10d::AllreduceOptions& options) override {
    TORCH_CHECK(options.reduceOp == c10d::ReduceOp::SUM, "allreduce over MPI sums only");
    for (auto& tensor : tensors) {
      if (getSize() == 1)
        break;
      auto host = tensor.contiguous().cpu();
      MPI_Allreduce(MPI_IN_PLACE, host.data_ptr(), static_cast<int>(host.numel()), mpi_type(host), MPI_SUM,
                    MPI_COMM_WORLD);
      if (!host.is_same(tensor))
        tensor.copy_(host);
    }
    return c10::make_intrusive<Done>(tensors);
  }
};

#ifdef STINT_WITH_CUDA
/// Whether every rank has a GPU of its own. Asked of the hardware: some launchers let each rank see one GPU only, which
/// is number 0 for all. Collective.
bool own_gpus(const Mpi& mpi, c10::Device device) {
  using Identity = std::array<char, sizeof(cudaUUID_t)>;
  Identity mine{};
  if (device.is_cuda())
    std::ranges::copy(at::cuda::getDeviceProperties(device.index())->uuid.bytes, mine.begin());
  std::vector<Identity> all(mpi.root() ? mpi.size() : 0);
  mpi.gather_rows<Identity>(std::span(&mine, 1), 1, all);
  std::ranges::sort(all);
  bool own = std::ranges::adjacent_find(all) == all.end() && std::ranges::find(all, Identity{}) == all.end();
  mpi.broadcast(std::span(&own, 1));
  return own;
}

/// NCCL finds its ranks through a key-value server on rank 0, whose address goes round by MPI. NCCL refuses two ranks
/// on one GPU: then there is none. Collective.
c10::intrusive_ptr<c10d::Backend> nccl_backend(const Mpi& mpi, c10::Device device) {
  if (mpi.size() == 1 || !own_gpus(mpi, device))
    return {};
  std::array<char, MPI_MAX_PROCESSOR_NAME> host{};
  int length = 0;
  MPI_Get_processor_name(host.data(), &length);
  c10d::TCPStoreOptions options;
  options.port = 0; // any that is free
  options.isServer = mpi.root();
  options.waitWorkers = false;
  c10::intrusive_ptr<c10d::TCPStore> store;
  if (mpi.root()) {
    store = c10::make_intrusive<c10d::TCPStore>("localhost", options);
    options.port = store->getPort();
  }
  mpi.broadcast(std::span<char>(host));
  mpi.broadcast(std::span<std::uint16_t>(&options.port, 1));
  if (!mpi.root())
    store = c10::make_intrusive<c10d::TCPStore>(mpi.local_size() == mpi.size() ? "localhost" : host.data(), options);
  auto backend = c10::make_intrusive<c10d::ProcessGroupNCCL>(store, mpi.rank(), mpi.size());
  backend->setBoundDeviceId(device);
  return backend;
}
#endif

} // namespace

c10::intrusive_ptr<c10d::ProcessGroup> process_group(const Mpi& mpi, c10::Device device) {
  using Group = c10d::ProcessGroup;
  auto group = c10::make_intrusive<Group>(mpi.rank(), mpi.size());
  const auto through_mpi = c10::make_intrusive<MpiBackend>(mpi.rank(), mpi.size());
  group->setBackend(c10::DeviceType::CPU, Group::BackendType::CUSTOM, c10::intrusive_ptr<c10d::Backend>(through_mpi));
#ifdef STINT_WITH_CUDA
  if (const auto nccl = nccl_backend(mpi, device)) {
    group->setBackend(c10::DeviceType::CUDA, Group::BackendType::NCCL, nccl);
    group->setDefaultBackend(Group::BackendType::NCCL);
    group->setGroupName("stint");
    return group;
  }
#endif
  if (!device.is_cpu())
    group->setBackend(device.type(), Group::BackendType::CUSTOM, c10::intrusive_ptr<c10d::Backend>(through_mpi));
  group->setDefaultBackend(Group::BackendType::CUSTOM);
  group->setGroupName("stint");
  return group;
}

} // namespace stint
