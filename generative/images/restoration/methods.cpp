#include "generative/images/restoration/methods.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace stint {
namespace {

template<class Options>
using Method = torch::Tensor (*)(Flow&, const Problem&, const torch::Tensor&, const Options&, const Normals&);

template<class Options> Peer peer(Method<Options> method, const Options& options, std::string settings) {
  return {std::move(settings), [=](Flow& flow, const Problem& problem, const torch::Tensor& y, const Normals& normals) {
            return method(flow, problem, y, options, normals);
          }};
}

/// The peer with the default settings in front, without what is the same behind it.
std::vector<Peer> in_front(Peer standard, std::vector<Peer> others) {
  std::erase_if(others, [&](const Peer& other) { return other.settings == standard.settings; });
  others.insert(others.begin(), std::move(standard));
  return others;
}

Peer pnp_flow_with(double exponent) {
  return peer<PnpFlowOptions>(pnp_flow, {.exponent = exponent}, fmt::format("exponent {}", exponent));
}

std::vector<Peer> pnp_flow_candidates(const std::string& problem) {
  const std::map<std::string, double> defaults = {
      {"box", 0.5}, {"random", 0.01}, {"denoise", 0.8}, {"deblur", 0.01}, {"superresolve", 0.3}};
  std::vector<Peer> grid;
  for (const double exponent : {0.01, 0.1, 0.3, 0.5, 0.8, 1.0})
    grid.push_back(pnp_flow_with(exponent));
  return in_front(pnp_flow_with(defaults.at(problem)), std::move(grid));
}

Peer ot_ode_with(double start, bool rising) {
  return peer<OtOdeOptions>(ot_ode, {.start = start, .rising_gamma = rising},
                            fmt::format("start {}, gamma {}", start, rising ? "rising" : "1"));
}

std::vector<Peer> ot_ode_candidates(const std::string& problem) {
  struct Settings {
    double start;
    bool rising;
  };
  const std::map<std::string, Settings> defaults = {{"box", {0.1, true}},
                                                    {"random", {0.1, false}},
                                                    {"denoise", {0.3, true}},
                                                    {"deblur", {0.4, true}},
                                                    {"superresolve", {0.1, false}}};
  std::vector<Peer> grid;
  for (const double start : {0.1, 0.2, 0.4})
    for (const bool rising : {true, false})
      grid.push_back(ot_ode_with(start, rising));
  const auto& [start, rising] = defaults.at(problem);
  return in_front(ot_ode_with(start, rising), std::move(grid));
}

Peer flow_priors_with(double weight, double learning_rate) {
  return peer<FlowPriorsOptions>(flow_priors, {.learning_rate = learning_rate, .weight = weight},
                                 fmt::format("weight {}, learning rate {}", weight, learning_rate));
}

std::vector<Peer> flow_priors_candidates(const std::string& problem) {
  struct Settings {
    double weight, learning_rate;
  };
  const std::map<std::string, Settings> defaults = {{"box", {1e4, 0.01}},
                                                    {"random", {1e4, 0.01}},
                                                    {"denoise", {100, 0.01}},
                                                    {"deblur", {1000, 0.01}},
                                                    {"superresolve", {1e4, 0.1}}};
  std::vector<Peer> grid;
  for (const double weight : {100.0, 1000.0, 1e4})
    for (const double learning_rate : {0.01, 0.1})
      grid.push_back(flow_priors_with(weight, learning_rate));
  const auto& [weight, learning_rate] = defaults.at(problem);
  return in_front(flow_priors_with(weight, learning_rate), std::move(grid));
}

Peer d_flow_with(int outer_steps, double regulariser) {
  return peer<DFlowOptions>(d_flow, {.outer_steps = outer_steps, .regulariser = regulariser},
                            fmt::format("outer steps {}, regulariser {}", outer_steps, regulariser));
}

std::vector<Peer> d_flow_candidates(const std::string& problem) {
  struct Settings {
    int outer_steps;
    double regulariser;
  };
  const std::map<std::string, Settings> defaults = {{"box", {9, 0.001}},
                                                    {"random", {20, 0.01}},
                                                    {"denoise", {3, 0.001}},
                                                    {"deblur", {7, 0.001}},
                                                    {"superresolve", {10, 0.001}}};
  std::vector<Peer> grid;
  for (const int outer_steps : {1, 3, 10})
    for (const double regulariser : {0.001, 0.01})
      grid.push_back(d_flow_with(outer_steps, regulariser));
  const auto& [outer_steps, regulariser] = defaults.at(problem);
  return in_front(d_flow_with(outer_steps, regulariser), std::move(grid));
}

Peer flower_with(int averages, bool uncertain) {
  return peer<FlowerOptions>(flower, {.averages = averages, .uncertain = uncertain},
                             fmt::format("averages {}, uncertainty {}", averages, uncertain ? 1 : 0));
}

std::vector<Peer> flower_candidates(const std::string& /*problem*/) {
  std::vector<Peer> grid;
  for (const int averages : {1, 5})
    for (const bool uncertain : {false, true})
      grid.push_back(flower_with(averages, uncertain));
  return in_front(flower_with(1, false), std::move(grid));
}

} // namespace

const std::vector<PeerRow>& peer_rows() {
  static const std::vector<PeerRow> rows = {
      {"pnp-flow", "PnP-Flow, arXiv:2410.02423", pnp_flow_candidates},
      {"ot-ode", "OT-ODE, arXiv:2310.04432", ot_ode_candidates},
      {"flow-priors", "Flow-Priors, arXiv:2405.18816", flow_priors_candidates},
      {"d-flow", "D-Flow, arXiv:2402.14017", d_flow_candidates},
      {"flower", "Flower, arXiv:2509.26287", flower_candidates},
  };
  return rows;
}

} // namespace stint
