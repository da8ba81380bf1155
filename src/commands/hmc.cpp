// stint hmc: sample phi^4 by hybrid Monte Carlo.

#include "mcmc/markov_chains.hpp"
#include "src/commands/commands.hpp"
#include "src/files/same_run.hpp"
#include "src/hmc/report.hpp"
#include "src/hmc/run.hpp"
#include "src/hmc/settings.hpp"
#include "src/program/errors.hpp"
#include "src/program/json_output.hpp"
#include "src/program/options.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

namespace stint {
namespace {

void print(const HmcRunSettings& settings, const HmcReport& report, const CommonOptions& common) {
  if (!common.quiet)
    std::fputs(table(settings, report, common.output).c_str(), stdout);
  if (!common.json.empty())
    write_json(common.json, json_of(settings, report), common.overwrite);
}

/// A run that was done before. A JSON file that it left is not written again.
void print_finished(const HmcRunSettings& settings, const HmcReport& report, CommonOptions common) {
  if (!common.quiet)
    std::fputs((common.output + " is complete already\n").c_str(), stdout);
  if (std::filesystem::exists(common.json))
    common.json.clear();
  print(settings, report, common);
}

template<class Real>
MakeChains<Real> markov_chains(const HmcRunSettings& settings, const Phi4& theory, const Geometry& geometry,
                               std::uint64_t seed) {
  return [=](const HmcSettings& hmc, std::int64_t first, std::int64_t count) -> std::unique_ptr<AnyChains<Real>> {
    UpdateSettings update = settings.update;
    update.hmc = hmc;
    return std::make_unique<MarkovChains<Real>>(geometry, theory, update, seed, first, count);
  };
}

} // namespace

int run_hmc(const Context& context, Arguments arguments, const BlockChains& block_chains) {
  HmcRunSettings settings;
  CommonOptions common;
  Options options(
      "hmc",
      "Samples lattice phi^4 by hybrid Monte Carlo: many independent chains that share SIMD lanes, threads and MPI "
      "ranks. Writes every --save-every-th configuration of every chain to an ensemble file, ordered by "
      "trajectory, then chain, and the history of action, magnetisation and acceptance. Results do not depend "
      "on the number of ranks and threads, nor on interruptions: the run keeps its parts in the folder "
      "OUTPUT.parts, and after SIGTERM, SIGUSR1, --time-limit or a crash the same command with --resume goes on. "
      "Memory: 8 bytes a site and chain over all ranks (16 in double precision), and up to 16 (32) on rank 0. "
      "Disk: twice the size of the ensemble at the end.");
  settings.declare(options);
  options.reads("start");
  options.reads("model");
  options.example("stint hmc --lattice 32x32 --mass2 -4 --lambda 4.572 --output prior.h5");
  options.example("stint hmc --lattice 64x64 --algorithm auto --tune --output auto.h5");
  options.example(
      "mpirun -n 8 stint hmc --lattice 64x64 --kappa 0.28 --hopping-lambda 0.02 --chains 4096 --output hop.h5");
  options.example("stint hmc --lattice 64x64 --mass2 -4 --lambda 4.572 --algorithm blocks --model models/phi4-l32.h5 "
                  "--chains 16 --trajectories 500 --output blocks.h5");
  options.example("stint hmc --lattice 32x32 --start prior.h5 --field 0.02 --thermalize 500 --output posterior.h5");
  if (!read_options(context, options, common,
                    {.output = "ensemble file to write",
                     .output_required = true,
                     .beside = {".parts"},
                     .seed = "seed of all random numbers"},
                    arguments))
    return 0;
  settings.check_given(options);
  settings.check();
  const Geometry geometry = checked([&] { return Geometry::parse(settings.lattice); });
  const bool single = settings.precision == "single";
  const Phi4 theory = settings.couplings.resolve(options, geometry.dimensions());
  settings.choose_algorithm(theory, geometry);
  EnsembleHeader header{.geometry = geometry,
                        .theory = theory,
                        .precision = single ? hdf5::Type::float32 : hdf5::Type::float64,
                        .provenance = provenance_of(context, options, common)};

  const StopRequest stop(settings.time_limit);
  const PartsFolder folder(common.output, state_format);
  const std::string deciding = deciding_options(header.provenance.options);
  auto beginning = Beginning::fresh;
  std::optional<RunLock> lock; // on rank 0
  on_root(context.mpi, [&] {
    beginning = begin_run(settings.resume, common, {folder.path(), folder.state(), folder.path()}, deciding,
                          header.provenance.start_time, lock);
    if (beginning == Beginning::finished) {
      folder.clear(); // what a kill just after the end may have left
      print_finished(settings, read_report(EnsembleReader(common.output).file()), common);
    }
  });
  context.mpi.broadcast(std::span(&beginning, 1));
  if (beginning == Beginning::finished)
    return 0;
  if (context.mpi.root() && beginning == Beginning::fresh)
    announce(settings, header, options.given("algorithm"));
  const auto seed = static_cast<std::uint64_t>(common.seed);
  const auto run = [&]<class Real>(const MakeChains<Real>& make) {
    return run_chains<Real>(context, settings, header, common, folder, beginning == Beginning::resumed, stop, make);
  };
  HmcReport report;
  if (settings.by_blocks())
    report = run(block_chains(context.mpi, settings.blocks, theory, geometry, seed));
  else if (single)
    report = run(markov_chains<float>(settings, theory, geometry, seed));
  else
    report = run(markov_chains<double>(settings, theory, geometry, seed));
  if (context.mpi.root()) {
    warn(settings, header, report);
    print(settings, report, common);
  }
  return 0;
}

} // namespace stint
