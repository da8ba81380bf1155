"""A training step of the network of `stint train` as a PyTorch user would write it, the peer of bench_training: python3 train_torch.py

The U-Net of generative/networks/unet.hpp on the inputs of generative/model.hpp, regressed on the target of generative/moments.hpp: L = 32,
batch 64, 16 channels, bfloat16 autocast, fused AdamW, gradient clipping, a moving average of the parameters. Prints the samples a
second, and a second of the CPU time of all threads, as one JSON line."""
import argparse
import copy
import json
import math
import time

import torch
import torch.nn.functional as F
from torch import nn

RANGE, HARMONICS = 5.0, 4  # of log(alpha/beta); of the embedding
MASS2, COUPLING = -4.0, 4.572


class Block(nn.Module):
    def __init__(self, channels, embedding):
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1, padding_mode="circular")
        self.second = nn.Conv2d(channels, channels, 3, padding=1, padding_mode="circular")
        self.modulation = nn.Linear(embedding, 2 * channels)

    def forward(self, x, embedding):
        scale, shift = self.modulation(embedding)[..., None, None].chunk(2, 1)
        h = (1 + scale) * self.first(F.silu(x)) + shift
        return x + self.second(F.silu(h))


class UNet(nn.Module):
    def __init__(self, planes, features, channels, levels, blocks, embedding=64):
        super().__init__()
        widths = [channels] + [2 * channels] * (levels - 1)
        self.embed = nn.Sequential(nn.Linear(features, embedding), nn.SiLU(), nn.Linear(embedding, embedding), nn.SiLU())
        self.pool = nn.Linear(widths[-1], embedding)
        self.input = nn.Conv2d(planes, channels, 3, padding=1, padding_mode="circular")
        self.output = nn.Conv2d(channels, 1, 3, padding=1, padding_mode="circular")
        self.down = nn.ModuleList(nn.ModuleList(Block(width, embedding) for _ in range(blocks)) for width in widths)
        self.up = nn.ModuleList(nn.ModuleList(Block(width, embedding) for _ in range(blocks)) for width in widths)
        self.widen = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in zip(widths, widths[1:]))
        self.narrow = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in zip(widths, widths[1:]))

    def forward(self, planes, features):
        embedding = self.embed(features)
        x, finer = self.input(planes), []
        for level, blocks in enumerate(self.down):
            for block in blocks:
                x = block(x, embedding)
            if level < len(self.widen):
                finer.append(x)
                x = self.widen[level](F.avg_pool2d(x, 2))
        embedding = embedding + F.silu(self.pool(x.mean((2, 3))))
        for level in reversed(range(len(self.up))):
            for block in self.up[level]:
                x = block(x, embedding)
            if level > 0:
                x = finer[level - 1] + F.interpolate(self.narrow[level - 1](x), scale_factor=2)
        return self.output(F.silu(x)).squeeze(1)


def force(phi):
    neighbours = sum(torch.roll(phi, step, axis) for axis in (1, 2) for step in (1, -1))
    return -2 * (4 + MASS2) * phi - 4 * COUPLING * phi**3 + 2 * neighbours


def filtered(factor, fields):
    half = factor[..., : fields.shape[-1] // 2 + 1].to(fields.dtype)
    return torch.fft.irfft2(half * torch.fft.rfft2(fields), fields.shape[-2:])


class Training:
    """Data, second moments, network and optimizer."""

    def __init__(self, extent, batch, channels, levels, blocks, precision):
        torch.manual_seed(1)
        self.batch, self.bfloat16 = batch, precision == "bf16"
        momentum = 2 * math.pi * torch.arange(extent, dtype=torch.float64) / extent
        lattice = 2 - 2 * torch.cos(momentum)
        self.spectrum = 1 / (2 * (0.5 + lattice[:, None] + lattice))
        self.data = torch.fft.ifft2(self.spectrum.sqrt() * torch.fft.fft2(torch.randn(4096, extent, extent))).real.float()
        self.force_spectrum = 1 / self.spectrum + 0.5
        self.deviation = self.spectrum.mean().sqrt().item()
        magnetisation = self.data.mean((1, 2)).double()
        magnetisation = torch.cat((magnetisation, -magnetisation))
        self.centers = torch.linspace(magnetisation.min(), magnetisation.max(), 64, dtype=torch.float64)
        self.width = (self.centers[1] - self.centers[0]).item()
        self.weights = torch.exp(-((magnetisation[:, None] - self.centers) / self.width) ** 2 / 2).mean(0)
        self.weights /= self.weights.sum()
        self.network = UNet(3, 2 * HARMONICS + 3, channels, levels, blocks)
        self.average = copy.deepcopy(self.network)
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=2e-3, betas=(0.9, 0.99), weight_decay=1e-4, fused=True)

    def draw(self):
        """(alpha, beta, signal, x1): interpolants of random translations, reflections, permutations and signs of the data."""
        extent = self.data.shape[-1]
        log_ratio = RANGE * (2 * torch.rand(self.batch, 1, 1) - 1)
        alpha = torch.sigmoid(log_ratio)
        x1 = self.data[torch.randint(len(self.data), (self.batch,))]
        rows, columns = ((torch.randint(extent, (self.batch, 1)) + torch.randint(2, (self.batch, 1)).mul(2).sub(1)
                          * torch.arange(extent)) % extent for _ in range(2))
        x1 = x1[torch.arange(self.batch)[:, None, None], rows[:, :, None], columns[:, None, :]]
        x1 = torch.where(torch.rand(self.batch, 1, 1) < 0.5, x1, x1.transpose(1, 2))
        x1 = x1 * torch.randint(2, (self.batch, 1, 1)).mul(2).sub(1)
        beta = 1 - alpha
        return alpha, beta, beta * (alpha * torch.randn_like(x1) + beta * x1), x1

    @torch.no_grad()
    def inputs(self, alpha, beta, signal):
        """(W, s, planes, numbers) of the network."""
        volume = signal[0].numel()
        alpha2, beta2 = alpha.double() ** 2, beta.double() ** 2
        spectrum, force_spectrum, deviation = self.spectrum, self.force_spectrum, self.deviation
        wiener = filtered(spectrum / (alpha2 + beta2 * spectrum), signal)
        total = alpha2[:, 0] / volume + beta2[:, 0] * self.width**2
        mean = signal.mean((1, 2)).double()[:, None]
        log_weight = self.weights.log() + (mean * self.centers - beta2[:, 0] * self.centers**2 / 2) / total
        component = (alpha2[:, 0] / volume * self.centers + mean * self.width**2) / total
        zero_mode = (log_weight.softmax(1) * component).sum(1).float()[:, None, None]
        estimate = wiener + (zero_mode - wiener.mean((1, 2), keepdim=True))
        variance = (spectrum * alpha2 / (alpha2 + beta2 * spectrum)).mean((1, 2), keepdim=True)
        difference = spectrum * alpha2 / (alpha2 + beta2 * spectrum) - alpha2 / (beta2 + alpha2 * force_spectrum)
        scale = torch.maximum(difference.clamp_min(0).mean((1, 2), keepdim=True), 1e-4 * variance).sqrt().float()
        sitewise = signal * (deviation / (alpha**2 + beta**2 * deviation**2))
        constant = estimate.mean((1, 2), keepdim=True) / deviation
        planes = torch.stack((sitewise, estimate / deviation, constant.expand_as(estimate)), 1)
        log_ratio = (alpha / beta).log().clamp(-RANGE, RANGE)[:, :, 0]
        angles = log_ratio * (torch.arange(1, HARMONICS + 1) * (math.pi / (2 * RANGE)))
        z = constant[:, :, 0] * (deviation / math.sqrt(spectrum[0, 0].item() / volume))
        return estimate, scale, planes, torch.cat((log_ratio / RANGE, angles.sin(), angles.cos(), z, z.abs()), 1)

    @torch.no_grad()
    def target(self, alpha, beta, signal, x1):
        alpha2, beta2 = alpha.double() ** 2, beta.double() ** 2
        sign = torch.tanh((signal * x1).sum((1, 2), keepdim=True) / alpha**2)
        denominator = beta2 + alpha2 * self.force_spectrum
        return (filtered(1 / denominator, signal + alpha**2 * sign * force(x1))
                + filtered(alpha2 * self.force_spectrum / denominator, sign * x1))

    def step(self):
        alpha, beta, signal, x1 = self.draw()
        estimate, scale, planes, numbers = self.inputs(alpha, beta, signal)
        residual = (self.target(alpha, beta, signal, x1) - estimate) / scale
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
            output = self.network(planes, numbers)
        loss = (output.float() - residual).square().mean()
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.network.parameters()), 0.002)
        return loss.item()

    def rates(self, steps):
        """Samples a second, and a second of CPU time."""
        begin, cpu_begin = time.perf_counter(), time.process_time()
        for _ in range(steps):
            self.step()
        samples = steps * self.batch
        return samples / (time.perf_counter() - begin), samples / (time.process_time() - cpu_begin)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--extent", type=int, default=32)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--levels", type=int, default=3)
    parser.add_argument("--blocks", type=int, default=1)
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="bf16")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=20)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    training = Training(arguments.extent, arguments.batch, arguments.channels, arguments.levels, arguments.blocks, arguments.precision)
    training.rates(5)  # warm up
    rate, cpu_rate = training.rates(arguments.steps)
    parameters = sum(parameter.numel() for parameter in training.network.parameters())
    print(json.dumps({"samples_per_second": rate, "samples_per_cpu_second": cpu_rate, "parameters": parameters,
                      "torch": torch.__version__}))


if __name__ == "__main__":
    main()
