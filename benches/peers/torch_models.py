"""The autoencoders and regularizers in PyTorch, as somebody would write them who wants them fast.

The same nets, losses, optimizers and probe as `src/autoencoder`, at the defaults of a pipeline
file. All losses take their gradients at the same weights and step together. What does not need
a gradient gets none: `torch.autograd.grad` with the parameters in question prunes the rest, one
forward pass of the critic serves both losses, and the codes of reconstructions and mixes are
decoded as one batch. Adam is the fused one.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn


def convolution(inputs, outputs, kernel=3):
    layer = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
    nn.init.normal_(layer.weight, 0, 1 / math.sqrt(1.04 * inputs * kernel * kernel))
    nn.init.zeros_(layer.bias)
    return layer


def leaky():
    return nn.LeakyReLU(0.2, inplace=True)


def encoder(channels, depth, latent, width):
    scales = round(math.log2(32 / width))
    layers, before = [convolution(channels, depth, 1)], depth
    for scale in range(scales):
        here = depth << scale
        layers += [convolution(before, here), leaky(), convolution(here, here), leaky(), nn.AvgPool2d(2)]
        before = here
    deepest = depth << scales
    return nn.Sequential(*layers, convolution(before, deepest), leaky(), convolution(deepest, latent))


def decoder(channels, depth, latent, width):
    layers, before = [], latent
    for scale in reversed(range(round(math.log2(32 / width)))):
        here = depth << scale
        layers += [convolution(before, here), leaky(), convolution(here, here), leaky(), nn.Upsample(scale_factor=2)]
        before = here
    return nn.Sequential(*layers, convolution(before, depth), leaky(), convolution(depth, channels))


def linear(inputs, outputs):
    layer = nn.Linear(inputs, outputs)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


class Baseline(nn.Module):
    """L = mean((x − D(E(x)))²). Others change what happens around the codes."""

    def __init__(self, channels, depth, latent, width):
        super().__init__()
        self.shape = (latent, width, width)
        self.d = latent * width * width
        self.encoder = encoder(channels, depth, latent, width)
        self.decoder = decoder(channels, depth, latent, width)

    def bottleneck(self, z):
        """What is decoded instead of the codes `z`."""
        return z

    def to_images(self, decoded):
        return decoded

    def decode(self, z):
        return self.to_images(self.decoder(self.bottleneck(z)))

    def encode(self, x):
        return self.encoder(x)

    def start(self, x):
        """Codes to decode, codes for the regularizer, the probe's input, and the loss so far."""
        z = self.encoder(x)
        return z, z, z, 0.0

    def reconstruction_loss(self, decoded, images, x):
        return F.mse_loss(images, x)

    # What a regularizer's weight is multiplied by.
    def loss_scale(self, x):
        return 1.0

    def after(self):
        """What follows the optimizers' steps."""

    def own_gradients(self):
        """Parameters with a loss and an optimizer of their own, and their gradients."""
        return [], []

    def joint_parameters(self):
        own = {id(parameter) for parameter in self.own_parameters()}
        return [parameter for parameter in self.parameters() if id(parameter) not in own]

    def own_parameters(self):
        return []


class Denoising(Baseline):
    def start(self, x):
        if self.is_regularized:
            clean = self.encoder(x)
        else:
            with torch.no_grad():
                clean = self.encoder(x)
        return self.encoder(x + torch.randn_like(x)), clean, clean, 0.0


class Dropout(Baseline):
    def start(self, x):
        z = self.encoder(x)
        return F.dropout(z, 0.5), z, z, 0.0


class Vae(Baseline):
    def __init__(self, *size):
        super().__init__(*size)
        self.mean, self.log_variance = linear(self.d, self.d), linear(self.d, self.d)

    def sample(self, e):
        flat = e.flatten(1)
        mean, log_variance = self.mean(flat), self.log_variance(flat)
        deviation = torch.exp(0.5 * log_variance)
        return mean, log_variance, deviation, torch.addcmul(mean, deviation, torch.randn_like(mean))

    def encode(self, x):
        return self.sample(self.encoder(x))[3].unflatten(1, self.shape)

    def start(self, x):
        e = self.encoder(x)
        mean, log_variance, deviation, z = self.sample(e)
        kl = 0.5 * (deviation.square() + mean.square() - 1 - log_variance).sum() / len(x)
        z = z.unflatten(1, self.shape)
        return z, z, e, kl

    def to_images(self, decoded):
        return 2 * torch.sigmoid(decoded) - 1

    def reconstruction_loss(self, decoded, images, x):
        return F.binary_cross_entropy_with_logits(decoded, 0.5 * (x + 1), reduction="sum") / len(x)

    def loss_scale(self, x):
        return x[0].numel()


class Aae(Baseline):
    def __init__(self, *size):
        super().__init__(*size)
        self.discriminator = nn.Sequential(
            linear(self.d, 100), nn.LeakyReLU(0.2), linear(100, 100), nn.LeakyReLU(0.2), linear(100, 1)
        )

    def own_parameters(self):
        return list(self.discriminator.parameters())

    def start(self, x):
        z = self.encoder(x)
        flat = z.flatten(1)
        on_codes = self.discriminator(flat)
        on_prior = self.discriminator(torch.randn_like(flat))
        # −log D and −log(1 − D) of a logit.
        self.discriminator_loss = F.softplus(on_codes).mean() + F.softplus(-on_prior).mean()
        return z, z, z, F.softplus(-on_codes).mean()

    def own_gradients(self):
        parameters = self.own_parameters()
        return parameters, torch.autograd.grad(self.discriminator_loss, parameters, retain_graph=True)


class VqVae(Baseline):
    codes = 16384

    def __init__(self, *size):
        super().__init__(*size)
        self.to_vectors, self.hidden, self.merged = linear(self.d, 10 * self.d), linear(10 * self.d, 512), linear(512, self.d)
        limit = math.sqrt(3 / self.codes)
        self.register_buffer("codebook", torch.empty(self.codes, self.d).uniform_(-limit, limit))
        self.register_buffer("sums", self.codebook.clone())
        self.register_buffer("counts", torch.ones(self.codes))

    def quantize(self, z):
        vectors = self.to_vectors(z.flatten(1)).view(-1, self.d)
        with torch.no_grad():
            squares = self.codebook.square().sum(1)
            index = torch.addmm(squares, vectors, self.codebook.t(), alpha=-2).argmin(1)
            nearest = self.codebook[index]
        return vectors, nearest, index

    def merge(self, vectors, nearest):
        straight = vectors + (nearest - vectors).detach()
        flat = F.relu(straight).view(-1, 10 * self.d)
        return self.merged(F.relu(self.hidden(flat))).unflatten(1, self.shape)

    def bottleneck(self, z):
        return self.merge(*self.quantize(z)[:2])

    def start(self, x):
        z = self.encoder(x)
        vectors, nearest, index = self.quantize(z)
        self.seen = vectors.detach(), index
        merged = self.merge(vectors, nearest)
        # The regularizer's codes pass through the bottleneck, these have.
        return merged, z, merged, 10 * F.mse_loss(vectors, nearest)

    @torch.no_grad()
    def after(self):
        vectors, index = self.seen
        counts = torch.bincount(index, minlength=self.codes).to(vectors.dtype)
        self.counts.mul_(0.999).add_(counts, alpha=0.001)
        self.sums.mul_(0.999).index_add_(0, index, vectors, alpha=0.001)
        total = self.counts.sum()
        share = (self.counts + 1e-5) / (total + self.codes * 1e-5) * total
        torch.div(self.sums, share[:, None], out=self.codebook)


AUTOENCODERS = {one.__name__: one for one in (Baseline, Denoising, Dropout, Vae, Aae, VqVae)}


def score(critic, x):
    return critic(x).mean((1, 2, 3))


class Trainer:
    """One autoencoder in training, with its probe and, if it has one, its regularizer."""

    def __init__(self, autoencoder, regularizer, channels, depth, latent, width, codes=16384, layout="plain"):
        kind = AUTOENCODERS[autoencoder]
        if kind is VqVae:
            kind = type("VqVae", (VqVae,), {"codes": codes})
        self.model = kind(channels, depth, latent, width)
        self.model.is_regularized = regularizer is not None
        self.regularizer = regularizer
        self.probe = linear(self.model.d, 10)
        self.critic = encoder(channels, depth, latent, width) if regularizer else None
        self.format = torch.channels_last if layout == "channels_last" else torch.contiguous_format
        for net in (self.model.encoder, self.model.decoder, self.critic):
            if net is not None:
                net.to(memory_format=self.format)
        adam = lambda parameters: torch.optim.Adam(parameters, lr=1e-4, fused=True)
        self.joint = self.model.joint_parameters()
        own = self.model.own_parameters()
        self.optimizers = [adam(self.joint), adam(self.probe.parameters())]
        self.optimizers += [adam(own)] if own else []
        self.optimizers += [adam(self.critic.parameters())] if self.critic else []

    def step(self, x, labels):
        model = self.model
        decode_first, z, probe_input, loss = model.start(x)
        if self.regularizer == "Acai":
            decoded, images, mixed, alpha = self.decode_with_mixes(decode_first, z)
        else:
            decoded = model.decoder(decode_first)
            images = model.to_images(decoded)
        loss = loss + model.reconstruction_loss(decoded, images, x)
        if self.regularizer == "Acai":
            on_mixed = score(self.critic, mixed)
            on_blend = score(self.critic, torch.lerp(images.detach(), x, 0.2))
            loss = loss + 0.5 * model.loss_scale(x) * on_mixed.square().mean()
            critic_loss = F.mse_loss(on_mixed, alpha) + on_blend.square().mean()
        elif self.regularizer == "Lsgan":
            on_images = score(self.critic, images)
            loss = loss + 0.5 * model.loss_scale(x) * on_images.square().mean()
            critic_loss = score(self.critic, x).square().mean() + (on_images - 1).square().mean()
        set_gradients(*model.own_gradients())
        probe_loss = F.cross_entropy(self.probe(probe_input.detach().flatten(1)), labels)
        set_gradients(list(self.probe.parameters()), torch.autograd.grad(probe_loss, list(self.probe.parameters())))
        set_gradients(self.joint, torch.autograd.grad(loss, self.joint, retain_graph=self.critic is not None))
        if self.critic is not None:
            parameters = list(self.critic.parameters())
            set_gradients(parameters, torch.autograd.grad(critic_loss, parameters))
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        model.after()
        return loss

    def decode_with_mixes(self, decode_first, z):
        """Reconstructions and ACAI's mixes, decoded together."""
        model, count = self.model, len(z)
        alpha = 0.5 - (torch.rand(count) - 0.5).abs()
        mix = torch.lerp(z.flip(0), z, alpha[:, None, None, None])
        both = torch.cat([decode_first, model.bottleneck(mix)]).contiguous(memory_format=self.format)
        decoded, mixed = model.decoder(both).split(count)
        return decoded, model.to_images(decoded), model.to_images(mixed), alpha


def set_gradients(parameters, gradients):
    for parameter, gradient in zip(parameters, gradients):
        parameter.grad = gradient
