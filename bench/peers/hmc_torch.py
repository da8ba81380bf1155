"""HMC of phi^4 as a PyTorch user would write it, the peer of bench_hmc: python3 hmc_torch.py [--lattice 32x32] [--threads 2]

Leapfrog, 10 steps of 0.07, single precision, m2 = -4, lambda = 4.572, no gradients recorded. Prints site updates a second (one
leapfrog step of one site of one chain) for several batch sizes, one JSON line at the end."""
import argparse
import json
import time

import torch

MASS2, COUPLING, STEP_SIZE, STEPS = -4.0, 4.572, 0.07, 10


def neighbours(phi):
    return sum(torch.roll(phi, step, axis) for axis in range(1, phi.dim()) for step in (1, -1))


def action(phi):
    onsite = 2 * (phi.dim() - 1) + MASS2
    density = onsite * phi**2 + COUPLING * phi**4 - phi * neighbours(phi)
    return density.flatten(1).sum(1)


def force(phi):
    onsite = 2 * (phi.dim() - 1) + MASS2
    return -2 * onsite * phi - 4 * COUPLING * phi**3 + 2 * neighbours(phi)


def trajectory(phi):
    pi = torch.randn_like(phi)
    start = action(phi) + 0.5 * (pi**2).flatten(1).sum(1)
    proposal = phi
    pi = pi + 0.5 * STEP_SIZE * force(proposal)
    for step in range(STEPS):
        proposal = proposal + STEP_SIZE * pi
        pi = pi + (STEP_SIZE if step + 1 < STEPS else 0.5 * STEP_SIZE) * force(proposal)
    end = action(proposal) + 0.5 * (pi**2).flatten(1).sum(1)
    accepted = torch.rand_like(start) < torch.exp(start - end)
    return torch.where(accepted.reshape(-1, *[1] * (phi.dim() - 1)), proposal, phi), accepted.float().mean().item()


def rate(extents, batch, seconds=2.0):
    """Site updates a second, the same a CPU second, and the acceptance, after some trajectories of warming up."""
    torch.manual_seed(1)
    phi = 0.1 * torch.randn(batch, *extents)
    for _ in range(3):
        phi, _ = trajectory(phi)
    begin, cpu_begin, done, accepted = time.perf_counter(), time.process_time(), 0, 0.0
    while time.perf_counter() - begin < seconds:
        phi, share = trajectory(phi)
        done, accepted = done + 1, accepted + share
    updates = phi.numel() * STEPS * done
    return updates / (time.perf_counter() - begin), updates / (time.process_time() - cpu_begin), accepted / done


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lattice", default="32x32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batches", default="8,16,32,64,256,1024,4096")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    extents = [int(extent) for extent in arguments.lattice.split("x")]
    rates, cpu_rates = {}, {}
    with torch.no_grad():
        for batch in map(int, arguments.batches.split(",")):
            rates[batch], cpu_rates[batch], acceptance = rate(extents, batch)
            print(f"batch {batch:5d}: {rates[batch]:.3g} site updates/s, acceptance {acceptance:.3f}", flush=True)
    print(json.dumps({"torch": torch.__version__, "lattice": arguments.lattice, "threads": arguments.threads,
                      "site_updates_per_second": rates, "site_updates_per_cpu_second": cpu_rates}))


if __name__ == "__main__":
    main()
