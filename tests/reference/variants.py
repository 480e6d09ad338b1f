"""The seven autoencoders of the paper in PyTorch, by the reference's recipe.

Each says what it learns from (`lesson`), which codes are mixed and stored (`codes`), how
they are decoded (`images`), and what the probe sees. `Trainer` takes steps with any of
them, with or without ACAI's critic. An implementation apart from the Rust one.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

BATCH = 64
LAMBDA, GAMMA, RATE = 0.5, 0.2, 1e-4


def convolution(inputs, outputs, side=3):
    """Weights N(0, 1 / (1.04 fan_in)), biases 0."""
    layer = nn.Conv2d(inputs, outputs, side, padding=side // 2)
    nn.init.normal_(layer.weight, 0.0, 1 / math.sqrt(1.04 * inputs * side * side))
    nn.init.zeros_(layer.bias)
    return layer


def dense(inputs, outputs):
    """Weights by Glorot's rule, biases 0."""
    layer = nn.Linear(inputs, outputs)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def encoder(latent, scales, depth=16):
    layers, before = [convolution(1, depth, 1)], depth
    for scale in range(scales):
        width = depth << scale
        layers += [convolution(before, width), nn.LeakyReLU(0.2)]
        layers += [convolution(width, width), nn.LeakyReLU(0.2), nn.AvgPool2d(2)]
        before = width
    layers += [convolution(before, depth << scales), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, convolution(depth << scales, latent))


def decoder(latent, scales, depth=16):
    layers, before = [], latent
    for scale in reversed(range(scales)):
        width = depth << scale
        layers += [convolution(before, width), nn.LeakyReLU(0.2)]
        layers += [convolution(width, width), nn.LeakyReLU(0.2), nn.Upsample(scale_factor=2)]
        before = width
    layers += [convolution(before, depth), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, convolution(depth, 1))


class Baseline(nn.Module):
    """The plain autoencoder."""

    weight = 1.0

    def __init__(self, latent, scales):
        super().__init__()
        self.encode, self.decode = encoder(latent, scales), decoder(latent, scales)
        self.shape = (latent, 32 >> scales, 32 >> scales)
        self.size = math.prod(self.shape)

    def codes(self, x):
        return self.encode(x)

    def images(self, z):
        return self.decode(z)

    def seen(self, x):
        return self.codes(x)

    def lesson(self, x):
        """The loss, the images made, and the codes to mix."""
        z = self.encode(x)
        made = self.decode(z)
        return F.mse_loss(made, x), made, z

    def learnt_apart(self):
        """Parameters that the loss of `lesson` does not teach."""
        return []


class Denoising(Baseline):
    def lesson(self, x):
        made = self.decode(self.encode(x + torch.randn_like(x)))
        return F.mse_loss(made, x), made, None


class Dropout(Baseline):
    def lesson(self, x):
        z = self.encode(x)
        made = self.decode(F.dropout(z, 0.5))
        return F.mse_loss(made, x), made, z


class Vae(Baseline):
    weight = 1024.0

    def __init__(self, *net):
        super().__init__(*net)
        self.mean, self.log_variance = dense(self.size, self.size), dense(self.size, self.size)

    def posterior(self, x):
        e = self.encode(x).flatten(1)
        return self.mean(e), self.log_variance(e)

    def sample(self, mean, log_variance):
        z = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        return z.unflatten(1, self.shape)

    def codes(self, x):
        return self.sample(*self.posterior(x))

    def images(self, z):
        return 2 * torch.sigmoid(self.decode(z)) - 1

    def seen(self, x):
        return self.encode(x)

    def lesson(self, x):
        mean, log_variance = self.posterior(x)
        z = self.sample(mean, log_variance)
        logits = self.decode(z)
        nll = F.binary_cross_entropy_with_logits(logits, (x + 1) / 2, reduction="sum")
        kl = 0.5 * (log_variance.exp() + mean**2 - 1 - log_variance).sum()
        return (nll + kl) / len(x), 2 * torch.sigmoid(logits) - 1, z


class Aae(Baseline):
    def __init__(self, *net):
        super().__init__(*net)
        slope = nn.LeakyReLU(0.2)
        self.discriminator = nn.Sequential(dense(self.size, 100), slope, dense(100, 100), slope, dense(100, 1))

    def lesson(self, x):
        loss, made, z = super().lesson(x)
        on_codes = self.discriminator(z.flatten(1))
        on_prior = self.discriminator(torch.randn(len(x), self.size, device=x.device))
        says = F.binary_cross_entropy_with_logits
        yes, no = torch.ones_like(on_codes), torch.zeros_like(on_codes)
        self.apart = says(on_codes, no) + says(on_prior, yes)
        return loss + says(on_codes, yes), made, z

    def learnt_apart(self):
        return list(self.discriminator.parameters())


class VqVae(Baseline):
    """Counts start at 1, as ours do unless told otherwise."""

    CODES, VECTORS, BETA, DECAY = 16384, 10, 10.0, 0.999

    def __init__(self, *net):
        super().__init__(*net)
        self.vectors = dense(self.size, self.VECTORS * self.size)
        self.hidden, self.merged = dense(self.VECTORS * self.size, 512), dense(512, self.size)
        limit = math.sqrt(3 / self.CODES)
        self.register_buffer("codebook", torch.empty(self.CODES, self.size).uniform_(-limit, limit))
        self.register_buffer("counts", torch.ones(self.CODES))
        self.register_buffer("sums", self.codebook.clone())

    def bottleneck(self, z):
        v = self.vectors(z.flatten(1)).reshape(-1, self.size)
        with torch.no_grad():
            far = self.codebook.square().sum(1) - 2 * v @ self.codebook.T
            nearest = far.argmin(1)
        c = self.codebook[nearest]
        passed = (v + (c - v).detach()).reshape(len(z), -1)
        merged = self.merged(F.relu(self.hidden(F.relu(passed))))
        return merged.unflatten(1, self.shape), v, c, nearest

    def images(self, z):
        return self.decode(self.bottleneck(z)[0])

    def seen(self, x):
        return self.bottleneck(self.encode(x))[0]

    def lesson(self, x):
        z = self.encode(x)
        merged, v, c, nearest = self.bottleneck(z)
        made = self.decode(merged)
        self.used = v.detach(), nearest
        return F.mse_loss(made, x) + self.BETA * F.mse_loss(v, c), made, z

    @torch.no_grad()
    def follow(self):
        """The codebook follows the averages of what it replaced."""
        v, nearest = self.used
        counts = torch.zeros_like(self.counts).index_add_(0, nearest, torch.ones_like(v[:, 0]))
        sums = torch.zeros_like(self.sums).index_add_(0, nearest, v)
        self.counts.lerp_(counts, 1 - self.DECAY)
        self.sums.lerp_(sums, 1 - self.DECAY)
        whole = self.counts.sum()
        shares = (self.counts + 1e-5) / (whole + self.CODES * 1e-5) * whole
        self.codebook.copy_(self.sums / shares[:, None])


AUTOENCODERS = {
    "baseline": Baseline,
    "denoising": Denoising,
    "dropout": Dropout,
    "vae": Vae,
    "aae": Aae,
    "vqvae": VqVae,
    "acai": Baseline,
    "lsgan": Baseline,
}


class Trainer:
    """Takes steps with an autoencoder and, of `acai` and `lsgan`, a critic beside it."""

    def __init__(self, kind, latent, scales, device="cpu", rate=RATE, weight=LAMBDA):
        self.kind = kind
        self.weight = weight
        self.model = AUTOENCODERS[kind](latent, scales).to(device)
        self.critic = encoder(latent, scales).to(device)
        apart = self.model.learnt_apart()
        others = {id(parameter) for parameter in apart}
        along = [p for p in self.model.parameters() if id(p) not in others]
        # PyTorch's epsilon; TensorFlow's placement differs for gradients below 1e-5.
        self.optimisers = [torch.optim.Adam(p, rate) for p in (along, apart) if p]
        self.theirs = torch.optim.Adam(self.critic.parameters(), rate)

    def judge(self, images):
        return self.critic(images).mean(dim=(1, 2, 3))

    def step(self, x):
        """One step on images: their mean squared error."""
        loss, made, z = self.model.lesson(x)
        teach = [(loss, self.optimisers[0])]
        if self.kind == "aae":
            teach.append((self.model.apart, self.optimisers[1]))
        if self.kind in ("acai", "lsgan"):
            adversarial, off = self.contest(x, made, z) if self.kind == "acai" else self.detect(x, made)
            adversarial = self.weight * self.model.weight * adversarial
            teach = [(loss + adversarial, self.optimisers[0]), (off, self.theirs)]
        self.learn(teach)
        if self.kind == "vqvae":
            self.model.follow()
        return F.mse_loss(made.detach(), x)

    def contest(self, x, made, z):
        """What the mixed images cost the autoencoder, and what the critic is off by."""
        alpha = 0.5 - (torch.rand(len(x), device=x.device) - 0.5).abs()
        share = alpha.view(-1, 1, 1, 1)
        mixed = self.model.images(share * z + (1 - share) * z.flip(0))
        blend = GAMMA * x + (1 - GAMMA) * made.detach()
        off = (self.judge(mixed.detach()) - alpha).square().mean() + self.judge(blend).square().mean()
        return self.judge(mixed).square().mean(), off

    def detect(self, x, made):
        """The ablation: what reconstructions cost that the critic tells from images."""
        off = self.judge(x).square().mean() + (self.judge(made.detach()) - 1).square().mean()
        return self.judge(made).square().mean(), off

    @staticmethod
    def learn(teach):
        """Every optimiser steps by its own loss, all from the same parameters."""
        gradients = []
        for loss, optimiser in teach:
            parameters = optimiser.param_groups[0]["params"]
            gradients.append(torch.autograd.grad(loss, parameters, retain_graph=True))
        for (_, optimiser), found in zip(teach, gradients):
            for parameter, gradient in zip(optimiser.param_groups[0]["params"], found):
                parameter.grad = gradient
            optimiser.step()
